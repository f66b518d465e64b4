/** How the county's limits stand, for the pages that show them. */
import { type Answer, ask, useAnswer } from "./answers.ts";
import { today } from "./county.ts";
import type { ApiLimit, LimitsAnswer } from "./limits-answer.ts";

const LIMITS_EVERY_MS = 30_000;
/** For names and units alone. */
const NAMES_EVERY_MS = 300_000;

/** Limits of today: of one site, of one group, or of all. */
export function useLimits(
  of: { readonly site?: string; readonly group?: string } = {},
): Answer<LimitsAnswer> {
  const { site, group } = of;
  const query = { at: today.value, site, group: site === undefined ? group : undefined };
  return useAnswer<LimitsAnswer>(ask("/limits", query), LIMITS_EVERY_MS);
}

/** All limits by id, for what a list of matters calls them. */
export function useLimitNames(): ReadonlyMap<string, ApiLimit> {
  return limitsById(useAnswer<LimitsAnswer>(ask("/limits", { at: today.value }), NAMES_EVERY_MS).data);
}

/** By id; empty until they are there. */
export function limitsById(answer: LimitsAnswer | undefined): ReadonlyMap<string, ApiLimit> {
  return new Map((answer?.rows ?? []).map((row) => [row.limit, row]));
}
