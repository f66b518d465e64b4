import { type ObservedName, observed, observedNames } from "./observation.ts";
import { type RejectCode, rejectCodes } from "./reject.ts";

/** Parts of a long text: InfluxDB keeps 64 KiB in a field. */
export const bodyParts = Array.from({ length: 16 }, (_, i) => `body${i}`);

/** Field of a day's balance that counts rejects of a code. */
export const rejectedField = (code: RejectCode): string => `rejected_${code}`;

/** Field of an observation that names the numbers which are unknown, sorted, with commas between. */
export const UNKNOWN = "unknown";

/**
 * Every measurement, tag and field of the store, named once. Dashboards and rules may use no others.
 * Embedded, a measurement is a table and a field a column; in InfluxDB, precision ms, bucket `energy`.
 */
export const measurements = {
  reading: {
    tags: ["site", "meter", "register"],
    fields: ["value", "revision", "seq", "receivedAt", "offset", "verdict", "certain"],
  },
  meter_15m: { tags: ["site", "meter", "carrier"], fields: ["amount", "coverage", "estimated"] },
  meter_day: { tags: ["site", "meter", "carrier"], fields: ["amount", "coverage", "estimated"] },
  site_15m: { tags: ["site", "carrier"], fields: siteFields() },
  site_day: { tags: ["site", "carrier"], fields: siteFields() },
  site_month: { tags: ["site", "carrier"], fields: siteFields() },
  group_15m: { tags: ["group", "carrier"], fields: siteFields() },
  group_day: { tags: ["group", "carrier"], fields: siteFields() },
  group_month: { tags: ["group", "carrier"], fields: siteFields() },
  ...observedMeasurements(),
} as const;

/**
 * What else the InfluxDB store keeps, beside figures and the readings that count: its notes and records. Embedded,
 * these are tables with columns of their own.
 */
export const recordMeasurements = {
  reading_loser: {
    tags: ["site", "meter", "register"],
    fields: [...measurements.reading.fields, "place"],
  },
  set_aside: { tags: ["site", "meter", "register"], fields: ["hour"] },
  ledger: {
    tags: ["scope", "owner", "carrier", "window"],
    fields: ["at", "cause", "place", "digest", "parts", "packed", ...bodyParts],
  },
  reject: { tags: ["site", "code"], fields: ["offset", "replayedAt", "parts", "packed", ...bodyParts] },
  balance: {
    tags: ["site", "topic", "partition"],
    fields: ["received", "accepted", "repeated", ...rejectCodes.map(rejectedField), "upTo"],
  },
  pending: { tags: ["site", "meter"], fields: ["open", "start", "end", "firstAt", "lastAt", "cause"] },
  live: { tags: ["site", "meter"], fields: ["at", "receivedAt", "register", "value", "powerKw"] },
  fact: { tags: ["name"], fields: ["parts", "packed", ...bodyParts] },
} as const;

function siteFields() {
  return [
    "amount",
    "coverage",
    "estimated",
    "missingMeters",
    "kgceCalorific",
    "kgceEquivalent",
    "kgCo2Location",
    "kgCo2Market",
    "output",
    "outputKgceCalorific",
    "outputKgceEquivalent",
    "outputKgCo2Location",
    "outputKgCo2Market",
    "factors",
    "unknown",
  ] as const;
}

interface Measurement {
  readonly tags: readonly string[];
  readonly fields: readonly string[];
}

/** How things stand: the kinds of `observation.ts`. */
function observedMeasurements(): Readonly<Record<ObservedName, Measurement>> {
  const rows = observedNames.map((kind): [ObservedName, Measurement] => {
    const { tags, numbers, texts } = observed[kind];
    return [kind, { tags, fields: [...numbers, ...texts, UNKNOWN] }];
  });
  return Object.fromEntries(rows) as Record<ObservedName, Measurement>;
}
