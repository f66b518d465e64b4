/** Parts that several answers share, for the OpenAPI document. Held to `board/api/` by the compiler. */
import { z } from "zod";
import { verdicts } from "../../model/reading.ts";
import { meterRoles, siteCategories } from "../../model/registry.ts";
import type { ConsumptionRow, Totals } from "../api/figures.ts";
import type { ProblemAnswer } from "../api/session.ts";
import type { PowerShare } from "../api/sites.ts";

export const instant = z.string().describe("ISO 8601 with the county zone's offset");
export const date = z.string().describe("Day in the county's zone, as 2026-11-01");
export const share = z.number().min(0).max(1);
export const known = z.number().nullable();
export const text = z.strictObject({ zh: z.string(), en: z.string() });
export const category = z.enum(siteCategories);
export const role = z.enum(meterRoles);
export const contributes = z.enum(["add", "subtract", "none"]);
export const verdict = z
  .enum(verdicts)
  .describe("ok, rollover, reset and level-shift stand; the rest are set aside");

export const powerShare = z.strictObject({
  reporting: z.int(),
  meters: z.int(),
}) satisfies z.ZodType<PowerShare>;

/** Power in kW, and how many meters it is of. */
export const power = { powerKw: known, power: powerShare };

const kgce = known.describe("kg of standard coal equivalent; null where no factor was in force");
const kgCo2 = known.describe("kg of CO2; null where no factor was in force");

export const consumptionRow = z.strictObject({
  start: instant,
  end: instant,
  site: z.string().exactOptional(),
  group: z.string().exactOptional(),
  meter: z.string().exactOptional(),
  carrier: z.string(),
  amount: z.number().describe("Measured and estimated energy in the unit beside it"),
  unit: z.string(),
  kgceCalorific: kgce,
  kgceEquivalent: kgce,
  kgCo2Location: kgCo2,
  kgCo2Market: kgCo2,
  netAmount: z.number().describe("Net of metered conversion output, as are the fields after it"),
  netKgceCalorific: kgce,
  netKgceEquivalent: kgce,
  netKgCo2Location: kgCo2,
  netKgCo2Market: kgCo2,
  coverage: share.describe("Measured share of the whole window's time; of a site, its worst meter's"),
  estimated: share.describe("Estimated share of the whole window's time; of a site, its worst meter's"),
  missingMeters: z
    .int()
    .describe(
      "Meters with missing time; absent for meters, and for groups where the window is summed when read",
    )
    .exactOptional(),
  factors: z.array(z.string()).describe("Ids of the factors used"),
  restated: z.boolean().describe("Changed after its day was closed; the ledger says how"),
}) satisfies z.ZodType<ConsumptionRow>;

export const totals = z.strictObject({
  kgceCalorific: kgce,
  kgceEquivalent: kgce,
  kgCo2Location: kgCo2,
  kgCo2Market: kgCo2,
  netKgceCalorific: kgce,
  netKgceEquivalent: kgce,
  netKgCo2Location: kgCo2,
  netKgCo2Market: kgCo2,
  unknown: z.array(
    z.strictObject({
      field: z.enum(["kgceCalorific", "kgceEquivalent", "kgCo2Location", "kgCo2Market"]),
      carrier: z.string(),
    }),
  ),
}) satisfies z.ZodType<Totals>;

export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("What is wrong, with which value, and what to do"),
  code: z.string(),
  parameter: z.string().exactOptional(),
  value: z.string().exactOptional(),
  allowed: z.array(z.string()).exactOptional(),
}) satisfies z.ZodType<ProblemAnswer>;
