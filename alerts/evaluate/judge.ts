/** What a row says to a rule. */
import { type Observation, type ObservedName, observed } from "../../model/observation.ts";
import { compares, type Rule, toldBeside } from "../../model/rule.ts";

/** A row's meaning: `holds`, `not`, or `error` where it lacks what the rule asks for. */
export type Verdict = "holds" | "not" | "error";

/** Whether a rule looks at the row's series at all. */
export function concerns({ series }: Rule, { measurement, tags }: Observation): boolean {
  if (series.measurement !== measurement) return false;
  return Object.entries(series.where).every(([tag, values]) => values.includes(tags[tag] ?? ""));
}

const isMissing = (value: number | null | undefined): boolean => value === undefined || Number.isNaN(value);

/** `isOn`: already pending or firing, so that the bound is the one to end at. What is unknown does not hold. */
export function judge(rule: Rule, { numbers }: Observation, isOn: boolean): Verdict {
  const fields = [rule.series.field, ...rule.also.map((condition) => condition.field)];
  if (fields.some((field) => isMissing(numbers[field]))) return "error";
  const value = numbers[rule.series.field];
  if (value == null || !compares(value, rule.op, isOn ? rule.clear : rule.threshold)) return "not";
  const others = rule.also.every(({ field, op, value: bound }) => {
    const other = numbers[field];
    return other != null && compares(other, op, bound);
  });
  return others ? "holds" : "not";
}

/** The numbers that are told of a row: the rule's own as `value`, and others that explain it. */
export function valuesOf(rule: Rule, { numbers }: Observation): Record<string, number> {
  const told: [string, number][] = [];
  const own = numbers[rule.series.field];
  if (own != null && Number.isFinite(own)) told.push(["value", own]);
  for (const name of toldBeside(rule.series)) {
    const number = numbers[name];
    if (number != null && Number.isFinite(number)) told.push([name, number]);
  }
  return Object.fromEntries(told);
}

/** Name of a row's series. */
export function seriesOf(measurement: ObservedName, tags: Readonly<Record<string, string>>): string {
  return JSON.stringify([measurement, ...observed[measurement].tags.map((tag) => tags[tag] ?? "")]);
}
