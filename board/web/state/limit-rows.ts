/** How the county's limits stand, for the pages that show them. */

import type { ApiLimit, LimitsAnswer } from "../../api/limits.ts";
import { type Answer, ask, useAnswer } from "./answers.ts";
import { today } from "./county.ts";

const LIMITS_EVERY_MS = 30_000;
/** For names and units alone. */
const NAMES_EVERY_MS = 300_000;

/** Limits of today, of one site or of all. */
export function useLimits(site?: string): Answer<LimitsAnswer> {
  return useAnswer<LimitsAnswer>(ask("/limits", { at: today.value, site }), LIMITS_EVERY_MS);
}

interface OfLimit {
  readonly site?: string;
  readonly group?: string;
  readonly limit?: string;
}

/** How the limit stands that a matter is about; undefined where it is about none. */
export function useLimitOf({ site, group, limit }: OfLimit): ApiLimit | undefined {
  const query = { at: today.value, site, group: site === undefined ? group : undefined };
  const url = limit === undefined ? undefined : ask("/limits", query);
  const { data } = useAnswer<LimitsAnswer>(url, LIMITS_EVERY_MS);
  return data?.rows.find((row) => row.limit === limit);
}

/** All limits by id, for what a list of matters calls them. */
export function useLimitNames(): ReadonlyMap<string, ApiLimit> {
  return limitsById(useAnswer<LimitsAnswer>(ask("/limits", { at: today.value }), NAMES_EVERY_MS).data);
}

/** By id; empty until they are there. */
export function limitsById(answer: LimitsAnswer | undefined): ReadonlyMap<string, ApiLimit> {
  return new Map((answer?.rows ?? []).map((row) => [row.limit, row]));
}
