/** What goes wrong in the fleet, as data: so that the data-quality page has something true to show. */
import type { Meter } from "../model/registry.ts";
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, type Span } from "../model/time.ts";
import type { FleetDays } from "./days.ts";
import type { Fleet, FleetMeter } from "./fleet.ts";
import { draw, keyOf, mix } from "./random.ts";

/** A meter's own fault. Chances are per reading, drawn by its time. */
export type MeterFault =
  /** Sends every so many messages twice. */
  | { readonly kind: "resends"; readonly chance: number }
  /** Shows now and then a value far above the register. */
  | { readonly kind: "spikes"; readonly chance: number }
  /** Shows now and then the last decimal one too low. */
  | { readonly kind: "dips"; readonly chance: number }
  /** Shows the same value for some hours, on some days, and catches up afterwards. */
  | { readonly kind: "freezes"; readonly hours: number; readonly dayChance: number }
  /** Its clock runs ahead. */
  | { readonly kind: "clock-ahead"; readonly minutes: number }
  /** Sends now and then a payload cut off in the middle, besides the whole one. */
  | { readonly kind: "cut-off"; readonly chance: number };

/** Which meter has a fault: the first by a drawn order that fits. */
interface FaultRow {
  readonly fault: MeterFault;
  /** Meters that carry no total; a fault that loses energy touches only these. */
  readonly breakdownOnly: boolean;
  /** Prefers the register that turns slowest, else the order is drawn. */
  readonly slowest?: boolean;
}

/** One meter each. */
export const faultTable: readonly FaultRow[] = [
  { fault: { kind: "resends", chance: 0.2 }, breakdownOnly: false },
  { fault: { kind: "spikes", chance: 1 / 60 }, breakdownOnly: false },
  { fault: { kind: "dips", chance: 1 / 12 }, breakdownOnly: false, slowest: true },
  { fault: { kind: "freezes", hours: 3, dayChance: 0.4 }, breakdownOnly: true },
  { fault: { kind: "clock-ahead", minutes: 4 }, breakdownOnly: true },
  { fault: { kind: "cut-off", chance: 1 / 50 }, breakdownOnly: false },
];

/** A gateway falls silent once a day somewhere in the county, for this long. */
export const outageHours: readonly [least: number, most: number] = [1.5, 4.5];

/** A meter that nobody registered, at the first site, and how often it speaks. */
export const strayMeter = { id: "unregistered-1", everyMinutes: 10, perDay: 4 } as const;

/** The faults of a fleet. */
export interface FaultPlan {
  of(meter: Meter): MeterFault | undefined;
  /** The outage of a day: which gateway of which site, and when. */
  outageOn(day: number): Outage | undefined;
}

/** A span in which no message of a site comes through. */
export interface Outage extends Span {
  readonly site: string;
}

function isPlain(meter: Meter): boolean {
  const register = meter.registers[0];
  return (
    meter.swaps.length === 0 &&
    meter.multipliers.length === 1 &&
    meter.registers.length === 1 &&
    register?.kind === "cumulative" &&
    !register.resetsToZero
  );
}

/** Counts that a register would turn in an hour at full load. */
function countsPerHour(meter: Meter): number {
  const register = meter.registers[0];
  const size = (meter.multipliers[0]?.value ?? 1) * (register?.unitFactor || 1);
  return (meter.maxPerHour / size) * 10 ** (register?.decimals ?? 0);
}

function isBreakdown(meter: Meter): boolean {
  return meter.contributes === "none" && !meter.conversionOutput;
}

function pick(meters: readonly Meter[], row: FaultRow, key: number): Meter | undefined {
  const fit = meters.filter((meter) => !row.breakdownOnly || isBreakdown(meter));
  const rank = (meter: Meter) =>
    row.slowest ? countsPerHour(meter) : draw(key, keyOf(`${meter.site}/${meter.id}`));
  return fit.reduce<Meter | undefined>(
    (best, meter) => (best === undefined || rank(meter) < rank(best) ? meter : best),
    undefined,
  );
}

/** The faults of a fleet under its seed: at most one per meter. */
export function faultPlan(fleet: Fleet): FaultPlan {
  const seed = mix(fleet.seed, keyOf("faults"));
  const faults = new Map<Meter, MeterFault>();
  let free = fleet.meters.filter(isPlain);
  for (const row of faultTable) {
    const meter = pick(free, row, mix(seed, keyOf(row.fault.kind)));
    if (!meter) continue;
    faults.set(meter, row.fault);
    free = free.filter((other) => other !== meter);
  }
  return { of: (meter) => faults.get(meter), outageOn: (day) => outageOn(fleet, seed, day) };
}

function outageOn(fleet: Fleet, seed: number, day: number): Outage | undefined {
  const { sites } = fleet.registry;
  const site = sites[Math.floor(draw(seed, day) * sites.length)];
  if (!site || site.meters.length === 0) return undefined;
  const [least, most] = outageHours;
  const length = (least + (most - least) * draw(mix(seed, 1), day)) * HOUR_MS;
  const start = fleet.days.startOf(day) + draw(mix(seed, 2), day) * (DAY_MS - length);
  return { site: site.id, start: Math.round(start), end: Math.round(start + length) };
}

/** The outage that a site is in at a moment. */
export function outageAt(plan: FaultPlan, days: FleetDays, site: string, at: Instant): Outage | undefined {
  const outage = plan.outageOn(days.dayOf(at));
  return outage?.site === site && outage.start <= at && at < outage.end ? outage : undefined;
}

/** True when a fault with a chance strikes a reading or message of this time. */
export function strikes(chance: number, fleet: Fleet, meter: Meter, at: Instant): boolean {
  const key = mix(fleet.seed, keyOf(`${meter.site}/${meter.id}`));
  return draw(mix(key, Math.floor(at / 1000)), 7) < chance;
}

/** Counts a register shows at `at` by the meter's clock, its fault included. */
export function shownCounts(
  fleet: Fleet,
  meter: FleetMeter,
  fault: MeterFault | undefined,
  index: number,
  at: Instant,
): number {
  const path = meter.registers[index]!;
  if (fault === undefined) return path.counts(at);
  if (fault.kind === "clock-ahead") return path.counts(at - fault.minutes * MINUTE_MS);
  if (fault.kind === "freezes") return path.counts(thawedAt(fleet, meter.meter, fault, at));
  const counts = path.counts(at);
  if (fault.kind === "spikes" && strikes(fault.chance, fleet, meter.meter, at)) {
    return Math.floor((counts + path.span * (0.2 + 0.4 * draw(fleet.seed, at / 1000))) % path.span);
  }
  if (fault.kind === "dips" && strikes(fault.chance, fleet, meter.meter, at)) return Math.max(0, counts - 1);
  return counts;
}

/** `at`, or the moment at which the register froze. */
function thawedAt(
  fleet: Fleet,
  meter: Meter,
  fault: { readonly hours: number; readonly dayChance: number },
  at: Instant,
): Instant {
  const day = fleet.days.dayOf(at);
  const start = fleet.days.startOf(day);
  const key = mix(fleet.seed, keyOf(meter.id));
  if (draw(key, day) >= fault.dayChance) return at;
  const frozen = start + Math.floor(draw(mix(key, 1), day) * (24 - fault.hours)) * HOUR_MS;
  return at > frozen && at < frozen + fault.hours * HOUR_MS ? frozen : at;
}
