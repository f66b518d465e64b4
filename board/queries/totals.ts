/** Coal and CO2 over all carriers. */

import { addKnown } from "../../model/net.ts";
import type { ConsumptionRow, Totals } from "../api/figures.ts";

const fields = ["kgceCalorific", "kgceEquivalent", "kgCo2Location", "kgCo2Market"] as const;

/** Sums rows over their carriers, in row order. Null where a carrier is unknown, or nothing at all is known. */
export function totalsOf(rows: readonly ConsumptionRow[]): Totals {
  const sumOf = (of: (row: ConsumptionRow) => number | null): number | null =>
    rows.length === 0 ? null : rows.reduce<number | null>((sum, row) => addKnown(sum, of(row)), 0);
  return {
    kgceCalorific: sumOf((row) => row.kgceCalorific),
    kgceEquivalent: sumOf((row) => row.kgceEquivalent),
    kgCo2Location: sumOf((row) => row.kgCo2Location),
    kgCo2Market: sumOf((row) => row.kgCo2Market),
    netKgceCalorific: sumOf((row) => row.netKgceCalorific),
    netKgceEquivalent: sumOf((row) => row.netKgceEquivalent),
    netKgCo2Location: sumOf((row) => row.netKgCo2Location),
    netKgCo2Market: sumOf((row) => row.netKgCo2Market),
    unknown: fields.flatMap((field) =>
      rows.filter((row) => row[field] === null).map(({ carrier }) => ({ field, carrier })),
    ),
  };
}
