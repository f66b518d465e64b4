/** Coal and CO2 net of metered conversion output, and sums in which one unknown makes the whole unknown. */
import type { Effects, FigureValues } from "./figure.ts";

/** a + b; unknown where either is. */
export function addKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

/** Coal and CO2 of what reached the grid or a neighbour are taken off; null stays null. */
export function netEffects(values: FigureValues): Effects {
  const { outputEffects: out } = values;
  return {
    kgceCalorific: minus(values.kgceCalorific, out.kgceCalorific),
    kgceEquivalent: minus(values.kgceEquivalent, out.kgceEquivalent),
    kgCo2Location: minus(values.kgCo2Location, out.kgCo2Location),
    kgCo2Market: minus(values.kgCo2Market, out.kgCo2Market),
  };
}

/** Sums of carriers, each added up in time by itself; unknown where any is, or where there is none. */
export function sumOfCarriers(sums: readonly (number | null)[]): number | null {
  return sums.length === 0 ? null : sums.reduce<number | null>(addKnown, 0);
}
