/** Checks of carriers and factor rows. */
import type { Carrier, Factor } from "../model/registry.ts";
import { type Report, reportRepeats } from "./report.ts";
import type { FactorForm } from "./schema-data.ts";
import { factorUnitExample } from "./units.ts";

/** Reports what is wrong with the list of carriers. */
export function checkCarriers(report: Report, carriers: readonly Carrier[]): void {
  reportRepeats(report, "carriers", carriers);
  carriers.forEach((carrier, index) => {
    if (carrier.co2 === "grid" && carrier.unit !== "kWh")
      report.error(`carriers[${index}].co2`, `"grid" is for electricity in kWh, not for ${carrier.unit}`);
  });
}

function checkRow(report: Report, form: FactorForm, factor: Factor, carrier: Carrier | undefined): void {
  if (!carrier) {
    report.error("carrier", `no carrier "${form.carrier}": correct it, or add it to carriers.yaml`);
  } else if (Number.isNaN(factor.perCanonical)) {
    report.error(
      "unit",
      `"${form.unit}" does not fit a ${form.kind} factor of ${carrier.id}, which is held in ${carrier.unit}: write it as ${factorUnitExample(form.kind, carrier.unit)}`,
    );
  }
  if (factor.validTo !== undefined && factor.validTo <= factor.validFrom)
    report.error("validTo", `${form.validTo} is not after validFrom ${form.validFrom}`);
}

/** What two rows must share to compete for the same figure. */
function keysOf(factor: Factor): string[] {
  const bases =
    factor.kind !== "standard-coal"
      ? [""]
      : factor.basis === "both"
        ? ["calorific", "equivalent"]
        : [factor.basis];
  return bases.map((basis) => [factor.kind, factor.carrier, factor.region, basis].join(" "));
}

/** Why a row and a later one leave two answers; undefined when they follow each other. */
function conflict(earlier: Factor, later: Factor, rows: readonly Factor[]): string | undefined {
  if (earlier.validFrom === later.validFrom) return "both begin on the same day";
  if (earlier.validTo !== undefined && earlier.validTo > later.validFrom)
    return `${earlier.id} is still in force then`;
  const { validTo } = later;
  if (earlier.validTo !== undefined || validTo === undefined) return undefined;
  const followed = rows.some((row) => row.validFrom > later.validFrom && row.validFrom <= validTo);
  return followed ? undefined : `${earlier.id}, which has no validTo, would come back when it ends`;
}

function checkOverlaps(report: Report, factors: readonly Factor[]): void {
  const groups = new Map<string, { factor: Factor; index: number }[]>();
  factors.forEach((factor, index) => {
    for (const key of keysOf(factor)) {
      const group = groups.get(key);
      if (group) group.push({ factor, index });
      else groups.set(key, [{ factor, index }]);
    }
  });
  const reported = new Set<string>();
  for (const group of groups.values()) {
    group.sort((a, b) => a.factor.validFrom - b.factor.validFrom || a.index - b.index);
    const rows = group.map(({ factor }) => factor);
    group.forEach(({ factor, index }, at) => {
      for (const { factor: earlier, index: other } of group.slice(0, at)) {
        const why = conflict(earlier, factor, rows);
        if (why === undefined || reported.has(`${other} ${index}`)) continue;
        reported.add(`${other} ${index}`);
        report.error(
          `factors[${index}].validFrom`,
          `${factor.id} overlaps with ${earlier.id} of the same kind, carrier, basis and region: ${why}; give ${earlier.id} a validTo, or take one row out`,
        );
      }
    });
  }
}

/** Reports what is wrong with factor rows; `factors` are the resolved `forms`, in the same order. */
export function checkFactors(
  report: Report,
  forms: readonly FactorForm[],
  factors: readonly Factor[],
  carriers: ReadonlyMap<string, Carrier>,
): void {
  reportRepeats(report, "factors", factors);
  factors.forEach((factor, index) => {
    const form = forms[index];
    if (form) checkRow(report.at(`factors[${index}]`), form, factor, carriers.get(factor.carrier));
  });
  checkOverlaps(report, factors);
}
