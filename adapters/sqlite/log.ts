/** The embedded log: a table for each topic, appended in groups, one commit (and one fsync) a group. */
import type { Changes, EventLog, LogBatch, LoggedRecord, LogRecord, LogShare } from "../../model/ports.ts";
import { type Topic, topics } from "../../model/records.ts";
import { type Bulk, createBulk } from "./bulk.ts";
import type { Database, Statement } from "./driver.ts";
import type { SqliteStore } from "./store.ts";

/** Records kept in memory for a consumer that is close behind, so that they are not read back. */
const FRESH_RECORDS = 20_000;
/** Size of one batch to the consumer: enough to amortise a commit, little enough to stay responsive. */
const BATCH_RECORDS = 2_000;
const BATCH_CHARACTERS = 1_500_000;
/**
 * Least time between two commits of appends, and between two batches to the consumer. The first after a pause
 * goes at once; at a steady trickle each commit (and its fsync) serves more than one message.
 */
const APPEND_EVERY_MS = 20;
const BATCH_EVERY_MS = 40;
/** A batch of several records, but fewer than these, says that readings trickle; the next may wait longer. */
const TRICKLE_RECORDS = 30;
const TRICKLE_EVERY_MS = 120;
/** A batch of at least so many records is worth a commit of its own. */
const FULL_RECORDS = 200;

interface TopicState {
  readonly topic: Topic;
  last: number;
  fresh: LoggedRecord[];
  readonly insert: Bulk;
  readonly select: Statement;
  wake: (() => void)[];
  /** Somebody waits for the next batch. */
  isHurried: boolean;
}

interface Waiting {
  readonly topic: Topic;
  readonly records: readonly LogRecord[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export interface SqliteLog extends EventLog {
  /** Writes what a batch led to and commits its offset in one transaction. */
  commitWith(batch: LogBatch, changes: Changes): Promise<void>;
  /** Newest offset of a topic, and the offset up to which `consumer` is done. */
  progress(topic: Topic, consumer: string): { end: number; done: number };
  /** The next batch of a topic is not held back for more to come: somebody waits for what is logged. */
  hurry(topic: Topic): void;
  /** The record at an offset, while it is kept. */
  recordAt(topic: Topic, offset: number): LoggedRecord | undefined;
  /**
   * Deletes at most `limit` records that are done and older than `before`; returns how many. Without a consumer, of a
   * topic that nothing here reads, all are done.
   */
  trim(topic: Topic, consumer: string | undefined, before: number, limit: number): number;
}

interface SqliteBatch extends LogBatch {
  readonly consumer: string;
  readonly topic: Topic;
  readonly end: number;
}

function openTopic(db: Database, topic: Topic): TopicState {
  const table = `log_${topic}`;
  const last = db.prepare(`SELECT max(off) AS last FROM ${table}`).get() as { last: number | null };
  // The log may have been trimmed to nothing: offsets go on from what was committed.
  const done = db.prepare("SELECT max(off) AS last FROM log_offset WHERE topic=?").get(topic) as {
    last: number | null;
  };
  const select = db.prepare(`SELECT off, site, value FROM ${table} WHERE off > ? ORDER BY off LIMIT ?`);
  select.setReturnArrays(true);
  const insert = createBulk(db, `INSERT INTO ${table}(off, site, received, value) VALUES`, 4);
  return {
    topic,
    last: Math.max(last.last ?? 0, done.last ?? 0),
    fresh: [],
    insert,
    select,
    wake: [],
    isHurried: false,
  };
}

function wakeAll(state: TopicState): void {
  for (const wake of state.wake.splice(0)) wake();
}

/** Calls back after `ms`, or in the next turn of the event loop. */
function later(callback: () => void, ms: number): void {
  if (ms > 1) setTimeout(callback, ms);
  else setImmediate(callback);
}

function spacing(records: number): number {
  return records > 1 && records < TRICKLE_RECORDS ? TRICKLE_EVERY_MS : BATCH_EVERY_MS;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param now the clock that stamps records for retention, in epoch milliseconds */
export function createSqliteLog(db: Database, store: SqliteStore, now: () => number): SqliteLog {
  const states = new Map(topics.map((topic) => [topic, openTopic(db, topic)]));
  const readOffset = db.prepare("SELECT off FROM log_offset WHERE consumer=? AND topic=?");
  const writeOffset = db.prepare(
    "INSERT INTO log_offset(consumer, topic, off) VALUES(?,?,?) ON CONFLICT DO UPDATE SET off=excluded.off",
  );
  let waiting: Waiting[] = [];
  let closed = false;
  let lastFlush = 0;
  let waitingRecords = 0;
  let isAtOnce = false;

  const committed = (topic: Topic, consumer: string): number =>
    (readOffset.get(consumer, topic) as { off: number } | undefined)?.off ?? 0;

  const insertGroup = (group: readonly Waiting[], at: number): LoggedRecord[][] =>
    group.map(({ topic, records }) => {
      const state = states.get(topic)!;
      return records.map(({ key, value }) => {
        state.last += 1;
        state.insert.queue.push(state.last, key, at, value);
        state.insert.added();
        return { key, value, offset: state.last };
      });
    });

  const keepFresh = (state: TopicState, records: readonly LoggedRecord[]): void => {
    for (const record of records) state.fresh.push(record);
    if (state.fresh.length > FRESH_RECORDS) state.fresh = state.fresh.slice(-FRESH_RECORDS / 2);
    wakeAll(state);
  };

  /** Flushes at the next due time, or at once when there is enough for a commit of its own. */
  const schedule = (): void => {
    const isFull = waiting.length > 0 && waitingRecords >= FULL_RECORDS;
    if (isFull && !isAtOnce) {
      isAtOnce = true;
      setImmediate(flush);
    } else if (waiting.length === 1 && !isAtOnce)
      later(flush, lastFlush + APPEND_EVERY_MS - performance.now());
  };

  const flush = (): void => {
    const group = waiting;
    waiting = [];
    waitingRecords = 0;
    isAtOnce = false;
    lastFlush = performance.now();
    if (group.length === 0) return;
    const before = new Map([...states].map(([topic, state]) => [topic, state.last]));
    let logged: LoggedRecord[][] = [];
    try {
      store.transaction(() => {
        logged = insertGroup(group, now());
        for (const state of states.values()) state.insert.flush();
      });
    } catch (error) {
      for (const [topic, last] of before) {
        states.get(topic)!.last = last;
        states.get(topic)!.insert.discard();
      }
      for (const { failed } of group) failed(error);
      return;
    }
    group.forEach(({ topic, done }, i) => {
      keepFresh(states.get(topic)!, logged[i]!);
      done();
    });
  };

  const readAfter = (state: TopicState, offset: number): LoggedRecord[] => {
    const first = state.fresh[0];
    if (first !== undefined && first.offset <= offset + 1) {
      const from = offset + 1 - first.offset;
      return state.fresh.slice(from, from + BATCH_RECORDS);
    }
    const rows = state.select.all(offset, BATCH_RECORDS) as [number, string, string][];
    return rows.map(([off, key, value]) => ({ offset: off, key, value }));
  };

  const cut = (records: readonly LoggedRecord[]): readonly LoggedRecord[] => {
    let characters = 0;
    const end = records.findIndex((record) => {
      characters += record.value.length;
      return characters > BATCH_CHARACTERS;
    });
    return end <= 0 ? (end === 0 ? records.slice(0, 1) : records) : records.slice(0, end);
  };

  const dropDone = (state: TopicState, done: number): void => {
    const first = state.fresh[0];
    if (first !== undefined) state.fresh = state.fresh.slice(Math.max(0, done + 1 - first.offset));
  };

  async function* batches(topic: Topic, consumer: string, signal: AbortSignal): AsyncIterable<LogBatch> {
    const state = states.get(topic)!;
    let position = committed(topic, consumer);
    signal.addEventListener("abort", () => wakeAll(state), { once: true });
    let nextBatch = 0;
    while (!signal.aborted) {
      await gather(state, position, nextBatch);
      state.isHurried = false;
      // Lets waiting appends through between two batches: their senders' PUBACKs hang on them.
      await nextTurn();
      if (signal.aborted) return;
      const records = cut(readAfter(state, position));
      const end = records.at(-1)?.offset ?? position;
      const batch: SqliteBatch = {
        records,
        consumer,
        topic,
        end,
        commit: async () => store.transaction(() => writeOffset.run(consumer, topic, end)),
      };
      yield batch;
      position = end;
      if (records.length > 0) nextBatch = performance.now() + spacing(records.length);
      dropDone(state, end);
      // Whoever gave up while it had the batch in hand is not woken any more.
      if (!signal.aborted && records.length === 0 && state.last === position) await more(state);
    }
  }

  /** The whole log is one share, and nobody takes it away. */
  async function* consume(topic: Topic, consumer: string, signal: AbortSignal): AsyncIterable<LogShare> {
    if (signal.aborted) return;
    const share: LogShare = {
      partition: 0,
      owns: () => true,
      lease: signal,
      batches: () => batches(topic, consumer, signal),
    };
    yield share;
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Waits until `until`, or until there is enough for a batch of its own. */
  const gather = async (state: TopicState, position: number, until: number): Promise<void> => {
    for (;;) {
      const left = until - performance.now();
      if (left <= 1 || closed || state.isHurried || state.last - position >= FULL_RECORDS) return;
      await new Promise<void>((resolve) => {
        state.wake.push(resolve);
        later(resolve, left);
      });
    }
  };

  const more = (state: TopicState): Promise<void> => new Promise((resolve) => state.wake.push(resolve));

  return {
    append: (topic, records) =>
      new Promise((done, failed) => {
        if (closed) {
          failed(new Error("The log is closed."));
          return;
        }
        waiting.push({ topic, records, done, failed });
        waitingRecords += records.length;
        schedule();
      }),
    consume,
    async commitWith(batch, changes) {
      const { consumer, topic, end } = batch as SqliteBatch;
      store.transaction(() => {
        store.writeInside(changes);
        writeOffset.run(consumer, topic, end);
      });
    },
    progress: (topic, consumer) => ({ end: states.get(topic)!.last, done: committed(topic, consumer) }),
    hurry(topic) {
      const state = states.get(topic)!;
      if (state.fresh.length === 0) return;
      state.isHurried = true;
      wakeAll(state);
    },
    recordAt(topic, offset) {
      const [row] = states.get(topic)!.select.all(offset - 1, 1) as [number, string, string][];
      return row?.[0] === offset ? { offset, key: row[1], value: row[2] } : undefined;
    },
    trim(topic, consumer, before, limit) {
      const table = `log_${topic}`;
      const upTo = consumer === undefined ? states.get(topic)!.last : committed(topic, consumer);
      // The oldest first, and of these the old: whether any is old enough must not take a look at all of them.
      const oldest = `SELECT off, received FROM ${table} WHERE off < ? ORDER BY off LIMIT ?`;
      const sql = `DELETE FROM ${table} WHERE off IN (SELECT off FROM (${oldest}) WHERE received < ?)`;
      const result = db.prepare(sql).run(upTo, limit, before) as { changes: number };
      return result.changes;
    },
    async close() {
      flush();
      closed = true;
    },
  };
}
