/** How much of a figure's time was measured, estimated, or is missing. */

import type { Instant } from "../../../model/time.ts";
import type { ConsumptionRow } from "../../api.ts";

/** Shares of a time: together 1, or the part of it that has passed. */
export interface Shares {
  readonly measured: number;
  readonly estimated: number;
  readonly missing: number;
}

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
 * Shares of the part of a window that has passed: the API's shares are of the whole window, and a day half
 * over would look half missing.
 */
export function sharesSoFar(row: Timed, now: Instant): Shares {
  const start = Date.parse(row.start);
  const end = Date.parse(row.end);
  const passed = clamp((Math.min(end, now) - start) / (end - start));
  if (passed === 0) return sharesOf(row);
  return sharesOf({ coverage: row.coverage / passed, estimated: row.estimated / passed });
}

/**
 * Shares of a window for a picture in which time to come is left blank: together they are the part of the
 * window that has passed.
 */
export function sharesByNow(row: Timed, now: Instant): Shares {
  const { measured, estimated } = sharesOf(row);
  const start = Date.parse(row.start);
  const end = Date.parse(row.end);
  const passed = clamp((Math.min(end, now) - start) / (end - start));
  return { measured, estimated, missing: clamp(passed - measured - estimated) };
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
