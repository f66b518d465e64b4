/** Loads `limits.yaml` (the county's own, or else the shipped one) and `outputs.yaml`, where there is one. */
import type { Limit, Output } from "../model/limit.ts";
import { checkLimits, checkOutputs, type LimitCheck } from "./check-limits.ts";
import { placeOf } from "./load-data.ts";
import { type Loading, readForm } from "./loading.ts";
import { reportOn } from "./report.ts";
import { resolveLimits, resolveOutputs } from "./resolve-limits.ts";
import { limitsFile, outputsFile } from "./schema-limits.ts";

const LIMITS = "limits.yaml";
const OUTPUTS = "outputs.yaml";

export interface LoadedLimits {
  readonly limits: readonly Limit[];
  readonly outputs: readonly Output[];
}

async function loadOutputs(
  loading: Loading,
  own: ReadonlySet<string>,
  input: Pick<LimitCheck, "sites" | "brokenSites">,
): Promise<readonly Output[]> {
  if (!own.has(OUTPUTS)) return [];
  const form = await readForm(loading, OUTPUTS, outputsFile);
  if (form === undefined) return [];
  checkOutputs(reportOn(loading.problems, OUTPUTS), form.outputs, input.sites, input.brokenSites);
  return resolveOutputs(form.outputs);
}

/** Limits and outputs; empty where their file cannot be used, which is reported. */
export async function loadLimits(
  loading: Loading,
  own: ReadonlySet<string>,
  input: Omit<LimitCheck, "outputs" | "isOwn">,
): Promise<LoadedLimits> {
  const outputs = await loadOutputs(loading, own, input);
  const { from, label, isOwn } = placeOf(loading, own, LIMITS);
  const form = await readForm(from, LIMITS, limitsFile);
  if (form === undefined) return { limits: [], outputs };
  const before = loading.problems.length;
  checkLimits(reportOn(loading.problems, label), form.limits, { ...input, outputs, isOwn });
  const isUsable = !loading.problems.slice(before).some((problem) => problem.severity === "error");
  return { limits: isUsable ? resolveLimits(form.limits, { ...input, outputs }) : [], outputs };
}
