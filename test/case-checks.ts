/** Compares what is stored with what a case expects. */
import { expect } from "vitest";
import type { Figure, FigureWindow } from "../model/figure.ts";
import type { Meter, Registry } from "../model/registry.ts";
import { QUARTER_MS, quarterStart, type Span } from "../model/time.ts";
import type { Expected, ExpectedMeter, ExpectedRow, Stage } from "./case-files.ts";
import { checkBalance, checkConservation, checkExplanations } from "./case-properties.ts";
import type { Order, Player } from "./case-run.ts";
import { figuresIn, near, readingsOf, TOLERANCE } from "./case-stored.ts";
import type { Pipeline } from "./world.ts";

/** `m` → `s/m` */
const ownerOf = (name: string): string => (name.includes("/") ? name : `s/${name}`);

function meterOf(registry: Registry, owner: string): Meter {
  const meter = registry.sites.flatMap((one) => one.meters).find((one) => `${one.site}/${one.id}` === owner);
  if (meter === undefined)
    throw new Error(`expected.json names meter ${owner}, which the case does not have`);
  return meter;
}

const overlap = (spans: readonly Span[], within: Span): number =>
  spans.reduce(
    (sum, { start, end }) => sum + Math.max(0, Math.min(end, within.end) - Math.max(start, within.start)),
    0,
  );

async function checkVerdicts(pipeline: Pipeline, meter: Meter, expected: ExpectedMeter): Promise<void> {
  const found: unknown[][] = [];
  for (const { id } of meter.registers) {
    const odd = (await readingsOf(pipeline, meter, id)).filter((row) => row.verdict !== "ok");
    found.push(...odd.map((row) => [row.at, row.value, row.verdict, id]));
  }
  const wanted = expected.verdicts.map(([at, value, verdict, register = "active-import"]) => [
    at,
    value,
    verdict,
    register,
  ]);
  const order = (a: unknown[], b: unknown[]): number => (a.join() < b.join() ? -1 : 1);
  expect(found.sort(order), `verdicts of ${meter.id}`).toEqual(wanted.sort(order));
}

/** Known shares of a window, from the spans that the case says are estimated or missing. */
function sharesOf(
  expected: ExpectedMeter,
  known: Span,
  within: Span,
): { coverage: number; estimated: number } {
  const length = within.end - within.start;
  const estimated = overlap(expected.estimated, within);
  const missing = overlap(expected.missing, within) + length - overlap([known], within);
  return { coverage: (length - estimated - missing) / length, estimated: estimated / length };
}

function checkShares(row: Figure, shares: { coverage: number; estimated: number }, what: string): void {
  near(row.coverage, shares.coverage, `coverage of ${what}`);
  near(row.estimated, shares.estimated, `estimated share of ${what}`);
}

function checkQuarters(
  iso: (at: number) => string,
  rows: readonly Figure[],
  expected: ExpectedMeter,
  window: Span,
): void {
  const stored = new Map(rows.map((row) => [row.start, row]));
  const known = new Set<number>();
  for (const [from, to, amount] of expected.quarters) {
    for (let start = from; start < to; start += QUARTER_MS) {
      const row = stored.get(start);
      const what = `quarter-hour ${iso(start)}`;
      if (row === undefined) throw new Error(`${what} has no row`);
      near(row.amount, amount, what);
      checkShares(row, sharesOf(expected, window, { start, end: start + QUARTER_MS }), what);
      known.add(start);
    }
  }
  for (const { start } of rows) expect(known.has(start), `there is a row of ${iso(start)}`).toBe(true);
  // Where there is no row nothing is known: no gap was filled with zero, and nothing was left out.
  for (let start = quarterStart(window.start); start < window.end; start += QUARTER_MS) {
    if (known.has(start)) continue;
    const shares = sharesOf(expected, window, { start, end: start + QUARTER_MS });
    expect(shares, `expected.json: ${iso(start)} has no row`).toEqual({ coverage: 0, estimated: 0 });
  }
}

async function checkMeter(
  pipeline: Pipeline,
  owner: string,
  expected: ExpectedMeter,
  window: Span,
): Promise<void> {
  const { registry, calendar } = pipeline.plan;
  const meter = meterOf(registry, owner);
  await checkVerdicts(pipeline, meter, expected);
  const quarters = await figuresIn(pipeline, window, "meter", "15m", owner);
  checkQuarters(calendar.iso, quarters, expected, window);
  const energy = quarters.reduce((sum, row) => sum + row.amount, 0);
  near(energy, expected.energy, `energy of ${owner}`);
  const most = expected.trueEnergy + expected.tolerance;
  expect(energy, `${owner}: energy was invented`).toBeLessThanOrEqual(most + TOLERANCE);
  for (const row of quarters)
    expect(row.amount, `${owner} ${calendar.iso(row.start)}`).toBeGreaterThanOrEqual(0);
  const days = await figuresIn(pipeline, window, "meter", "day", owner);
  expect(days.map((row) => calendar.dateOf(calendar.dayOf(row.start)))).toEqual(
    Object.keys(expected.days).sort(),
  );
  for (const row of days) {
    const day = calendar.dayOf(row.start);
    const within = { start: row.start, end: calendar.dayStart(day + 1) };
    near(row.amount, expected.days[calendar.dateOf(day)]!, `day ${calendar.dateOf(day)}`);
    checkShares(row, sharesOf(expected, window, within), `day ${calendar.dateOf(day)}`);
  }
  await checkConservation(pipeline, meter, quarters);
}

async function checkArea(
  pipeline: Pipeline,
  span: Span,
  scope: "site" | "group",
  owner: string,
  window: FigureWindow,
  expected: readonly ExpectedRow[],
): Promise<void> {
  const stored = await figuresIn(pipeline, span, scope, window, owner);
  const { iso } = pipeline.plan.calendar;
  const name = (row: { start: number; carrier: string }): string =>
    `${scope} ${owner} ${window} ${iso(row.start)} ${row.carrier}`;
  expect(stored.map(name).sort()).toEqual(expected.map(name).sort());
  for (const wanted of expected) {
    const row = stored.find((one) => name(one) === name(wanted))!;
    const { start: _, carrier: __, factors, ...fields } = wanted;
    for (const [field, value] of Object.entries(fields)) {
      const found = row[field as keyof typeof fields];
      if (value === null || found === null) expect(found, `${name(wanted)} ${field}`).toBe(value);
      else if (value !== undefined) near(found, value, `${name(wanted)} ${field}`);
    }
    if (factors) expect(row.factors, name(wanted)).toEqual(factors);
  }
}

const windows = ["15m", "day", "month"] as const;

async function checkLedger(pipeline: Pipeline, expected: Expected): Promise<void> {
  const { iso } = pipeline.plan.calendar;
  const entries = await pipeline.store.ledger(undefined, 0, Number.MAX_SAFE_INTEGER, 10_000);
  const name = (one: {
    scope: string;
    owner: string;
    window: string;
    start: number;
    cause: string;
  }): string => `${one.scope} ${one.owner} ${one.window} ${iso(one.start)}, ${one.cause}`;
  expect(entries.map(name).sort()).toEqual(expected.ledger.map(name).sort());
  for (const wanted of expected.ledger) {
    const entry = entries.find((one) => name(one) === name(wanted))!;
    const before = entry.before?.[wanted.field] ?? null;
    if (wanted.before === null || before === null)
      expect(before, `${name(wanted)} before`).toBe(wanted.before);
    else near(before, wanted.before, `${name(wanted)} before`);
    near(entry.after[wanted.field] ?? Number.NaN, wanted.after, `${name(wanted)} after`);
  }
}

/** Compares everything stored with what a stage expects. */
export async function checkStage(player: Player, { expected }: Stage, order: Order): Promise<void> {
  const { pipeline } = player;
  const owners = Object.keys(expected.meters).map(ownerOf);
  const withFigures = new Set(
    (await figuresIn(pipeline, expected.window, "meter", "15m")).map((row) => row.owner),
  );
  for (const owner of withFigures) expect(owners, "meters with figures").toContain(owner);
  for (const [name, meter] of Object.entries(expected.meters))
    await checkMeter(pipeline, ownerOf(name), meter, expected.window);
  for (const scope of ["site", "group"] as const) {
    for (const [owner, area] of Object.entries(expected[scope === "site" ? "sites" : "groups"])) {
      for (const window of windows)
        if (area[window]) await checkArea(pipeline, expected.window, scope, owner, window, area[window]);
    }
  }
  await checkLedger(pipeline, expected);
  await checkBalance(player, expected, order);
  await checkExplanations(pipeline, expected.window);
}
