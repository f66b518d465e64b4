/** How the county's limits stand, for the pages that show them. */
import { type Answer, ask, useAnswer } from "./answers.ts";
import { today } from "./county.ts";
import type { ApiLimit, LimitsAnswer } from "./limits-answer.ts";

export const LIMITS_EVERY_MS = 30_000;

/** Limits of today, of one site or of all. */
export function useLimits(site?: string): Answer<LimitsAnswer> {
  return useAnswer<LimitsAnswer>(ask("/limits", { at: today.value, site }), LIMITS_EVERY_MS);
}

/** By id; empty until they are there. */
export function limitsById(answer: LimitsAnswer | undefined): ReadonlyMap<string, ApiLimit> {
  return new Map((answer?.rows ?? []).map((row) => [row.limit, row]));
}
