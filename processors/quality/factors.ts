/** Factors that a site's figures lack, or use though nobody has verified them. */
import { type FactorRows, factorAt } from "../../model/factors.ts";
import type { LimitBasis } from "../../model/limit.ts";
import { compare } from "../../model/members.ts";
import { inService } from "../../model/meter-state.ts";
import type { Registry, Site } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import type { AreaPlan } from "../plan.ts";

/**
 * Bases that a site is judged by: calorific coal and location-based CO2 as everybody, others where its approved
 * energy or one of its limits is on them. A basis that a whole county has no factor for, as the equivalent one until
 * the statistics are out, is no matter of each site; the board's page of data quality shows every gap.
 */
export function basesOf({ limits }: Registry, site: Site): ReadonlySet<LimitBasis> {
  const own = limits.filter((limit) => limit.site === site.id).flatMap(({ basis }) => basis ?? []);
  const approved = site.approved === undefined ? [] : [site.approved.basis];
  return new Set<LimitBasis>(["calorific", "location", ...approved, ...own]);
}

/** Factors that an area's figures need on these bases; CO2 only where some meter's energy carries any. */
function needsOf({ factors, members }: AreaPlan, bases: ReadonlySet<LimitBasis>): FactorRows[] {
  const carries = members.some(({ co2Sign, meter }) => co2Sign !== 0 || meter.conversionOutput);
  const hasCo2 = factors.carrier.co2 !== "none" && carries;
  return [
    ...(bases.has("calorific") ? [factors.coalCalorific] : []),
    ...(bases.has("equivalent") ? [factors.coalEquivalent] : []),
    ...(hasCo2 && bases.has("location") ? [factors.co2Location] : []),
    ...(hasCo2 && bases.has("market") ? [factors.co2Market] : []),
  ];
}

/** Factors in force that some of these areas need and nobody has verified, by id. */
export function unverifiedFactors(
  areas: readonly AreaPlan[],
  basesOfSite: (site: Site) => ReadonlySet<LimitBasis>,
  now: Instant,
): string[] {
  const ids = new Set<string>();
  for (const area of areas) {
    if (!area.members.some(({ meter }) => inService(meter, now))) continue;
    for (const rows of needsOf(area, basesOfSite(area.site))) {
      const factor = factorAt(rows, now);
      if (factor?.status === "unverified") ids.add(factor.id);
    }
  }
  return [...ids].sort(compare);
}

/** How many carriers of a site lack a factor, and how many factors in force are unverified. */
export function factorCounts(
  areas: readonly AreaPlan[],
  bases: ReadonlySet<LimitBasis>,
  now: Instant,
): { factorsMissing: number; factorsUnverified: number } {
  let factorsMissing = 0;
  for (const area of areas) {
    if (!area.members.some(({ meter }) => inService(meter, now))) continue;
    const inForce = needsOf(area, bases).map((rows) => factorAt(rows, now));
    if (inForce.includes(undefined)) factorsMissing += 1;
  }
  return { factorsMissing, factorsUnverified: unverifiedFactors(areas, () => bases, now).length };
}
