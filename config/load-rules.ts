/** Loads `rules.yaml`: the county's own, or else the shipped one. */
import type { Limit } from "../model/limit.ts";
import type { Rule } from "../model/rule.ts";
import { checkRules, warnOfUnwatched } from "./check-rules.ts";
import { placeOf } from "./load-data.ts";
import { type Loading, readForm } from "./loading.ts";
import { reportOn } from "./report.ts";
import { resolveRules } from "./resolve-rules.ts";
import { rulesFile } from "./schema-rules.ts";

const RULES = "rules.yaml";

/** The rules; empty where their file cannot be used, which is reported. */
export async function loadRules(
  loading: Loading,
  own: ReadonlySet<string>,
  limits: readonly Limit[],
): Promise<readonly Rule[]> {
  const { from, label } = placeOf(loading, own, RULES);
  const form = await readForm(from, RULES, rulesFile);
  if (form === undefined) return [];
  const report = reportOn(loading.problems, label);
  checkRules(report, form.rules);
  warnOfUnwatched(report, form.rules, limits);
  return resolveRules(form.rules);
}
