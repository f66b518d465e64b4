/** Times as they come in requests. */
import type { Calendar, Instant } from "../model/time.ts";
import { ProblemError } from "./answer.ts";

const instantForm = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
/** A `+` that was not percent-encoded arrives as a space; nothing else can stand there. */
const lostPlus = / (?=\d{2}:\d{2}$)/;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/** How a time is written, for descriptions and problems. */
export const momentForms = [
  "a date in the county's zone, as 2026-11-01",
  "an ISO 8601 instant with its offset, as 2026-11-01T00:15:00+08:00",
] as const;

/**
 * A date (00:00 in the county's zone) or an ISO 8601 instant with offset, from 1970 to 2199;
 * undefined when the text is neither.
 */
export function parseMoment(calendar: Calendar, text: string): Instant | undefined {
  const year = Number(text.slice(0, 4));
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return undefined;
  const day = calendar.parseDate(text);
  if (day !== undefined) return calendar.dayStart(day);
  const iso = text.replace(lostPlus, "+");
  const date = instantForm.exec(iso)?.[1];
  if (date === undefined || calendar.parseDate(date) === undefined) return undefined;
  const at = Date.parse(iso);
  return Number.isNaN(at) ? undefined : at;
}

/** A parameter's time. @throws ProblemError that names the parameter, its value and the forms allowed. */
export function momentOf(calendar: Calendar, parameter: string, text: string): Instant {
  const at = parseMoment(calendar, text);
  if (at !== undefined) return at;
  throw new ProblemError(
    400,
    `parameter '${parameter}' is '${text}': give ${momentForms.join(" or ")}, years ${FIRST_YEAR} to ${LAST_YEAR}`,
    { code: "bad-time", parameter, value: text, allowed: momentForms },
  );
}

/** The half-open range of `from` and `to`. @throws ProblemError when a time is bad or from is not before to. */
export function rangeOf(
  calendar: Calendar,
  given: { readonly from: string; readonly to: string },
): { from: Instant; to: Instant } {
  const from = momentOf(calendar, "from", given.from);
  const to = momentOf(calendar, "to", given.to);
  if (from < to) return { from, to };
  throw new ProblemError(
    400,
    `parameter 'from' is '${given.from}', which is not before 'to' = '${given.to}': the range is half-open`,
    { code: "empty-range", parameter: "from", value: given.from },
  );
}
