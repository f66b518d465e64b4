/** Reads the folders of `test/cases/`: what a meter sent, and what must come out. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig } from "../config/load.ts";
import type { Registry } from "../model/registry.ts";
import { temporaryDirectory } from "./world.ts";

const CASES = new URL("cases/", import.meta.url).pathname;

/** An ISO time with offset → instant. */
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const span = z.tuple([time, time]).transform(([start, end]) => ({ start, end }));

/** One value as a meter sent it; `received` is when it came, a minute after `at` where it is not said. */
const lineForm = z
  .strictObject({
    at: time,
    value: z.number(),
    register: z.string().default("active-import"),
    meter: z.string().default("m"),
    site: z.string().default("s"),
    seq: z.int().optional(),
    revision: z.int().optional(),
    received: time.optional(),
  })
  .transform((line) => ({ ...line, received: line.received ?? line.at + 60_000 }));
export type Line = z.infer<typeof lineForm>;

const meterForm = z.strictObject({
  /** Sum of all quarter-hours. */
  energy: z.number(),
  /** What really flowed; the energy may never exceed it. */
  trueEnergy: z.number(),
  /** Energy above the truth that the rules let through, where they do; the case's README says why. */
  tolerance: z.number().default(0),
  /** Every reading that is not plainly `ok`: at, value, verdict, and the register where it is another one. */
  verdicts: z
    .array(
      z.union([z.tuple([time, z.number(), z.string()]), z.tuple([time, z.number(), z.string(), z.string()])]),
    )
    .default([]),
  /** Every row: from, to, and the amount of each quarter-hour between. */
  quarters: z.array(z.tuple([time, time, z.number()])),
  /** Time within the window that is estimated or missing; the rest of the window is measured. */
  estimated: z.array(span).default([]),
  missing: z.array(span).default([]),
  /** Every day's row, by date. */
  days: z.record(z.string(), z.number()),
});
export type ExpectedMeter = z.infer<typeof meterForm>;

const amounts = [
  "amount",
  "coverage",
  "estimated",
  "missingMeters",
  "kgceCalorific",
  "kgceEquivalent",
  "kgCo2Location",
  "kgCo2Market",
  "output",
] as const;
const rowForm = z.strictObject({
  start: time,
  carrier: z.string().default("electricity"),
  ...(Object.fromEntries(amounts.map((name) => [name, z.number().nullable().optional()])) as Record<
    (typeof amounts)[number],
    z.ZodOptional<z.ZodNullable<z.ZodNumber>>
  >),
  factors: z.array(z.string()).optional(),
});
export type ExpectedRow = z.infer<typeof rowForm>;
const rows = z.array(rowForm).optional();

/** All rows of the windows that are named; of each row the fields that are named. */
const areaForm = z.strictObject({ "15m": rows, day: rows, month: rows });

const ledgerForm = z.strictObject({
  scope: z.enum(["meter", "site", "group"]),
  owner: z.string(),
  window: z.enum(["15m", "day", "month"]),
  start: time,
  field: z.enum(amounts).default("amount"),
  before: z.number().nullable(),
  after: z.number(),
  cause: z.string(),
});

const expectedForm = z.strictObject({
  /** All that is known lies inside. */
  window: span,
  /** By id, or `site/id` for those of another site than `s`. */
  meters: z.record(z.string(), meterForm),
  sites: z.record(z.string(), areaForm).default({}),
  groups: z.record(z.string(), areaForm).default({}),
  rejects: z.record(z.string(), z.int()).default({}),
  /** Every entry of the ledger, in any order. */
  ledger: z.array(ledgerForm).default([]),
});
export type Expected = z.infer<typeof expectedForm>;

/** What happens at once: a configuration, then readings, then what must be stored. */
export interface Stage {
  readonly registry: Registry;
  readonly lines: readonly Line[];
  readonly expected: Expected;
}

type Form = Record<string, unknown>;
const defaults = parse(readFileSync(join(CASES, "defaults.yaml"), "utf8")) as Record<
  "county" | "site" | "meter" | "register",
  Form
> & { factors: Form[] };

/** Lays a form over another; null takes a default away. */
function over(base: Form, given: Form): Form {
  return Object.fromEntries(Object.entries({ ...base, ...given }).filter(([, value]) => value !== null));
}

const formsOf = (given: unknown): Form[] => (given as Form[] | undefined) ?? [{}];

function siteForm(given: Form): Form {
  const meters = formsOf(given.meters).map((meter) => ({
    ...over(defaults.meter, meter),
    registers: formsOf(meter.registers).map((one) => over(defaults.register, one)),
  }));
  return { ...over(defaults.site, given), meters };
}

/** A case's configuration, loaded as every configuration is: `meter` is short for one site with one meter. */
async function loadRegistry(folder: string): Promise<Registry> {
  const file = join(folder, "config.yaml");
  const given = (existsSync(file) ? (parse(readFileSync(file, "utf8")) as Form | null) : null) ?? {};
  const sites =
    given.sites === undefined ? [{ meters: formsOf(given.meter && [given.meter]) }] : formsOf(given.sites);
  const unknown = Object.keys(given).filter((key) => !["county", "meter", "sites", "factors"].includes(key));
  if (unknown.length > 0)
    throw new Error(`${file}: ${unknown.join()} is none of county, meter, sites, factors`);
  const directory = temporaryDirectory();
  try {
    const write = (name: string, form: Form): void =>
      writeFileSync(join(directory.path, name), JSON.stringify(form));
    await mkdir(join(directory.path, "sites"));
    write("county.yaml", { county: { ...defaults.county, ...(given.county as Form | undefined) } });
    write("factors.yaml", { factors: given.factors ?? defaults.factors });
    for (const site of sites.map(siteForm)) write(`sites/${site.id}.yaml`, site);
    return (await loadConfig(directory.path)).registry;
  } finally {
    directory.remove();
  }
}

function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => lineForm.parse(JSON.parse(line)));
}

/** The stages of a case: the folder itself, then what is in `then/`, and so on. */
export async function readCase(name: string): Promise<Stage[]> {
  const stages: Stage[] = [];
  let before: Registry | undefined;
  for (let folder = join(CASES, name); existsSync(folder); folder = join(folder, "then")) {
    const keeps = before !== undefined && !existsSync(join(folder, "config.yaml"));
    const registry = keeps ? before! : await loadRegistry(folder);
    const lines = readLines(join(folder, "readings.jsonl"));
    const expected = expectedForm.parse(JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")));
    stages.push({ registry, lines, expected });
    before = registry;
  }
  return stages;
}

/** Cases in which something happens after the first readings. */
export function stagedCaseNames(): string[] {
  return caseNames().filter((name) => existsSync(join(CASES, name, "then")));
}

/** Names of all cases. */
export function caseNames(): string[] {
  return readdirSync(CASES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
