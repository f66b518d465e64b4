/** The registry as the processors need it: looked up by name, with gauges and factors at hand. */
import { type FactorRows, factorRows } from "../model/factors.ts";
import { allGroupKeysOf, groupKeysOf, groupsWithNational, WITHOUT_NATIONAL } from "../model/groups.ts";
import { compare, type SiteCarrier, siteCarriersOf } from "../model/members.ts";
import type { Carrier, Meter, Registry, Site } from "../model/registry.ts";
import { type Calendar, calendarOf, type DayIndex } from "../model/time.ts";
import { type Gauge, gaugeOf } from "./consumption/gauge.ts";

/** Gauges by the id of their register. A meter has few: a map for each would weigh more than all gauges. */
export interface GaugesByRegister {
  get(register: string): Gauge | undefined;
  has(register: string): boolean;
  values(): readonly Gauge[];
}

class FewGauges implements GaugesByRegister {
  readonly #all: readonly Gauge[];
  constructor(all: readonly Gauge[]) {
    this.#all = all;
  }
  get(register: string): Gauge | undefined {
    return this.#all.find((gauge) => gauge.register === register);
  }
  has(register: string): boolean {
    return this.get(register) !== undefined;
  }
  values(): readonly Gauge[] {
    return this.#all;
  }
}

/** A meter with the gauges of its counted registers, and the areas it has an effect on. */
export interface MeterPlan {
  readonly meter: Meter;
  /** `site/meter` */
  readonly owner: string;
  readonly gauges: readonly Gauge[];
  readonly gaugeOf: GaugesByRegister;
  areas: readonly AreaPlan[];
}

/** Factor rows a carrier's figures are made with. */
export interface CarrierFactors {
  readonly carrier: Carrier;
  readonly coalCalorific: FactorRows;
  readonly coalEquivalent: FactorRows;
  /** For direct carriers both are the same rows. */
  readonly co2Location: FactorRows;
  readonly co2Market: FactorRows;
}

/** One carrier of one site. */
export interface AreaPlan extends SiteCarrier {
  readonly plans: readonly MeterPlan[];
  /** Members whose coverage is the site's: those that add or subtract, or else those of conversion output. */
  readonly judged: readonly number[];
  readonly factors: CarrierFactors;
}

export interface Plan {
  readonly registry: Registry;
  readonly calendar: Calendar;
  /** By `site/meter`. */
  readonly meters: ReadonlyMap<string, MeterPlan>;
  readonly areas: readonly AreaPlan[];
  /** Area by `site\ncarrier`. */
  readonly areaOf: ReadonlyMap<string, AreaPlan>;
  /** Last closed day, or −Infinity. */
  readonly closedThrough: DayIndex;
  /** Stored group keys that a site counts into on a day. */
  groupsOf(site: Site, day: DayIndex): string[];
  /** Every stored group key with the sites that may belong to it, by site id. */
  readonly groupSites: ReadonlyMap<string, readonly Site[]>;
}

function carrierFactors(registry: Registry, carrier: Carrier): CarrierFactors {
  const { factors, county } = registry;
  const rows = (kind: Parameters<typeof factorRows>[1], basis?: "calorific" | "equivalent") =>
    factorRows(factors, kind, carrier.id, county.region, basis);
  const direct = rows("co2-direct");
  const grid = carrier.co2 === "grid";
  return {
    carrier,
    coalCalorific: rows("standard-coal", "calorific"),
    coalEquivalent: rows("standard-coal", "equivalent"),
    co2Location: grid ? rows("co2-grid-location") : direct,
    co2Market: grid ? rows("co2-grid-market") : direct,
  };
}

function judgedMembers(area: SiteCarrier): number[] {
  const all = area.members.map((_, i) => i);
  const contributing = all.filter((i) => area.members[i]!.sign !== 0);
  return contributing.length > 0 ? contributing : all;
}

const NO_AREAS: readonly AreaPlan[] = [];

function meterPlans(registry: Registry): Map<string, MeterPlan> {
  const plans = new Map<string, MeterPlan>();
  for (const site of registry.sites) {
    for (const meter of site.meters) {
      const gauges = meter.registers.map((register) => gaugeOf(meter, register));
      const isAllCounted = meter.registers.every((register) => register.counted);
      // Joined, and not written as one template: that would keep both its parts and the whole.
      const owner = [site.id, meter.id].join("/");
      plans.set(owner, {
        meter,
        owner,
        gauges: isAllCounted ? gauges : gauges.filter((_, i) => meter.registers[i]!.counted),
        gaugeOf: new FewGauges(gauges),
        areas: NO_AREAS,
      });
    }
  }
  return plans;
}

/** Sites by the stored key of every group they may ever count into. */
function sitesByGroup(registry: Registry, withNational: ReadonlySet<string>): Map<string, Site[]> {
  const groups = new Map<string, Site[]>();
  const add = (key: string, site: Site): void => {
    const list = groups.get(key);
    if (list) list.push(site);
    else groups.set(key, [site]);
  };
  for (const site of [...registry.sites].sort((a, b) => compare(a.id, b.id))) {
    for (const key of allGroupKeysOf(site)) {
      add(key, site);
      if (!withNational.has(key)) continue;
      if (!site.nationalList) add(key + WITHOUT_NATIONAL, site);
      // Also where nobody is left: what it was before must go.
      else if (!groups.has(key + WITHOUT_NATIONAL)) groups.set(key + WITHOUT_NATIONAL, []);
    }
  }
  return groups;
}

export function planOf(registry: Registry): Plan {
  const meters = meterPlans(registry);
  const factors = new Map(
    registry.carriers.map((carrier) => [carrier.id, carrierFactors(registry, carrier)]),
  );
  const areas: AreaPlan[] = siteCarriersOf(registry).map((area) => ({
    ...area,
    plans: area.members.map((member) => meters.get(`${member.meter.site}/${member.meter.id}`)!),
    judged: judgedMembers(area),
    factors: factors.get(area.carrier)!,
  }));
  for (const area of areas) {
    // Most meters have an effect on one area alone, and all of those share the list of it.
    const alone = [area];
    for (const plan of area.plans) plan.areas = plan.areas.length === 0 ? alone : [...plan.areas, area];
  }
  const withNational = groupsWithNational(registry);
  return {
    registry,
    calendar: calendarOf(registry.county.zone),
    meters,
    areas,
    areaOf: new Map(areas.map((area) => [`${area.site.id}\n${area.carrier}`, area])),
    closedThrough: registry.county.closedThrough ?? Number.NEGATIVE_INFINITY,
    groupSites: sitesByGroup(registry, withNational),
    groupsOf: (site, day) => {
      const keys = groupKeysOf(site, day);
      if (site.nationalList) return keys;
      return keys.flatMap((key) => (withNational.has(key) ? [key, key + WITHOUT_NATIONAL] : [key]));
    },
  };
}
