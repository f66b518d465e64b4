/** The evaluation of rules in the embedded stack: over the observations as they are written, in the desk's thread. */
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { createNames } from "../adapters/sqlite/names.ts";
import { createSqliteReader } from "../adapters/sqlite/reader.ts";
import { setPragmas } from "../adapters/sqlite/schema.ts";
import { alertsOf } from "../alerts/document.ts";
import { documentsOf } from "../alerts/evaluate/document.ts";
import { type AlertChange, createEvaluator, type Evaluator } from "../alerts/evaluate/evaluator.ts";
import type { Alert } from "../model/alert.ts";
import type { DeskStore } from "../model/desk.ts";
import type { Log } from "../model/log.ts";
import type { DeskRegistry } from "../model/registry.ts";
import type { Calendar, Instant } from "../model/time.ts";
import { type Repeating, repeat } from "./repeating.ts";

export interface EvaluationParts {
  readonly file: string;
  readonly registry: DeskRegistry;
  readonly store: DeskStore;
  readonly calendar: Calendar;
  readonly log: Log;
  readonly receive: (alerts: readonly Alert[], along?: () => void) => unknown;
}

export interface Evaluation {
  start(): void;
  stop(): Promise<void>;
  failure(): string | undefined;
}

const CURSOR = "cursor";
const STATE = "evaluator";
const ROWS = 2_000;
const LOOK_EVERY_MS = 200;
const TICK_EVERY_MS = 1_000;
/** Without alerts the place is kept this often: what was read since is read again after a crash, to the same end. */
const SAVE_EVERY_MS = 30_000;
/** A state with thousands of alerts is long: it is not written at more than 100 kB a second all day. */
const SAVED_CHARACTERS_A_MS = 100;
const AFTER_ERROR_MS = 2_000;

function openEvaluator({ registry, store, log }: EvaluationParts): Evaluator {
  try {
    return createEvaluator(registry.rules, store.fact(STATE));
  } catch (error) {
    log.warn("evaluator-anew", { error });
    return createEvaluator(registry.rules);
  }
}

/** Reads what is new, hands alerts over, and keeps its place in the very transaction that stores them. */
export function openEvaluation(parts: EvaluationParts): Evaluation {
  const { file, registry, store, calendar, log, receive } = parts;
  const { grafanaUrl } = registry.duties;
  const db = openDatabase(file, { readOnly: true });
  setPragmas(db);
  const reader = createSqliteReader(db, createNames(db), calendar);
  let evaluator = openEvaluator(parts);
  let cursor = Number(store.fact(CURSOR) ?? 0);
  /** By a clock that nobody sets. */
  let saveAt = 0;
  let tickedAt = Number.NEGATIVE_INFINITY;
  let failure: string | undefined;
  let repeating: Repeating | undefined;

  const save = (upTo: number): void => {
    const state = evaluator.state();
    store.putFact(CURSOR, String(upTo));
    store.putFact(STATE, state);
    saveAt = performance.now() + Math.max(SAVE_EVERY_MS, state.length / SAVED_CHARACTERS_A_MS);
  };

  const alertsIn = (changes: readonly AlertChange[]): Alert[] =>
    documentsOf(changes, grafanaUrl === undefined ? {} : { grafanaUrl }).flatMap((document) => {
      const read = alertsOf(document);
      if (read.ok) return read.alerts;
      log.error("alerts-unreadable", { problems: read.problems });
      return [];
    });

  /** True where there is more to read at once. */
  const look = async (): Promise<boolean> => {
    const now: Instant = Date.now();
    const { rows, cursor: next } = await reader.observedAfter(cursor, ROWS);
    const isFull = rows.length === ROWS;
    const changes = rows.length > 0 ? evaluator.take(rows, now) : [];
    // Not before all that is stored was read: what does not come would be what was not looked at.
    if (!isFull && performance.now() - tickedAt >= TICK_EVERY_MS) {
      tickedAt = performance.now();
      changes.push(...evaluator.tick(now));
    }
    const alerts = alertsIn(changes);
    if (alerts.length > 0) receive(alerts, () => save(next));
    else if (performance.now() >= saveAt) store.transaction(() => save(next));
    cursor = next;
    return isFull;
  };

  const step = async (): Promise<number> => {
    try {
      const isMore = await look();
      failure = undefined;
      return isMore ? 0 : LOOK_EVERY_MS;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      log.error("evaluation-halted", { error });
      // What it took in and did not store is taken in anew.
      evaluator = openEvaluator(parts);
      cursor = Number(store.fact(CURSOR) ?? 0);
      return AFTER_ERROR_MS;
    }
  };

  /** A store of an earlier day was put in place of the one that was read: its newest row is below our place. */
  const findPlace = async (): Promise<void> => {
    if (cursor === 0 || (await reader.observedAfter(cursor - 1, 1)).rows.length > 0) return;
    log.warn("observations-anew", { cursor });
    cursor = 0;
  };

  return {
    start() {
      let place: Promise<void> | undefined;
      repeating = repeat(async () => {
        place ??= findPlace().catch((error: unknown) => log.error("evaluation-halted", { error }));
        await place;
        return step();
      });
    },
    async stop() {
      await repeating?.stop();
      store.transaction(() => save(cursor));
      db.close();
    },
    failure: () => failure,
  };
}
