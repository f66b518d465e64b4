/** One membership of a consumer group: from joining until it is left, lost or hangs. */
import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { LoggedRecord } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import { sleep, textOf, within } from "./client.ts";
import { createCommits } from "./commits.ts";
import { createLease, createPulse } from "./lease.ts";
import { createPartitioner } from "./murmur2.ts";
import { readOffsets } from "./offsets.ts";
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";
import { createShare, type Share } from "./share.ts";

/** A fetch waits until it has so much, or so long: a trickle comes in few batches. */
const FETCH_MIN_BYTES = 64 * 1024;
const FETCH_WAIT_MS = 100;
const PARTITION_BYTES = 2 ** 20;
/** Time for what the former owner had under way to end, after it was told. */
const SETTLE_MS = 300;
const CHECK_EVERY_MS = 250;
const CRASH_AFTER_STOP_MS = 500;
const ASK_AGAIN_MS = 500;
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

function createConsumer({ kafka, settings, group }: MembershipOptions): Consumer {
  const { sessionTimeoutMs } = settings;
  return kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: 2 * sessionTimeoutMs,
    heartbeatInterval: Math.round(sessionTimeoutMs / 10),
    minBytes: FETCH_MIN_BYTES,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytesPerPartition: PARTITION_BYTES,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 200, maxRetryTime: 500, retries: 3, restartOnFailure: async () => false },
  });
}

const recordsOf = ({ batch }: EachBatchPayload): LoggedRecord[] =>
  batch.messages.map(({ key, value, offset }) => ({
    key: key?.toString() ?? "",
    value: value?.toString() ?? "",
    offset: Number(offset),
  }));

/** Joins the group; problems end the membership and never throw here. */
export function joinGroup(options: MembershipOptions): Membership {
  const { settings, questions, topic, group, count, give } = options;
  const { sessionTimeoutMs, log } = settings;
  const name = settings.nameOf(topic);
  const partitionFor = createPartitioner(settings.routeOf, count);
  // What was begun just before the end of the lease must be over when the brokers give the partition away.
  const leaseMs = sessionTimeoutMs - Math.max(1_000, sessionTimeoutMs / 5);
  const patienceMs = 6 * sessionTimeoutMs;
  const consumer = createConsumer(options);
  const commits = createCommits(consumer, name, log);
  const shares = new Map<number, Share>();
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

  const endShares = (reason: string): void => {
    for (const share of shares.values()) share.held.end(reason);
    shares.clear();
  };

  /** kafkajs throws when it stopped a moment ago. */
  const tell = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      endShares(textOf(error));
      end(textOf(error));
    }
  };

  const jumpText = (partition: number, from: number, to: number): string => {
    const where = `Kafka topic ${name}, partition ${partition}: ${group} goes on at record ${to} instead of ${from}`;
    return to > from
      ? `${where}: those between were deleted before it had them; keep the log longer than the longest outage`
      : `${where}: the log lost records, or was made anew; compare what was computed (reconcile)`;
  };

  const hasMore = (partitions: readonly number[]): boolean => {
    if (partitions.every((partition) => partition < count)) return false;
    const text = `Kafka topic ${name} has more partitions than when this process started (${count}), so sites have others; end every process and start them again`;
    fail(new Error(text));
    return true;
  };

  const shareOf = (partition: number): Share => {
    const which = [{ topic: name, partitions: [partition] }];
    const lease = createLease(pulse, leaseMs, `partition ${partition} of ${name}`);
    return createShare({
      partition,
      lease,
      owns: (site) => partitionFor(site) === partition,
      link: {
        pause: () => tell(() => consumer.pause(which)),
        resume: () => tell(() => consumer.resume(which)),
        seek: (offset) => tell(() => consumer.seek({ topic: name, partition, offset: String(offset) })),
        commit: (offset) => commits.commit(partition, offset, lease),
        jumped: (from, to) => log("error", jumpText(partition, from, to)),
      },
    });
  };

  /**
   * Sets the shares to where the group is. kafkajs knows as well, but of several brokers one may still answer to
   * what was asked before the partitions were divided anew, from where the former share had got to.
   */
  const place = async (given: readonly Share[]): Promise<void> => {
    while (given.some((share) => !share.held.ended())) {
      try {
        const offsets = await readOffsets(questions, name, group);
        // Also where the new ones went to others: these have sites that we would take for ours.
        if (hasMore(offsets.map(({ partition }) => partition))) return;
        for (const share of given) {
          const found = offsets.find(({ partition }) => partition === share.partition);
          if (found && !share.held.ended()) share.startAt(found);
        }
        return;
      } catch (error) {
        log("warn", textOf(error));
        await sleep(ASK_AGAIN_MS);
      }
    }
  };

  const gained = async (partitions: readonly number[]): Promise<void> => {
    endShares("the group was joined anew");
    const given = partitions.map(shareOf);
    for (const share of given) shares.set(share.partition, share);
    log("info", `Kafka: ${group} has partitions ${partitions.join(", ") || "none"} of ${name} here`);
    await Promise.all([sleep(SETTLE_MS), place(given)]);
    for (const share of given) if (!share.held.ended()) give(share);
  };

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, resolveOffset } = payload;
    const share = shares.get(batch.partition);
    if (!share || share.held.ended()) return;
    const last = batch.lastOffset();
    if (share.add(recordsOf(payload), Number(last) + 1 >= Number(batch.highWatermark))) resolveOffset(last);
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
      if (hasMore(partitions)) return;
      pulse = createPulse();
      pulse.beat(requestAge);
      gained([...partitions].sort((a, b) => a - b)).catch((error: unknown) => end(textOf(error)));
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
      await commits.settled();
      await within(LEAVE_MS, "leaving the group", consumer.disconnect()).catch((error: unknown) => {
        const text = `the brokers miss this member after ${sessionTimeoutMs} ms`;
        log("warn", `Kafka: ${group}: ${textOf(error)}; ${text}`);
      });
    },
  };
}
