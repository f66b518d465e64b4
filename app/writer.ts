/** The writer thread: log, store and processors on the one connection that writes. */
import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { createSqliteLog } from "../adapters/sqlite/log.ts";
import { createSqliteStore } from "../adapters/sqlite/store.ts";
import { serveCalls } from "../adapters/thread-call.ts";
import type { Changes } from "../model/ports.ts";
import type { RecomputeRecord, Topic } from "../model/records.ts";
import type { Registry } from "../model/registry.ts";
import { shareTexts } from "../model/share-texts.ts";
import { DAY_MS } from "../model/time.ts";
import { planOf } from "../processors/plan.ts";
import { countWrite, type WriteCounts } from "../processors/quality/pipeline.ts";
import { restatementOf } from "../processors/restate.ts";
import { CONSUMER, createRunner, type Runner } from "../processors/runner.ts";
import type { LoggedReplay } from "./actions.ts";
import { knownOf } from "./logged-replay.ts";
import { createToday, startPipelineStatus } from "./pipeline.ts";

export interface WriterData {
  readonly file: string;
  readonly registry: Registry;
}

/** How far the processors are behind, for /readyz and for commands that wait. */
export interface Progress {
  readonly recordsBehind: number;
  readonly pendingSpans: number;
  readonly dirtyDays: number;
  readonly appended: number;
  /** Figures and entries of the ledger written since the start. */
  readonly figures: number;
  readonly restatements: number;
  readonly failure?: string;
}

/** The log is kept for two weeks, and longer than a backup is old. */
const LOG_KEPT_MS = 14 * DAY_MS;
const TRIM_ROWS = 5_000;
const TRIM_EVERY_MS = 5_000;
/** Waits between attempts to go on after a failure. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

const { file } = workerData as WriterData;
const registry = shareTexts((workerData as WriterData).registry);
const plan = planOf(registry);
const db = openDatabase(file);
const store = createSqliteStore(db, plan.calendar);
const log = createSqliteLog(db, store, Date.now);
const stop = new AbortController();
let runner: Runner | undefined;
let failure: string | undefined;
let appended = 0;
let counts: WriteCounts = { figures: 0 };
let restatements = 0;

async function restate(): Promise<void> {
  const { records, dirty, facts } = await restatementOf(plan, store, Date.now());
  await log.append(
    "readings",
    records.map((record) => ({ key: record.site, value: JSON.stringify(record) })),
  );
  await store.write({ dirtySet: dirty, facts });
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

function counted(changes: Changes): void {
  counts = countWrite(counts, changes, Date.now());
  restatements += changes.ledger?.length ?? 0;
}

/** Runs the processors; a failure of the disk is tried again, from what is stored. */
async function process(): Promise<void> {
  for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
    try {
      runner = await createRunner({
        plan,
        log,
        store,
        commit: async (batch, changes) => {
          await log.commitWith(batch, changes);
          counted(changes);
        },
        write: async (changes) => {
          await store.write(changes);
          counted(changes);
        },
        now: Date.now,
      });
      failure = undefined;
      await runner.run(stop.signal);
    } catch (error) {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      console.error(`processors: ${failure}`);
      await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!);
    }
  }
}

function behind(): number {
  let records = 0;
  for (const topic of ["readings", "rejects"] as const) {
    const { end, done } = log.progress(topic, CONSUMER);
    records += end - done;
  }
  return records;
}

function progress(): Progress {
  const waiting = runner?.waiting() ?? { pending: 0, dirty: 0 };
  return {
    recordsBehind: behind(),
    pendingSpans: waiting.pending,
    dirtyDays: waiting.dirty,
    appended,
    figures: counts.figures,
    restatements,
    ...(failure === undefined ? {} : { failure }),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function caughtUp(): Promise<void> {
  // What is in the log by now: where readings come all the time it is never empty.
  const wanted = (["readings", "rejects"] as const).map((topic) => ({
    topic,
    end: log.progress(topic, CONSUMER).end,
  }));
  while (wanted.some(({ topic, end }) => log.progress(topic, CONSUMER).done < end)) {
    if (failure !== undefined) throw new Error(failure);
    for (const { topic } of wanted) log.hurry(topic);
    await turn();
  }
  await runner?.drain();
}

/** Appends those readings of a logged record again that the registry knows by now. */
async function replayLogged(offset: number): Promise<LoggedReplay> {
  const { again, ...replay } = knownOf(plan, log.recordAt("readings", offset));
  await log.append("readings", again);
  return replay;
}

let untrimmed: string | undefined;

/** Deletes what is old enough; a full disk, which may refuse even that, is no reason to end. */
function trim(): void {
  try {
    for (const topic of ["readings", "rejects"] as const)
      log.trim(topic, CONSUMER, Date.now() - LOG_KEPT_MS, TRIM_ROWS);
    log.trim("alerts", undefined, Date.now() - LOG_KEPT_MS, TRIM_ROWS);
    untrimmed = undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== untrimmed) console.error(`log not trimmed: ${why}`);
    untrimmed = why;
  }
}

try {
  await restate();
} catch (error) {
  // Left open, the file would keep its log beside it.
  await store.close();
  throw error;
}
// Its age is that of what came in before the start, too.
counts = countWrite(counts, { live: await store.live() }, Date.now());
const running = process();
const today = createToday(plan.calendar, store.balance);
const telling = startPipelineStatus({
  name: "embedded",
  role: "all",
  facts: async () => ({ ...progress(), ...counts, ...(await today()) }),
  write: (observations) => store.write({ observations }),
  failed: (error) => console.error(`pipeline status: ${error}`),
});
const trimming = setInterval(trim, TRIM_EVERY_MS);

serveCalls(parentPort!, {
  async append(topic: Topic, keys: string[], values: string[]) {
    await log.append(
      topic,
      keys.map((key, i) => ({ key, value: values[i]! })),
    );
    appended += keys.length;
  },
  progress,
  caughtUp,
  recompute: (records: RecomputeRecord[]) =>
    log.append(
      "readings",
      records.map((record) => ({ key: record.site, value: JSON.stringify(record) })),
    ),
  replayLogged,
  sumAgain: (days: { carrier: string; start: number }[]) => runner?.sumAgain(days),
  write: (changes: Changes) => store.write(changes),
  ready: () => true,
  async stop() {
    clearInterval(trimming);
    await telling.stop();
    stop.abort();
    await log.close();
    await running;
    await store.close();
    // The driver aborts the process when a thread ends inside a call: the thread closes first, then ends itself.
    setImmediate(() => parentPort!.close());
  },
});
