/** Hours, days and buckets that the tables are keyed by. */
import type { FigureWindow } from "../../model/figure.ts";
import { DAY_MS, HOUR_MS, type Instant } from "../../model/time.ts";

export const hourOf = (at: Instant): number => Math.floor(at / HOUR_MS);

/** UTC day of an instant, which the reading index is kept by. */
export function dayNumber(at: Instant): number {
  return Math.floor(at / DAY_MS);
}

/** Bucket of a figure's key: the hour of a quarter-hour, the start itself of a day or month. */
export function bucketOf(window: FigureWindow, start: Instant): number {
  return window === "15m" ? hourOf(start) : start;
}
