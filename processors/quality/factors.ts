/** Factors that a site's figures lack, or use though nobody has verified them. */
import { type FactorRows, factorAt } from "../../model/factors.ts";
import { inService } from "../../model/meter-state.ts";
import type { Instant } from "../../model/time.ts";
import type { AreaPlan } from "../plan.ts";

/** Factors that an area's figures need; CO2 only where some meter's energy carries any. */
function needsOf({ factors, members }: AreaPlan): FactorRows[] {
  const coal = [factors.coalCalorific, factors.coalEquivalent];
  const carries = members.some(({ co2Sign, meter }) => co2Sign !== 0 || meter.conversionOutput);
  return factors.carrier.co2 === "none" || !carries
    ? coal
    : [...coal, factors.co2Location, factors.co2Market];
}

/** How many carriers of a site lack a factor, and how many factors in force are unverified. */
export function factorCounts(
  areas: readonly AreaPlan[],
  now: Instant,
): { factorsMissing: number; factorsUnverified: number } {
  const unverified = new Set<string>();
  let factorsMissing = 0;
  for (const area of areas) {
    if (!area.members.some(({ meter }) => inService(meter, now))) continue;
    const inForce = needsOf(area).map((rows) => factorAt(rows, now));
    if (inForce.includes(undefined)) factorsMissing += 1;
    for (const factor of inForce) if (factor?.status === "unverified") unverified.add(factor.id);
  }
  return { factorsMissing, factorsUnverified: unverified.size };
}
