/** Checks of the working calendar. */
import type { Problem } from "../model/errors.ts";
import type { Registry } from "../model/registry.ts";
import { calendarOf, type DayIndex, type Instant } from "../model/time.ts";
import { dayOfDate } from "./moment.ts";
import { type Report, reportOn } from "./report.ts";
import { minutesOf } from "./resolve-duties.ts";
import { type CalendarForm, weekdays } from "./schema-duties.ts";

function checkHours(report: Report, hours: CalendarForm["hours"]): void {
  hours.forEach(([from, to], index) => {
    if (minutesOf(to) <= minutesOf(from)) report.error(`hours[${index}]`, `${to} is not after ${from}`);
    const before = hours[index - 1]?.[1];
    if (before !== undefined && minutesOf(from) < minutesOf(before))
      report.error(`hours[${index}]`, `begins at ${from}, before the hours above it end at ${before}`);
  });
}

function checkYear(
  at: Report,
  { year, holidays, extraWorkdays }: CalendarForm["years"][number],
  form: CalendarForm,
): void {
  const off = new Set<DayIndex>();
  const within = (path: string, date: string): void => {
    if (!date.startsWith(`${year}-`)) at.error(path, `${date} is not in ${year}: put it under its own year`);
  };
  holidays.forEach(({ from, to }, i) => {
    within(`holidays[${i}].from`, from);
    within(`holidays[${i}].to`, to);
    if (to < from) at.error(`holidays[${i}].to`, `${to} is before ${from}: give the last day off`);
    for (let day = dayOfDate(from); day <= dayOfDate(to); day += 1) off.add(day);
  });
  extraWorkdays.forEach((date, i) => {
    const path = `extraWorkdays[${i}]`;
    within(path, date);
    const day = dayOfDate(date);
    if (off.has(day)) at.error(path, `${date} is a day off as well: it can be only one of them`);
    const name = weekdays[(((day + 4) % 7) + 7) % 7]!;
    if (form.workdays.includes(name))
      at.warning(path, `${date} is a ${name}, which is worked anyway: is the date right?`);
  });
}

/** Everything that is wrong with a calendar. */
export function checkCalendar(report: Report, form: CalendarForm): void {
  checkHours(report, form.hours);
  const first = new Map<number, number>();
  form.years.forEach((year, index) => {
    const before = first.get(year.year);
    if (before !== undefined)
      report.error(`years[${index}].year`, `${year.year} is already years[${before}]: make them one`);
    else first.set(year.year, index);
    checkYear(report.at(`years[${index}]`), year, form);
  });
}

/**
 * Warns of what the day of `now` makes doubtful: days off that are not known any more, through which deadlines would
 * run, and days closed before they are over.
 */
export function warnOfCalendar({ county, duties }: Registry, now: Instant): Problem[] {
  const problems: Problem[] = [];
  const { dayOf, dateOf } = calendarOf(county.zone);
  const { closedThrough } = county;
  if (closedThrough !== undefined && closedThrough >= dayOf(now))
    reportOn(problems, "county.yaml").warning(
      "county.closedThrough",
      `${dateOf(closedThrough)} is not over yet: whatever comes in changes figures of a closed day, and each change is written to the ledger; give the last day whose figures were reported`,
    );
  const { knownThrough } = duties.calendar;
  if (knownThrough !== undefined && dayOf(now) > knownThrough)
    reportOn(problems, "calendar.yaml").warning(
      "years",
      `days off are known through ${dateOf(knownThrough)}: add the year as the State Council announced it, or deadlines run through holidays`,
    );
  return problems;
}
