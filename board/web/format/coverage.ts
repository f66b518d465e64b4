/** How much of a figure's time was measured, estimated, or is missing. */

import { type Instant, QUARTER_MS } from "../../../model/time.ts";
import type { ConsumptionRow } from "../../api/figures.ts";

/** Shares of a time: together 1, or the part of it that has passed. */
export interface Shares {
  readonly measured: number;
  readonly estimated: number;
  readonly missing: number;
}

/** Of a window that is not over, time younger than a usual interval is not missing: its reading is not due yet. */
const NOT_DUE_MS = QUARTER_MS;

type Timed = Pick<ConsumptionRow, "start" | "end" | "coverage" | "estimated">;

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** Shares from a row's `coverage` and `estimated`. */
export function sharesOf(row: { readonly coverage: number; readonly estimated: number }): Shares {
  const measured = clamp(row.coverage);
  const estimated = clamp(Math.min(row.estimated, 1 - measured));
  return { measured, estimated, missing: clamp(1 - measured - estimated) };
}

/**
 * Shares of a window for a picture in which time to come is left blank: together they are the part of the
 * window of which readings are due.
 */
export function sharesByNow(row: Timed, now: Instant): Shares {
  const { measured, estimated, missing } = sharesOf(row);
  const start = Date.parse(row.start);
  const end = Date.parse(row.end);
  if (now >= end) return { measured, estimated, missing };
  const due = clamp((now - NOT_DUE_MS - start) / (end - start));
  return { measured, estimated, missing: clamp(due - measured - estimated) };
}

/**
 * Shares of the part of a window that is due, together 1: the API's shares are of the whole window, and a day
 * half over would look half missing.
 */
export function sharesSoFar(row: Timed, now: Instant): Shares {
  const { measured, estimated, missing } = sharesByNow(row, now);
  const due = measured + estimated + missing;
  if (due === 0) return sharesOf(row);
  return { measured: measured / due, estimated: estimated / due, missing: missing / due };
}

/** The worst of several of the same time: least measured, most missing, the rest estimated. */
export function worst(all: readonly Shares[]): Shares | undefined {
  const [first] = all;
  if (!first) return undefined;
  const whole = first.measured + first.estimated + first.missing;
  const measured = Math.min(...all.map((one) => one.measured));
  const missing = Math.min(whole - measured, Math.max(...all.map((one) => one.missing)));
  return { measured, missing, estimated: clamp(whole - measured - missing) };
}
