/** Stored figures as limits see them: what counts, and how much of the time is known. */
import type { Figure } from "../../model/figure.ts";
import { type Instant, QUARTER_MS } from "../../model/time.ts";
import { type AreaRow, FIELDS, rowOfFigure } from "../consumption/area-day.ts";

/** A share this near to 1 is all of the time. */
export const WHOLE = 1 - 1e-9;
const QUARTERS_AN_HOUR = 4;

/** Amount, then coal and CO2 net of conversion output (calorific, equivalent, location, market); NaN is unknown. */
export interface Row {
  readonly net: readonly number[];
  /** Share of the window's time that is measured or estimated. */
  readonly known: number;
}

/** Quarter-hours of a day. */
export interface Quarters {
  /** Amount; NaN where nothing is known. */
  readonly amount: Float64Array;
  /** Share of the time that is known. */
  readonly known: Float64Array;
  /** Whether every meter's time is known through and through. */
  readonly whole: Uint8Array;
  /** Those that were known once. */
  readonly vanished: ReadonlySet<number>;
}

/** How far a day is known. */
export interface Detail {
  /** End of the newest known quarter-hour; the day's start where there is none. */
  readonly asOf: Instant;
  /** Highest mean power in kW of a quarter-hour that is known through and through; NaN where there is none. */
  readonly peakKw: number;
  /** Kept of the newest two days, which change most, and where they were asked for. */
  readonly quarters?: Quarters;
}

/** Sums of an area's row less its output. */
function netOf(row: AreaRow): Row {
  const { sums } = row;
  const net = [sums[0]!];
  for (let i = 1; i < FIELDS - 5; i += 1) net.push(sums[i]! - sums[i + 5]!);
  return { net, known: Math.min(1, row.coverage + row.estimated) };
}

/** A stored figure; undefined where it vanished. */
export function rowOf(figure: Figure): Row | undefined {
  const row = rowOfFigure(figure);
  return row.present ? netOf(row) : undefined;
}

/** A day of which nothing is known. */
export const emptyQuarters = (length: number): Quarters => ({
  amount: new Float64Array(length).fill(Number.NaN),
  known: new Float64Array(length),
  whole: new Uint8Array(length),
  vanished: new Set(),
});

/** What is said of a day by its quarter-hours, which it `keeps` or not. */
export const detailOf = (start: Instant, quarters: Quarters, keeps: boolean): Detail => {
  const { amount, whole } = quarters;
  let last = -1;
  let peakKw = Number.NaN;
  for (let i = 0; i < amount.length; i += 1) {
    if (!Number.isNaN(amount[i])) last = i;
    if (whole[i] && !(amount[i]! * QUARTERS_AN_HOUR <= peakKw)) peakKw = amount[i]! * QUARTERS_AN_HOUR;
  }
  return { asOf: start + (last + 1) * QUARTER_MS, peakKw, ...(keeps ? { quarters } : {}) };
};
