/** YAML form of `carriers.yaml`, `factors.yaml` and `profiles.yaml`. */
import { z } from "zod";
import { factorKinds, factorStatuses } from "../model/registry.ts";
import { idField, momentField, nameField, strict } from "./fields.ts";
import { canonicalUnits } from "./units.ts";

/** `carriers.yaml` */
export const carriersFile = strict({
  carriers: z
    .array(
      strict({
        id: idField,
        name: nameField,
        unit: z.enum(canonicalUnits),
        co2: z.enum(["grid", "direct", "none"]),
      }),
    )
    .min(1),
});
export type CarrierForm = z.infer<typeof carriersFile>["carriers"][number];

/** `factors.yaml` */
export const factorsFile = strict({
  factors: z.array(
    strict({
      id: idField,
      kind: z.enum(factorKinds),
      carrier: z.string(),
      basis: z.enum(["calorific", "equivalent", "both"]).default("both"),
      region: idField.default("any"),
      dataYear: z.int().min(1990).max(2200).optional(),
      value: z.number().positive(),
      unit: z.string(),
      validFrom: momentField,
      validTo: momentField.optional(),
      source: z.string().min(1),
      clause: z.string().min(1).optional(),
      status: z.enum(factorStatuses),
    }),
  ),
});
export type FactorForm = z.infer<typeof factorsFile>["factors"][number];

const pointerField = z.string().regex(/^(\/[^/]*)*$/, 'write a JSON pointer such as "/at"');

/** Where a value is found: exactly one of the four. */
const sourceForm = strict({
  capture: z.string().min(1).optional(),
  pointer: pointerField.optional(),
  column: z.string().min(1).optional(),
  constant: z.union([z.string(), z.number()]).optional(),
}).refine((source) => Object.values(source).filter((value) => value !== undefined).length === 1, {
  error: "give exactly one of capture, pointer, column, constant",
});
export type SourceForm = z.infer<typeof sourceForm>;

const profileForm = strict({
  id: idField,
  topic: z.string().min(1).optional(),
  format: z.enum(["json", "csv"]),
  each: pointerField.optional(),
  site: sourceForm.optional(),
  meter: sourceForm.optional(),
  time: strict({
    value: sourceForm,
    form: z.string().min(1).optional(),
    zone: z.string().optional(),
    midnightEndsDay: z.boolean().optional(),
  }),
  registers: z
    .array(strict({ register: idField, value: sourceForm, unit: sourceForm.optional() }))
    .min(1)
    .optional(),
  registersAt: pointerField.optional(),
  unitsAt: pointerField.optional(),
  powerKw: sourceForm.optional(),
  seq: sourceForm.optional(),
  revision: sourceForm.optional(),
});
export type ProfileForm = z.infer<typeof profileForm>;

/** `profiles.yaml` */
export const profilesFile = strict({ profiles: z.array(profileForm).min(1) });
