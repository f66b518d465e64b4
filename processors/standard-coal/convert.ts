/** Energy → standard coal equivalent, GB/T 2589-2020《综合能耗计算通则》: E = Σ(Eᵢ × kᵢ). */
import { factorAt } from "../../model/factors.ts";
import type { Factor } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import type { CarrierFactors } from "../plan.ts";

/** The coal factors in force, on the calorific (当量) and the equivalent (等价) basis. */
export interface CoalFactors {
  readonly calorific: Factor | undefined;
  readonly equivalent: Factor | undefined;
}

/** The factors in force at a quarter-hour's start. */
export function coalFactorsAt(factors: CarrierFactors, at: Instant): CoalFactors {
  return {
    calorific: factorAt(factors.coalCalorific, at),
    equivalent: factorAt(factors.coalEquivalent, at),
  };
}

/** kgce of an amount in canonical units; NaN without a factor. */
export function kgceOf(amount: number, factor: Factor | undefined): number {
  return factor === undefined ? Number.NaN : amount * factor.perCanonical;
}
