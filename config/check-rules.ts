/** Checks of `rules.yaml`: what a rule names is there to be watched, and its bounds make sense. */
import { type Limit, purposes } from "../model/limit.ts";
import { observed } from "../model/observation.ts";
import { type RuleCondition, toldBeside } from "../model/rule.ts";
import { summaryParts } from "../model/rule-summary.ts";
import { type Report, reportRepeats } from "./report.ts";
import type { RuleForm } from "./schema-rules.ts";

/** Longest time without rows in which a rule may stay silent: what is asked for anew on each look. */
const MOST_STALE_MS = 35 * 86_400_000;

function checkField(report: Report, path: string, { watch }: RuleForm, condition: RuleCondition): void {
  const known: readonly string[] = observed[watch].numbers;
  if (!known.includes(condition.field))
    report.error(path, `"${condition.field}" is no number of ${watch}: use one of ${known.join(", ")}`);
}

function checkWhere(report: Report, { watch, where }: RuleForm): void {
  const tags: readonly string[] = observed[watch].tags;
  for (const [tag, values] of Object.entries(where)) {
    if (!tags.includes(tag))
      report.error(`where.${tag}`, `is no tag of ${watch}: use one of ${tags.join(", ")}`);
    if (tag !== "purpose" || watch !== "limit_usage") continue;
    const unknown = values.find((value) => !(purposes as readonly string[]).includes(value));
    if (unknown !== undefined)
      report.error(`where.${tag}`, `"${unknown}" is no purpose: use one of ${purposes.join(", ")}`);
  }
}

/** Hysteresis: once on, an alert must be easier to keep than to raise. */
function checkClear(report: Report, level: RuleForm["levels"][number]): void {
  const { when, clear } = level;
  if (clear === undefined) return;
  const isRising = when.op.startsWith(">");
  if (isRising ? clear > when.value : clear < when.value)
    report.error(
      "clear",
      `${clear} is ${isRising ? "above" : "below"} the threshold ${when.value}: the alert would end while it begins`,
    );
}

/** Numbers that a summary may name: those that every level tells. */
function numbersTold({ watch, levels }: RuleForm): string[] {
  const told = levels.map(({ when }) => toldBeside({ measurement: watch, field: when.field }));
  const [first = [], ...others] = told;
  return ["value", ...first.filter((name) => others.every((list) => list.includes(name)))];
}

function checkSummary(report: Report, path: string, form: RuleForm, text: string): void {
  const { watch } = form;
  const tags: readonly string[] = observed[watch].tags;
  const numbers = numbersTold(form);
  for (const part of summaryParts(text)) {
    if (typeof part === "string") {
      if (/\{\{|\}\}/.test(part)) report.error(path, `has braces that are no place: write {{site}}`);
      // Grafana takes a dollar for the beginning of a variable.
      if (part.includes("$")) report.error(path, `has a dollar sign, which Grafana would replace: write USD`);
    } else if (part.form === undefined && !tags.includes(part.name))
      report.error(
        path,
        `{{${part.name}}} is no tag of ${watch}: use one of ${tags.join(", ")}, or a number with |percent, |number or |count`,
      );
    else if (part.form !== undefined && !numbers.includes(part.name))
      report.error(path, `{{${part.name}|${part.form}}} is not told: use one of ${numbers.join(", ")}`);
  }
}

function checkTexts(report: Report, form: RuleForm, text: RuleForm["summary"]): void {
  if (text === undefined) return;
  checkSummary(report, "summary.zh", form, text.zh);
  checkSummary(report, "summary.en", form, text.en);
}

function checkLevels(report: Report, form: RuleForm): void {
  const first = new Map<string, number>();
  form.levels.forEach((level, i) => {
    const here = report.at(`levels[${i}]`);
    const before = first.get(level.colour);
    if (before === undefined) first.set(level.colour, i);
    else here.error("colour", `"${level.colour}" is already that of levels[${before}]: one level a colour`);
    checkField(here, "when", form, level.when);
    checkClear(here, level);
    for (const [n, condition] of (level.also ?? []).entries())
      checkField(here, `also[${n}]`, form, condition);
    checkTexts(here, form, level.summary);
  });
}

function checkRule(report: Report, form: RuleForm): void {
  checkWhere(report, form);
  for (const [n, condition] of (form.also ?? []).entries()) checkField(report, `also[${n}]`, form, condition);
  checkTexts(report, form, form.summary);
  checkLevels(report, form);
  if (form.stale < 60_000 || form.stale > MOST_STALE_MS)
    report.error("stale", "give 1m to 35d: each look at the rule reads the rows of that time");
  if (form.name.zh.includes("$") || form.name.en.includes("$"))
    report.error("name", "has a dollar sign, which Grafana would replace: leave it out");
}

/** What is wrong with the rules by themselves. */
export function checkRules(report: Report, forms: readonly RuleForm[]): void {
  reportRepeats(report, "rules", forms);
  const titles = new Map<string, number>();
  forms.forEach((form, i) => {
    const title = `${form.name.zh} ${form.name.en}`;
    const before = titles.get(title);
    if (before !== undefined)
      report.error(
        `rules[${i}].name`,
        `is also that of rules[${before}]: Grafana tells rules apart by their titles`,
      );
    titles.set(title, i);
    checkRule(report.at(`rules[${i}]`), form);
  });
}

/** Limits that no rule watches: they would be crossed without a word. */
export function warnOfUnwatched(report: Report, forms: readonly RuleForm[], limits: readonly Limit[]): void {
  const watchers = forms.filter(({ watch }) => watch === "limit_usage");
  const watched = (purpose: string) =>
    watchers.some(({ where }) => where.purpose === undefined || where.purpose.includes(purpose));
  for (const purpose of new Set(limits.map((limit) => limit.purpose)))
    if (!watched(purpose))
      report.warning("rules", `no rule watches limits of the purpose ${purpose}: nobody is told of them`);
}
