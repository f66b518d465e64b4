/** Dates and times of the configuration files. */
import { type Calendar, type DayIndex, type Instant, parseDate } from "../model/time.ts";

const timeForm = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?(Z|[+-][01]\d:[0-5]\d)$/;

/** What is wrong with a text that should be a date or a time with offset; undefined when nothing is. */
export function momentProblem(text: string): string | undefined {
  if (parseDate(text) !== undefined) return undefined;
  const date = timeForm.exec(text)?.[1];
  if (date !== undefined && parseDate(date) !== undefined) return undefined;
  return "write a date such as 2026-11-01 (00:00 in the county's zone) or a time with offset such as 2026-11-01T08:30:00+08:00";
}

/** The instant of a date (00:00 in the county's zone) or of a time with offset, both checked before. */
export function instantOf(text: string, calendar: Calendar): Instant {
  const day = parseDate(text);
  return day === undefined ? Date.parse(text) : calendar.dayStart(day);
}

/** The day of a date that was checked before. */
export function dayOfDate(text: string): DayIndex {
  const day = parseDate(text);
  if (day === undefined) throw new RangeError(`${text} is no date`);
  return day;
}
