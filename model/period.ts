/** Periods of limits as days, and the stored months and days that make them up. */
import type { Period } from "./limit.ts";
import type { DayIndex, MonthIndex } from "./time.ts";
import { monthFirstDay, monthOfDay } from "./time.ts";

/** Days [from, to). */
export interface DaySpan {
  readonly from: DayIndex;
  readonly to: DayIndex;
}

/** The day so many calendar months earlier; the month's last day where it has no such day. */
export function monthsBefore(day: DayIndex, months: number): DayIndex {
  const month = monthOfDay(day);
  const earlier = monthFirstDay(month - months) + (day - monthFirstDay(month));
  return Math.min(earlier, monthFirstDay(month - months + 1) - 1);
}

/** The day twelve calendar months earlier; 28 February for 29 February. */
export function twelveMonthsBefore(day: DayIndex): DayIndex {
  return monthsBefore(day, 12);
}

const monthsOf: Readonly<Partial<Record<Period, number>>> = { month: 1, quarter: 3, year: 12 };

/**
 * The period that holds a day; `rolling-12m` at day D is [D + 1 − 12 calendar months, D + 1). Quarter-hours and
 * hours are inside the day: for them it is the day itself.
 */
export function periodAt(period: Period, day: DayIndex): DaySpan {
  if (period === "rolling-12m") return { from: twelveMonthsBefore(day + 1), to: day + 1 };
  const length = monthsOf[period];
  if (length === undefined) return { from: day, to: day + 1 };
  const first = Math.floor(monthOfDay(day) / length) * length;
  return { from: monthFirstDay(first), to: monthFirstDay(first + length) };
}

/** [from, to) as whole months and the days at both edges. */
export interface Pieces extends DaySpan {
  readonly before: DaySpan;
  /** First and, exclusive, last whole month. */
  readonly months: readonly [MonthIndex, MonthIndex];
  readonly after: DaySpan;
}

/** Whole months are read as such: a stored month is the sum of its days. */
export function piecesOf({ from, to }: DaySpan): Pieces {
  const month = monthOfDay(from);
  const first = monthFirstDay(month) === from ? month : month + 1;
  const end = Math.max(first, monthOfDay(to));
  const before = { from, to: Math.min(to, monthFirstDay(first)) };
  const after = { from: Math.max(before.to, Math.min(to, monthFirstDay(end))), to };
  return { from, to, before, months: [first, end], after };
}
