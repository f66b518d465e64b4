/** One partition as long as it is ours: its records between the connection and the processor. */
import type { LogBatch, LoggedRecord, LogShare } from "../../model/ports.ts";
import type { Lease } from "./lease.ts";

/** Size of one batch to the consumer: enough to amortise a commit, little enough to stay responsive. */
const BATCH_RECORDS = 2_000;
const BATCH_CHARACTERS = 1_500_000;
/** Least time between two batches, unless there is enough for one. */
const BATCH_EVERY_MS = 40;
const FULL_RECORDS = 500;
/** Fetching stops when so much waits, and goes on when so little does. */
const PAUSE_CHARACTERS = 1_500_000;
const RESUME_CHARACTERS = 700_000;

const MAX_STRANGERS = 3;

/** What a share asks of the connection. */
export interface ShareLink {
  pause(): void;
  resume(): void;
  /** Fetches again from `offset` on. */
  seek(offset: number): void;
  /** Commits that everything before `offset` is done; rejects when that is not sure. */
  commit(offset: number): Promise<void>;
}

export interface Share extends LogShare {
  /** Takes what was fetched; false when it is not what comes next. */
  add(records: readonly LoggedRecord[], isEnd: boolean): boolean;
  /** Nothing lies between the last committed record and the end. */
  startsAtEnd(): void;
  /** Offset of the first record that is not yet here; undefined before the first one came. */
  next(): number | undefined;
  readonly held: Lease;
}

export interface ShareOptions {
  readonly partition: number;
  readonly owns: (site: string) => boolean;
  readonly lease: Lease;
  readonly link: ShareLink;
}

export function createShare({ partition, owns, lease, link }: ShareOptions): Share {
  const queue: LoggedRecord[] = [];
  let characters = 0;
  let isPaused = false;
  let isEnd = false;
  let strangers = 0;
  let isRewound = false;
  let hasBegun = false;
  let first: number | undefined;
  let next: number | undefined;
  let done: number | undefined;
  let wake: () => void = () => undefined;
  lease.signal.addEventListener("abort", () => wake(), { once: true });

  const woken = (ms?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (lease.ended()) wake();
    });

  const take = (): LoggedRecord[] => {
    let count = 0;
    let size = 0;
    while (count < queue.length && count < BATCH_RECORDS) {
      const { length } = queue[count]!.value;
      if (count > 0 && size + length > BATCH_CHARACTERS) break;
      size += length;
      count += 1;
    }
    const records = queue.splice(0, count);
    characters -= size;
    if (isPaused && characters < RESUME_CHARACTERS) {
      isPaused = false;
      link.resume();
    }
    return records;
  };

  /** From the last committed record on again: whoever read before did not get to the end of it. */
  const rewind = (): void => {
    const from = done ?? first;
    if (from === undefined) return;
    queue.length = 0;
    characters = 0;
    isEnd = false;
    isRewound = true;
    strangers = 0;
    next = from;
    link.seek(from);
    if (isPaused) link.resume();
    isPaused = false;
  };

  const commit = async (records: readonly LoggedRecord[]): Promise<void> => {
    const last = records.at(-1);
    if (last === undefined) return;
    const ended = lease.ended();
    if (ended) throw ended;
    await link.commit(last.offset + 1);
    done = last.offset + 1;
  };

  async function* batches(): AsyncGenerator<LogBatch> {
    if (hasBegun && !lease.ended()) rewind();
    hasBegun = true;
    let lastBatch = Number.NEGATIVE_INFINITY;
    while (!lease.ended()) {
      const left = lastBatch + BATCH_EVERY_MS - performance.now();
      if (left > 1 && queue.length < FULL_RECORDS) {
        await woken(left);
        continue;
      }
      if (queue.length === 0 && !isEnd) {
        await woken();
        continue;
      }
      const records = take();
      if (records.length === 0) isEnd = false;
      else lastBatch = performance.now();
      yield { records, commit: () => commit(records) };
    }
  }

  return {
    partition,
    owns,
    lease: lease.signal,
    held: lease,
    batches,
    add(records, reachesEnd) {
      const start = records[0]!.offset;
      if (isRewound && start !== next) {
        // Fetched before the rewinding; unless it comes again and again: then what lies between is gone.
        strangers += 1;
        if (strangers < MAX_STRANGERS) return false;
      }
      isRewound = false;
      first ??= start;
      for (const record of records) {
        queue.push(record);
        characters += record.value.length;
      }
      next = records.at(-1)!.offset + 1;
      isEnd = reachesEnd;
      if (!isPaused && characters > PAUSE_CHARACTERS) {
        isPaused = true;
        link.pause();
      }
      wake();
      return true;
    },
    startsAtEnd() {
      if (next !== undefined) return;
      isEnd = true;
      wake();
    },
    next: () => next,
  };
}
