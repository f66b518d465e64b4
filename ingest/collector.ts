/** Source → log. A message is accepted when every record of it is durable; its sender is told then. */
import type { EventLog, MessageSource, SourceMessage } from "../model/ports.ts";
import type { RejectCode } from "../model/reject.ts";
import { HOUR_MS } from "../model/time.ts";
import { type Acceptor, acceptMessage, type OutRecord } from "./accept.ts";
import { createAppendQueue } from "./append-queue.ts";

/** Counts since the start. Values are (meter, register, at). */
export interface CollectorStats {
  readonly messages: number;
  readonly received: number;
  readonly accepted: number;
  /** Accepted more than an hour after their time. */
  readonly late: number;
  readonly rejected: Readonly<Partial<Record<RejectCode, number>>>;
  /** Messages whose records are not durable yet. */
  readonly unlogged: number;
  readonly failedAppends: number;
}

export interface Collector {
  /** Resolves when the message is durable; rejects when the log failed, so that it is sent again. */
  accept(message: SourceMessage): Promise<void>;
  /** The same for records made elsewhere, such as an import's. */
  append(records: readonly OutRecord[]): Promise<void>;
  start(source: MessageSource): Promise<void>;
  /** Stops the source and waits for everything under way. */
  stop(): Promise<void>;
  stats(): CollectorStats;
}

/**
 * Joins a source to the log. It bounds nothing itself: a source stops reading while too many of its messages
 * wait.
 */
export function createCollector(acceptor: Acceptor, log: EventLog): Collector {
  const queue = createAppendQueue(log);
  const rejected: Partial<Record<RejectCode, number>> = {};
  let messages = 0;
  let received = 0;
  let accepted = 0;
  let late = 0;
  let started: MessageSource | undefined;
  const append = (records: readonly OutRecord[]): Promise<void> => {
    for (const out of records) {
      received += out.record.received;
      if (out.topic === "readings") {
        const { readings, receivedAt } = out.record;
        accepted += readings.length;
        for (const { at } of readings) if (receivedAt - at > HOUR_MS) late += 1;
      } else {
        const { code, values } = out.record.reject;
        rejected[code] = (rejected[code] ?? 0) + values;
      }
    }
    return queue.add(records);
  };
  const accept = (message: SourceMessage): Promise<void> => {
    messages += 1;
    return append(acceptMessage(acceptor, message));
  };
  return {
    accept,
    append,
    async start(source) {
      started = source;
      await source.start(accept);
    },
    async stop() {
      await started?.stop();
      await queue.drain();
    },
    stats: () => ({ messages, received, accepted, late, rejected: { ...rejected }, ...queue.stats() }),
  };
}
