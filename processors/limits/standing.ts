/** How a limit stands on a day, from the days and months at hand. */
import type { Limit } from "../../model/limit.ts";
import { sumOfCarriers } from "../../model/net.ts";
import { type DaySpan, monthsBefore, periodAt, twelveMonthsBefore } from "../../model/period.ts";
import { type DayIndex, type Instant, monthFirstDay, monthOfDay } from "../../model/time.ts";
import { type OutputMonths, outputPeriod } from "./outputs.ts";
import { coverageOf, rowsOf, type Shelf, sumSeries, wantSpan } from "./spans.ts";
import { isShort, type Series, type Subject } from "./subjects.ts";
import type { Standing } from "./usage.ts";

/** Days of late whose mean is the pace. */
export const PACE_DAYS = 28;

/** What standings are made from. */
export interface Ground extends Shelf {
  readonly outputs: OutputMonths;
}

/** Place of what a limit counts in `Row.net`, and how many of those make one of its unit. */
export function measureOf({ quantity, basis }: Limit): { field: number; per: number } {
  if (quantity === "energy" || quantity === "demand") return { field: 0, per: 1 };
  const field = { calorific: 1, equivalent: 2, location: 3, market: 4 }[basis ?? "calorific"];
  return { field, per: quantity === "unit-consumption" ? 1 : 1000 };
}

const nullable = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Sum over the carriers of a span of days; null where something is unknown, or nothing is known. */
function sumOf(ground: Ground, subject: Subject, span: DaySpan): number | null {
  const { field, per } = measureOf(subject.limit);
  const sums = subject.series.flatMap((one) => {
    const sum = sumSeries(ground, one, span, field);
    return sum === undefined ? [] : [nullable(sum)];
  });
  const total = sumOfCarriers(sums);
  return total === null ? null : total / per;
}

/** End of the newest known quarter-hour of a day over all carriers; undefined where nothing is known of it. */
export function asOfDay({ book }: Ground, series: readonly Series[], day: DayIndex): Instant | undefined {
  let newest: Instant | undefined;
  for (const one of series) {
    if (book.day(one, day) === undefined) continue;
    const { asOf } = book.detail(one, day)!;
    newest = Math.max(newest ?? asOf, asOf);
  }
  return newest;
}

/** The twelve months' plan up to a moment: whole months, and of the one it is in a share in proportion to time. */
function plannedOf({ calendar }: Ground, months: readonly number[], asOf: Instant): number {
  // The last moment before it: at a month's end all of the month is planned for.
  const month = monthOfDay(calendar.dayOf(asOf - 1));
  const start = calendar.dayStart(monthFirstDay(month));
  const end = calendar.dayStart(monthFirstDay(month + 1));
  let planned = 0;
  for (let i = 0; i < month % 12; i += 1) planned += months[i]!;
  return planned + months[month % 12]! * ((asOf - start) / (end - start));
}

const plannedBefore = (limit: Limit): boolean =>
  limit.months === undefined &&
  ["month", "quarter", "year"].includes(limit.period) &&
  limit.quantity !== "demand";

/** The period a year before, where the limit's projection goes by it. */
export function yearBefore(limit: Limit, span: DaySpan): DaySpan | undefined {
  if (!plannedBefore(limit) || limit.quantity === "unit-consumption") return undefined;
  return { from: monthsBefore(span.from, 12), to: monthsBefore(span.to, 12) };
}

function sumYearBefore(ground: Ground, subject: Subject, span: DaySpan, day: DayIndex, asOf: Instant) {
  const { limit, series } = subject;
  const before = yearBefore(limit, span);
  if (before === undefined) return undefined;
  const { dayStart } = ground.calendar;
  if (coverageOf(ground, series, before, dayStart(before.to)) < limit.minCoverage) return undefined;
  const same = twelveMonthsBefore(day);
  const whole = sumOf(ground, subject, before);
  const until = same > before.from ? sumOf(ground, subject, { from: before.from, to: same }) : 0;
  const last = sumOf(ground, subject, { from: same, to: same + 1 }) ?? 0;
  if (whole === null || until === null) return undefined;
  const share = (asOf - dayStart(day)) / (dayStart(day + 1) - dayStart(day));
  return { whole, toDate: until + last * share };
}

/** What falls out of a rolling period on each day that follows: of whole months their mean. */
function fallsOut(ground: Ground, subject: Subject, span: DaySpan): number[] {
  const { field, per } = measureOf(subject.limit);
  const lost = new Array<number>(span.to - span.from).fill(0);
  for (const one of subject.series) {
    for (const { row, from, to } of rowsOf(ground, one, span)) {
      const mean = row.net[field]! / per / (to - from);
      for (let day = from; day < to; day += 1) lost[day - span.from]! += mean;
    }
  }
  return lost;
}

function paceOf(ground: Ground, subject: Subject, day: DayIndex): number | null {
  const span = { from: day - PACE_DAYS, to: day };
  const { dayStart } = ground.calendar;
  if (coverageOf(ground, subject.series, span, dayStart(day)) < subject.limit.minCoverage) return null;
  const sum = sumOf(ground, subject, span);
  return sum === null ? null : sum / PACE_DAYS;
}

/** Highest mean power of a quarter-hour that is known through and through, in kW; null where there is none. */
function peakOf({ book }: Ground, series: readonly Series[], span: DaySpan): number | null {
  let peak: number | null = null;
  for (const one of series) {
    for (let day = span.from; day < span.to; day += 1) {
      const peakKw = book.day(one, day) && book.detail(one, day)?.peakKw;
      if (peakKw !== undefined && !Number.isNaN(peakKw))
        peak = Math.max(peak ?? Number.NEGATIVE_INFINITY, peakKw);
    }
  }
  return peak;
}

/** Days that a limit's pace and projections reach back over. */
function hasPace({ quantity, period }: Limit): boolean {
  return quantity !== "demand" && quantity !== "unit-consumption" && period !== "day";
}

/** Asks for everything that the row of a day is made from. */
export function wantStanding(ground: Ground, subject: Subject, day: DayIndex): void {
  const { limit, series } = subject;
  const span = periodAt(limit.period, day);
  for (const one of series) {
    ground.book.wantDetail(one, day, isShort(limit));
    if (isShort(limit)) continue;
    if (limit.quantity === "demand") {
      for (let past = span.from; past < day; past += 1) ground.book.wantDetail(one, past);
      continue;
    }
    if (limit.quantity === "unit-consumption") {
      for (const part of outputPeriod(ground.outputs, limit, day).spans) wantSpan(ground, one, part);
      continue;
    }
    wantSpan(ground, one, { from: span.from, to: day + 1 });
    if (!hasPace(limit)) continue;
    wantSpan(ground, one, { from: day - PACE_DAYS, to: day });
    const before = yearBefore(limit, span);
    if (before === undefined) continue;
    const same = twelveMonthsBefore(day);
    wantSpan(ground, one, before);
    wantSpan(ground, one, { from: before.from, to: same });
    ground.book.wantDays(one, same, same + 1);
  }
}

function unitConsumption(
  ground: Ground,
  subject: Subject,
  day: DayIndex,
): Pick<Standing, "used" | "coverage"> {
  const { spans, output } = outputPeriod(ground.outputs, subject.limit, day);
  const { dayStart } = ground.calendar;
  let energy: number | null = spans.length === 0 ? null : 0;
  let known = 0;
  let length = 0;
  for (const span of spans) {
    const part = sumOf(ground, subject, span);
    energy = energy === null || part === null ? null : energy + part;
    const ms = dayStart(span.to) - dayStart(span.from);
    known += coverageOf(ground, subject.series, span, dayStart(span.to)) * ms;
    length += ms;
  }
  return {
    used: energy === null || output <= 0 ? null : energy / output,
    coverage: length === 0 ? 0 : known / length,
  };
}

/** How a limit stands on a day, of which everything wanted is at hand; undefined where nothing is known of it. */
export function standingOf(ground: Ground, subject: Subject, day: DayIndex): Standing | undefined {
  const { limit, series } = subject;
  const { dayStart } = ground.calendar;
  const asOf = asOfDay(ground, series, day);
  if (asOf === undefined) return undefined;
  const span = periodAt(limit.period, day);
  const period = { start: dayStart(span.from), end: dayStart(span.to) };
  const soFar = { from: span.from, to: day + 1 };
  const gone = limit.period === "rolling-12m" ? 1 : (asOf - period.start) / (period.end - period.start);
  const common = { at: dayStart(day), period, asOf, gone };
  if (limit.quantity === "demand") {
    // What was drawn before the limit was agreed is not held against it.
    const from = Math.max(span.from, ground.calendar.dayOf(limit.validFrom));
    const own = { from, to: day + 1 };
    const used = peakOf(ground, series, own);
    return {
      ...common,
      used,
      coverage: coverageOf(ground, series, own, asOf, "days"),
      planned: limit.value,
      pace: null,
    };
  }
  if (limit.quantity === "unit-consumption")
    return { ...common, ...unitConsumption(ground, subject, day), planned: limit.value, pace: null };
  const before = hasPace(limit) ? sumYearBefore(ground, subject, span, day, asOf) : undefined;
  return {
    ...common,
    used: sumOf(ground, subject, soFar),
    coverage: coverageOf(ground, series, soFar, asOf),
    planned: limit.months ? plannedOf(ground, limit.months, asOf) : limit.value * gone,
    pace: hasPace(limit) ? paceOf(ground, subject, day) : null,
    ...(before ? { yearBefore: before } : {}),
    ...(limit.period === "rolling-12m" ? { fallsOut: () => fallsOut(ground, subject, span) } : {}),
  };
}
