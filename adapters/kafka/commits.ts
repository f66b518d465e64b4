/** Commits of a consumer: sure to be taken, and not after the lease. */
import type { Consumer } from "kafkajs";
import { TransientError } from "../../model/errors.ts";
import { rootOf, sleep, textOf } from "./client.ts";
import type { Lease } from "./lease.ts";
import type { LogLine } from "./options.ts";

const RETRY_MS = 200;
/** The brokers' ways to say that the partition is not ours any more. */
const LOST: ReadonlySet<string> = new Set([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "REBALANCE_IN_PROGRESS",
]);
/** For commits that were sent when the lease ended. */
const LAST_COMMITS_MS = 2_000;

export interface Commits {
  /** Commits that everything before `offset` is done; rejects with TransientError when that is not sure. */
  commit(partition: number, offset: number, lease: Lease): Promise<void>;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
}

/** A commit that hangs does not outlive the lease for long. */
function bounded(lease: Lease, commit: Promise<void>): Promise<void> {
  const { signal } = lease;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => reject(lease.ended()), LAST_COMMITS_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    commit.then(resolve, reject).finally(settled);
  });
}

/** @param name Kafka's name of the topic */
export function createCommits(consumer: Consumer, name: string, log: LogLine): Commits {
  const taken = new Map<number, number>();
  const underWay = new Set<Promise<void>>();

  consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
    for (const { partitions } of payload.topics)
      for (const { partition, offset } of partitions) taken.set(partition, Number(offset));
  });

  /** kafkajs resolves commits that it never sent; only its event says that one was taken. */
  const commitOnce = async (partition: number, offset: number): Promise<boolean> => {
    taken.delete(partition);
    await consumer.commitOffsets([{ topic: name, partition, offset: String(offset) }]);
    return taken.get(partition) === offset;
  };

  const commitTrying = async (partition: number, offset: number, lease: Lease): Promise<void> => {
    const what = `Kafka: committing ${offset} of ${name} ${partition}`;
    for (;;) {
      const ended = lease.ended();
      if (ended) throw ended;
      try {
        if (await commitOnce(partition, offset)) return;
      } catch (error) {
        const { type, retriable } = rootOf(error);
        if (type !== undefined && LOST.has(type)) lease.end(textOf(error));
        if (retriable !== true)
          throw lease.ended() ?? new TransientError("commit", `${what}: ${textOf(error)}`, { cause: error });
        log("debug", `${what} failed, tried again: ${textOf(error)}`);
      }
      await sleep(RETRY_MS, lease.signal);
    }
  };

  return {
    async commit(partition, offset, lease) {
      const result = bounded(lease, commitTrying(partition, offset, lease));
      const settled = result.catch(() => undefined);
      underWay.add(settled);
      try {
        await result;
      } finally {
        underWay.delete(settled);
      }
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
