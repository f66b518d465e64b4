/** Rules from their YAML form: one a level. */
import type { Rule } from "../model/rule.ts";
import type { RuleForm } from "./schema-rules.ts";

/** The rule of a level, named after both. */
function resolveLevel(form: RuleForm, level: RuleForm["levels"][number]): Rule {
  const { when } = level;
  return {
    id: `${form.id}-${level.colour}`,
    name: form.name,
    series: { measurement: form.watch, field: when.field, where: form.where },
    op: when.op,
    threshold: when.value,
    clear: level.clear ?? when.value,
    also: level.also ?? form.also ?? [],
    forMs: level.for ?? form.for ?? 0,
    keepFiringMs: level.keepFiring ?? form.keepFiring ?? 0,
    staleMs: form.stale,
    colour: level.colour,
    domain: form.domain,
    noData: form.noData,
    summary: level.summary ?? form.summary ?? form.name,
    ...(form.panel === undefined ? {} : { panel: form.panel }),
  };
}

/** One rule for each level, in the order of the file. */
export function resolveRules(forms: readonly RuleForm[]): Rule[] {
  return forms.flatMap((form) => form.levels.map((level) => resolveLevel(form, level)));
}
