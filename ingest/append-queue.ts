/** Records on their way into the log, many messages to an append. */
import type { EventLog, LogRecord } from "../model/ports.ts";
import type { OutRecord } from "./accept.ts";

/**
 * How long a batch waits for more, from its first message on; and from the one before on, when that one held
 * several: at a trickle an append, its commit and its acknowledgements then serve more than one message.
 */
const LINGER_MS = 3;
const SPACED_MS = { few: 40, some: 20 } as const;
/** A batch of more messages than this is no trickle: its senders may wait for their acknowledgements. */
const FEW_MESSAGES = 8;
const BATCH_MESSAGES = 500;
const BATCH_CHARACTERS = 256 * 1024;
/** Appends under way at once, so that the log never waits for us. */
const APPENDS = 5;

export interface AppendQueue {
  /** Resolves when the records of a message are durable; rejects when the log failed. */
  add(records: readonly OutRecord[]): Promise<void>;
  /** Sends what waits, and waits for all of it. */
  drain(): Promise<void>;
  /** Messages that are not durable yet, and appends that failed since the start. */
  stats(): { readonly unlogged: number; readonly failedAppends: number };
}

interface Batch {
  readonly readings: LogRecord[];
  readonly rejects: LogRecord[];
  messages: number;
  characters: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers messages for at most 3 ms (40 ms at a trickle), 500 messages or 256 Ki characters. A message after a
 * pause, or from a sender that waits for each acknowledgement, is not held up. Appends are begun in the order
 * of arrival.
 */
export function createAppendQueue(log: EventLog): AppendQueue {
  const waiting: Batch[] = [];
  const underWay = new Set<Promise<void>>();
  let open: Batch | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unlogged = 0;
  let failedAppends = 0;
  /** When the next batch may be closed for its age. */
  let next = 0;

  const send = async (batch: Batch): Promise<void> => {
    try {
      await appendBatch(log, batch);
      batch.resolve();
    } catch (error) {
      failedAppends += 1;
      batch.reject(error);
    } finally {
      unlogged -= batch.messages;
    }
  };
  const pump = (): void => {
    while (underWay.size < APPENDS) {
      const batch = waiting.shift();
      if (!batch) return;
      const sent = send(batch).finally(() => {
        underWay.delete(sent);
        pump();
      });
      underWay.add(sent);
    }
  };
  const close = (): void => {
    clearTimeout(timer);
    if (open) {
      waiting.push(open);
      next = performance.now() + spacing(open);
    }
    open = undefined;
    pump();
  };
  const add = (records: readonly OutRecord[]): Promise<void> => {
    if (!open) {
      open = newBatch();
      timer = setTimeout(close, Math.max(LINGER_MS, next - performance.now()));
    }
    const batch = open;
    batch.messages += 1;
    unlogged += 1;
    for (const out of records) addRecord(batch, out);
    if (batch.messages >= BATCH_MESSAGES || batch.characters >= BATCH_CHARACTERS) close();
    return batch.done;
  };
  const drain = async (): Promise<void> => {
    close();
    while (underWay.size > 0) await Promise.all(underWay);
  };
  return { add, drain, stats: () => ({ unlogged, failedAppends }) };
}

function spacing({ messages }: Batch): number {
  if (messages === 1) return 0;
  return messages > FEW_MESSAGES ? SPACED_MS.some : SPACED_MS.few;
}

function newBatch(): Batch {
  let resolve = (): void => {};
  let reject = (_: unknown): void => {};
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { readings: [], rejects: [], messages: 0, characters: 0, done, resolve, reject };
}

function addRecord(batch: Batch, out: OutRecord): void {
  const value = JSON.stringify(out.record);
  batch.characters += value.length;
  if (out.topic === "readings") batch.readings.push({ key: out.record.site, value });
  else batch.rejects.push({ key: out.record.reject.site, value });
}

async function appendBatch(log: EventLog, { readings, rejects }: Batch): Promise<void> {
  const appends: Promise<void>[] = [];
  if (readings.length > 0) appends.push(log.append("readings", readings));
  if (rejects.length > 0) appends.push(log.append("rejects", rejects));
  // Waits for both, so that nothing is under way any more when the sender is told of a failure.
  const results = await Promise.allSettled(appends);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
