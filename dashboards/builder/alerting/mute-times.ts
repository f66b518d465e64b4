/**
 * The working calendar as Grafana's time intervals, for contact points that somebody adds by hand. They know
 * weekdays, not days worked in exchange (调休): so days off are listed one by one as far as the calendar is known.
 */
import type { Duties } from "../../../model/duty.ts";
import type { DayIndex } from "../../../model/time.ts";

const DAY_MINUTES = 1440;
const dayMs = 86_400_000;

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

const range = (from: number, to: number) => ({ start_time: clock(from), end_time: clock(to) });

/** The rest of the day. */
function outside(hours: Duties["calendar"]["hours"]) {
  const sorted = [...hours].sort(([a], [b]) => a - b);
  const starts = [0, ...sorted.map(([, to]) => to)];
  const ends = [...sorted.map(([from]) => from), DAY_MINUTES];
  return starts.flatMap((from, i) => (from < ends[i]! ? [range(from, ends[i]!)] : []));
}

function quiet({ from, to }: NonNullable<Duties["quietHours"]>) {
  if (from < to) return [range(from, to)];
  return [range(0, to), range(from, DAY_MINUTES)].filter(({ start_time, end_time }) => start_time < end_time);
}

/** Neighbouring days of a month as `from:to`. */
function runsOf(days: readonly number[]): string[] {
  const runs: [number, number][] = [];
  for (const day of days) {
    const last = runs.at(-1);
    if (last && last[1] === day - 1) last[1] = day;
    else runs.push([day, day]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}:${to}`));
}

function isOff({ workdays, holidays, extraWorkdays }: Duties["calendar"], day: DayIndex): boolean {
  if (holidays.has(day)) return true;
  return !workdays.includes(new Date(day * dayMs).getUTCDay()) && !extraWorkdays.has(day);
}

/** Days off by month, from January of the first year with a holiday on. */
function daysOff(calendar: Duties["calendar"], zone: string) {
  const known = [...calendar.holidays, ...calendar.extraWorkdays];
  if (known.length === 0 || calendar.knownThrough === undefined) return [];
  const firstYear = new Date(Math.min(...known) * dayMs).getUTCFullYear();
  const months = new Map<string, number[]>();
  for (let day = Date.UTC(firstYear, 0, 1) / dayMs; day <= calendar.knownThrough; day += 1) {
    if (!isOff(calendar, day)) continue;
    const date = new Date(day * dayMs).toISOString();
    const month = months.get(date.slice(0, 7)) ?? [];
    month.push(Number(date.slice(8, 10)));
    months.set(date.slice(0, 7), month);
  }
  return [...months].map(([month, days]) => ({
    years: [month.slice(0, 4)],
    months: [String(Number(month.slice(5)))],
    days_of_month: runsOf(days),
    location: zone,
  }));
}

/** Days off, the hours outside working hours, and quiet hours; those that the calendar does not have are absent. */
export function muteTimes({ calendar, quietHours }: Duties, zone: string) {
  const off = daysOff(calendar, zone);
  const named = [
    { name: "days-off", time_intervals: off },
    {
      name: "outside-working-hours",
      time_intervals: [{ times: outside(calendar.hours), location: zone }],
    },
    ...(quietHours === undefined
      ? []
      : [{ name: "quiet-hours", time_intervals: [{ times: quiet(quietHours), location: zone }] }]),
  ];
  return {
    muteTimes: named
      .filter(({ time_intervals }) => time_intervals.length > 0)
      .map((entry) => ({ orgId: 1, ...entry })),
  };
}
