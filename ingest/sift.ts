/** Decoded readings against the registry: what is accepted, per meter, and what is refused, with its reason. */
import type { Reading } from "../model/reading.ts";
import { type RejectCode, UNKNOWN_SITE } from "../model/reject.ts";
import { type Instant, MINUTE_MS } from "../model/time.ts";
import type { DecodedReading } from "./decode.ts";
import { cut, type Fault, show } from "./fault.ts";
import type { IndexedMeter, IndexedRegister, SiteIndex } from "./site-index.ts";
import type { DecodedValue } from "./values.ts";

/** How far ahead of our clock a meter's may be. */
export const CLOCK_TOLERANCE_MS = 10 * MINUTE_MS;

/** Longest id that a reject repeats of what it was sent. */
const LONGEST_ID = 64;

/** Reasons told apart by meter and register; a message with more has them told apart by site only. */
const MOST_REASONS = 200;

/** Accepted readings of one meter. */
export interface MeterReadings {
  readonly indexed: IndexedMeter;
  readonly readings: Reading[];
  /** Power shown with the newest of them, in kW. */
  powerKw: number | undefined;
  powerAt: Instant;
}

/** Values refused for one reason; `detail` speaks of the first of them. */
export interface Refused {
  readonly code: RejectCode;
  readonly detail: string;
  readonly site: string;
  readonly meter: string | undefined;
  readonly register: string | undefined;
  values: number;
}

/** A message's values, each in one of the two: Σ readings + Σ refused values = received. */
export interface Sifted {
  readonly received: number;
  readonly meters: readonly MeterReadings[];
  readonly refused: readonly Refused[];
}

/**
 * Checks readings against the registry and against `receivedAt`. Values of one message refused for the same
 * reason, meter and register are one entry, so that a payload cannot grow into many times its size.
 */
export function sift(index: SiteIndex, readings: readonly DecodedReading[], receivedAt: Instant): Sifted {
  const meters = new Map<IndexedMeter, MeterReadings>();
  const refused = new Map<string, Refused>();
  const refuse: Refuse = (fault, values, site, meter, register) => {
    const isMany = refused.size >= MOST_REASONS;
    const key = isMany ? `${fault.code} ${site}` : `${fault.code} ${site} ${meter} ${register}`;
    const before = refused.get(key);
    if (before) before.values += values;
    else refused.set(key, { ...fault, site, meter, register, values });
  };
  let received = 0;
  for (const reading of readings) {
    received += reading.count;
    const indexed = findMeter(index, reading, refuse);
    if (!indexed) continue;
    const fault = reading.fault ?? faultOfTime(indexed, reading.at, receivedAt);
    if (fault) refuse(fault, reading.count, indexed.meter.site, indexed.meter.id, undefined);
    else takeValues(meters, indexed, reading, refuse);
  }
  return { received, meters: [...meters.values()], refused: [...refused.values()] };
}

type Refuse = (fault: Fault, values: number, site: string, meter?: string, register?: string) => void;

function findMeter(index: SiteIndex, reading: DecodedReading, refuse: Refuse): IndexedMeter | undefined {
  const { site, meter, count } = reading;
  const meters = index.sites.get(site);
  if (!meters) {
    const detail = `site ${show(site)} is not in the registry; add it, or mend the topic`;
    refuse({ code: "unknown-site", detail }, count, UNKNOWN_SITE);
    return undefined;
  }
  const indexed = meters.get(meter);
  if (!indexed) {
    const detail = `meter ${show(meter)} is not among those of ${site}; add it, or mend the topic`;
    refuse({ code: "unknown-meter", detail }, count, site, cut(meter, LONGEST_ID));
  }
  return indexed;
}

function faultOfTime({ meter }: IndexedMeter, at: Instant | Fault, receivedAt: Instant): Fault | undefined {
  if (typeof at !== "number") return at;
  if (at > receivedAt + CLOCK_TOLERANCE_MS) {
    const detail = `time ${iso(at)} is more than 10 min after ${iso(receivedAt)}, when it came; set the meter's clock`;
    return { code: "future", detail };
  }
  if (at < meter.from) {
    const detail = `time ${iso(at)} is before ${iso(meter.from)}, from which ${meter.id} is in service`;
    return { code: "before-service", detail };
  }
  if (meter.to !== undefined && at > meter.to) {
    const detail = `time ${iso(at)} is after ${iso(meter.to)}, to which ${meter.id} was in service`;
    return { code: "after-service", detail };
  }
  return undefined;
}

function iso(at: Instant): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}

function takeValues(
  meters: Map<IndexedMeter, MeterReadings>,
  indexed: IndexedMeter,
  reading: DecodedReading,
  refuse: Refuse,
): void {
  const { revision, seq, powerKw } = reading;
  const at = reading.at as Instant;
  let taken = meters.get(indexed);
  for (const decoded of reading.values) {
    const { site, id } = indexed.meter;
    const register = indexed.registers.get(decoded.register);
    const fault = register ? faultOfValue(register, decoded) : unknownRegister(indexed, decoded.register);
    if (fault) {
      refuse(fault, 1, site, id, register?.id);
      continue;
    }
    if (!taken) {
      taken = { indexed, readings: [], powerKw: undefined, powerAt: -Infinity };
      meters.set(indexed, taken);
    }
    taken.readings.push({ register: decoded.register, at, value: decoded.value as number, revision, seq });
  }
  if (taken && powerKw !== undefined && at >= taken.powerAt) {
    taken.powerKw = powerKw;
    taken.powerAt = at;
  }
}

function unknownRegister({ meter, registers }: IndexedMeter, register: string): Fault {
  const known = [...registers.keys()].join(", ");
  const detail = `register ${show(register)} is not among those of ${meter.id} (${known}); add it or mend the name`;
  return { code: "unknown-register", detail };
}

function faultOfValue(register: IndexedRegister, { value, unit }: DecodedValue): Fault | undefined {
  if (unit !== undefined && !sameUnit(unit, register.unit)) {
    const detail = `payload says ${show(unit)}, the registry says ${register.unit}; mend the one that is wrong`;
    return { code: "unit-mismatch", detail };
  }
  if (typeof value !== "number") return value;
  if (register.span !== undefined && (value < 0 || value >= register.span)) {
    const detail = `value ${value} is outside 0 to ${register.span}, which ${register.id} can show; check its digits and decimals`;
    return { code: "out-of-range", detail };
  }
  return undefined;
}

/** Units are compared as written, m³ being m3: case tells mWh from MWh. */
function sameUnit(claimed: string, known: string): boolean {
  return claimed === known || claimed.normalize("NFKC") === known.normalize("NFKC");
}
