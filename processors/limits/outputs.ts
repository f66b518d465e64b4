/** Which months a limit on unit consumption is about: those that are over and whose output was given. */
import type { Limit, Output } from "../../model/limit.ts";
import { type DaySpan, periodAt } from "../../model/period.ts";
import { type DayIndex, type MonthIndex, monthFirstDay, monthOfDay } from "../../model/time.ts";

/** Outputs come in after the month; the newest month known counts until it is older than this. */
export const OUTPUT_MONTHS = 3;

/** Output by month, by `site\nproduct`. */
export type OutputMonths = ReadonlyMap<string, ReadonlyMap<MonthIndex, number>>;

export function outputMonths(outputs: readonly Output[]): OutputMonths {
  const months = new Map<string, Map<MonthIndex, number>>();
  for (const { site, product, month, amount } of outputs) {
    const key = `${site}\n${product}`;
    const own = months.get(key) ?? new Map<MonthIndex, number>();
    months.set(key, own.set(month, amount));
  }
  return months;
}

/** The months that count on a day, as spans of days, and the output of them all. */
export function outputPeriod(
  outputs: OutputMonths,
  limit: Limit,
  day: DayIndex,
): { readonly spans: readonly DaySpan[]; readonly output: number } {
  const given = outputs.get(`${limit.site}\n${limit.product}`) ?? new Map<MonthIndex, number>();
  // The first month that is not over at the end of the day.
  const open = monthOfDay(day + 1);
  const within = (from: MonthIndex, to: MonthIndex): MonthIndex[] =>
    [...given.keys()].filter((month) => month >= from && month < to && month < open).sort((a, b) => a - b);
  const [newest] = within(monthOfDay(day) - OUTPUT_MONTHS, open).slice(-1);
  const chosen = (): MonthIndex[] => {
    if (limit.period === "month") return newest === undefined ? [] : [newest];
    if (limit.period === "rolling-12m") return newest === undefined ? [] : within(newest - 11, newest + 1);
    const span = periodAt(limit.period, day);
    return within(monthOfDay(span.from), monthOfDay(span.to));
  };
  const months = chosen();
  return {
    spans: months.map((month) => ({ from: monthFirstDay(month), to: monthFirstDay(month + 1) })),
    output: months.reduce((sum, month) => sum + given.get(month)!, 0),
  };
}
