/** Working time: minutes of the working hours of working days, holidays and 调休 days observed. */
import type { WorkingCalendar } from "../../model/duty.ts";
import { type Calendar, type DayIndex, type Instant, MINUTE_MS } from "../../model/time.ts";

export interface WorkingTime {
  isWorkday(day: DayIndex): boolean;
  isWorking(at: Instant): boolean;
  /** The moment when so many working minutes after `at` have passed: within working hours, or at their end. */
  after(at: Instant, minutes: number): Instant;
  /** Working minutes in [from, to). */
  between(from: Instant, to: Instant): number;
}

/** Longest run of days without work that is looked over; a calendar without any working day ends here. */
const MOST_DAYS = 800;

/** 0 Sunday … 6 Saturday. */
function weekday(day: DayIndex): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** @param calendar the county's; minutes after midnight are counted from its midnight */
export function workingTimeOf(work: WorkingCalendar, calendar: Calendar): WorkingTime {
  const hours = [...work.hours].sort((a, b) => a[0] - b[0]);
  const isWorkday = (day: DayIndex): boolean =>
    work.extraWorkdays.has(day) || (work.workdays.includes(weekday(day)) && !work.holidays.has(day));
  const spans = (day: DayIndex): (readonly [Instant, Instant])[] => {
    if (!isWorkday(day)) return [];
    const start = calendar.dayStart(day);
    return hours.map(([from, to]) => [start + from * MINUTE_MS, start + to * MINUTE_MS] as const);
  };
  return {
    isWorkday,
    isWorking: (at) => spans(calendar.dayOf(at)).some(([from, to]) => from <= at && at < to),
    after(at, minutes) {
      let left = minutes * MINUTE_MS;
      const first = calendar.dayOf(at);
      for (let day = first; day < first + MOST_DAYS; day += 1) {
        for (const [from, to] of spans(day)) {
          const start = Math.max(from, at);
          if (start >= to) continue;
          if (left <= to - start) return start + left;
          left -= to - start;
        }
      }
      return calendar.dayStart(first + MOST_DAYS);
    },
    between(from, to) {
      let sum = 0;
      for (let day = calendar.dayOf(from); calendar.dayStart(day) < to; day += 1) {
        for (const [start, end] of spans(day)) sum += Math.max(0, Math.min(end, to) - Math.max(start, from));
      }
      return sum / MINUTE_MS;
    },
  };
}
