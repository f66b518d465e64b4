/** Windows of answers: where they start, where they end, how many there are. */
import type { Calendar, Instant } from "../../model/time.ts";
import { HOUR_MS, QUARTER_MS, quarterCeil, quarterStart } from "../../model/time.ts";
import type { ApiWindow } from "../parameters.ts";

/** Hours are counted from local midnight, so that they never cross a day, whatever the zone does. */
function hourStart(calendar: Calendar, at: Instant): Instant {
  const midnight = calendar.dayStart(calendar.dayOf(at));
  return midnight + Math.floor((at - midnight) / HOUR_MS) * HOUR_MS;
}

function monthStart(calendar: Calendar, month: number): Instant {
  return calendar.dayStart(calendar.monthFirstDay(month));
}

function monthOf(calendar: Calendar, at: Instant): number {
  return calendar.monthOfDay(calendar.dayOf(at));
}

/** Start of the window that holds `at`. */
export function windowStart(calendar: Calendar, window: ApiWindow, at: Instant): Instant {
  switch (window) {
    case "15m":
      return quarterStart(at);
    case "hour":
      return hourStart(calendar, at);
    case "day":
      return calendar.dayStart(calendar.dayOf(at));
    case "month":
      return monthStart(calendar, monthOf(calendar, at));
    case "year":
      return monthStart(calendar, Math.floor(monthOf(calendar, at) / 12) * 12);
  }
}

/** End, exclusive, of the window that starts at `start`. */
export function windowEnd(calendar: Calendar, window: ApiWindow, start: Instant): Instant {
  switch (window) {
    case "15m":
      return start + QUARTER_MS;
    case "hour":
      return Math.min(start + HOUR_MS, calendar.dayStart(calendar.dayOf(start) + 1));
    case "day":
      return calendar.dayStart(calendar.dayOf(start) + 1);
    case "month":
      return monthStart(calendar, monthOf(calendar, start) + 1);
    case "year":
      return monthStart(calendar, monthOf(calendar, start) + 12);
  }
}

/** The first window start at or after `from`. */
export function firstStart(calendar: Calendar, window: ApiWindow, from: Instant): Instant {
  if (window === "15m") return quarterCeil(from);
  const start = windowStart(calendar, window, from);
  return start === from ? start : windowEnd(calendar, window, start);
}

/** How many windows start in [from, to). */
export function countStarts(calendar: Calendar, window: ApiWindow, from: Instant, to: Instant): number {
  const first = firstStart(calendar, window, from);
  const end = firstStart(calendar, window, to);
  if (end <= first) return 0;
  switch (window) {
    case "15m":
      return (end - first) / QUARTER_MS;
    case "hour":
      return Math.ceil((end - first) / HOUR_MS);
    case "day":
      return calendar.dayOf(end) - calendar.dayOf(first);
    case "month":
      return monthOf(calendar, end) - monthOf(calendar, first);
    case "year":
      return (monthOf(calendar, end) - monthOf(calendar, first)) / 12;
  }
}

/** Starts of the windows that start in [from, to), in time order. */
export function startsIn(calendar: Calendar, window: ApiWindow, from: Instant, to: Instant): Instant[] {
  const starts: Instant[] = [];
  let start = firstStart(calendar, window, from);
  while (start < to) {
    starts.push(start);
    start = windowEnd(calendar, window, start);
  }
  return starts;
}
