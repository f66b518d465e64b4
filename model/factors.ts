/** Which factor is in force. */
import type { Factor, FactorKind } from "./registry.ts";
import type { Instant } from "./time.ts";

export type CoalBasis = "calorific" | "equivalent";

/** Dated rows of one kind, carrier and basis, newest first. */
export type FactorRows = readonly Factor[];

/**
 * The rows that may apply to a carrier in a region, newest first. A row of another region never applies: a
 * missing factor leaves a figure null, it is not guessed.
 */
export function factorRows(
  factors: readonly Factor[],
  kind: FactorKind,
  carrier: string,
  region: string,
  basis?: CoalBasis,
): FactorRows {
  return factors
    .filter(
      (row) =>
        row.kind === kind &&
        row.carrier === carrier &&
        (row.region === region || row.region === "any") &&
        (basis === undefined || row.basis === "both" || row.basis === basis),
    )
    .sort((a, b) => b.validFrom - a.validFrom || Number(a.region === "any") - Number(b.region === "any"));
}

/** The newest row in force at `at`, or undefined. */
export function factorAt(rows: FactorRows, at: Instant): Factor | undefined {
  for (const row of rows) {
    if (row.validFrom <= at && (row.validTo === undefined || at < row.validTo)) return row;
  }
  return undefined;
}
