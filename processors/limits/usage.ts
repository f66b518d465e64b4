/**
 * How a limit stands, as a row: used, ratio, planned, projected, days left, and how far each level is reached.
 * Pure: everything comes from stored figures and the limit, and nothing from a clock.
 */
import { type Colour, colours, type Limit } from "../../model/limit.ts";
import type { Observation } from "../../model/observation.ts";
import { DAY_MS, type Instant, type Span } from "../../model/time.ts";

/**
 * Share of a period that must be gone before it is projected, or compared with what was planned up to now: a month
 * of a year, two and a half days of a month.
 */
export const EARLIEST = 1 / 12;

/** What a row is made from. */
export interface Standing {
  /** Time of the row. */
  readonly at: Instant;
  readonly period: Span;
  readonly asOf: Instant;
  /** In the limit's unit; null where a factor or an output is unknown. */
  readonly used: number | null;
  /** Share of the time from the period's start to `asOf` that is known. */
  readonly coverage: number;
  readonly gone: number;
  /** What was planned up to `asOf`. */
  readonly planned: number;
  /** Use of a day of late, in the limit's unit; null while too little is known of it. */
  readonly pace: number | null;
  /** Use of the same period a year before, all of it and up to the same moment. */
  readonly yearBefore?: { readonly whole: number; readonly toDate: number };
  /** Of a rolling period: what falls out of it on each of the days that follow. */
  readonly fallsOut?: () => readonly number[];
}

export interface Projection {
  readonly value: number | null;
  readonly method: "" | "linear" | "same-period" | "split";
}

const NONE: Projection = { value: null, method: "" };
const summed: ReadonlySet<string> = new Set(["energy", "tce", "tco2"]);

/**
 * Use at the period's end. By the months' plan where there is one, else by the shape of the same period a year
 * before, else in proportion to the time gone. Null for what does not add up, for periods without an end, early
 * in the period, and while less is known than the limit asks for.
 */
export function project(limit: Limit, standing: Standing): Projection {
  const { used, gone, coverage, planned, yearBefore } = standing;
  const hasEnd = limit.period !== "rolling-12m" && limit.period !== "15m" && limit.period !== "hour";
  if (used === null || !summed.has(limit.quantity) || !hasEnd) return NONE;
  if (gone < EARLIEST || coverage < limit.minCoverage) return NONE;
  if (limit.months !== undefined && planned > 0)
    return { value: used * (limit.value / planned), method: "split" };
  if (yearBefore !== undefined && yearBefore.toDate > 0)
    return { value: used * (yearBefore.whole / yearBefore.toDate), method: "same-period" };
  return { value: used / gone, method: "linear" };
}

/** Days until a rolling sum reaches the limit, if each day adds the pace and loses what falls out. */
function rollingDays(left: number, pace: number, fallsOut: readonly number[]): number | null {
  let gained = 0;
  for (const [day, lost] of fallsOut.entries()) {
    const step = pace - lost;
    if (gained + step >= left && step > 0) return day + (left - gained) / step;
    gained += step;
  }
  return null;
}

/** Days from `asOf` until the limit is reached at the pace of late; null when it will not be, or too little is known. */
export function daysLeftOf(limit: Limit, standing: Standing): number | null {
  const { used, pace, asOf, period, fallsOut, coverage } = standing;
  if (used === null) return null;
  const left = limit.value - used;
  if (left <= 0) return 0;
  // What is not known of the period may have used up the rest.
  if (coverage < limit.minCoverage || !summed.has(limit.quantity)) return null;
  if (pace === null || pace <= 0) return null;
  // Nothing falls out that was not used: at its pace alone it takes so long at least.
  if (fallsOut !== undefined) return left / pace > 366 ? null : rollingDays(left, pace, fallsOut());
  const days = left / pace;
  return asOf + days * DAY_MS < period.end ? days : null;
}

/** Ratio over the ratio of the colour's levels, the largest of them; 0 where none may hold. */
function levelsOf(limit: Limit, standing: Standing): Record<Colour, number> {
  const reached: Record<Colour, number> = { yellow: 0, orange: 0, red: 0 };
  const { used, coverage, planned, gone } = standing;
  if (used === null || coverage < limit.minCoverage) return reached;
  for (const { colour, ratio, toDate } of limit.levels) {
    if (toDate && (planned <= 0 || gone < EARLIEST)) continue;
    const base = toDate ? planned : limit.value;
    reached[colour] = Math.max(reached[colour], used / base / ratio);
  }
  return reached;
}

function tagsOf(limit: Limit): Record<string, string> {
  return {
    limit: limit.id,
    purpose: limit.purpose,
    ...(limit.site === undefined ? {} : { site: limit.site }),
    ...(limit.group === undefined ? {} : { group: limit.group }),
  };
}

/** The row of a limit. */
export function usageRow(limit: Limit, standing: Standing): Observation {
  const { used, asOf, coverage, gone, planned } = standing;
  const projection = project(limit, standing);
  return {
    measurement: "limit_usage",
    tags: tagsOf(limit),
    at: standing.at,
    numbers: {
      used,
      allowed: limit.value,
      ratio: used === null ? null : used / limit.value,
      gone,
      planned,
      projected: projection.value,
      projectedRatio: projection.value === null ? null : projection.value / limit.value,
      daysLeft: daysLeftOf(limit, standing),
      coverage,
      ...levelsOf(limit, standing),
      asOf,
    },
    texts: { method: projection.method },
  };
}

/** Takes the place of a row of which nothing is known any more: no level holds, and readers leave it out. */
export function goneRow(tags: Observation["tags"], at: Instant): Observation {
  const numbers: Record<string, number | null> = { used: null, allowed: null, ratio: null, gone: 0 };
  for (const name of ["planned", "projected", "projectedRatio", "daysLeft"]) numbers[name] = null;
  for (const colour of colours) numbers[colour] = 0;
  return {
    measurement: "limit_usage",
    tags,
    at,
    numbers: { ...numbers, coverage: 0, asOf: at },
    texts: { method: "" },
  };
}

/** As above, of a limit's own row. */
export const goneRowOf = (limit: Limit, at: Instant): Observation => goneRow(tagsOf(limit), at);
