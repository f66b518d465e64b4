/** Sums over carriers. What has no factor makes the sum unknown: a part of it would be a wrong number. */
import type { ConsumptionRow, Totals } from "../../api/figures.ts";

export type Effect = "kgceCalorific" | "kgceEquivalent" | "kgCo2Location" | "kgCo2Market";

/** Where an effect net of metered conversion output stands. */
export const netFields = {
  kgceCalorific: "netKgceCalorific",
  kgceEquivalent: "netKgceEquivalent",
  kgCo2Location: "netKgCo2Location",
  kgCo2Market: "netKgCo2Market",
} as const;

export interface Sum {
  /** null: unknown, see `without`; also when there is no row at all. */
  readonly value: number | null;
  /** Carriers that have an amount but no factor. */
  readonly without: readonly string[];
}

/** Sum of one effect over rows of several carriers, gross of conversion output. */
export function sumOf(rows: readonly ConsumptionRow[], effect: Effect): Sum {
  const without = [...new Set(rows.filter((row) => row[effect] === null).map((row) => row.carrier))];
  if (rows.length === 0 || without.length > 0) return { value: null, without };
  return { value: rows.reduce((sum, row) => sum + (row[effect] ?? 0), 0), without };
}

/** Carriers that keep a total from being known. */
export function withoutFactor(totals: Totals, effect: Effect): string[] {
  return totals.unknown.filter((gap) => gap.field === effect).map((gap) => gap.carrier);
}
