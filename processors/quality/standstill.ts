/** Whether a meter that does not move is stuck, or may well stand still. */
import type { Figure } from "../../model/figure.ts";
import { DAY_MS, HOUR_MS, type Instant, QUARTER_MS } from "../../model/time.ts";

/** Quarter-hours or days of a meter, by start. */
export type Rows = readonly Pick<Figure, "start" | "amount" | "coverage" | "estimated">[];

/** Intervals between eight equal points. */
const EQUAL_INTERVALS = 7;
/** A meter that never stood still for so many intervals usually moves. */
const PAUSE_INTERVALS = 4;
/** Days looked at before a standstill, and how many of them must be known. */
export const PROFILE_DAYS = 7;
const LEAST_DAYS = 3;
/** A day of which less is known says nothing. */
const LEAST_KNOWN = 0.5;
/** Binary dust of sums; no register counts in billionths. */
const NOTHING = 1e-9;

const isKnown = (row: Rows[number]): boolean => row.coverage + row.estimated > 0;
const isStill = (row: Rows[number]): boolean => isKnown(row) && Math.abs(row.amount) < NOTHING;

/** How a meter stands at the end of what is known of it. */
export interface Stand {
  /** The register has not moved from `since` on, as far as is known, to `until`. */
  readonly since: Instant;
  readonly until: Instant;
  /** It may have stood still before `since`, too: there are no rows of that time. */
  readonly isOpen: boolean;
}

/**
 * The standstill at the end of quarter-hours; undefined where the newest that is known moved, or none is known.
 * What is missing ends it: the meter may have moved meanwhile.
 * @param from rows before it were not read
 */
export function standAtEnd(rows: Rows, from: Instant): Stand | undefined {
  const known = rows.filter(isKnown);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  let i = known.length;
  while (i > 0 && isStill(known[i - 1]!) && (i === known.length || isNext(known[i - 1]!, known[i]!))) i -= 1;
  const first = known[i];
  if (first === undefined) return undefined;
  const until = last.start + Math.min(1, last.coverage + last.estimated) * QUARTER_MS;
  return { since: first.start, until, isOpen: first.start <= from };
}

const isNext = (a: Rows[number], b: Rows[number]): boolean => b.start - a.start === QUARTER_MS;

/** The longest standstill within quarter-hours, in ms. */
export function longestStandMs(rows: Rows): number {
  let longest = 0;
  let run = 0;
  let next = Number.NaN;
  for (const row of rows) {
    if (!isStill(row)) run = 0;
    else run = row.start === next ? run + QUARTER_MS : QUARTER_MS;
    next = row.start + QUARTER_MS;
    longest = Math.max(longest, run);
  }
  return longest;
}

/**
 * After how long without movement a meter is stuck: eight equal points where it usually moves, a day where it
 * pauses now and then, never where it may well stand still, having done so on some whole day, or too few days
 * being known to tell.
 * @param days rows of the seven days before the standstill. @param quarters those of the same days
 */
export function stuckAfterMs(days: Rows, quarters: Rows, intervalMs: number): number {
  const known = days.filter((row) => row.coverage + row.estimated >= LEAST_KNOWN);
  if (known.length < LEAST_DAYS || known.some(isStill)) return Number.POSITIVE_INFINITY;
  const points = Math.max(EQUAL_INTERVALS * intervalMs, QUARTER_MS);
  const longest = longestStandMs(quarters);
  if (longest >= DAY_MS) return Number.POSITIVE_INFINITY;
  return longest < Math.max(PAUSE_INTERVALS * intervalMs, QUARTER_MS) ? points : Math.max(points, DAY_MS);
}

/** Hours that a stuck meter has not moved; 0 while it is not stuck. */
export function stuckHoursOf(stand: Stand | undefined, afterMs: number): number {
  if (stand === undefined) return 0;
  const standMs = stand.until - stand.since;
  return standMs >= afterMs ? standMs / HOUR_MS : 0;
}
