/** The fleet's days: local days of 24 hours, what kind of day each is, and the weather. */
import { calendarOf, DAY_MS, type DayIndex, type Instant, parseDate } from "../model/time.ts";
import { draw, keyOf, mix, smoothNoise } from "./random.ts";

/** Days without daylight saving: a meter's clock knows none. */
export interface FleetDays {
  dayOf(at: Instant): DayIndex;
  startOf(day: DayIndex): Instant;
}

/** The days of a county's zone, at the offset of its first of January. */
export function fleetDays(zone: string): FleetDays {
  const january = 20_089;
  const offset = january * DAY_MS - calendarOf(zone).dayStart(january);
  return {
    dayOf: (at) => Math.floor((at + offset) / DAY_MS),
    startOf: (day) => day * DAY_MS - offset,
  };
}

/** Kinds of days that loads tell apart. */
export const dayTypes = ["work", "saturday", "rest"] as const;
/** One of `dayTypes`. */
export type DayType = (typeof dayTypes)[number];

/** Lunar new year, dragon boat and mid-autumn days; the yearly notice of days off is not followed. */
const lunarDays: Readonly<Record<number, readonly [string, string, string]>> = {
  2024: ["02-10", "06-10", "09-17"],
  2025: ["01-29", "05-31", "10-06"],
  2026: ["02-17", "06-19", "09-25"],
  2027: ["02-06", "06-09", "09-15"],
  2028: ["01-26", "05-28", "10-03"],
  2029: ["02-13", "06-16", "09-22"],
  2030: ["02-03", "06-05", "09-12"],
};

const holidaysByYear = new Map<number, ReadonlySet<DayIndex>>();

function holidaysOf(year: number): ReadonlySet<DayIndex> {
  const known = holidaysByYear.get(year);
  if (known) return known;
  const days = new Set<DayIndex>();
  const span = (date: string, before: number, after: number) => {
    const day = parseDate(`${year}-${date}`) ?? 0;
    for (let d = day - before; d <= day + after; d += 1) days.add(d);
  };
  const [newYear, dragonBoat, midAutumn] = lunarDays[year] ?? ["02-08", "06-12", "09-20"];
  span("01-01", 0, 0);
  span(newYear, 1, 6);
  span("04-04", 0, 2);
  span("05-01", 0, 4);
  span(dragonBoat, 0, 1);
  span(midAutumn, 0, 1);
  span("10-01", 0, 6);
  holidaysByYear.set(year, days);
  return days;
}

const dayTypeCache = new Map<DayIndex, DayType>();

/** Kind of a day: Sundays and public holidays are days of rest. */
export function dayTypeOf(day: DayIndex): DayType {
  const known = dayTypeCache.get(day);
  if (known) return known;
  const weekday = (day + 4) % 7;
  const holiday = holidaysOf(new Date(day * DAY_MS).getUTCFullYear()).has(day);
  const type = holiday || weekday === 0 ? "rest" : weekday === 6 ? "saturday" : "work";
  dayTypeCache.set(day, type);
  return type;
}

let yearStart = 0;
let yearEnd = 0;

/** Day of the year, 0 to 365. */
export function dayOfYear(day: DayIndex): number {
  if (day < yearStart || day >= yearEnd) {
    const year = new Date(day * DAY_MS).getUTCFullYear();
    yearStart = Date.UTC(year, 0, 1) / DAY_MS;
    yearEnd = Date.UTC(year + 1, 0, 1) / DAY_MS;
  }
  return day - yearStart;
}

/** Mean air temperature of a day in °C: an island at 30° north, warm and cold spells of some days. */
export function temperatureOf(seed: number, day: DayIndex): number {
  const season = 17.2 + 10.8 * Math.sin((2 * Math.PI * (dayOfYear(day) - 113)) / 365);
  return season + 3.5 * smoothNoise(mix(seed, keyOf("temperature")), day / 4);
}

/** What moves a load through the year. */
export type Season = "even" | "air-conditioning" | "cold-store" | "fishing" | "heat" | "light";

/** Highest level of each season. */
export const seasonPeaks: Readonly<Record<Season, number>> = {
  even: 1,
  "air-conditioning": 2,
  "cold-store": 1.18,
  fishing: 1.456,
  heat: 1.2,
  light: 1.15,
};

/** Level of the season on a day, about 1 in the mean; at most `seasonPeaks`. */
export function seasonLevel(season: Season, seed: number, day: DayIndex): number {
  const warm = (days: number) => Math.cos((2 * Math.PI * (dayOfYear(day) - days)) / 365);
  if (season === "air-conditioning") {
    const celsius = temperatureOf(seed, day);
    return Math.min(2, 0.2 + 0.2 * Math.max(0, celsius - 22) + 0.13 * Math.max(0, 12 - celsius));
  }
  if (season === "cold-store") return 1 + 0.18 * warm(210);
  if (season === "fishing") return fishingLevel(dayOfYear(day)) * (1 + 0.12 * (2 * draw(seed, day) - 1));
  if (season === "heat") return 1 + 0.2 * warm(20);
  if (season === "light") return 1 + 0.15 * warm(0);
  return 1;
}

/** The summer moratorium of the East China Sea, from May into September, leaves only frozen stock. */
function fishingLevel(dayInYear: number): number {
  if (dayInYear < 120) return 1;
  if (dayInYear < 228) return 0.55;
  return dayInYear < 259 ? 0.8 : 1.3;
}

/** Phase of the tide on a day, 0 to 1: high water comes 50 minutes later each day. */
export function tidePhase(day: DayIndex): number {
  const cycle = day / 14.765;
  return cycle - Math.floor(cycle);
}
