/** A small county with one of everything the board speaks of, and a real store to put its figures into. */

import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import type { Explain } from "../../board/queries/context.ts";
import { createBoardQueries } from "../../board/queries/dispatch.ts";
import { noDuties } from "../../model/duty.ts";
import type { Figure, FigureScope, FigureWindow } from "../../model/figure.ts";
import type { Limit } from "../../model/limit.ts";
import type { Factor, Meter, Register, Registry, Site } from "../../model/registry.ts";
import { calendarOf, parseDate } from "../../model/time.ts";

/** Local time of Asia/Shanghai: `2026-11-01` or `2026-11-01T00:15`. */
export const at = (text: string): number =>
  Date.parse(text.length === 10 ? `${text}T00:00+08:00` : `${text}+08:00`);
export const day = (text: string): number => parseDate(text) ?? Number.NaN;

export const QUARTER = 15 * 60_000;
const name = { zh: "名", en: "name" };

const register = (part: Partial<Register> = {}): Register => ({
  id: "active-import",
  kind: "cumulative",
  unit: "kWh",
  unitFactor: 1,
  direction: "import",
  digits: 8,
  decimals: 2,
  resetsToZero: false,
  counted: true,
  ...part,
});

export const meter = (id: string, part: Partial<Meter> = {}): Meter => ({
  site: "works",
  id,
  name,
  carrier: "electricity",
  role: "grid-import",
  contributes: "add",
  conversionOutput: false,
  from: at("2025-01-01"),
  intervalMinutes: 15,
  maxPerHour: 1000,
  registers: [register()],
  multipliers: [{ from: at("2025-01-01"), value: 1, registers: {} }],
  swaps: [],
  ...part,
});

export const site = (id: string, meters: readonly Meter[], part: Partial<Site> = {}): Site => ({
  id,
  name,
  category: "key-energy-user",
  classes: [],
  nationalList: false,
  gateways: [],
  berths: [],
  meters: meters.map((one) => ({ ...one, site: id })),
  ...part,
});

const factor = (id: string, part: Omit<Partial<Factor>, "id">): Factor => ({
  id,
  kind: "standard-coal",
  carrier: "electricity",
  basis: "both",
  region: "any",
  value: part.perCanonical ?? 0,
  unit: "",
  perCanonical: 0,
  validFrom: at("2000-01-01"),
  source: "made for the test",
  status: "verified",
  ...part,
});

export const factors: Factor[] = [
  factor("coal-el", { basis: "calorific", perCanonical: 0.1229 }),
  factor("grid-1", { kind: "co2-grid-location", region: "zhejiang", perCanonical: 0.5 }),
  factor("grid-2", {
    kind: "co2-grid-location",
    region: "zhejiang",
    perCanonical: 0.25,
    validFrom: at("2026-11-21"),
  }),
  factor("market", { kind: "co2-grid-market", perCanonical: 0.6, validTo: at("2026-06-01") }),
  factor("coal-gas", { carrier: "natural-gas", perCanonical: 1.33 }),
  factor("co2-gas", { kind: "co2-direct", carrier: "natural-gas", perCanonical: 2 }),
  factor("ship", { kind: "shore-power-baseline", perCanonical: 0.7 }),
  factor("car", { kind: "charging-baseline", perCanonical: 1 }),
];

/** Works with two grid meters, gas and a sub-meter; a port that lends shore power; a national refinery. */
export const sites: Site[] = [
  site("charge", [meter("gate"), meter("guns", { role: "charging", contributes: "none" })], {
    category: "charging",
    charging: { guns: 4, ratedKw: 60 },
  }),
  site(
    "port",
    [meter("main"), meter("shore", { role: "shore-power", contributes: "subtract", countsTo: "quay" })],
    {
      category: "port",
      town: "north",
      berths: [
        { id: "b1", name, type: "container", shorePower: true },
        { id: "b2", name, type: "cruise", shorePower: false },
        { id: "b3", name, type: "tanker", shorePower: false },
        { id: "b4", name, type: "other", shorePower: true },
      ],
    },
  ),
  site("quay", [], { category: "shore-power" }),
  site(
    "refinery",
    [
      meter("grid"),
      meter("steam", { carrier: "heat", role: "fuel", contributes: "none", conversionOutput: true }),
    ],
    {
      nationalList: true,
      classes: [{ id: "two-high", from: day("2025-01-01") }],
      approved: { tce: 4200, basis: "calorific" },
    },
  ),
  site(
    "works",
    [
      meter("a"),
      meter("b"),
      meter("gas", { carrier: "natural-gas", role: "fuel" }),
      meter("hall", { role: "sub", contributes: "none" }),
    ],
    {
      town: "south",
      classes: [{ id: "two-high", from: day("2025-01-01"), to: day("2026-11-20") }],
      location: [122.2, 30.24],
      industry: "3731",
    },
  ),
];

/** A year's budget of 1,000 tce. */
export const budget = (id: string, part: Partial<Limit>): Limit => ({
  id,
  name,
  purpose: "budget",
  quantity: "tce",
  basis: "calorific",
  period: "year",
  value: 1000,
  unit: "tce",
  validFrom: at("2026-01-01"),
  levels: [
    { colour: "yellow", ratio: 0.8, toDate: false },
    { colour: "orange", ratio: 0.9, toDate: false },
    { colour: "red", ratio: 1, toDate: false },
  ],
  minCoverage: 0.9,
  ...part,
});

export const county: Registry = {
  version: "test",
  county: {
    id: "isle",
    name,
    zone: "Asia/Shanghai",
    region: "zhejiang",
    closedThrough: day("2026-10-31"),
    sectors: [],
    towns: [
      { id: "north", name },
      { id: "south", name },
      { id: "empty", name },
    ],
  },
  carriers: [
    { id: "natural-gas", name, unit: "m3", co2: "direct" },
    { id: "electricity", name, unit: "kWh", co2: "grid" },
    { id: "heat", name, unit: "MJ", co2: "direct" },
    { id: "water", name, unit: "t", co2: "none" },
  ],
  sites,
  factors,
  profiles: [],
  limits: [budget("county-budget", { group: "county!national" }), budget("works-budget", { site: "works" })],
  outputs: [],
  rules: [],
  duties: noDuties,
};

/** A figure with everything known; `start` is an instant or local time. */
export function figure(
  scope: FigureScope,
  owner: string,
  window: FigureWindow,
  start: string | number,
  amount: number,
  part: Partial<Figure> = {},
): Figure {
  const effects = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
  const none = { kgceCalorific: 0, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 };
  return {
    scope,
    owner,
    carrier: "electricity",
    window,
    start: typeof start === "number" ? start : at(start),
    amount,
    coverage: 1,
    estimated: 0,
    missingMeters: 0,
    ...effects,
    ...(scope === "meter" ? {} : { kgceCalorific: amount * 0.1229, kgCo2Location: amount * 0.5 }),
    output: 0,
    outputEffects: none,
    factors: [],
    ...part,
  };
}

/** As it looks after a recompute made it vanish. */
export const vanished: Partial<Figure> = { amount: 0, coverage: 0, estimated: 0, output: 0 };

export const NOW = at("2026-11-22T10:07");

const noExplanation: Explain = async () => ({ figure: null, notes: [], meters: [], factors: [], lines: [] });

/** The board's queries over an empty store in memory. */
export function openBoard(
  config: Registry = county,
  options: { readonly explain?: Explain; readonly now?: number } = {},
) {
  const db = openDatabase(":memory:");
  const store = createSqliteStore(db, calendarOf(config.county.zone));
  const queries = createBoardQueries(store, config, { explain: options.explain ?? noExplanation });
  const run = (query: string, params: Readonly<Record<string, unknown>> = {}) =>
    queries.run(query, params, options.now ?? NOW);
  return {
    store,
    run,
    put: (...figures: Figure[]) => store.write({ figures }),
    /** The answer's JSON, whatever its status. */
    async ask<T>(query: string, params: Readonly<Record<string, unknown>> = {}): Promise<T> {
      return JSON.parse((await run(query, params)).body) as T;
    },
    close: () => store.close(),
  };
}

export type Board = ReturnType<typeof openBoard>;
