/** The factors behind a figure: which were in force when, and what they make of an amount. */
import type { Factor } from "../../model/registry.ts";
import { quarterCeil, type Span } from "../../model/time.ts";
import { co2FactorsAt } from "../emissions/estimate.ts";
import type { AreaPlan } from "../plan.ts";
import { coalFactorsAt } from "../standard-coal/convert.ts";
import type { ExplainedFactor } from "./explanation.ts";

/** What an amount is turned into. */
export const effectNames = ["kgceCalorific", "kgceEquivalent", "kgCo2Location", "kgCo2Market"] as const;
export type EffectName = (typeof effectNames)[number];

/** Part of a span through which the same factors are in force. */
export interface FactorStretch {
  readonly span: Span;
  readonly factors: Readonly<Record<EffectName, Factor | undefined>>;
}

/** True when a site's energy of this carrier emits CO2: some meter carries it, or conversion output does. */
export function carriesCo2(area: AreaPlan): boolean {
  if (area.factors.carrier.co2 === "none") return false;
  return area.members.some((member) => member.co2Sign !== 0 || member.meter.conversionOutput);
}

function factorsAt(area: AreaPlan, at: number): FactorStretch["factors"] {
  const coal = coalFactorsAt(area.factors, at);
  const co2 = carriesCo2(area) ? co2FactorsAt(area.factors, at) : undefined;
  return {
    kgceCalorific: coal.calorific,
    kgceEquivalent: coal.equivalent,
    kgCo2Location: co2?.location,
    kgCo2Market: co2?.market,
  };
}

/** A span cut where factors begin or end; the factor of a quarter-hour is the one in force at its start. */
export function factorStretches(area: AreaPlan, span: Span): FactorStretch[] {
  const { coalCalorific, coalEquivalent, co2Location, co2Market } = area.factors;
  const rows = [...coalCalorific, ...coalEquivalent, ...co2Location, ...co2Market];
  const cuts = rows
    .flatMap((row) => [row.validFrom, row.validTo ?? row.validFrom])
    .map(quarterCeil)
    .filter((at) => span.start < at && at < span.end);
  const starts = [span.start, ...new Set(cuts)].sort((a, b) => a - b);
  const stretches: FactorStretch[] = [];
  starts.forEach((start, i) => {
    const factors = factorsAt(area, start);
    const before = stretches.at(-1);
    const isSame = before && effectNames.every((name) => before.factors[name] === factors[name]);
    const end = starts[i + 1] ?? span.end;
    if (isSame) stretches[stretches.length - 1] = { span: { start: before.span.start, end }, factors };
    else stretches.push({ span: { start, end }, factors });
  });
  return stretches;
}

/** Every factor of the stretches, each once. */
export function distinctFactors(stretches: readonly FactorStretch[]): ExplainedFactor[] {
  const known = new Map<string, ExplainedFactor>();
  for (const { factors } of stretches) {
    for (const name of effectNames) {
      const factor = factors[name];
      if (factor === undefined) continue;
      const { id, kind, basis, value, unit, source, clause, status } = factor;
      const row = { id, kind, basis, value, unit, source, status };
      known.set(id, clause === undefined ? row : { ...row, clause });
    }
  }
  return [...known.values()];
}
