/** Dated lists, compared. */
import type { Instant } from "../../model/time.ts";
import { same } from "./snapshot.ts";

/** The earliest moment at which two versions of a dated list differ. */
export function firstDifference<T>(
  before: readonly T[],
  after: readonly T[],
  at: (row: T) => Instant,
): Instant | undefined {
  const changed = [
    ...before.filter((row) => !after.some((other) => same(row, other))),
    ...after.filter((row) => !before.some((other) => same(row, other))),
  ];
  return changed.length === 0 ? undefined : Math.min(...changed.map(at));
}
