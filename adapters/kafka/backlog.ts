/** What is appended and not yet acknowledged: its bound, its order, and who is told. */
import { TransientError } from "../../model/errors.ts";
import type { LogRecord } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import { MAX_MESSAGE_BYTES } from "./topics.ts";

/** What is worth a request of its own, and what fits one. */
const FULL_RECORDS = 500;
const MAX_RECORDS = 4_000;
const MAX_BYTES = 2 ** 20;
/** Timestamp, lengths and what the request needs. */
const RECORD_OVERHEAD_BYTES = 100;

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
export interface Slice {
  readonly of: Waiting;
  readonly from: number;
  readonly to: number;
}

export interface Backlog {
  /** Resolves when all records are acknowledged; rejects with TransientError when too much waits already. */
  add(topic: Topic, records: readonly LogRecord[]): Promise<void>;
  /** The next records for a request, in the order of their appends. */
  take(): Slice[];
  /** Those of the slices whose appends still wait. */
  open(slices: readonly Slice[]): Slice[];
  acknowledge(slices: readonly Slice[]): void;
  /** Fails the append of a slice, or all of them. */
  fail(error: Error, slice?: Slice): void;
  /** Whether there is enough for a request of its own. */
  isFull(): boolean;
  isEmpty(): boolean;
  /** Sums of what waits; the age in ms, 0 when nothing does. */
  size(): { readonly records: number; readonly bytes: number; readonly oldestMs: number };
}

const sizeOf = ({ key, value }: LogRecord): number =>
  Buffer.byteLength(key) + Buffer.byteLength(value) + RECORD_OVERHEAD_BYTES;

/** @param bound what may wait; one append alone may be larger */
export function createBacklog(bound: { readonly records: number; readonly bytes: number }): Backlog {
  const queue: Waiting[] = [];
  let waitingRecords = 0;
  let waitingBytes = 0;

  const settle = (waiting: Waiting, error?: Error): void => {
    if (waiting.isSettled) return;
    waiting.isSettled = true;
    waitingRecords -= waiting.records.length;
    waitingBytes -= waiting.bytes;
    if (error) waiting.failed(error);
    else waiting.done();
  };

  const dropSettled = (): void => {
    const open = queue.findIndex(({ isSettled }) => !isSettled);
    queue.splice(0, open < 0 ? queue.length : open);
  };

  const refusal = (
    topic: Topic,
    records: readonly LogRecord[],
    sizes: readonly number[],
  ): Error | undefined => {
    const large = sizes.findIndex((size) => size > MAX_MESSAGE_BYTES);
    if (large >= 0)
      return new Error(
        `Kafka: a record of ${records[large]!.key} for ${topic} has ${sizes[large]} bytes, more than the ${MAX_MESSAGE_BYTES} a topic takes`,
      );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const isOver = waitingRecords + records.length > bound.records || waitingBytes + bytes > bound.bytes;
    if (!isOver || queue.length === 0) return undefined;
    return new TransientError(
      "backlog",
      `Kafka: ${waitingRecords} records of ${waitingBytes} bytes wait to be acknowledged already; append again later`,
    );
  };

  return {
    add: (topic, records) =>
      new Promise((done, failed) => {
        const sizes = records.map(sizeOf);
        const bytes = sizes.reduce((sum, size) => sum + size, 0);
        const refused = refusal(topic, records, sizes);
        if (refused) return failed(refused);
        if (records.length === 0) return done();
        const fresh = { taken: 0, acknowledged: 0, isSettled: false };
        queue.push({ topic, records, sizes, bytes, since: performance.now(), done, failed, ...fresh });
        waitingRecords += records.length;
        waitingBytes += bytes;
      }),
    take() {
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
    },
    open: (slices) => slices.filter(({ of }) => !of.isSettled),
    acknowledge(slices) {
      for (const { of, from, to } of slices) {
        of.acknowledged += to - from;
        if (of.acknowledged === of.records.length) settle(of);
      }
      dropSettled();
    },
    fail(error, slice) {
      for (const waiting of slice ? [slice.of] : queue) settle(waiting, error);
      dropSettled();
    },
    isFull: () => waitingRecords >= FULL_RECORDS || waitingBytes >= MAX_BYTES,
    isEmpty: () => queue.length === 0,
    size: () => ({
      records: waitingRecords,
      bytes: waitingBytes,
      oldestMs: queue[0] ? performance.now() - queue[0].since : 0,
    }),
  };
}
