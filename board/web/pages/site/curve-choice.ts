/** What the curve of a site shows: carrier, range and window, all from the address. */
import type { ApiMeter, ApiSite } from "../../../api/sites.ts";
import { addDays, monthStart, type Window, windows } from "../../format/time.ts";
import { calendar, today } from "../../state/county.ts";
import { route } from "../../state/route.ts";

export interface CurveChoice {
  readonly carrier: string;
  /** First and last day shown, both included. */
  readonly first: string;
  readonly last: string;
  readonly window: Window;
  /** A single meter in place of the whole site. */
  readonly meter: ApiMeter | undefined;
}

/** More columns than this cannot be told apart, nor pointed at. */
const MOST_WINDOWS = 840;

const perDay: Record<Window, number> = { "15m": 96, hour: 24, day: 1, month: 1 / 31 };

/** The day after the last one: ranges of the API are half-open. */
export function endOf(chosen: CurveChoice): string {
  return addDays(calendar.value, chosen.last, 1);
}

/** Days in the range, both ends included. */
export function daysOf(first: string, last: string): number {
  const from = calendar.value.parseDate(first);
  const to = calendar.value.parseDate(last);
  return from === undefined || to === undefined ? 0 : to - from + 1;
}

/** True when so many days can be drawn in windows of this size. */
export function fits(window: Window, days: number): boolean {
  return days * perDay[window] <= MOST_WINDOWS;
}

/** Carriers a site has meters of. */
export function carriersOf(site: ApiSite): string[] {
  return [...new Set(site.meters.map((meter) => meter.carrier))];
}

function dateOr(value: string | undefined, instead: string): string {
  return value !== undefined && calendar.value.parseDate(value) !== undefined ? value : instead;
}

/** The choice made in the address; what it does not say, or says wrongly, is today in quarter-hours. */
export function curveChoice(site: ApiSite): CurveChoice {
  const { query } = route.value;
  const meter = site.meters.find((one) => one.id === query.meter);
  const carriers = carriersOf(site);
  const standard = carriers.includes("electricity") ? "electricity" : (carriers[0] ?? "electricity");
  const carrier = meter?.carrier ?? carriers.find((one) => one === query.carrier) ?? standard;
  const first = dateOr(query.first, today.value);
  const until = dateOr(query.last, query.first === undefined ? today.value : first);
  const last = daysOf(first, until) > 0 ? until : first;
  const days = daysOf(first, last);
  const wanted = windows.find((one) => one === query.window) ?? "15m";
  const window = fits(wanted, days) ? wanted : (windows.find((one) => fits(one, days)) ?? "month");
  return { carrier, first, last, window, meter };
}

export interface Preset {
  readonly id: "today" | "yesterday" | "week" | "month" | "days30" | "year";
  readonly first: string;
  readonly last: string;
  readonly window: Window;
}

/** Ranges at one click, each with the window that suits it. */
export function presets(): Preset[] {
  const now = today.value;
  const back = (days: number) => addDays(calendar.value, now, -days);
  return [
    { id: "today", first: now, last: now, window: "15m" },
    { id: "yesterday", first: back(1), last: back(1), window: "15m" },
    { id: "week", first: back(6), last: now, window: "hour" },
    { id: "days30", first: back(29), last: now, window: "day" },
    { id: "month", first: monthStart(calendar.value, now), last: now, window: "day" },
    { id: "year", first: monthStart(calendar.value, now, -11), last: now, window: "month" },
  ];
}
