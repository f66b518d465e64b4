/** Instants, windows and the county's calendar. */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Number of a local calendar day: days since 1970-01-01 in the county's zone. */
export type DayIndex = number;

/** Number of a local calendar month: year × 12 + (month − 1). */
export type MonthIndex = number;

/** Half-open span [start, end). */
export interface Span {
  readonly start: Instant;
  readonly end: Instant;
}

export const MINUTE_MS = 60_000;
export const QUARTER_MS = 15 * MINUTE_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Start of the quarter-hour that holds `at`. Every zone in use is a multiple of 15 min off UTC. */
export function quarterStart(at: Instant): Instant {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

/** The first quarter-hour boundary at or after `at`. */
export function quarterCeil(at: Instant): Instant {
  return Math.ceil(at / QUARTER_MS) * QUARTER_MS;
}

/** The county's calendar: where its days and months begin, and how its times are written. */
export interface Calendar {
  readonly zone: string;
  dayOf(at: Instant): DayIndex;
  dayStart(day: DayIndex): Instant;
  monthOfDay(day: DayIndex): MonthIndex;
  /** The first day of a month. */
  monthFirstDay(month: MonthIndex): DayIndex;
  /** `2026-11-01` */
  dateOf(day: DayIndex): string;
  /** `2026-11-01` → day; undefined when it is no date. */
  parseDate(text: string): DayIndex | undefined;
  /** `2026-11-01T00:15:00+08:00`, milliseconds only when there are any. */
  iso(at: Instant): string;
}

const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/;

export function monthOfDay(day: DayIndex): MonthIndex {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export function monthFirstDay(month: MonthIndex): DayIndex {
  return Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY_MS;
}

export function dateOf(day: DayIndex): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function parseDate(text: string): DayIndex | undefined {
  const parts = dateForm.exec(text);
  if (!parts) return undefined;
  const day = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])) / DAY_MS;
  return Number.isFinite(day) && dateOf(day) === text ? day : undefined;
}

/** Milliseconds by which `zone` is ahead of UTC at `at`. */
function zoneOffset(format: Intl.DateTimeFormat, at: Instant): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
  const local = Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  );
  return local - Math.floor(at / 1000) * 1000;
}

/**
 * The calendar of an IANA zone, daylight saving included.
 * @throws RangeError when the zone is unknown.
 */
export function calendarOf(zone: string): Calendar {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const starts = new Map<DayIndex, Instant>();
  const dayStart = (day: DayIndex): Instant => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const utc = day * DAY_MS;
    const first = utc - zoneOffset(format, utc);
    const start = utc - zoneOffset(format, first);
    starts.set(day, start);
    return start;
  };
  const dayOf = (at: Instant): DayIndex => {
    let day = Math.floor(at / DAY_MS);
    while (dayStart(day) > at) day -= 1;
    while (dayStart(day + 1) <= at) day += 1;
    return day;
  };
  /** Offset at `at`: from the day's start, or asked anew on the rare day whose length is not 24 h. */
  const offsetAt = (at: Instant): number => {
    const day = dayOf(at);
    const start = dayStart(day);
    if (dayStart(day + 1) - start === DAY_MS) return day * DAY_MS - start;
    return zoneOffset(format, at);
  };
  const iso = (at: Instant): string => {
    const offset = offsetAt(at);
    const local = new Date(at + offset).toISOString();
    const minutes = Math.abs(offset) / MINUTE_MS;
    const sign = offset < 0 ? "-" : "+";
    const hh = String(Math.floor(minutes / 60)).padStart(2, "0");
    const mm = String(minutes % 60).padStart(2, "0");
    const seconds = local.endsWith(".000Z") ? local.slice(0, 19) : local.slice(0, 23);
    return `${seconds}${sign}${hh}:${mm}`;
  };
  return { zone, dayOf, dayStart, monthOfDay, monthFirstDay, dateOf, parseDate, iso };
}
