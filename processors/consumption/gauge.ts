/** A register as the arithmetic sees it: how readings of it become energy, and how much is possible. */
import type { Meter, Register } from "../../model/registry.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../../model/time.ts";

/** A register value that the registry gives: the two ends of a swap, or the value at a new multiplier. */
export interface RegistryPoint {
  readonly at: Instant;
  readonly value: number;
  readonly kind: "swap-final" | "swap-first" | "mark";
}

export interface Gauge {
  readonly site: string;
  readonly meter: string;
  readonly register: string;
  readonly kind: "cumulative" | "interval";
  /** 10^(digits − decimals), in register units. */
  readonly span: number;
  /** 10^decimals: counts in one register unit. */
  readonly countsPerUnit: number;
  /** Canonical units in one register unit. */
  readonly unitFactor: number;
  /** Canonical units after the multiplier. */
  readonly maxPerHour: number;
  readonly resetsToZero: boolean;
  readonly intervalMs: number;
  /** Sorted by `from`; the first holds for everything before it, too. */
  readonly multipliers: readonly { readonly from: Instant; readonly value: number }[];
  /** In time; at one moment `swap-final` before `swap-first`. */
  readonly points: readonly RegistryPoint[];
}

/** A value at a moment, from a meter or from the registry. */
export interface Point {
  readonly at: Instant;
  readonly value: number;
}

/** How a reading relates to the one before it. */
export type Relation = "ok" | "rollover" | "dip" | "break";

/** Register counts by which a comparison may be off for being binary and not decimal. */
const SLACK_COUNTS = 1e-3;

const NO_POINTS: readonly RegistryPoint[] = [];

export function gaugeOf(meter: Meter, register: Register): Gauge {
  const points: RegistryPoint[] = [];
  for (const swap of meter.swaps) {
    if (swap.register !== register.id) continue;
    points.push({ at: swap.at, value: swap.final, kind: "swap-final" });
    points.push({ at: swap.at, value: swap.first, kind: "swap-first" });
  }
  for (const row of meter.multipliers) {
    const value = row.registers[register.id];
    if (value !== undefined) points.push({ at: row.from, value, kind: "mark" });
  }
  points.sort((a, b) => a.at - b.at);
  return {
    site: meter.site,
    meter: meter.id,
    register: register.id,
    kind: register.kind,
    span: 10 ** (register.digits - register.decimals),
    countsPerUnit: 10 ** register.decimals,
    unitFactor: register.unitFactor,
    maxPerHour: meter.maxPerHour,
    resetsToZero: register.resetsToZero,
    intervalMs: meter.intervalMinutes * MINUTE_MS,
    multipliers: meter.multipliers,
    points: register.kind === "cumulative" && points.length > 0 ? points : NO_POINTS,
  };
}

/** The multiplier in force at `at`; before the first row, the first. */
export function multiplierAt(gauge: Gauge, at: Instant): number {
  const rows = gauge.multipliers;
  for (let i = rows.length - 1; i > 0; i -= 1) if (rows[i]!.from <= at) return rows[i]!.value;
  return rows[0]!.value;
}

const NO_CHANGES: Gauge["multipliers"] = [];

/** Multiplier rows that take effect strictly inside (start, end). */
export function multiplierChanges(gauge: Gauge, start: Instant, end: Instant): Gauge["multipliers"] {
  if (gauge.multipliers.length === 1) return NO_CHANGES;
  return gauge.multipliers.slice(1).filter((row) => start < row.from && row.from < end);
}

function largestMultiplier(gauge: Gauge, start: Instant, end: Instant): number {
  if (gauge.multipliers.length === 1) return gauge.multipliers[0]!.value;
  let largest = multiplierAt(gauge, start);
  for (const row of multiplierChanges(gauge, start, end)) largest = Math.max(largest, row.value);
  return largest;
}

/** Most energy possible between two moments, in canonical units: rating × hours × 1.2 and two counts. */
export function ceiling(gauge: Gauge, start: Instant, end: Instant): number {
  const count = (gauge.unitFactor * largestMultiplier(gauge, start, end)) / gauge.countsPerUnit;
  return ((gauge.maxPerHour * (end - start)) / HOUR_MS) * 1.2 + (2 + SLACK_COUNTS) * count;
}

/** A difference of register values as the whole number of counts it must be, in register units. */
export function wholeCounts(gauge: Gauge, travel: number): number {
  const counts = travel * gauge.countsPerUnit;
  const whole = Math.round(counts);
  return Math.abs(counts - whole) < SLACK_COUNTS ? whole / gauge.countsPerUnit : travel;
}

/**
 * Energy of a register travel spread evenly over [start, end), in canonical units: each part by the
 * multiplier in force, the register being interpolated linearly where the multiplier changes.
 */
export function energyOf(gauge: Gauge, start: Instant, end: Instant, travel: number): number {
  const canonical = travel * gauge.unitFactor;
  const changes = multiplierChanges(gauge, start, end);
  if (changes.length === 0) return canonical * multiplierAt(gauge, start);
  let energy = 0;
  let from = start;
  for (const to of [...changes.map((row) => row.from), end]) {
    energy += canonical * ((to - from) / (end - start)) * multiplierAt(gauge, from);
    from = to;
  }
  return energy;
}

/** Register travel from `a` to `b`, in register units, given how they join. */
export function travelOf(gauge: Gauge, a: Point, b: Point, relation: "ok" | "rollover"): number {
  const wrapped = relation === "rollover" ? gauge.span : 0;
  return wholeCounts(gauge, b.value + wrapped - a.value);
}

/** How `b` relates to `a`, the standing or preceding reading of a cumulative register. */
export function relate(gauge: Gauge, a: Point, b: Point): Relation {
  const travel = b.value - a.value;
  if (travel >= 0) {
    return energyOf(gauge, a.at, b.at, travel) <= ceiling(gauge, a.at, b.at) ? "ok" : "break";
  }
  if (-travel * gauge.countsPerUnit <= 2 + SLACK_COUNTS) return "dip";
  if (a.value >= 0.9 * gauge.span) {
    const wrapped = b.value + gauge.span - a.value;
    if (energyOf(gauge, a.at, b.at, wrapped) <= ceiling(gauge, a.at, b.at)) return "rollover";
  }
  return "break";
}
