/**
 * Times as they are shown. The API writes them in the county's zone, so their text is cut, never converted:
 * a viewer in another zone sees the county's time.
 */
import type { Calendar, Instant } from "../../../model/time.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_MS } from "../../../model/time.ts";

export const windows = ["15m", "hour", "day", "month"] as const;
export type Window = (typeof windows)[number];

/** `00:15` of an ISO time. */
export function clockOf(iso: string): string {
  return iso.slice(11, 16);
}

/** `2026-11-01 00:15:30` of an ISO time. */
export function stampOf(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

/** `11-01 00:15` of an ISO time. */
export function shortStampOf(iso: string): string {
  return `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

/** A window's name: its day and hour, its day, or its month. */
export function windowLabel(iso: string, window: Window): string {
  if (window === "month") return iso.slice(0, 7);
  return window === "day" ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${clockOf(iso)}`;
}

const stepMs = { "15m": QUARTER_MS, hour: HOUR_MS } as const;

/** Starts of all windows in [from, to), both dates of the county's calendar. */
export function windowStarts(calendar: Calendar, window: Window, from: string, to: string): Instant[] {
  const first = calendar.parseDate(from);
  const last = calendar.parseDate(to);
  if (first === undefined || last === undefined || last <= first) return [];
  const starts: Instant[] = [];
  if (window === "15m" || window === "hour") {
    const end = calendar.dayStart(last);
    for (let at = calendar.dayStart(first); at < end; at += stepMs[window]) starts.push(at);
  } else if (window === "day") {
    for (let day = first; day < last; day += 1) starts.push(calendar.dayStart(day));
  } else {
    for (let month = calendar.monthOfDay(first); calendar.monthFirstDay(month) < last; month += 1)
      starts.push(calendar.dayStart(calendar.monthFirstDay(month)));
  }
  return starts;
}

/** The date `days` after `date`. */
export function addDays(calendar: Calendar, date: string, days: number): string {
  const day = calendar.parseDate(date);
  return day === undefined ? date : calendar.dateOf(day + days);
}

/** The first day of the month that is `months` after the date's. */
export function monthStart(calendar: Calendar, date: string, months = 0): string {
  const day = calendar.parseDate(date);
  return day === undefined
    ? date
    : calendar.dateOf(calendar.monthFirstDay(calendar.monthOfDay(day) + months));
}

/** The date of an instant. */
export function dateAt(calendar: Calendar, at: Instant): string {
  return calendar.dateOf(calendar.dayOf(at));
}

export interface Age {
  readonly unit: "s" | "min" | "h" | "d";
  readonly count: number;
}

/** An age in the largest unit of which it holds one; never negative. */
export function ageOf(ms: number): Age {
  const age = Math.max(0, ms);
  if (age < MINUTE_MS) return { unit: "s", count: Math.floor(age / 1000) };
  if (age < HOUR_MS) return { unit: "min", count: Math.floor(age / MINUTE_MS) };
  if (age < 2 * DAY_MS) return { unit: "h", count: Math.floor(age / HOUR_MS) };
  return { unit: "d", count: Math.floor(age / DAY_MS) };
}
