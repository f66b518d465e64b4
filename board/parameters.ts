/** The parameters of every query: what is checked, and what the OpenAPI document says of them. */
import { z } from "zod";
import { purposes } from "../model/limit.ts";
import { siteCategories } from "../model/registry.ts";
import { rejectCodes } from "../model/reject.ts";
import { ProblemError } from "./answer.ts";
import { momentForms } from "./moment.ts";

/** Windows of answers; hours and years are summed when read. */
export const apiWindows = ["15m", "hour", "day", "month", "year"] as const;
export type ApiWindow = (typeof apiWindows)[number];

/** Most rows of one answer. */
export const ROW_LIMIT = 50_000;

const id = z.string().min(1).max(64);
const site = id.describe("Id of a site");
const carrier = id.describe("Id of an energy carrier, such as electricity");
const time = `${momentForms[0]}, or ${momentForms[1]}`;
const moment = z.string().min(1).max(40);
const from = moment.describe(`Start: ${time}. Rows whose window starts in [from, to) are given`);
const to = moment.describe(`End, exclusive: ${time}`);
const day = z.string().min(1).max(10).describe("Day in the county's zone, as 2026-11-01");
const nationalList = z
  .enum(["include", "exclude"])
  .describe("With or without the nationally listed sites (国家单列); default include. Groups only");
const limit = (most: number, otherwise: number) =>
  z.coerce.number().int().min(1).max(most).describe(`Most rows to give; default ${otherwise}`);

export const LEDGER_ROWS = { most: 10_000, otherwise: 1_000 } as const;
export const REJECT_ROWS = { most: 1_000, otherwise: 100 } as const;

export const parameters = {
  sites: z.strictObject({}),
  consumption: z.strictObject({
    site: site.optional(),
    group: z
      .string()
      .min(1)
      .max(80)
      .describe(
        `county, town:ID, sector:ID, category:ID (${siteCategories.join(" ")}) or class:ID; exactly one of site and group`,
      )
      .optional(),
    meter: id.describe("Id of a meter of the site: rows of energy alone, without coal or CO2").optional(),
    window: z.enum(apiWindows).describe("Length of each row; hours and years are summed when read"),
    from,
    to,
    carrier: carrier.optional(),
    nationalList: nationalList.optional(),
    format: z.enum(["json", "csv"]).describe("default json").optional(),
  }),
  overview: z.strictObject({ nationalList: nationalList.optional() }),
  stream: z.strictObject({
    since: z.string().describe("Digest of the last event; 304 when nothing changed").optional(),
  }),
  ranking: z.strictObject({
    window: z.enum(["day", "month"]).describe("Length of the window that is ranked"),
    at: moment.describe(`A moment inside the window; default now: ${time}`).optional(),
    carrier: carrier.optional(),
  }),
  rolling: z.strictObject({
    at: moment.describe(`The twelve calendar months before this day; default today: ${time}`).optional(),
    class: id.describe("Only sites in this class on that day, such as two-high").optional(),
  }),
  limits: z.strictObject({
    at: moment.describe(`A moment of the day; default now: ${time}`).optional(),
    site: site.describe("Only limits of this site").optional(),
    group: z
      .string()
      .min(1)
      .max(80)
      .describe("Only limits of this group: county, town:ID, sector:ID, category:ID or class:ID")
      .optional(),
    purpose: z.enum(purposes).describe("Only limits for this purpose").optional(),
  }),
  avoided: z.strictObject({
    from,
    to,
    window: z.enum(["day", "month"]).describe("Length of each row; default day").optional(),
  }),
  breakdown: z.strictObject({ site, carrier, from, to }),
  quality: z.strictObject({ day: day.describe("Day in the county's zone; default today").optional() }),
  readings: z.strictObject({
    site,
    meter: id.describe("Id of a meter of the site"),
    register: id.describe("Id of a register of the meter"),
    from,
    to,
  }),
  balance: z.strictObject({
    day: day.describe("Day of receipt in the county's zone, as 2026-11-01"),
    site: site.describe("Id of a site, or _unknown").optional(),
  }),
  rejects: z.strictObject({
    site: site.describe("Id of a site, or _unknown").optional(),
    code: z.enum(rejectCodes).describe("Why it was refused").optional(),
    from: moment.describe(`Received at or after: ${time}; default ever`).optional(),
    to: moment.describe(`Received before: ${time}; default ever`).optional(),
    limit: limit(REJECT_ROWS.most, REJECT_ROWS.otherwise).optional(),
    before: z.coerce
      .number()
      .int()
      .describe("Only offsets below this one: the `next` of the page before")
      .optional(),
  }),
  ledger: z.strictObject({
    site: site.describe("Id of a site: its own figures and those of its meters").optional(),
    from: moment.describe(`Windows that start at or after: ${time}; default ever`).optional(),
    to: moment.describe(`Windows that start before: ${time}; default ever`).optional(),
    limit: limit(LEDGER_ROWS.most, LEDGER_ROWS.otherwise).optional(),
  }),
  explain: z.strictObject({
    site,
    carrier,
    window: z.enum(apiWindows).describe("Length of the figure's window"),
    at: moment.describe(`A moment inside the window: ${time}`),
  }),
} as const;

export type QueryName = keyof typeof parameters;
export type ParametersOf<N extends QueryName> = z.infer<(typeof parameters)[N]>;

/** Parameters as they came: text, or a list of texts where one was given twice. */
export type RawParameters = Readonly<Record<string, unknown>>;

/** True for the name of a query. */
export function isQueryName(name: string): name is QueryName {
  return Object.hasOwn(parameters, name);
}

/** The checked parameters of a query. @throws ProblemError 400 that names every bad one and what is allowed. */
export function parseParameters<N extends QueryName>(name: N, raw: RawParameters): ParametersOf<N> {
  return checked(parameters[name] as z.ZodObject, raw) as ParametersOf<N>;
}

/** Holds a request to its schema. @throws ProblemError 400 that names every bad parameter and what is allowed. */
export function checked<S extends z.ZodObject>(schema: S, raw: RawParameters): z.infer<S> {
  const result = schema.safeParse({ ...raw });
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, raw, schema));
  const detail = faults.map((fault) => fault.text).join("; ");
  const { text: _, ...cause } = faults[0] ?? { code: "bad-parameter", text: detail };
  throw new ProblemError(400, detail, cause);
}

interface Fault {
  readonly code: string;
  readonly parameter: string;
  readonly value?: string;
  readonly allowed?: readonly string[];
  readonly text: string;
}

function faultsOf(issue: z.core.$ZodIssue, raw: RawParameters, schema: z.ZodObject): Fault[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = Object.keys(schema.shape);
    const known = allowed.length > 0 ? allowed.join(", ") : "none";
    return issue.keys.map((parameter) => {
      const value = String(raw[parameter]);
      const text = `unknown parameter '${parameter}' (value '${value}'); allowed: ${known}`;
      return { code: "unknown-parameter", parameter, value, allowed, text };
    });
  }
  const parameter = String(issue.path[0]);
  const given = raw[parameter];
  const meaning = schema.shape[parameter] as z.ZodType | undefined;
  const description = meaning?.description ?? "";
  if (given === undefined) {
    const text = `parameter '${parameter}' is missing: ${description}`;
    return [{ code: "missing-parameter", parameter, text }];
  }
  const value = String(given);
  if (Array.isArray(given)) {
    const text = `parameter '${parameter}' is given ${given.length} times ('${value}'): give it once`;
    return [{ code: "repeated-parameter", parameter, value, text }];
  }
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    const text = `parameter '${parameter}' is '${value}'; allowed: ${allowed.join(", ")}`;
    return [{ code: "bad-parameter", parameter, value, allowed, text }];
  }
  const text = `parameter '${parameter}' is '${value}': ${issue.message} (${description})`;
  return [{ code: "bad-parameter", parameter, value, text }];
}
