/** Cases of alerts that begin with readings: a meter's load over time, and the alerts that must come of it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import type { Reading } from "../../model/reading.ts";
import type { Registry } from "../../model/registry.ts";
import { projectRoot } from "../program.ts";
import { reading, temporaryDirectory } from "../world.ts";
import { offset } from "./offset.ts";

const FOLDER = join(projectRoot, "test/alerts/reading-cases");
const HOUR = 3_600_000;

const caseForm = z.strictObject({
  about: z.string().min(20),
  from: z.string(),
  until: offset,
  /** Shipped rules that are looked at. */
  rules: z.array(z.string()).min(1),
  /** `limits.yaml`; the site is `s`, its meter `m`. */
  limits: z.array(z.record(z.string(), z.unknown())).default([]),
  /** What the meter did; the register goes on from part to part, at `kw` where nothing is said between. */
  load: z.array(
    z.strictObject({
      from: offset,
      to: offset,
      every: offset.default(15 * 60_000),
      kw: z.number(),
      /** Says its power too. */
      showsPower: z.boolean().default(false),
      /** When all of it comes in; else each reading at its own time. */
      received: offset.optional(),
    }),
  ),
  /** Readings sent anew: their values differ by so many kWh. */
  corrections: z.array(z.strictObject({ at: offset, of: offset, kwh: z.number() })).default([]),
  expect: z.array(
    z.strictObject({
      at: offset,
      firing: z.string().optional(),
      resolved: z.string().optional(),
      tags: z.record(z.string(), z.string()),
    }),
  ),
});

export interface Arrival {
  readonly at: number;
  readonly reading: Reading;
  readonly powerKw?: number;
}

export interface ReadingCase {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly rules: readonly string[];
  readonly arrivals: readonly Arrival[];
  readonly expected: z.output<typeof caseForm>["expect"];
  registry(): Promise<Registry>;
}

type Form = z.output<typeof caseForm>;

function arrivalsOf({ load, corrections }: Form, start: number): Arrival[] {
  const values = new Map<number, number>();
  let [register, last] = [1000, load[0]!.from];
  const arrivals = load.flatMap(({ from, to, every, kw, showsPower, received }) => {
    const own: Arrival[] = [];
    for (let time = from; time <= to; time += every) {
      register += ((time - last) / HOUR) * kw;
      last = time;
      values.set(time, register);
      own.push({
        at: start + (received ?? time),
        reading: reading(start + time, register),
        ...(showsPower ? { powerKw: kw } : {}),
      });
    }
    return own;
  });
  const corrected = corrections.map(({ at, of, kwh }): Arrival => {
    const value = values.get(of);
    if (value === undefined) throw new Error(`no reading at ${of} to correct`);
    return { at: start + at, reading: reading(start + of, value + kwh, { revision: 1 }) };
  });
  return [...arrivals, ...corrected].sort((a, b) => a.at - b.at);
}

const siteText = (id: string, intervalMinutes: number): string => `
id: ${id}
name: { zh: 示范厂, en: Example Works }
category: key-energy-user
meters:
  - id: m
    carrier: electricity
    role: grid-import
    contributes: add
    from: 2026-01-01
    intervalMinutes: ${intervalMinutes}
    ratedPowerKw: 100
    registers: [{ id: active-import, unit: kWh, digits: 8, decimals: 2 }]
`;

/** The site of the case, and one that only keeps the clock going. */
async function registryOf({ limits }: Form): Promise<Registry> {
  const directory = temporaryDirectory();
  const write = (file: string, text: string) => writeFileSync(join(directory.path, file), text);
  mkdirSync(join(directory.path, "sites"));
  write(
    "county.yaml",
    "county: { id: c, name: { zh: 县, en: County }, zone: Asia/Shanghai, region: zhejiang }\n",
  );
  write("sites/s.yaml", siteText("s", 15));
  write("sites/clock.yaml", siteText("clock", 5));
  write("limits.yaml", stringify({ limits }));
  try {
    return (await loadConfig(directory.path)).registry;
  } finally {
    directory.remove();
  }
}

function caseOf(name: string): ReadingCase {
  const form = caseForm.parse(parse(readFileSync(join(FOLDER, name, "case.yaml"), "utf8")));
  const start = Date.parse(form.from);
  return {
    name,
    start,
    end: start + form.until,
    rules: form.rules,
    arrivals: arrivalsOf(form, start),
    expected: form.expect,
    registry: () => registryOf(form),
  };
}

export const readingCases: readonly ReadingCase[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => caseOf(name));
