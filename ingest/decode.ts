/** Decoder profiles at work: payload bytes → readings as the payload says them, not yet checked against the registry. */
import type { DecoderProfile } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { createCsvReader, headerOf, rowOf } from "./csv.ts";
import { type Fault, show } from "./fault.ts";
import { compilePointer } from "./json-pointer.ts";
import { parseJson } from "./json-text.ts";
import { compileTime } from "./time-form.ts";
import type { Captures } from "./topic-filter.ts";
import { compileOptional, compileSource, compileValues, type DecodedValue, numberOfText } from "./values.ts";

/** One reading object of a payload. */
export interface DecodedReading {
  readonly site: string;
  readonly meter: string;
  readonly at: Instant | Fault;
  readonly revision: number;
  readonly seq: number;
  readonly powerKw: number | undefined;
  readonly values: readonly DecodedValue[];
  /** Why none of it can be used. */
  readonly fault: Fault | undefined;
  /** Values it counts for in the balance, at least 1. */
  readonly count: number;
}

/** What became of a payload: readings, or the reason why there are none. */
export interface Decoded {
  readonly fault: Fault | undefined;
  readonly readings: readonly DecodedReading[];
}

export interface Decoder {
  readonly profile: DecoderProfile;
  /** Decodes a whole payload; never throws. */
  decode(payload: Uint8Array, captures: Captures): Decoded;
  /** Decodes one object of JSON, or one row of CSV as a map by column name. */
  decodeReading(element: unknown, captures: Captures): DecodedReading;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Compiles a profile.
 * @throws Error that names the profile and the part of it that cannot be used.
 */
export function compileDecoder(profile: DecoderProfile): Decoder {
  try {
    const decodeReading = compileReading(profile);
    const readElements = profile.format === "csv" ? readCsv : compileJson(profile.each);
    const decode = (payload: Uint8Array, captures: Captures): Decoded => {
      const found = readElements(payload);
      if (!Array.isArray(found)) return { fault: found, readings: [] };
      return { fault: undefined, readings: found.map((element) => decodeReading(element, captures)) };
    };
    return { profile, decode, decodeReading };
  } catch (error) {
    throw new Error(`profile ${profile.id}: ${(error as Error).message}`, { cause: error });
  }
}

/** Reading objects of a JSON payload. */
function compileJson(each: string | undefined): (payload: Uint8Array) => unknown[] | Fault {
  const place = each === undefined ? "the payload" : `"${each}"`;
  const pointer = each === undefined ? undefined : compilePointer(each);
  return (payload) => {
    const text = textOf(payload);
    if (text === undefined) return { code: "malformed-json", detail: "payload is not UTF-8; send JSON" };
    const parsed = parseJson(text);
    if (parsed.fault) return parsed.fault;
    const found = pointer ? pointer(parsed.value) : parsed.value;
    if (Array.isArray(found) && found.length > 0) return found;
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return [found];
    const what = Array.isArray(found) ? "an empty array" : show(found);
    return {
      code: "wrong-shape",
      detail: `${place} is ${what}; send one reading object or an array of them`,
    };
  };
}

/** Rows of a CSV payload; a broken row stands as the text that says why. */
function readCsv(payload: Uint8Array): unknown[] | Fault {
  const text = textOf(payload);
  if (text === undefined) return { code: "malformed-csv", detail: "payload is not UTF-8; send CSV in UTF-8" };
  const reader = createCsvReader();
  const [first, ...records] = [...reader.push(text), ...reader.end()];
  if (!first || records.length === 0)
    return { code: "malformed-csv", detail: "payload holds no header and rows" };
  const header = headerOf(first);
  return records.map((record) => rowOf(header, record));
}

function textOf(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

function compileReading(profile: DecoderProfile): Decoder["decodeReading"] {
  const isCsv = profile.format === "csv";
  const site = compileSource(profile.site ?? { capture: "site" });
  const meter = compileSource(profile.meter ?? { capture: "meter" });
  const time = compileSource(profile.time.value);
  const readTime = compileTime(profile.time);
  const values = compileValues(profile);
  const powerKw = compileOptional(profile.powerKw);
  const seq = compileOptional(profile.seq);
  const revision = compileOptional(profile.revision);
  const numberOf = isCsv ? numberOfText : (value: unknown): unknown => value;
  return (element, captures) => {
    const from = typeof element === "object" ? element : undefined;
    const power = numberOf(powerKw(from, captures));
    const rev = whole(numberOf(revision(from, captures)), 0);
    const count = whole(numberOf(seq(from, captures)), -1);
    const found = from ? values(from, captures) : [];
    const decoded = {
      site: nameOf(site(from, captures)),
      meter: nameOf(meter(from, captures)),
      at: from ? readTime(time(from, captures)) : 0,
      revision: rev ?? 0,
      seq: count ?? -1,
      powerKw: typeof power === "number" && Number.isFinite(power) ? power : undefined,
      values: Array.isArray(found) ? found : [],
      fault: undefined,
      count: Array.isArray(found) ? Math.max(1, found.length) : 1,
    };
    if (rev !== undefined && count !== undefined && Array.isArray(found) && found.length > 0) return decoded;
    const fault = faultOf(profile, element, found, {
      revision: revision(from, captures),
      seq: seq(from, captures),
    });
    return { ...decoded, fault };
  };
}

/** Why a reading cannot be used, the coarsest reason first. */
function faultOf(
  profile: DecoderProfile,
  element: unknown,
  values: DecodedValue[] | Fault,
  counters: Readonly<Record<"revision" | "seq", unknown>>,
): Fault {
  if (profile.format === "csv" && typeof element === "string")
    return { code: "malformed-csv", detail: element };
  if (typeof element !== "object" || element === null || Array.isArray(element))
    return { code: "wrong-shape", detail: `reading is ${show(element)}; send an object` };
  if (!Array.isArray(values)) return values;
  if (values.length === 0)
    return { code: "wrong-shape", detail: `reading holds no register that profile ${profile.id} reads` };
  const name = whole(counters.revision, 0) === undefined ? "revision" : "seq";
  const detail = `${name} is ${show(counters[name])}; send a whole number from 0 on, or leave it out`;
  return { code: "wrong-shape", detail };
}

/** A counter: absent and null read as `absent`; undefined for anything but a whole number from 0 on. */
function whole(value: unknown, absent: number): number | undefined {
  if (value === undefined || value === null || value === "") return absent;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** An id as text; empty where the payload has none. */
function nameOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : "";
}
