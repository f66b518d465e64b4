/** Status of a site: how much of it is heard of, and whether its use of electricity is odd. */
import type { Observation } from "../../model/observation.ts";
import {
  type Calendar,
  type DayIndex,
  HOUR_MS,
  type Instant,
  QUARTER_MS,
  type Span,
} from "../../model/time.ts";
import type { Rows } from "./standstill.ts";

/** Weeks an hour is compared with, and how many of them must be known. */
const WEEKS = 4;
const LEAST_WEEKS = 3;
/** The night, from midnight on. */
export const NIGHT_MS = 5 * HOUR_MS;
/** Nights that say whether a site runs at night, and how many of them must be known. */
export const NIGHTS = 7;
const LEAST_NIGHTS = 3;
/** With half the power of the day and more a night is worked in. */
const WORKED_NIGHT = 0.5;
/** So many of a week, and the site runs at night now and then. */
const WORKED_NIGHTS = 2;
/** Share of a time that must be known before its mean says anything. */
const LEAST_KNOWN = 0.9;
/** Sub-meters cover the main meter while they say the same within this share, in the middle of so many days. */
export const BALANCE_DAYS = 28;
const LEAST_BALANCE_DAYS = 14;
const COVERS = 0.05;
const WHOLE = 0.99;

/** The middle of a list, or the mean of the two in the middle. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** Amount of the quarter-hours within a span; undefined where less than `least` of its time is known. */
function amountIn(rows: Rows, { start, end }: Span, least: number): number | undefined {
  let [amount, known] = [0, 0];
  for (const row of rows) {
    if (row.start < start || row.start >= end) continue;
    amount += row.amount;
    known += (row.coverage + row.estimated) * QUARTER_MS;
  }
  return known >= least * (end - start) ? amount : undefined;
}

/** An hour, and the same hour of the same weekday in the weeks before, in the county's zone. */
export function sameHours(calendar: Calendar, hour: Instant): Span[] {
  const day = calendar.dayOf(hour);
  const within = hour - calendar.dayStart(day);
  return Array.from({ length: WEEKS + 1 }, (_, week) => {
    const start = calendar.dayStart(day - 7 * week) + within;
    return { start, end: start + HOUR_MS };
  });
}

/**
 * Use of an hour over the median of the same hour in the weeks before; null without three of them, and where they
 * used nothing.
 * @param rows quarter-hours of these hours
 */
export function jumpRatioOf(rows: Rows, [hour, ...before]: readonly Span[]): number | null {
  const amount = hour && amountIn(rows, hour, WHOLE);
  const known = before.map((span) => amountIn(rows, span, WHOLE)).filter((one) => one !== undefined);
  const usual = known.length < LEAST_WEEKS ? undefined : median(known);
  if (amount === undefined || usual === undefined || usual <= 0) return null;
  return amount / usual;
}

/** Mean power of the five hours that begin a day, in energy a ms. */
function nightPower(calendar: Calendar, rows: Rows, day: DayIndex): number | undefined {
  const start = calendar.dayStart(day);
  const amount = amountIn(rows, { start, end: start + NIGHT_MS }, LEAST_KNOWN);
  return amount === undefined ? undefined : amount / NIGHT_MS;
}

/** Mean power of the rest of a day. */
function dayPower(calendar: Calendar, rows: Rows, day: DayIndex): number | undefined {
  const [start, end] = [calendar.dayStart(day) + NIGHT_MS, calendar.dayStart(day + 1)];
  const amount = amountIn(rows, { start, end }, LEAST_KNOWN);
  return amount === undefined ? undefined : amount / (end - start);
}

const ratioOf = (part: number | undefined, whole: number | undefined): number | undefined =>
  part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;

/**
 * Mean power of the night that begins `day` over that of the day before, or of the days of the week before in
 * their middle if that is more: a Sunday is no measure of Monday's night. Null where they are not known, and for
 * sites that run at night now and then: two nights of the week before had half the power of their days and more.
 * @param rows quarter-hours from eight days before it to the night's end
 */
export function nightRatioOf(calendar: Calendar, rows: Rows, day: DayIndex): number | null {
  const week = Array.from({ length: NIGHTS }, (_, i) => day - 1 - i);
  const usualDay = median(
    week.map((one) => dayPower(calendar, rows, one)).filter((power) => power !== undefined),
  );
  const ratioAt = (one: DayIndex): number | undefined => {
    const before = dayPower(calendar, rows, one - 1);
    const whole = before === undefined ? undefined : Math.max(before, usualDay ?? before);
    return ratioOf(nightPower(calendar, rows, one), whole);
  };
  const nights = week.map(ratioAt).filter((ratio) => ratio !== undefined);
  const worked = nights.filter((ratio) => ratio >= WORKED_NIGHT).length;
  return nights.length < LEAST_NIGHTS || worked >= WORKED_NIGHTS ? null : (ratioAt(day) ?? null);
}

/** Electricity of a day by the main meters, and by the sub-meters below them. */
export interface DayBalance {
  readonly main: number;
  readonly subs: number;
}

/** A day's balance; undefined unless all of both is known. @param subs a list of day rows for each sub-meter */
export function balanceOf(main: Rows, subs: readonly Rows[], start: Instant): DayBalance | undefined {
  const of = (rows: Rows): number | undefined => {
    const row = rows.find((one) => one.start === start);
    return row && row.coverage + row.estimated >= WHOLE ? row.amount : undefined;
  };
  const whole = of(main);
  const parts = subs.map(of).filter((one) => one !== undefined);
  if (whole === undefined || whole <= 0 || parts.length < subs.length) return undefined;
  return { main: whole, subs: parts.reduce((sum, one) => sum + one, 0) };
}

/**
 * Whether the sub-meters measure all that the main meters do: nobody has to say so, their past does. In the middle
 * of the days before, they differ by at most a twentieth.
 */
export function subsCover(days: readonly DayBalance[]): boolean {
  const ratio = median(days.map(({ main, subs }) => subs / main));
  return days.length >= LEAST_BALANCE_DAYS && ratio !== undefined && Math.abs(ratio - 1) <= COVERS;
}

export function imbalanceOf(day: DayBalance | undefined): number | null {
  return day === undefined ? null : Math.abs(day.main - day.subs) / day.main;
}

/** What is looked up once an hour. */
export interface SiteDetails {
  readonly completeness: number | null;
  readonly jumpRatio: number | null;
  readonly nightRatio: number | null;
  readonly imbalance: number | null;
  readonly factorsMissing: number;
  readonly factorsUnverified: number;
}

export interface OnlineCount {
  readonly meters: number;
  readonly metersOnline: number;
}

export function siteRow(site: string, count: OnlineCount, details: SiteDetails, now: Instant): Observation {
  const onlineRate = count.meters === 0 ? null : count.metersOnline / count.meters;
  return {
    measurement: "site_status",
    tags: { site },
    at: now,
    numbers: { ...count, onlineRate, ...details },
    texts: {},
  };
}

/** The newest night that is over, its readings being due. */
export function lastNight(calendar: Calendar, now: Instant, graceMs: number): DayIndex {
  return calendar.dayOf(now - graceMs - NIGHT_MS);
}

/** The newest day that is over, its readings being due. */
export function lastDay(calendar: Calendar, now: Instant, graceMs: number): DayIndex {
  return calendar.dayOf(now - graceMs) - 1;
}

/** Start of the newest whole hour whose readings are due. */
export function lastHour(now: Instant, graceMs: number): Instant {
  return Math.floor((now - graceMs) / HOUR_MS) * HOUR_MS - HOUR_MS;
}
