/** Times as meters write them → instants. */
import type { DecoderProfile } from "../model/registry.ts";
import { type Calendar, calendarOf, DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from "../model/time.ts";
import { type Fault, show } from "./fault.ts";

/** Reads a time; a fault is `bad-time` or `no-zone`. Fractions of a millisecond are cut off. */
export type TimeReader = (value: unknown) => Instant | Fault;

/** A date and time of day as written, and the offset written behind it: ms ahead of UTC. */
interface Written {
  /** Milliseconds since 1970-01-01T00:00 of the clock that showed it. */
  readonly local: number;
  readonly offset: number | undefined;
}

/** Largest |instant| of ECMAScript. */
const FARTHEST = 8.64e15;
/** Years in which a time without offset is looked up in a zone. */
const FIRST_ZONED = Date.UTC(1970, 0, 1);
const LAST_ZONED = Date.UTC(2200, 0, 1);

const isoForm =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * Compiles a profile's time. Without a form a number is epoch milliseconds and a text is ISO 8601.
 * @throws Error when the pattern cannot be used, RangeError when the zone is unknown.
 */
export function compileTime(time: DecoderProfile["time"]): TimeReader {
  const calendar = time.zone === undefined ? undefined : calendarOf(time.zone);
  const form = time.form;
  if (form === "epoch-ms") return (value) => epoch(value, 1);
  if (form === "epoch-s") return (value) => epoch(value, 1000);
  const read = form === undefined || form === "iso" ? readIso : compilePattern(form);
  const midnightEndsDay = time.midnightEndsDay === true;
  return (value) => {
    if (typeof value === "number" && form === undefined) return epoch(value, 1);
    if (typeof value !== "string") return badTime(value, "no text that holds a time");
    const written = read(value);
    if (typeof written === "string") return badTime(value, written);
    const closesDay = midnightEndsDay && written.local % DAY_MS === 0;
    const local = closesDay ? written.local + DAY_MS : written.local;
    if (written.offset !== undefined) return local - written.offset;
    return calendar ? inZone(calendar, local, value) : noZone(value);
  };
}

function badTime(value: unknown, why: string): Fault {
  return { code: "bad-time", detail: `time ${show(value)}: ${why}` };
}

function noZone(value: string): Fault {
  const detail = `time ${show(value)} has no zone; send an offset such as +08:00, or name a zone in the profile`;
  return { code: "no-zone", detail };
}

function epoch(value: unknown, unitMs: number): Instant | Fault {
  const digits = typeof value === "string" && /^-?\d{1,16}(\.\d{1,9})?$/.test(value);
  const number = digits ? Number(value) : value;
  if (typeof number !== "number") return badTime(value, "no number of time since 1970");
  const ms = unitMs === 1 ? Math.floor(number) : Math.round(number * unitMs);
  return Math.abs(ms) <= FARTHEST ? ms : badTime(value, "outside every calendar");
}

/** The written time, or what is wrong with it. */
function readIso(text: string): Written | string {
  const part = isoForm.exec(text);
  if (!part) return "not ISO 8601 such as 2026-11-01T00:15:00+08:00";
  const fraction = part[7] === undefined ? 0 : Number(part[7].slice(0, 3).padEnd(3, "0"));
  const offset = part[8] === undefined ? undefined : readOffset(part[8]);
  if (offset === null) return "its offset is outside −12:00 to +14:00";
  const local = localMs(+part[1]!, +part[2]!, +part[3]!, +part[4]!, +part[5]!, +(part[6] ?? 0), fraction);
  return local === undefined ? "no such date or time of day" : { local, offset };
}

function readOffset(text: string): number | null {
  if (text === "Z" || text === "z") return 0;
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0;
  const size = Number(text.slice(1, 3)) * HOUR_MS + minutes * MINUTE_MS;
  const offset = text.startsWith("-") ? -size : size;
  return minutes < 60 && offset >= -12 * HOUR_MS && offset <= 14 * HOUR_MS ? offset : null;
}

/** Milliseconds since 1970 on the clock that shows it; 24:00 is allowed; undefined for what no clock shows. */
function localMs(y: number, m: number, d: number, h: number, min: number, s: number, ms: number) {
  if (y < 100 || m < 1 || m > 12 || d < 1 || min > 59 || s > 59) return undefined;
  if (h > 24 || (h === 24 && (min > 0 || s > 0 || ms > 0))) return undefined;
  const day = Date.UTC(y, m - 1, d);
  // Date.UTC rolls the 31st of a short month over instead of refusing it.
  if (d > 28 && new Date(day).getUTCDate() !== d) return undefined;
  return day + h * HOUR_MS + min * MINUTE_MS + s * 1000 + ms;
}

const tokens = { yyyy: 4, MM: 2, dd: 2, HH: 2, mm: 2, ss: 2, SSS: 3 } as const;
type Token = keyof typeof tokens;

/** Compiles a pattern such as `dd/MM/yyyy HH:mm`; every other character stands for itself. */
function compilePattern(pattern: string): (text: string) => Written | string {
  const order: Token[] = [];
  const source = pattern.replace(/yyyy|SSS|MM|dd|HH|mm|ss|./gs, (piece) => {
    if (!Object.hasOwn(tokens, piece)) return piece.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
    order.push(piece as Token);
    return `(\\d{${tokens[piece as Token]}})`;
  });
  const complete = (["yyyy", "MM", "dd"] as const).every((token) => order.includes(token));
  if (!complete || new Set(order).size !== order.length)
    throw new Error(`time form "${pattern}" must hold yyyy, MM and dd, and nothing twice`);
  const form = new RegExp(`^${source}$`);
  return (text) => {
    const part = form.exec(text);
    if (!part) return `does not read as ${pattern}`;
    const of = (token: Token): number => (order.includes(token) ? Number(part[order.indexOf(token) + 1]) : 0);
    const local = localMs(of("yyyy"), of("MM"), of("dd"), of("HH"), of("mm"), of("ss"), of("SSS"));
    return local === undefined ? "no such date or time of day" : { local, offset: undefined };
  };
}

/** The instant at which clocks of the zone show `local`: there may be none or two where the clock is changed. */
function inZone(calendar: Calendar, local: number, text: string): Instant | Fault {
  if (local < FIRST_ZONED || local >= LAST_ZONED) return badTime(text, "year outside 1970 to 2199");
  const day = Math.floor(local / DAY_MS);
  const start = calendar.dayStart(day);
  const end = calendar.dayStart(day + 1);
  if (end - start === DAY_MS) return start + (local - day * DAY_MS);
  const shown = new Date(local).toISOString().slice(0, 19);
  const offsets = new Set([day * DAY_MS - start, (day + 1) * DAY_MS - end]);
  const found = [...offsets].map((offset) => local - offset);
  const instants = found.filter((at) => calendar.iso(at).startsWith(shown));
  if (instants.length === 1) return instants[0]!;
  if (instants.length === 0) return badTime(text, `clocks of ${calendar.zone} never showed it`);
  const detail = `time ${show(text)} came twice in ${calendar.zone}; send it with its offset`;
  return { code: "no-zone", detail };
}
