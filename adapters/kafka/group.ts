/** One membership of a consumer group: from joining until it is left, lost or hangs. */
import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import { TransientError } from "../../model/errors.ts";
import type { LoggedRecord } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import { rootOf, sleep, textOf, within } from "./client.ts";
import { createLease, createPulse } from "./lease.ts";
import { partitionOf } from "./murmur2.ts";
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";
import { createShare, type Share, type ShareLink } from "./share.ts";

/** A fetch waits until it has so much, or so long: a trickle comes in few batches. */
const FETCH_MIN_BYTES = 64 * 1024;
const FETCH_WAIT_MS = 100;
const PARTITION_BYTES = 2 ** 20;
/** Time for what the former owner had under way to end, after it was told. */
const SETTLE_MS = 300;
const CHECK_EVERY_MS = 250;
const CRASH_AFTER_STOP_MS = 500;
const COMMIT_RETRY_MS = 200;
/** For commits that were sent when the lease ended. */
const LAST_COMMITS_MS = 2_000;
const LEAVE_MS = 5_000;

export interface MembershipOptions {
  readonly kafka: Kafka;
  readonly settings: Settings;
  readonly questions: Questions;
  readonly topic: Topic;
  readonly group: string;
  /** Partitions the topic had when this process started. */
  readonly count: number;
  readonly give: (share: Share) => void;
}

export interface Membership {
  /** Resolves with the reason once it is over; rejects when going on would be wrong. */
  readonly over: Promise<string>;
  /** Ends every lease, lets what was committed be committed, and leaves the group. */
  leave(reason: string): Promise<void>;
}

type Offsets = ReadonlyMap<number, { readonly low: number; readonly high: number; readonly done: number }>;

/** Joins the group; problems end the membership and never throw here. */
export function joinGroup(options: MembershipOptions): Membership {
  const { kafka, settings, questions, topic, group, count, give } = options;
  const { sessionTimeoutMs, log } = settings;
  const name = settings.nameOf(topic);
  // What was begun just before the end of the lease must be over when the brokers give the partition away.
  const leaseMs = sessionTimeoutMs - Math.max(1_000, sessionTimeoutMs / 5);
  const heartbeatMs = Math.round(sessionTimeoutMs / 10);
  const patienceMs = 6 * sessionTimeoutMs;
  const shares = new Map<number, Share>();
  const committed = new Map<number, number>();
  const committing = new Set<Promise<void>>();
  let pulse = createPulse();
  let requestAge = 0;
  let lastSign = performance.now();
  let end: (reason: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const over = new Promise<string>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  over.catch(() => undefined);

  const consumer: Consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: 2 * sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    minBytes: FETCH_MIN_BYTES,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytesPerPartition: PARTITION_BYTES,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 200, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });

  const endShares = (reason: string): void => {
    for (const share of shares.values()) share.held.end(reason);
    shares.clear();
  };

  const owns = (partition: number) => (site: string) =>
    count === 1 || partitionOf(settings.routeOf(site), count) === partition;

  /** kafkajs throws when it stopped a moment ago. */
  const tell = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      endShares(textOf(error));
      end(textOf(error));
    }
  };

  const linkOf = (partition: number): ShareLink => {
    const which = [{ topic: name, partitions: [partition] }];
    return {
      pause: () => tell(() => consumer.pause(which)),
      resume: () => tell(() => consumer.resume(which)),
      seek: (offset) => tell(() => consumer.seek({ topic: name, partition, offset: String(offset) })),
      commit: (offset) => commit(partition, offset),
    };
  };

  /** kafkajs resolves commits that it never sent; only its event says that one was taken. */
  const commitOnce = async (partition: number, offset: number): Promise<boolean> => {
    committed.delete(partition);
    await consumer.commitOffsets([{ topic: name, partition, offset: String(offset) }]);
    return committed.get(partition) === offset;
  };

  const commitTrying = async (partition: number, offset: number): Promise<void> => {
    const share = shares.get(partition);
    const lost = new TransientError("lease-ended", `${name} ${partition}: it was given up before the commit`);
    if (!share) throw lost;
    for (;;) {
      try {
        if (await commitOnce(partition, offset)) return;
      } catch (error) {
        if (share.held.ended() || rootOf(error).retriable !== true)
          throw share.held.ended() ?? asTransient(error);
        log(
          "debug",
          `Kafka: committing ${offset} of ${name} ${partition} failed, tried again: ${textOf(error)}`,
        );
      }
      const ended = share.held.ended();
      if (ended) throw ended;
      await sleep(COMMIT_RETRY_MS, share.lease);
    }
  };

  const asTransient = (error: unknown): TransientError =>
    new TransientError("commit", `Kafka: committing to ${name} failed: ${textOf(error)}`, { cause: error });

  /** A commit that hangs does not outlive the lease for long. */
  const bounded = (share: Share | undefined, committed: Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const onAbort = (): void => {
        timer = setTimeout(() => reject(share?.held.ended()), LAST_COMMITS_MS);
      };
      if (share?.lease.aborted) onAbort();
      else share?.lease.addEventListener("abort", onAbort, { once: true });
      const settled = (): void => {
        clearTimeout(timer);
        share?.lease.removeEventListener("abort", onAbort);
      };
      committed.then(resolve, reject).finally(settled);
    });

  const commit = async (partition: number, offset: number): Promise<void> => {
    const result = bounded(shares.get(partition), commitTrying(partition, offset));
    const tracked = result.catch(() => undefined);
    committing.add(tracked);
    try {
      await result;
    } finally {
      committing.delete(tracked);
    }
  };

  const offsetsNow = (): Promise<Offsets> =>
    questions.ask(`reading the offsets of ${name}`, async (admin) => {
      const [ends, done] = await Promise.all([
        admin.fetchTopicOffsets(name),
        admin.fetchOffsets({ groupId: group, topics: [name] }),
      ]);
      const doneOf = (partition: number): number =>
        Number(done[0]?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
      return new Map(
        ends.map(({ partition, low, high }) => [
          partition,
          { low: Number(low), high: Number(high), done: doneOf(partition) },
        ]),
      );
    });

  const sayGone = (partition: number, from: number, to: number): void =>
    log(
      "error",
      `Kafka topic ${name}: records ${from} to ${to - 1} of partition ${partition} were deleted before ${group} had them; keep the log longer than the longest outage`,
    );

  /** Tells shares that are at their end, and says what retention took before it was read. */
  const place = async (given: readonly Share[]): Promise<void> => {
    for (;;) {
      const open = given.filter((share) => !share.held.ended());
      if (open.length === 0) return;
      try {
        const offsets = await offsetsNow();
        for (const share of open) {
          const { low, high, done } = offsets.get(share.partition)!;
          if (done >= 0 && done < low) sayGone(share.partition, done, low);
          if (Math.max(done, low) >= high) share.startsAtEnd();
        }
        return;
      } catch (error) {
        log("warn", textOf(error));
        await sleep(1_000);
      }
    }
  };

  const gained = async (partitions: readonly number[]): Promise<void> => {
    endShares("the group was joined anew");
    const given = partitions.map((partition) => {
      const lease = createLease(pulse, leaseMs, `partition ${partition} of ${name}`);
      const share = createShare({ partition, owns: owns(partition), lease, link: linkOf(partition) });
      shares.set(partition, share);
      return share;
    });
    log("info", `Kafka: ${group} has partitions ${partitions.join(", ") || "none"} of ${name} here`);
    await sleep(SETTLE_MS);
    for (const share of given) if (!share.held.ended()) give(share);
    await place(given);
  };

  const eachBatch = async ({ batch, resolveOffset }: EachBatchPayload): Promise<void> => {
    const share = shares.get(batch.partition);
    if (!share || share.held.ended()) return;
    const records = batch.messages.map(
      ({ key, value, offset }): LoggedRecord => ({
        key: key?.toString() ?? "",
        value: value?.toString() ?? "",
        offset: Number(offset),
      }),
    );
    const last = batch.lastOffset();
    const before = share.next();
    if (!share.add(records, Number(last) + 1 >= Number(batch.highWatermark))) return;
    resolveOffset(last);
    if (before !== undefined && records[0]!.offset > before)
      sayGone(batch.partition, before, records[0]!.offset);
  };

  const listen = (): void => {
    const { events } = consumer;
    consumer.on(events.REQUEST, ({ payload }) => {
      if (payload.apiName === "Heartbeat" || payload.apiName === "SyncGroup")
        requestAge = Math.max(0, payload.duration);
      // From here on the others are told what they have.
      if (payload.apiName === "JoinGroup") endShares("the group divides the partitions anew");
    });
    consumer.on(events.HEARTBEAT, () => {
      pulse.beat(requestAge);
      lastSign = performance.now();
    });
    consumer.on(events.FETCH, () => {
      lastSign = performance.now();
    });
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[name] ?? [];
      lastSign = performance.now();
      if (partitions.some((partition) => partition >= count)) {
        fail(
          new Error(
            `Kafka topic ${name} has more partitions than when this process started (${count}), so sites have others; end every process and start them again`,
          ),
        );
        return;
      }
      pulse = createPulse();
      pulse.beat(requestAge);
      gained([...partitions].sort((a, b) => a - b)).catch((error: unknown) => end(textOf(error)));
    });
    consumer.on(events.COMMIT_OFFSETS, ({ payload }) => {
      for (const one of payload.topics)
        for (const { partition, offset } of one.partitions) committed.set(partition, Number(offset));
    });
    consumer.on(events.REBALANCING, () => endShares("the group divides the partitions anew"));
    consumer.on(events.STOP, () => {
      endShares("the consumer stopped");
      // When it stopped because of an error, the event that tells it follows.
      setTimeout(() => end("the consumer stopped"), CRASH_AFTER_STOP_MS).unref();
    });
    consumer.on(events.CRASH, ({ payload }) => end(`the consumer failed: ${textOf(payload.error)}`));
  };

  const watch = setInterval(() => {
    const lapsed = [...shares.values()].find((share) => share.held.ended());
    if (lapsed) end(lapsed.held.ended()!.message);
    else if (performance.now() > lastSign + patienceMs) end(`nothing happened for ${patienceMs} ms`);
  }, CHECK_EVERY_MS);

  const start = async (): Promise<void> => {
    listen();
    await consumer.connect();
    await consumer.subscribe({ topics: [name], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  };
  start().catch((error: unknown) => end(textOf(error)));

  return {
    over,
    async leave(reason) {
      clearInterval(watch);
      endShares(reason);
      await Promise.all(committing);
      await within(LEAVE_MS, "leaving the group", consumer.disconnect()).catch((error: unknown) =>
        log(
          "warn",
          `Kafka: ${group}: ${textOf(error)}; the brokers miss this member after ${sessionTimeoutMs} ms`,
        ),
      );
    },
  };
}
