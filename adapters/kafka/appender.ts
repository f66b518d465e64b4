/**
 * Appends to the log. Records that several callers append at once share a request; one request is under way at a
 * time, and the next is not sent before it is acknowledged.
 *
 * That is what keeps the order of a key across retries, and more: kafkajs takes a failed request's sequence
 * numbers back, so that another request sent meanwhile would get them, and the broker would acknowledge it as a
 * repeat without storing it.
 */
import type { Kafka, TopicMessages } from "kafkajs";
import { TransientError } from "../../model/errors.ts";
import type { LogRecord } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import { createBacklog, type Slice } from "./backlog.ts";
import { remedyOf, rootOf, sleep, textOf, within } from "./client.ts";
import { createPartitioner } from "./murmur2.ts";
import type { Settings } from "./options.ts";
import { createSender } from "./sender.ts";
import { MAX_MESSAGE_BYTES } from "./topics.ts";

/** Requests are begun at most so often, so that a trickle shares them; the first after a pause goes at once. */
const REQUEST_EVERY_MS = 5;
const LEAST_WAIT_MS = 100;
const MOST_WAIT_MS = 1_000;
/** After so many failures in a row the connection is made anew. */
const FAILURES_TO_RENEW = 10;
const SAY_EVERY_MS = 10_000;
const DISCONNECT_MS = 2_000;

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

const closedError = (): TransientError =>
  new TransientError("closed", "The log was closed before Kafka acknowledged the append; append it again");

const halves = (slices: readonly Slice[]): readonly (readonly Slice[])[] => {
  const single = slices.flatMap(({ of, from, to }) =>
    Array.from({ length: to - from }, (_, i): Slice => ({ of, from: from + i, to: from + i + 1 })),
  );
  const middle = Math.ceil(single.length / 2);
  return [single.slice(0, middle), single.slice(middle)];
};

/** @param counts the number of partitions of each topic */
export function createAppender(
  kafka: Kafka,
  settings: Settings,
  counts: ReadonlyMap<Topic, number>,
): Appender {
  const { log, routeOf } = settings;
  const backlog = createBacklog(settings.maxWaiting);
  const sender = createSender(kafka);
  const closing = new AbortController();
  const givingUp = new AbortController();
  let lastSuccessAt: number | undefined;
  let lastRequest = Number.NEGATIVE_INFINITY;
  let pumping: Promise<void> | undefined;
  let wake: () => void = () => undefined;
  let saidAt = Number.NEGATIVE_INFINITY;

  const partitioners = new Map(
    [...counts].map(([topic, count]) => [topic, createPartitioner(routeOf, count)]),
  );

  const messagesOf = (slices: readonly Slice[]): TopicMessages[] => {
    const byTopic = new Map<Topic, TopicMessages["messages"]>();
    for (const { of, from, to } of slices) {
      const messages = byTopic.get(of.topic) ?? [];
      byTopic.set(of.topic, messages);
      const partitionFor = partitioners.get(of.topic)!;
      for (let i = from; i < to; i += 1) {
        const { key, value } = of.records[i]!;
        messages.push({ key, value, partition: partitionFor(key) });
      }
    }
    return [...byTopic].map(([topic, messages]) => ({ topic: settings.nameOf(topic), messages }));
  };

  const say = (error: unknown, failures: number): void => {
    if (performance.now() < saidAt + SAY_EVERY_MS) return;
    saidAt = performance.now();
    const remedy = remedyOf(error, settings);
    const { records, oldestMs } = backlog.size();
    const what = `append failed at attempt ${failures}, tried again: ${textOf(error)}`;
    const state = `${records} records wait, the oldest for ${Math.round(oldestMs)} ms`;
    log(
      remedy === undefined ? "warn" : "error",
      `Kafka at ${settings.brokers.join(", ")}: ${what}; ${state}${remedy === undefined ? "" : `; ${remedy}`}`,
    );
  };

  /** A topic's limit is below ours: what is too much together may do apart; what is too much alone fails. */
  const deliverApart = async (slices: readonly Slice[]): Promise<void> => {
    sender.renew();
    const [first, second] = halves(slices);
    if (second!.length > 0) {
      await deliver(first!);
      await deliver(second!);
      return;
    }
    const { of, from } = slices[0]!;
    const text = `a record of ${of.sizes[from]} bytes is more than ${settings.nameOf(of.topic)} takes; set its max.message.bytes to ${MAX_MESSAGE_BYTES}`;
    log("error", `Kafka: ${text}`);
    backlog.fail(new Error(text), slices[0]);
  };

  /** Sends until it is acknowledged, or the log is closed. */
  const deliver = async (slices: readonly Slice[]): Promise<void> => {
    const wanted = backlog.open(slices);
    let left = messagesOf(wanted);
    for (let failures = 0; left.length > 0 && !givingUp.signal.aborted; ) {
      try {
        left = await sender.send(left);
        if (left.length === 0) break;
        throw new TransientError("unacknowledged", "the leaders of some partitions moved meanwhile");
      } catch (error) {
        failures += 1;
        const { type, retriable } = rootOf(error);
        if (type === "MESSAGE_TOO_LARGE") return deliverApart(wanted);
        say(error, failures);
        // The same request with the same numbers is known as a repeat; where these are in doubt, new ones.
        const isInDoubt =
          retriable !== true && !(error instanceof TransientError && error.code === "unacknowledged");
        if (isInDoubt || failures % FAILURES_TO_RENEW === 0) sender.renew();
        await sleep(Math.min(LEAST_WAIT_MS * 2 ** failures, MOST_WAIT_MS), givingUp.signal);
      }
    }
    if (left.length > 0) return;
    lastSuccessAt = Date.now();
    backlog.acknowledge(wanted);
  };

  /** Until the next request is due, or there is enough for one. */
  const linger = async (): Promise<void> => {
    const left = lastRequest + REQUEST_EVERY_MS - performance.now();
    if (left <= 0 || backlog.isFull() || closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      wake = () => {
        if (!backlog.isFull()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    wake = () => undefined;
  };

  const pump = async (): Promise<void> => {
    // Lets what is appended in the same turn come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (!backlog.isEmpty() && !givingUp.signal.aborted) {
      await linger();
      lastRequest = performance.now();
      await deliver(backlog.take());
    }
  };

  const start = (): void => {
    pumping ??= pump().finally(() => {
      pumping = undefined;
      if (!backlog.isEmpty() && !givingUp.signal.aborted) start();
    });
  };

  return {
    async append(topic, records) {
      if (closing.signal.aborted) throw closedError();
      const added = backlog.add(topic, records);
      wake();
      start();
      await added;
    },
    health() {
      const { records, bytes, oldestMs } = backlog.size();
      return { oldestWaitingMs: oldestMs, waitingRecords: records, waitingBytes: bytes, lastSuccessAt };
    },
    async close(ms) {
      closing.abort();
      if (pumping !== undefined) await within(ms, "flushing", pumping).catch(() => undefined);
      givingUp.abort();
      backlog.fail(closedError());
      await sender.close(DISCONNECT_MS);
    },
  };
}
