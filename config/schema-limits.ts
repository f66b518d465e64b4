/** YAML form of `limits.yaml` and `outputs.yaml`; resolved to `model/limit.ts` by `resolve-limits.ts`. */
import { z } from "zod";
import { colours, limitBases, periods, purposes, quantities } from "../model/limit.ts";
import { siteCategories } from "../model/registry.ts";
import { idField, momentField, nameField, strict } from "./fields.ts";

const levelForm = strict({
  colour: z.enum(colours),
  ratio: z.number().positive(),
  toDate: z.boolean().default(false),
  label: nameField.optional(),
});

const chosenForm = strict({
  class: idField.optional(),
  category: z.enum(siteCategories).optional(),
  industries: z
    .array(z.string().regex(/^\d{2,4}$/, 'write the beginning of a GB/T 4754 code in quotes, such as "26"'))
    .min(1)
    .optional(),
}).refine((chosen) => Object.values(chosen).some((value) => value !== undefined), {
  error: "say which sites: give at least one of class, category, industries",
});

const limitForm = strict({
  id: idField,
  name: nameField,
  site: idField.optional(),
  /** `county`, `town:ID`, `sector:ID`, `category:ID` or `class:ID`. */
  group: z.string().optional(),
  nationalList: z.enum(["include", "exclude"]).optional(),
  /** One limit for each of the sites that are in any of what is named; `approved`: those with an approved figure. */
  each: z
    .union([z.literal("approved"), chosenForm], {
      error: "write approved, or at least one of class, category, industries",
    })
    .optional(),
  purpose: z.enum(purposes),
  quantity: z.enum(quantities),
  carrier: z.string().optional(),
  basis: z.enum(limitBases).optional(),
  product: idField.optional(),
  period: z.enum(periods),
  value: z.number().positive().optional(),
  /** Said to be sure of it; it follows from the quantity. */
  unit: z.string().optional(),
  months: z.array(z.number().min(0)).length(12).optional(),
  levels: z.array(levelForm).min(1).optional(),
  minCoverage: z.number().min(0).max(1).default(0.9),
  validFrom: momentField.default("2000-01-01"),
  validTo: momentField.optional(),
  source: z.string().min(1).optional(),
});
export type LimitForm = z.infer<typeof limitForm>;

/** `limits.yaml` */
export const limitsFile = strict({ limits: z.array(limitForm) });

const monthForm = /^\d{4}-(0[1-9]|1[0-2])$/;

const outputForm = strict({
  site: idField,
  product: idField,
  unit: z.string().min(1),
  /** Output by month. */
  months: z.record(z.string(), z.number().min(0)).superRefine((months, context) => {
    for (const month of Object.keys(months)) {
      if (monthForm.test(month)) continue;
      context.addIssue({ code: "custom", path: [month], message: "write a month such as 2026-11" });
    }
  }),
  source: z.string().min(1).optional(),
});
export type OutputForm = z.infer<typeof outputForm>;

/** `outputs.yaml` */
export const outputsFile = strict({ outputs: z.array(outputForm) });
