/** YAML form of `county.yaml` and `sites/*.yaml`; resolved to `model/registry.ts` by `resolve.ts`. */
import { z } from "zod";
import { berthTypes, contributions, meterRoles, siteCategories } from "../model/registry.ts";
import { dateField, idField, momentField, nameField, pointField, strict } from "./fields.ts";

/** `county.yaml` */
export const countyFile = strict({
  county: strict({
    id: idField,
    name: nameField,
    zone: z.string(),
    region: idField,
    closedThrough: dateField.optional(),
    towns: z.array(strict({ id: idField, name: nameField })).default([]),
    sectors: z
      .array(
        strict({
          id: idField,
          name: nameField,
          industries: z
            .array(
              z
                .string()
                .regex(/^\d{2,4}$/, 'write the beginning of a GB/T 4754 code in quotes, such as "26"'),
            )
            .min(1),
        }),
      )
      .default([]),
    outline: z.array(z.array(pointField).min(3)).default([]),
  }),
});
export type CountyForm = z.infer<typeof countyFile>["county"];

const registerForm = strict({
  id: idField,
  kind: z.enum(["cumulative", "interval"]).default("cumulative"),
  unit: z.string().min(1),
  direction: z.enum(["import", "export"]).default("import"),
  digits: z.int().min(1).max(15).optional(),
  decimals: z.int().min(0).max(9).optional(),
  resetsToZero: z.boolean().default(false),
  counted: z.boolean().optional(),
});
export type RegisterForm = z.infer<typeof registerForm>;

const multiplierForm = strict({
  from: momentField,
  value: z.number().positive(),
  registers: z.record(z.string(), z.number()).default({}),
});

const swapForm = strict({
  at: momentField,
  register: z.string(),
  final: z.number().min(0),
  first: z.number().min(0),
});

const meterForm = strict({
  id: idField,
  name: nameField.optional(),
  carrier: z.string(),
  role: z.enum(meterRoles),
  contributes: z.enum(contributions),
  countsTo: z.string().optional(),
  conversionOutput: z.boolean().default(false),
  from: momentField,
  to: momentField.optional(),
  intervalMinutes: z.int().min(1).max(1440).default(15),
  ratedPowerKw: z.number().positive().optional(),
  maxPerHour: z.number().positive().optional(),
  registers: z.array(registerForm).min(1),
  multipliers: z.array(multiplierForm).default([]),
  swaps: z.array(swapForm).default([]),
});
export type MeterForm = z.infer<typeof meterForm>;

const gatewayForm = strict({
  id: idField,
  username: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      "use letters, digits, dot, underscore and hyphen, 64 at most",
    ),
  topics: z.array(z.string()).min(1),
});

const classForm = strict({ id: idField, from: dateField, to: dateField.optional() });

const berthForm = strict({
  id: idField,
  name: nameField.optional(),
  type: z.enum(berthTypes),
  shorePower: z.boolean(),
});

/** `sites/*.yaml` */
export const siteFile = strict({
  id: idField,
  name: nameField,
  category: z.enum(siteCategories),
  classes: z.array(classForm).default([]),
  industry: z
    .string()
    .regex(/^\d{2,4}$/, 'write the GB/T 4754 code as 2 to 4 digits in quotes, such as "3731"')
    .optional(),
  town: z.string().optional(),
  nationalList: z.boolean().default(false),
  location: pointField.optional(),
  approved: strict({ tce: z.number().positive(), basis: z.enum(["calorific", "equivalent"]) }).optional(),
  gateways: z.array(gatewayForm).default([]),
  meters: z.array(meterForm),
  berths: z.array(berthForm).default([]),
  charging: strict({ guns: z.int().positive(), ratedKw: z.number().positive() }).optional(),
});
export type SiteForm = z.infer<typeof siteFile>;
