/**
 * CO2 that shore power and charging kept from arising, meter by meter and day by day: the ship's engine or the
 * petrol car would have emitted the gross, the grid emitted its part, and the net was avoided. No certified
 * reduction. The board computes the same when asked; stored, a dashboard can show it.
 */
import { type FactorRows, factorAt, factorRows } from "../../model/factors.ts";
import type { Observation } from "../../model/observation.ts";
import type { Meter } from "../../model/registry.ts";
import { HOUR_MS } from "../../model/time.ts";
import type { MeterDay } from "../consumption/meter-day.ts";
import type { MeterPlan, Plan } from "../plan.ts";

const baselines = { "shore-power": "shore-power-baseline", charging: "charging-baseline" } as const;
type Purpose = keyof typeof baselines;

const purposeOf = ({ role }: Meter): Purpose | undefined =>
  role === "shore-power" || role === "charging" ? role : undefined;

/** Shore power counts where it is used, though it be measured inside a port. */
const siteOf = ({ role, countsTo, site }: Meter): string =>
  role === "shore-power" ? (countsTo ?? site) : site;

interface Factors {
  readonly baseline: FactorRows;
  readonly grid: FactorRows;
}

function factorsOf({ registry: { factors, county } }: Plan, purpose: Purpose, carrier: string): Factors {
  return {
    baseline: factorRows(factors, baselines[purpose], carrier, county.region),
    grid: factorRows(factors, "co2-grid-location", carrier, county.region),
  };
}

function rowOf(meter: Meter, purpose: Purpose, { baseline, grid }: Factors, day: MeterDay): Observation {
  const { measuredMs, estimatedMs, amount } = day.total;
  const knownMs = measuredMs + estimatedMs;
  const kwh = Number.isNaN(amount) ? 0 : amount;
  const at = day.start;
  const [gross, net] = [factorAt(baseline, at), factorAt(grid, at)];
  const grossKgCo2 = gross ? kwh * gross.perCanonical : null;
  const gridKgCo2 = net ? kwh * net.perCanonical : null;
  return {
    measurement: "avoided",
    tags: { purpose, site: siteOf(meter), host: meter.site, meter: meter.id },
    at,
    numbers: {
      kwh,
      capacityKwh: meter.ratedPowerKw === undefined ? null : (meter.ratedPowerKw * knownMs) / HOUR_MS,
      grossKgCo2,
      gridKgCo2,
      netKgCo2: grossKgCo2 === null || gridKgCo2 === null ? null : grossKgCo2 - gridKgCo2,
      coverage: knownMs / (day.end - day.start),
    },
    texts: {},
  };
}

export interface Avoided {
  /** The row of a meter's day; none of meters that neither give shore power nor charge. */
  of(meter: Meter, day: MeterDay): readonly Observation[];
  /** Meters at a site, of a carrier, that have such rows. */
  at(site: string, carrier: string): readonly MeterPlan[];
}

const NONE: readonly never[] = [];

/** A day with nothing known has a row of zeros, which takes the place of an earlier one. */
export function createAvoided(plan: Plan): Avoided {
  const factors = new Map<string, Factors>();
  const known = (purpose: Purpose, carrier: string): Factors => {
    const key = `${purpose} ${carrier}`;
    const found = factors.get(key) ?? factorsOf(plan, purpose, carrier);
    factors.set(key, found);
    return found;
  };
  const places = new Map<string, MeterPlan[]>();
  for (const one of plan.meters.values()) {
    if (purposeOf(one.meter) === undefined) continue;
    const key = `${one.meter.site} ${one.meter.carrier}`;
    const list = places.get(key);
    if (list) list.push(one);
    else places.set(key, [one]);
  }
  return {
    of(meter, day) {
      const purpose = purposeOf(meter);
      return purpose === undefined ? NONE : [rowOf(meter, purpose, known(purpose, meter.carrier), day)];
    },
    at: (site, carrier) => places.get(`${site} ${carrier}`) ?? NONE,
  };
}
