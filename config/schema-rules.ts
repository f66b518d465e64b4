/** YAML form of `rules.yaml`. */
import { z } from "zod";
import { colours } from "../model/limit.ts";
import { observedNames } from "../model/observation.ts";
import { type Comparison, domains, type RuleCondition } from "../model/rule.ts";
import { nameField, strict } from "./fields.ts";

const DURATION = /^(\d+)(s|m|h|d)$/;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration that was checked before. */
function durationMs(text: string): number {
  const [, count = "0", unit = "s"] = DURATION.exec(text) ?? [];
  return Number(count) * unitMs[unit]!;
}

const durationField = z
  .string()
  .regex(DURATION, "write a number and one of s, m, h, d, such as 5m")
  .transform(durationMs);

const CONDITION = /^([A-Za-z]+) (>=|<=|>|<) (-?\d+(?:\.\d+)?)$/;

/** `red >= 1` */
const conditionField = z
  .string()
  .regex(CONDITION, 'write a field, a comparison and a number, such as "ratio >= 0.9"')
  .transform((text): RuleCondition => {
    const [, field = "", op = ">=", value = "0"] = CONDITION.exec(text) ?? [];
    return { field, op: op as Comparison, value: Number(value) };
  });

const oneOrMore = z.union([
  z
    .string()
    .min(1)
    .transform((text) => [text]),
  z.array(z.string().min(1)).min(1),
]);

/** What a level may say otherwise than its rule. */
const manner = {
  also: z.array(conditionField).optional(),
  for: durationField.optional(),
  keepFiring: durationField.optional(),
  summary: nameField.optional(),
};

const ruleForm = strict({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,32}$/, "use lower-case letters, digits and hyphen, 33 characters at most"),
  name: nameField,
  watch: z.enum(observedNames),
  where: z.record(z.string(), oneOrMore).default({}),
  domain: z.enum(domains),
  ...manner,
  stale: durationField,
  noData: z.enum(["alert", "ok"]).default("ok"),
  levels: z
    .array(strict({ colour: z.enum(colours), when: conditionField, clear: z.number().optional(), ...manner }))
    .min(1),
  panel: strict({ dashboard: z.string().regex(/^[a-z0-9-]{1,40}$/), id: z.int().positive() }).optional(),
});
export type RuleForm = z.output<typeof ruleForm>;

/** `rules.yaml` */
export const rulesFile = strict({ rules: z.array(ruleForm) });
