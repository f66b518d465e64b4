/**
 * Appends to the log. Records that several callers append at once share a request; one request is under way at a
 * time, and the next is not sent before it is acknowledged.
 *
 * That is what keeps the order of a key across retries, and more: kafkajs takes a failed request's sequence
 * numbers back, so that another request sent meanwhile would get them, and the broker would acknowledge it as a
 * repeat without storing it.
 */
import type { Kafka, Producer, TopicMessages } from "kafkajs";
import { TransientError } from "../../model/errors.ts";
import type { LogRecord } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import { remedyOf, rootOf, sleep, textOf, within } from "./client.ts";
import { partitionOf } from "./murmur2.ts";
import type { Settings } from "./options.ts";
import { MAX_MESSAGE_BYTES } from "./topics.ts";

/** Requests are begun at most so often, so that a trickle shares them; the first after a pause goes at once. */
const REQUEST_EVERY_MS = 5;
/** What is worth a request of its own, and what fits one. */
const FULL_RECORDS = 500;
const MAX_RECORDS = 4_000;
const MAX_BYTES = 2 ** 20;
/** Key, timestamps and lengths of a record. */
const RECORD_OVERHEAD_BYTES = 100;
/** A request that hangs is given up, with its connection. */
const REQUEST_MS = 45_000;
const ACKNOWLEDGE_MS = 8_000;
const LEAST_WAIT_MS = 100;
const MOST_WAIT_MS = 1_000;
/** After so many failures in a row the connection is made anew. */
const FAILURES_TO_RECONNECT = 10;
const SAY_EVERY_MS = 10_000;

export interface AppendHealth {
  /** Age of the oldest append that waits to be acknowledged, in ms; 0 when none waits. */
  readonly oldestWaitingMs: number;
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  /** When Kafka last acknowledged an append, in epoch milliseconds. */
  readonly lastSuccessAt: number | undefined;
}

export interface Appender {
  append(topic: Topic, records: readonly LogRecord[]): Promise<void>;
  health(): AppendHealth;
  /** Sends what waits, for at most `ms`; rejects the rest. */
  close(ms: number): Promise<void>;
}

interface Waiting {
  readonly topic: Topic;
  readonly records: readonly LogRecord[];
  readonly sizes: readonly number[];
  readonly bytes: number;
  readonly since: number;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
  /** Records that are already in a request, and those that are acknowledged. */
  taken: number;
  acknowledged: number;
  isSettled: boolean;
}

/** Some records of an append, in a request. */
interface Slice {
  readonly of: Waiting;
  readonly from: number;
  readonly to: number;
}

const sizeOf = ({ key, value }: LogRecord): number =>
  Buffer.byteLength(key) + Buffer.byteLength(value) + RECORD_OVERHEAD_BYTES;

const closedError = (): TransientError =>
  new TransientError("closed", "The log was closed before Kafka acknowledged the append; append it again");

/** @param counts the number of partitions of each topic */
export function createAppender(
  kafka: Kafka,
  settings: Settings,
  counts: ReadonlyMap<Topic, number>,
): Appender {
  const { log, maxWaiting, routeOf } = settings;
  const queue: Waiting[] = [];
  let waitingRecords = 0;
  let waitingBytes = 0;
  let lastSuccessAt: number | undefined;
  let lastRequest = Number.NEGATIVE_INFINITY;
  let producer: Producer | undefined;
  let pumping: Promise<void> | undefined;
  let wake: () => void = () => undefined;
  let saidAt = Number.NEGATIVE_INFINITY;
  const closing = new AbortController();
  const givingUp = new AbortController();

  const partitionFor = (topic: Topic, key: string): number => {
    const count = counts.get(topic)!;
    return count === 1 ? 0 : partitionOf(routeOf(key), count);
  };

  /** The next records for a request, in the order of their appends. */
  const take = (): Slice[] => {
    const slices: Slice[] = [];
    let records = 0;
    let bytes = 0;
    for (const waiting of queue) {
      const from = waiting.taken;
      let to = from;
      while (to < waiting.records.length && records < MAX_RECORDS) {
        const size = waiting.sizes[to]!;
        if (records > 0 && bytes + size > MAX_BYTES) break;
        bytes += size;
        records += 1;
        to += 1;
      }
      if (to > from) slices.push({ of: waiting, from, to });
      waiting.taken = to;
      if (to < waiting.records.length) break;
    }
    return slices;
  };

  const messagesOf = (slices: readonly Slice[]): TopicMessages[] => {
    const byTopic = new Map<Topic, TopicMessages["messages"]>();
    for (const { of, from, to } of slices) {
      const messages = byTopic.get(of.topic) ?? [];
      byTopic.set(of.topic, messages);
      for (let i = from; i < to; i += 1) {
        const { key, value } = of.records[i]!;
        messages.push({ key, value, partition: partitionFor(of.topic, key) });
      }
    }
    return [...byTopic].map(([topic, messages]) => ({ topic: settings.nameOf(topic), messages }));
  };

  const connect = async (): Promise<Producer> => {
    const made = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
      retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 2 },
    });
    try {
      await within(REQUEST_MS, "connecting the producer", made.connect());
    } catch (error) {
      made.disconnect().catch(() => undefined);
      throw error;
    }
    return made;
  };

  /** A new producer has a new identity: nothing of its sequence numbers can be mistaken for the old one's. */
  const reconnect = (): void => {
    producer?.disconnect().catch(() => undefined);
    producer = undefined;
  };

  const send = async (topicMessages: TopicMessages[]): Promise<void> => {
    producer ??= await connect();
    const sending = producer.sendBatch({ acks: -1, timeout: ACKNOWLEDGE_MS, topicMessages });
    const answers = await within(REQUEST_MS, "appending", sending);
    // After a leader moved in the middle, kafkajs resolves although the moved partition was never sent again.
    const acknowledged = new Set(answers.map((one) => `${one.topicName} ${one.partition}`));
    for (const { topic, messages } of topicMessages)
      for (const { partition } of messages)
        if (!acknowledged.has(`${topic} ${partition}`))
          throw new TransientError(
            "unacknowledged",
            `partition ${partition} of ${topic} was not acknowledged`,
          );
  };

  const say = (error: unknown, failures: number): void => {
    if (performance.now() < saidAt + SAY_EVERY_MS) return;
    saidAt = performance.now();
    const remedy = remedyOf(error, settings);
    const state = `${waitingRecords} records wait, the oldest for ${Math.round(health().oldestWaitingMs)} ms`;
    log(
      remedy === undefined ? "warn" : "error",
      `Kafka at ${settings.brokers.join(", ")}: append failed at attempt ${failures}, tried again: ${textOf(error)}; ${state}${remedy === undefined ? "" : `; ${remedy}`}`,
    );
  };

  const acknowledge = (slices: readonly Slice[]): void => {
    lastSuccessAt = Date.now();
    for (const { of, from, to } of slices) {
      of.acknowledged += to - from;
      if (of.acknowledged === of.records.length) settle(of);
    }
    dropSettled();
  };

  const dropSettled = (): void => {
    const open = queue.findIndex(({ isSettled }) => !isSettled);
    queue.splice(0, open < 0 ? queue.length : open);
  };

  const settle = (waiting: Waiting, error?: Error): void => {
    if (waiting.isSettled) return;
    waiting.isSettled = true;
    waitingRecords -= waiting.records.length;
    waitingBytes -= waiting.bytes;
    if (error) waiting.failed(error);
    else waiting.done();
  };

  /** A topic's limit is below ours: what is too much together may do apart; what is too much alone fails. */
  const apart = async (slices: readonly Slice[]): Promise<void> => {
    reconnect();
    const [first, ...rest] = slices;
    if (rest.length === 0 && first!.to - first!.from === 1) {
      const { of, from } = first!;
      const text = `a record of ${of.sizes[from]} bytes is more than ${settings.nameOf(of.topic)} takes; set its max.message.bytes to ${MAX_MESSAGE_BYTES}`;
      log("error", `Kafka: ${text}`);
      settle(of, new Error(text));
      dropSettled();
      return;
    }
    const single = slices.flatMap(({ of, from, to }) =>
      Array.from({ length: to - from }, (_, i): Slice => ({ of, from: from + i, to: from + i + 1 })),
    );
    const half = Math.ceil(single.length / 2);
    await deliver(single.slice(0, half));
    await deliver(single.slice(half));
  };

  /** Sends until it is acknowledged, or the log is closed. */
  const deliver = async (slices: readonly Slice[]): Promise<void> => {
    const wanted = slices.filter(({ of }) => !of.isSettled);
    if (wanted.length === 0) return;
    const topicMessages = messagesOf(wanted);
    for (let failures = 0; !givingUp.signal.aborted; ) {
      try {
        await send(topicMessages);
        if (failures > 0) log("info", `Kafka: appended again after ${failures} failed attempts`);
        acknowledge(wanted);
        return;
      } catch (error) {
        failures += 1;
        const root = rootOf(error);
        if (root.type === "MESSAGE_TOO_LARGE") return apart(wanted);
        say(error, failures);
        // The same request again with the same numbers is known as a repeat; with doubts about them, new ones.
        if (root.retriable !== true || failures % FAILURES_TO_RECONNECT === 0) reconnect();
        await sleep(Math.min(LEAST_WAIT_MS * 2 ** failures, MOST_WAIT_MS), givingUp.signal);
      }
    }
  };

  /** Until the next request is due, or there is enough for one. */
  const linger = async (): Promise<void> => {
    const left = lastRequest + REQUEST_EVERY_MS - performance.now();
    if (left <= 0 || isFull() || closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      wake = () => {
        if (!isFull()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    wake = () => undefined;
  };

  const isFull = (): boolean => waitingRecords >= FULL_RECORDS || waitingBytes >= MAX_BYTES;

  const pump = async (): Promise<void> => {
    // Lets what is appended in the same turn come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0 && !givingUp.signal.aborted) {
      await linger();
      lastRequest = performance.now();
      await deliver(take());
    }
  };

  const start = (): void => {
    pumping ??= pump().finally(() => {
      pumping = undefined;
      if (queue.length > 0 && !givingUp.signal.aborted) start();
    });
  };

  const health = (): AppendHealth => ({
    oldestWaitingMs: queue[0] ? performance.now() - queue[0].since : 0,
    waitingRecords,
    waitingBytes,
    lastSuccessAt,
  });

  const refusal = (records: number, bytes: number): Error | undefined => {
    if (closing.signal.aborted) return closedError();
    const isOver = waitingRecords + records > maxWaiting.records || waitingBytes + bytes > maxWaiting.bytes;
    // One append alone may be larger than the bound.
    if (!isOver || queue.length === 0) return undefined;
    return new TransientError(
      "backlog",
      `Kafka: ${waitingRecords} records of ${waitingBytes} bytes wait to be acknowledged already; append again later`,
    );
  };

  return {
    append: (topic, records) =>
      new Promise((done, failed) => {
        const sizes = records.map(sizeOf);
        const bytes = sizes.reduce((sum, size) => sum + size, 0);
        const large = sizes.findIndex((size) => size > MAX_MESSAGE_BYTES);
        if (large >= 0) {
          failed(
            new Error(
              `Kafka: a record of ${records[large]!.key} for ${topic} has ${sizes[large]} bytes, more than the ${MAX_MESSAGE_BYTES} a topic takes`,
            ),
          );
          return;
        }
        const refused = refusal(records.length, bytes);
        if (refused) return failed(refused);
        if (records.length === 0) return done();
        const since = performance.now();
        queue.push({
          topic,
          records,
          sizes,
          bytes,
          since,
          done,
          failed,
          taken: 0,
          acknowledged: 0,
          isSettled: false,
        });
        waitingRecords += records.length;
        waitingBytes += bytes;
        wake();
        start();
      }),
    health,
    async close(ms) {
      closing.abort();
      if (pumping !== undefined) await within(ms, "flushing", pumping).catch(() => undefined);
      givingUp.abort();
      for (const waiting of queue.splice(0)) settle(waiting, closedError());
      if (producer) await within(2_000, "closing", producer.disconnect()).catch(() => undefined);
      producer = undefined;
    },
  };
}
