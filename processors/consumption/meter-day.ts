/** A meter's day: its quarter-hours and their sum. */
import type { Figure, FigureWindow } from "../../model/figure.ts";
import type { Meter } from "../../model/registry.ts";
import { type Calendar, type DayIndex, type Instant, QUARTER_MS, type Span } from "../../model/time.ts";
import type { Quarters } from "./spread.ts";

export interface MeterDay extends Quarters {
  /** Of most days nothing is estimated: they share one array of zeros, until something is. */
  estimatedMs: Int32Array;
  readonly day: DayIndex;
  readonly end: Instant;
  /** The day as last written; `amount` is NaN where no row is stored. */
  readonly total: { amount: number; measuredMs: number; estimatedMs: number };
}

/** Zeros that nobody writes into, by their count: days of 23, 24 and 25 hours. */
const zeros = new Map<number, Int32Array>();

function noneEstimated(count: number): Int32Array {
  const known = zeros.get(count) ?? new Int32Array(count);
  zeros.set(count, known);
  return known;
}

function setEstimated(target: MeterDay, i: number, ms: number): void {
  if (target.estimatedMs[i] === ms) return;
  if (target.estimatedMs === zeros.get(target.estimatedMs.length))
    target.estimatedMs = target.estimatedMs.slice();
  target.estimatedMs[i] = ms;
}

export function emptyMeterDay(calendar: Calendar, day: DayIndex): MeterDay {
  const start = calendar.dayStart(day);
  const end = calendar.dayStart(day + 1);
  const count = Math.round((end - start) / QUARTER_MS);
  // One buffer for both: of a hundred thousand meters' days the buffers themselves would weigh as much.
  const buffer = new ArrayBuffer(count * 12);
  return {
    day,
    start,
    end,
    amount: new Float64Array(buffer, 0, count).fill(Number.NaN),
    measuredMs: new Int32Array(buffer, count * 8, count),
    estimatedMs: noneEstimated(count),
    total: { amount: Number.NaN, measuredMs: 0, estimatedMs: 0 },
  };
}

/** True for a row that a recompute made vanish; reads leave it out. */
export function isVanished(figure: {
  amount: number;
  coverage: number;
  estimated: number;
  output: number;
}): boolean {
  return figure.amount === 0 && figure.coverage === 0 && figure.estimated === 0 && figure.output === 0;
}

/** A day as stored: its quarter-hour rows and its day row. */
export function storedMeterDay(calendar: Calendar, day: DayIndex, rows: readonly Figure[]): MeterDay {
  const result = emptyMeterDay(calendar, day);
  for (const row of rows) {
    if (isVanished(row)) continue;
    const length = row.window === "day" ? result.end - result.start : QUARTER_MS;
    const measuredMs = Math.round(row.coverage * length);
    const estimatedMs = Math.round(row.estimated * length);
    if (row.window === "day") Object.assign(result.total, { amount: row.amount, measuredMs, estimatedMs });
    else {
      const i = (row.start - result.start) / QUARTER_MS;
      result.amount[i] = row.amount;
      result.measuredMs[i] = measuredMs;
      setEstimated(result, i, estimatedMs);
    }
  }
  return result;
}

/** Milliseconds of a meter's service inside [start, end). */
export function serviceMs(meter: Meter, start: Instant, end: Instant): number {
  return Math.max(0, Math.min(end, meter.to ?? end) - Math.max(start, meter.from));
}

/** Takes over recomputed quarter-hours that fall into the day; returns the indices that changed. */
export function takeQuarters(target: MeterDay, quarters: Quarters, span: Span): number[] {
  const changed: number[] = [];
  const from = Math.max(span.start, target.start);
  const to = Math.min(span.end, target.end);
  for (let at = from; at < to; at += QUARTER_MS) {
    const i = (at - target.start) / QUARTER_MS;
    const j = (at - quarters.start) / QUARTER_MS;
    const same =
      Object.is(target.amount[i], quarters.amount[j]) &&
      target.measuredMs[i] === quarters.measuredMs[j] &&
      target.estimatedMs[i] === quarters.estimatedMs[j];
    if (same) continue;
    target.amount[i] = quarters.amount[j]!;
    target.measuredMs[i] = quarters.measuredMs[j]!;
    setEstimated(target, i, quarters.estimatedMs[j]!);
    changed.push(i);
  }
  return changed;
}

/** Sums the quarter-hours in time; returns whether the day's row changed. */
export function sumMeterDay(target: MeterDay): boolean {
  let amount = Number.NaN;
  let measuredMs = 0;
  let estimatedMs = 0;
  for (let i = 0; i < target.amount.length; i += 1) {
    const quarter = target.amount[i]!;
    if (Number.isNaN(quarter)) continue;
    amount = Number.isNaN(amount) ? quarter : amount + quarter;
    measuredMs += target.measuredMs[i]!;
    estimatedMs += target.estimatedMs[i]!;
  }
  const { total } = target;
  if (Object.is(total.amount, amount) && total.measuredMs === measuredMs && total.estimatedMs === estimatedMs)
    return false;
  Object.assign(total, { amount, measuredMs, estimatedMs });
  return true;
}

const NO_EFFECTS = {
  kgceCalorific: null,
  kgceEquivalent: null,
  kgCo2Location: null,
  kgCo2Market: null,
} as const;
const NO_FACTORS: readonly string[] = [];

/** A meter's row; a vanished one where nothing is known. */
export function meterFigure(
  key: { owner: string; carrier: string },
  window: FigureWindow,
  start: Instant,
  length: number,
  values: { amount: number; measuredMs: number; estimatedMs: number },
): Figure {
  const gone = Number.isNaN(values.amount);
  return {
    scope: "meter",
    owner: key.owner,
    carrier: key.carrier,
    window,
    start,
    amount: gone ? 0 : values.amount,
    coverage: gone ? 0 : values.measuredMs / length,
    estimated: gone ? 0 : values.estimatedMs / length,
    missingMeters: 0,
    kgceCalorific: null,
    kgceEquivalent: null,
    kgCo2Location: null,
    kgCo2Market: null,
    output: 0,
    outputEffects: NO_EFFECTS,
    factors: NO_FACTORS,
  };
}

export function quarterFigure(key: { owner: string; carrier: string }, from: MeterDay, i: number): Figure {
  const values = {
    amount: from.amount[i]!,
    measuredMs: from.measuredMs[i]!,
    estimatedMs: from.estimatedMs[i]!,
  };
  return meterFigure(key, "15m", from.start + i * QUARTER_MS, QUARTER_MS, values);
}

export function dayFigure(key: { owner: string; carrier: string }, from: MeterDay): Figure {
  return meterFigure(key, "day", from.start, from.end - from.start, from.total);
}
