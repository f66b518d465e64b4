/** Today against yesterday, where the two can be compared at all. */

import type { Instant } from "../../../model/time.ts";
import type { ConsumptionRow } from "../../api/figures.ts";
import { sharesSoFar, worst } from "./coverage.ts";
import { change } from "./number.ts";

/** Below this much of today the clock's minutes weigh more than the energy. */
const SHORTEST_MS = 3_600_000;
/** Known shares further apart than this make a difference that is not one of energy. */
const MOST_APART = 0.05;

/** A text such as `+3.2%`, or the reason why there is none. */
export type Comparison =
  | { readonly text: string }
  | { readonly none: "no-data" | "too-early" | "coverage-differs" };

/** How long a row's time has lasted by `now`, in ms. */
function lasted(row: ConsumptionRow, now: Instant): number {
  return Math.min(Date.parse(row.end), now) - Date.parse(row.start);
}

function knownShare(rows: readonly ConsumptionRow[], now: Instant): number {
  const shares = worst(rows.map((row) => sharesSoFar(row, now)));
  return shares ? 1 - shares.missing : 0;
}

/**
 * Mean rates of today so far and of yesterday over the same whole quarter-hours. Rates, because today runs up
 * to `now` and yesterday's part ends at the quarter before it.
 */
export function compare(
  today: readonly ConsumptionRow[],
  before: readonly ConsumptionRow[],
  now: Instant,
  of: (rows: readonly ConsumptionRow[]) => number | null,
): Comparison {
  const [first] = today;
  const [earlier] = before;
  const [amount, past] = [of(today), of(before)];
  if (!first || !earlier || amount === null || past === null) return { none: "no-data" };
  const [ms, pastMs] = [lasted(first, now), lasted(earlier, now)];
  if (ms < SHORTEST_MS || pastMs < SHORTEST_MS) return { none: "too-early" };
  if (Math.abs(knownShare(today, now) - knownShare(before, now)) > MOST_APART)
    return { none: "coverage-differs" };
  const text = change(amount / ms, past / pastMs);
  return text === undefined ? { none: "no-data" } : { text };
}
