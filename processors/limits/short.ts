/** Limits of quarter-hours and hours: a row for each of them. */
import type { Observation } from "../../model/observation.ts";
import { type DayIndex, type Instant, QUARTER_MS } from "../../model/time.ts";
import type { Quarters } from "./rows.ts";
import type { Ground } from "./standing.ts";
import { overlapMs, type Subject } from "./subjects.ts";
import { goneRowOf, type Standing, usageRow } from "./usage.ts";

const QUARTERS_AN_HOUR = 4;

/** Energy of some quarter-hours, or the mean power of one that is known through and through. */
function usedOf(subject: Subject, quarters: Quarters, from: number, to: number): number | null {
  const isDemand = subject.limit.quantity === "demand";
  let sum: number | null = null;
  for (let i = from; i < to; i += 1) {
    const amount = quarters.amount[i]!;
    if (Number.isNaN(amount) || (isDemand && !quarters.whole[i])) continue;
    sum = (sum ?? 0) + amount * (isDemand ? QUARTERS_AN_HOUR : 1);
  }
  return sum;
}

function standingOf(
  subject: Subject,
  quarters: Quarters,
  start: Instant,
  from: number,
  to: number,
): Standing | undefined {
  const last = quarters.amount.findLastIndex((amount, i) => !Number.isNaN(amount) && i >= from && i < to);
  if (last < from) return undefined;
  const period = { start: start + from * QUARTER_MS, end: start + to * QUARTER_MS };
  const asOf = start + (last + 1) * QUARTER_MS;
  let knownMs = 0;
  for (let i = from; i <= last; i += 1) knownMs += quarters.known[i]! * QUARTER_MS;
  const due = Math.max(1, overlapMs(subject.series[0]!.service, period.start, asOf));
  const gone = (asOf - period.start) / (period.end - period.start);
  const isDemand = subject.limit.quantity === "demand";
  return {
    at: period.start,
    period,
    asOf,
    used: usedOf(subject, quarters, from, to),
    coverage: Math.min(1, knownMs / due),
    gone,
    planned: isDemand ? subject.limit.value : subject.limit.value * gone,
    pace: null,
  };
}

function hasAny(quarters: ReadonlySet<number>, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if (quarters.has(i)) return true;
  return false;
}

/** Rows of the quarter-hours or hours of a day that changed; of all of them without `changed`. */
export function shortRows(
  { calendar, book }: Ground,
  subject: Subject,
  day: DayIndex,
  changed: ReadonlySet<number> | undefined,
): Observation[] {
  const { limit, series } = subject;
  const [own] = series;
  const quarters = own && book.detail(own, day)?.quarters;
  if (quarters === undefined) return [];
  const start = calendar.dayStart(day);
  const step = limit.period === "hour" ? QUARTERS_AN_HOUR : 1;
  const rows: Observation[] = [];
  for (let from = 0; from < quarters.amount.length; from += step) {
    const to = Math.min(from + step, quarters.amount.length);
    const at = start + from * QUARTER_MS;
    const isValid = limit.validFrom <= at && (limit.validTo === undefined || at < limit.validTo);
    const isChanged = changed === undefined || hasAny(changed, from, to);
    if (!isValid || !isChanged) continue;
    const standing = standingOf(subject, quarters, start, from, to);
    if (standing) rows.push(usageRow(limit, standing));
    else if (hasAny(quarters.vanished, from, to)) rows.push(goneRowOf(limit, at));
  }
  return rows;
}
