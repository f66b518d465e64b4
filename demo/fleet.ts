/** The demo fleet: every meter of a registry, with what truly flows through it and what its registers show. */
import type { Meter, Registry, Site } from "../model/registry.ts";
import type { Instant, Span } from "../model/time.ts";
import { type Counter, counterOf } from "./counter.ts";
import { type FleetDays, fleetDays } from "./days.ts";
import { stillFlow } from "./flow.ts";
import { type RegisterPath, registerPath } from "./registers.ts";
import { shapeTables } from "./shape-tables.ts";
import { type FlowContext, flowsOfSite } from "./site-flows.ts";

/** A meter that knows the truth. */
export interface FleetMeter {
  readonly site: Site;
  readonly meter: Meter;
  readonly counter: Counter;
  readonly registers: readonly RegisterPath[];
}

/** The meters of a registry under a seed: equal registries and seeds give equal fleets. */
export interface Fleet {
  readonly registry: Registry;
  readonly seed: number;
  readonly days: FleetDays;
  /** Meters in the order of the registry. */
  readonly meters: readonly Meter[];
  /** The fleet's side of a meter; its site is worked out when first asked for. */
  of(meter: Meter): FleetMeter;
  find(site: string, meter: string): FleetMeter | undefined;
}

/** The fleet of a registry. Sites are worked out lazily, so that a great registry costs little. */
export function createFleet(registry: Registry, seed: number): Fleet {
  const days = fleetDays(registry.county.zone);
  const context: FlowContext = { seed, days, tables: shapeTables(seed) };
  const sites = new Map(registry.sites.map((site) => [site.id, site]));
  const built = new Map<string, ReadonlyMap<string, FleetMeter>>();
  const siteOf = (id: string): ReadonlyMap<string, FleetMeter> => {
    const known = built.get(id);
    if (known) return known;
    const site = sites.get(id);
    const meters = site ? buildSite(site, context) : new Map<string, FleetMeter>();
    built.set(id, meters);
    return meters;
  };
  return {
    registry,
    seed,
    days,
    meters: registry.sites.flatMap((site) => site.meters),
    of: (meter) => siteOf(meter.site).get(meter.id)!,
    find: (site, meter) => siteOf(site).get(meter),
  };
}

function buildSite(site: Site, context: FlowContext): Map<string, FleetMeter> {
  const flows = flowsOfSite(site, context);
  return new Map(
    site.meters.map((meter) => {
      const counter = counterOf(meter, flows.get(meter.id) ?? stillFlow, context.days);
      const registers = meter.registers.map((register) =>
        registerPath(meter, register, counter, context.seed),
      );
      return [meter.id, { site, meter, counter, registers }];
    }),
  );
}

/** What truly passed a meter in a span, in the carrier's canonical unit; faults of the meter do not touch it. */
export function trueEnergy(meter: FleetMeter, span: Span): number {
  return meter.counter.passed(span.end) - meter.counter.passed(span.start);
}

/**
 * What the counted registers of a healthy meter registered between two moments, in the carrier's canonical
 * unit: the truth within a count of each register at either end of each stretch.
 */
export function registeredEnergy(meter: FleetMeter, span: Span): number {
  const counted = meter.registers.filter((path) => path.register.counted);
  return counted.reduce((sum, path) => sum + path.registered(span), 0);
}

/** Canonical units per hour that pass a meter at a moment: its power in kW where the carrier is electricity. */
export function trueRate(meter: FleetMeter, at: Instant): number {
  return meter.counter.rate(at);
}
