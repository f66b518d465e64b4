/** Sums over carriers. What has no factor makes the sum unknown: a part of it would be a wrong number. */
import type { ConsumptionRow } from "../../api.ts";

export type Effect = "kgceCalorific" | "kgceEquivalent" | "kgCo2Location" | "kgCo2Market";

const netFields = {
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

/** Sum of one effect over rows of several carriers, gross or net of metered conversion output. */
export function sumOf(rows: readonly ConsumptionRow[], effect: Effect, net = false): Sum {
  const field = net ? netFields[effect] : effect;
  const without = [...new Set(rows.filter((row) => row[field] === null).map((row) => row.carrier))];
  if (rows.length === 0 || without.length > 0) return { value: null, without };
  return { value: rows.reduce((sum, row) => sum + (row[field] ?? 0), 0), without };
}
