/** Which rows of a limit depend on a day's figures. */
import type { Limit } from "../../model/limit.ts";
import { type DaySpan, periodAt } from "../../model/period.ts";
import { type DayIndex, monthFirstDay, monthOfDay } from "../../model/time.ts";
import { OUTPUT_MONTHS } from "./outputs.ts";
import { PACE_DAYS, yearBefore } from "./standing.ts";
import { isShort } from "./subjects.ts";

/** The longest twelve calendar months, and the day itself. */
const ROLLING_DAYS = 367;

/** A month counts from its last day on, until the newest month known is too old or the period is over. */
function reachOfMonth(limit: Limit, day: DayIndex): DaySpan {
  const month = monthOfDay(day);
  const from = monthFirstDay(month + 1) - 1;
  if (limit.period === "month") return { from, to: monthFirstDay(month + OUTPUT_MONTHS + 1) };
  if (limit.period === "rolling-12m") return { from, to: monthFirstDay(month + 11 + OUTPUT_MONTHS + 1) };
  return { from, to: periodAt(limit.period, day).to };
}

/** Days whose rows a change of `day` may change; the first holds `day` itself. */
export function reachOf(limit: Limit, day: DayIndex): DaySpan[] {
  const own = { from: day, to: day + 1 };
  if (isShort(limit) || (limit.period === "day" && limit.quantity !== "unit-consumption")) return [own];
  if (limit.quantity === "unit-consumption") return [own, reachOfMonth(limit, day)];
  if (limit.period === "rolling-12m") return [{ from: day, to: day + ROLLING_DAYS }];
  const { to } = periodAt(limit.period, day);
  if (limit.quantity === "demand") return [{ from: day, to }];
  const after = { from: day, to: Math.max(to, day + PACE_DAYS + 1) };
  const later = periodAt(limit.period, monthFirstDay(monthOfDay(day) + 12));
  return yearBefore(limit, later) === undefined ? [after] : [after, later];
}
