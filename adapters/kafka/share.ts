/** One partition as long as it is ours: its records between the connection and the processor. */
import type { LogBatch, LoggedRecord, LogShare } from "../../model/ports.ts";
import type { Lease } from "./lease.ts";

/** Size of one batch to the consumer: enough to amortise a commit, little enough to stay responsive. */
const BATCH_RECORDS = 4_000;
const BATCH_CHARACTERS = 1_500_000;
/** Least time between two batches, unless there is enough for one. */
const BATCH_EVERY_MS = 40;
const FULL_RECORDS = 500;
/** Fetching stops when so much waits, and goes on when so little does. */
const PAUSE_CHARACTERS = 1_500_000;
const RESUME_CHARACTERS = 700_000;
/** What begins elsewhere than expected was fetched too early; when it comes so often, the rest is gone. */
const MAX_STRANGERS = 3;

/** What a share asks of the connection. */
export interface ShareLink {
  pause(): void;
  resume(): void;
  /** Fetches from `offset` on. */
  seek(offset: number): void;
  /** Commits that everything before `offset` is done; rejects when that is not sure. */
  commit(offset: number): Promise<void>;
  /** Says that it goes on at `to` where `from` was to come: records were deleted, or the log was cut back. */
  jumped(from: number, to: number): void;
}

/** Where the partition begins and ends, and the first record that was not committed. */
export interface Place {
  readonly low: number;
  readonly high: number;
  readonly next: number;
}

export interface Share extends LogShare {
  readonly held: Lease;
  /** Sets where it begins; nothing is taken before. */
  startAt(place: Place): void;
  /** Takes what was fetched; false when it is not what comes next. `isEnd`: there was no more. */
  add(records: readonly LoggedRecord[], isEnd: boolean): boolean;
}

export interface ShareOptions {
  readonly partition: number;
  readonly owns: (site: string) => boolean;
  readonly lease: Lease;
  readonly link: ShareLink;
}

/** The share is paused until it is told where to start. */
export function createShare({ partition, owns, lease, link }: ShareOptions): Share {
  const queue: LoggedRecord[] = [];
  let characters = 0;
  let isPaused = true;
  let isEnd = false;
  let hasBegun = false;
  let strangers = 0;
  let next: number | undefined;
  let done: number | undefined;
  let wake: () => void = () => undefined;
  lease.signal.addEventListener("abort", () => wake(), { once: true });
  link.pause();

  const woken = (ms?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (lease.ended()) wake();
    });

  const setPaused = (paused: boolean): void => {
    if (paused === isPaused) return;
    isPaused = paused;
    if (paused) link.pause();
    else link.resume();
  };

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
    if (characters < RESUME_CHARACTERS && next !== undefined) setPaused(false);
    return records;
  };

  const goTo = (offset: number): void => {
    queue.length = 0;
    characters = 0;
    strangers = 0;
    next = offset;
    link.seek(offset);
    setPaused(false);
  };

  /** From the last committed record on again: whoever read before did not get to the end of it. */
  const rewind = (): void => {
    if (done === undefined || done === next) return;
    isEnd = false;
    goTo(done);
  };

  const commit = async (last: number | undefined): Promise<void> => {
    if (last === undefined) return;
    const ended = lease.ended();
    if (ended) throw ended;
    await link.commit(last + 1);
    done = last + 1;
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
      const last = records.at(-1)?.offset;
      yield { records, commit: () => commit(last) };
    }
  }

  /** Whether the records are what is to be taken next. */
  const isNext = (start: number): boolean => {
    if (next === undefined) return false;
    if (start === next) return true;
    strangers += 1;
    if (strangers < MAX_STRANGERS) return false;
    link.jumped(next, start);
    return true;
  };

  return {
    partition,
    owns,
    lease: lease.signal,
    held: lease,
    batches,
    startAt(place) {
      const isThere = place.low <= place.next && place.next <= place.high;
      const start = isThere ? place.next : place.low;
      if (!isThere) link.jumped(place.next, start);
      done = start;
      isEnd = start >= place.high;
      goTo(start);
      wake();
    },
    add(records, reachesEnd) {
      if (!isNext(records[0]!.offset)) return false;
      strangers = 0;
      for (const record of records) {
        queue.push(record);
        characters += record.value.length;
      }
      next = records.at(-1)!.offset + 1;
      isEnd = reachesEnd;
      if (characters > PAUSE_CHARACTERS) setPaused(true);
      wake();
      return true;
    },
  };
}
