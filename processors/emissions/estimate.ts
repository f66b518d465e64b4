/**
 * Energy → CO2. Grid electricity by the region's factor on two bases; fuels and bought heat directly by
 * their own factor (企业温室气体核算 guidelines, E = AD × EF). Generation and export carry none.
 */
import { factorAt } from "../../model/factors.ts";
import type { Factor } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import type { CarrierFactors } from "../plan.ts";

export interface Co2Factors {
  readonly location: Factor | undefined;
  readonly market: Factor | undefined;
  /** The carrier emits nothing that is counted (water). */
  readonly none: boolean;
}

/** The factors in force at a quarter-hour's start. */
export function co2FactorsAt(factors: CarrierFactors, at: Instant): Co2Factors {
  return {
    location: factorAt(factors.co2Location, at),
    market: factorAt(factors.co2Market, at),
    none: factors.carrier.co2 === "none",
  };
}

/** kgCO2 of the energy that carries CO2, in canonical units; NaN without a factor. */
export function kgCo2Of(carrying: number, factor: Factor | undefined, none: boolean): number {
  if (none) return 0;
  return factor === undefined ? Number.NaN : carrying * factor.perCanonical;
}
