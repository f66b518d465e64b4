/** Cases of alerts: rows of observations over time, and the alerts they must and must not raise. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Observation, type ObservedName, observed, observedNames } from "../../model/observation.ts";
import { calendarOf } from "../../model/time.ts";
import { projectRoot } from "../program.ts";
import { offset } from "./offset.ts";

const FOLDER = join(projectRoot, "test/alerts/cases");
const calendar = calendarOf("Asia/Shanghai");
const rowForm = z.strictObject({
  /** When it is written, and again `every` so often until `to`. */
  at: offset,
  every: offset.optional(),
  to: offset.optional(),
  of: z.enum(observedNames),
  tags: z.record(z.string(), z.string()),
  /** The row's own time; else when it is written, of limits the beginning of that day. */
  time: z.string().optional(),
  /** Numbers that differ from those of the series' row before, at first from quiet ones. */
  set: z.record(z.string(), z.number().nullable()).default({}),
  /** Numbers that the row lacks altogether. */
  lacks: z.array(z.string()).default([]),
});

const caseForm = z.strictObject({
  about: z.string().min(20),
  from: z.string(),
  until: offset,
  /** Shipped rules that are looked at; all where absent. */
  rules: z.array(z.string()).optional(),
  /** Whether the pipeline writes its own rows where the case has none. */
  pipeline: z.enum(["well", "silent"]).default("well"),
  /** The program does not run. */
  away: z.array(z.tuple([offset, offset])).default([]),
  rows: z.array(rowForm),
  /** Every alert that begins or ends, in order. */
  expect: z.array(
    z.strictObject({
      at: offset,
      firing: z.string().optional(),
      resolved: z.string().optional(),
      kind: z.enum(["value", "error", "no-data"]).default("value"),
      reason: z.enum(["cleared", "stale", "removed"]).optional(),
      tags: z.record(z.string(), z.string()).default({}),
      value: z.number().optional(),
    }),
  ),
});

export interface Step {
  readonly now: number;
  readonly rows: readonly Observation[];
}

export interface AlertCase {
  readonly name: string;
  readonly start: number;
  readonly rules: readonly string[] | undefined;
  /** Every ten seconds while the program runs. */
  readonly steps: readonly Step[];
  readonly expected: z.output<typeof caseForm>["expect"];
}

/** A series that nothing is wrong with. */
const quiet: Readonly<Partial<Record<ObservedName, Readonly<Record<string, number | null>>>>> = {
  limit_usage: { allowed: 100, coverage: 1, gone: 0.5, daysLeft: null },
  site_status: { meters: 4, metersOnline: 4, onlineRate: 1, completeness: 1 },
};

function quietRow(of: ObservedName): Record<string, number | null> {
  const zeros = Object.fromEntries(observed[of].numbers.map((field) => [field, 0]));
  return { ...zeros, ...quiet[of] };
}

interface Written {
  readonly at: number;
  readonly form: z.output<typeof rowForm>;
}

function writtenOf(form: z.output<typeof rowForm>): Written[] {
  if (form.every === undefined) return [{ at: form.at, form }];
  const times: Written[] = [];
  for (let at = form.at; at <= (form.to ?? form.at); at += form.every) times.push({ at, form });
  return times;
}

function ownTime({ at, form }: Written, start: number): number {
  if (form.time !== undefined) return Date.parse(form.time);
  return form.of === "limit_usage" ? calendar.dayStart(calendar.dayOf(start + at)) : start + at;
}

/** Rows in the order they are written, each with all its numbers. */
function rowsOf(forms: readonly z.output<typeof rowForm>[], start: number) {
  const last = new Map<string, Record<string, number | null>>();
  return forms
    .flatMap(writtenOf)
    .sort((a, b) => a.at - b.at)
    .map((written) => {
      const { of, tags, set, lacks } = written.form;
      const series = JSON.stringify([of, tags]);
      const numbers = { ...(last.get(series) ?? quietRow(of)), ...set };
      last.set(series, numbers);
      const given = Object.fromEntries(Object.entries(numbers).filter(([field]) => !lacks.includes(field)));
      const texts = Object.fromEntries(observed[of].texts.map((text) => [text, ""]));
      const row: Observation = {
        measurement: of,
        tags,
        at: ownTime(written, start),
        numbers: given,
        texts,
      };
      return { at: written.at, row };
    });
}

function wellPipeline(at: number): Observation {
  const measurement = "pipeline_status";
  const texts = { role: "all", failure: "" };
  return { measurement, tags: { process: "well" }, at, numbers: quietRow(measurement), texts };
}

const LOOK_MS = 10_000;

function caseOf(name: string): AlertCase {
  const form = caseForm.parse(parse(readFileSync(join(FOLDER, name, "case.yaml"), "utf8")));
  const start = Date.parse(form.from);
  const rows = rowsOf(form.rows, start);
  const isWell = form.pipeline === "well" && !form.rows.some(({ of }) => of === "pipeline_status");
  const steps: Step[] = [];
  let next = 0;
  for (let at = 0; at <= form.until; at += LOOK_MS) {
    if (form.away.some(([from, to]) => at >= from && at < to)) continue;
    const first = next;
    while (next < rows.length && rows[next]!.at <= at) next += 1;
    const own = rows.slice(first, next).map(({ row }) => row);
    steps.push({ now: start + at, rows: isWell ? [...own, wellPipeline(start + at)] : own });
  }
  if (next < rows.length) throw new Error(`${name}: a row is written after the case's end`);
  return { name, start, rules: form.rules, steps, expected: form.expect };
}

export const alertCases: readonly AlertCase[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => caseOf(name));
