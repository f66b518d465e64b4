import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../model/errors.ts";
import type { SeriesReader } from "../../model/ports.ts";
import type { Registry } from "../../model/registry.ts";
import { planOf } from "../../processors/plan.ts";
import { createReconcile } from "../../processors/reconcile.ts";
import { restatementOf } from "../../processors/restate.ts";
import { limit, usage } from "../limit-world.ts";
import {
  at,
  everything,
  factor,
  meter,
  openPipeline,
  reading,
  registry,
  site,
  temporaryDirectory,
  testFactors,
} from "../world.ts";

const HOUR = 3_600_000;
const start = at("2026-03-30");
const now = at("2026-04-03");
const directories: { remove: () => void }[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) directory.remove();
});

const readings = Array.from({ length: 4 * 24 * 3 }, (_, i) => reading(start + (i * HOUR) / 4, i * 2));

async function open(config: Registry, file: string) {
  const pipeline = await openPipeline(config, file, () => now);
  await pipeline.settled();
  return { pipeline, records: pipeline.restatement.records };
}

/** Figures of one registry after another on the same file, and of the last registry alone. */
async function restated(before: Registry, after: Registry) {
  const directory = temporaryDirectory();
  directories.push(directory);
  const file = `${directory.path}/energy.db`;
  const first = await open(before, file);
  await first.pipeline.publish(readings);
  await first.pipeline.settled();
  await first.pipeline.close();
  const second = await open(after, file);
  const figures = await everything(second.pipeline);
  const limits = await usage(second.pipeline);
  const ledger = await second.pipeline.store.ledger(undefined, 0, now * 2, 100_000);
  await second.pipeline.close();
  const fresh = await open(after, `${directory.path}/fresh.db`);
  await fresh.pipeline.publish(readings);
  await fresh.pipeline.settled();
  const expected = await everything(fresh.pipeline);
  const expectedLimits = await usage(fresh.pipeline);
  await fresh.pipeline.close();
  return { figures, expected, ledger, records: second.records, limits, expectedLimits };
}

const closed = { closedThrough: planOf(registry([])).calendar.parseDate("2026-03-31")! };

describe("a changed registry", () => {
  test("a new factor restates from its first day on, with a ledger for what was closed", async () => {
    const raised = factor({
      id: "grid-2",
      kind: "co2-grid-location",
      carrier: "electricity",
      perCanonical: 0.7,
      validFrom: at("2026-03-31"),
    });
    const before = registry([site()], { county: closed });
    const after = registry([site()], { county: closed, factors: [...testFactors, raised] });
    const { figures, expected, ledger, records } = await restated(before, after);
    expect(figures).toEqual(expected);
    expect(records.every((record) => record.from === at("2026-03-31") && record.meter === "")).toBe(true);
    const day = ledger.find(
      (entry) => entry.scope === "site" && entry.window === "day" && entry.cause === "factor: electricity",
    );
    expect(day).toMatchObject({ owner: "s", start: at("2026-03-31"), cause: "factor: electricity" });
    expect(day!.before!.kgCo2Location).toBeCloseTo(192 * 0.5, 9);
    expect(day!.after.kgCo2Location).toBeCloseTo(192 * 0.7, 9);
    expect(ledger.some((entry) => entry.start >= at("2026-04-01"))).toBe(false);
  });

  test("a meter that was never read and comes after the month's readings", async () => {
    const late = meter({ id: "b", from: at("2026-04-02") });
    const { figures, expected } = await restated(
      registry([site()]),
      registry([site({ meters: [meter(), late] })]),
    );
    expect(figures).toEqual(expected);
    const month = figures.find((one) => one.window === "month" && one.start === at("2026-04-01"));
    expect(month).toMatchObject({ coverage: 0, missingMeters: 2 });
  });

  test("a multiplier from a date on", async () => {
    const multipliers = [
      { from: at("2026-01-01"), value: 1, registers: {} },
      { from: at("2026-03-31T12:07:00"), value: 3, registers: {} },
    ];
    const { figures, expected, records } = await restated(
      registry([site()]),
      registry([site({ meters: [meter({ multipliers })] })]),
    );
    expect(figures).toEqual(expected);
    expect(records).toEqual([
      expect.objectContaining({ site: "s", meter: "m", from: at("2026-03-31T12:07:00") }),
    ]);
  });

  test("a swap that was not known", async () => {
    const swaps = [{ at: at("2026-03-31T12:05:00"), register: "active-import", final: 301, first: 288 }];
    const { figures, expected } = await restated(
      registry([site()]),
      registry([site({ meters: [meter({ swaps })] })]),
    );
    expect(figures).toEqual(expected);
  });

  test("a lower rating, which makes readings spikes", async () => {
    const { figures, expected } = await restated(
      registry([site()]),
      registry([site({ meters: [meter({ maxPerHour: 1 })] })]),
    );
    expect(figures).toEqual(expected);
  });

  test("a meter that now subtracts, and one that is new", async () => {
    const second = meter({ id: "n", role: "sub", contributes: "none" });
    const before = registry([site({ meters: [meter(), second] })]);
    const after = registry([
      site({
        meters: [
          meter({ contributes: "none" }),
          { ...second, contributes: "add" },
          meter({ id: "o", from: at("2026-03-31") }),
        ],
      }),
    ]);
    const { figures, expected } = await restated(before, after);
    expect(figures).toEqual(expected);
  });

  test("a site that moves to another town and class", async () => {
    const other = site({ id: "t", town: "west", meters: [meter({ site: "t" })] });
    const before = registry([site({ town: "east" }), other], { county: closed });
    const moved = site({
      town: "west",
      nationalList: true,
      classes: [{ id: "two-high", from: planOf(before).calendar.dayOf(start) }],
    });
    const after = registry([moved, other], { county: closed });
    const { figures, expected, ledger } = await restated(before, after);
    const causes = ledger.filter((one) => one.owner === "town:west").map((one) => one.cause);
    expect(new Set(causes)).toEqual(new Set(["registry: s"]));
    const inUse = (rows: typeof figures) => rows.filter((row) => row.owner !== "town:east");
    expect(inUse(figures)).toEqual(inUse(expected));
  });

  test("a site whose industry is another sector's, and a site that has a sector now", async () => {
    const other = site({ id: "t", sector: "ships", meters: [meter({ site: "t" })] });
    const limits = [limit({ id: "ships", group: "sector:ships" }), limit()];
    const before = registry([site({ sector: "paper" }), other], { county: closed, limits });
    const after = registry([site({ sector: "ships" }), other], { county: closed, limits });
    const moved = await restated(before, after);
    const causes = moved.ledger.filter((one) => one.owner === "sector:ships").map((one) => one.cause);
    expect(new Set(causes)).toEqual(new Set(["registry: s"]));
    const inUse = (rows: typeof moved.figures) => rows.filter((row) => row.owner !== "sector:paper");
    expect(inUse(moved.figures)).toEqual(inUse(moved.expected));
    expect(moved.limits).toEqual(moved.expectedLimits);
    expect(moved.limits.some(({ tags }) => tags.limit === "ships")).toBe(true);
    const plain = registry([site(), other], { county: closed, limits });
    const joined = await restated(plain, after);
    expect(joined.figures).toEqual(joined.expected);
    expect(joined.limits).toEqual(joined.expectedLimits);
  });

  test("what waited to be summed before a restart still tells why", async () => {
    const directory = temporaryDirectory();
    directories.push(directory);
    const file = `${directory.path}/energy.db`;
    const config = registry([site()], { county: closed });
    const first = await open(config, file);
    await first.pipeline.publish(readings);
    await first.pipeline.settled();
    const day = first.pipeline.plan.calendar.dayOf(start);
    const mark = { site: "s", carrier: "electricity", day };
    await first.pipeline.store.write({ dirtySet: [{ ...mark, causes: ["multiplier: s/m", "swap: s/m"] }] });
    first.pipeline.db.exec("UPDATE group_day SET amount=amount + 1");
    await first.pipeline.close();
    const second = await open(config, file);
    const ledger = await second.pipeline.store.ledger(undefined, start, start + 1, 100);
    await second.pipeline.close();
    const groups = ledger.filter((one) => one.scope === "group" && one.cause.startsWith("multiplier"));
    expect(groups.length).toBeGreaterThan(0);
    for (const one of groups) expect(one.cause).toBe("multiplier: s/m; swap: s/m");
  });

  test("the days that a request changes are stored with its cause, until they are summed", async () => {
    const directory = temporaryDirectory();
    directories.push(directory);
    const file = `${directory.path}/energy.db`;
    const first = await open(registry([site()]), file);
    await first.pipeline.publish(readings);
    await first.pipeline.settled();
    await first.pipeline.close();
    const twice = registry([
      site({ meters: [meter({ multipliers: [{ from: start, value: 2, registers: {} }] })] }),
    ]);
    const marks: string[][] = [];
    const second = await openPipeline(
      twice,
      file,
      () => now,
      ({ dirtySet = [] }) => {
        for (const { causes = [] } of dirtySet) marks.push([...causes]);
      },
    );
    await second.settled();
    await second.close();
    expect(marks.length).toBeGreaterThan(0);
    expect(new Set(marks.flat())).toEqual(new Set(["multiplier: s/m"]));
  });

  test("a site that is removed, and a carrier that a site no longer has", async () => {
    const gas = meter({ id: "g", carrier: "natural-gas", role: "fuel" });
    const other = site({ id: "t", meters: [meter({ site: "t" }), { ...gas, site: "t" }] });
    const { figures, expected } = await restated(
      registry([site({ meters: [meter(), gas] }), other]),
      registry([other]),
    );
    const groups = (rows: typeof figures) => rows.filter((row) => row.scope === "group");
    expect(groups(figures)).toEqual(groups(expected));
    const less = await restated(
      registry([site({ meters: [meter(), gas] }), other]),
      registry([site(), other]),
    );
    expect(groups(less.figures)).toEqual(groups(less.expected));
  });

  test("another region", async () => {
    const regional = factor({
      id: "grid-r",
      kind: "co2-grid-location",
      carrier: "electricity",
      perCanonical: 0.9,
      region: "elsewhere",
    });
    const factors = [...testFactors, regional];
    const { figures, expected } = await restated(
      registry([site()], { factors }),
      registry([site()], { factors, county: { region: "elsewhere" } }),
    );
    expect(figures).toEqual(expected);
  });

  test("the same registry asks for nothing", async () => {
    const { records } = await restated(registry([site()]), registry([site()]));
    expect(records).toEqual([]);
  });

  test("another county's is refused, as long as no site is the same", async () => {
    const ids = ["a", "b", "c", "d"];
    const facts = new Map([["config:sites", JSON.stringify(ids)]]);
    const reader = {
      fact: async (name: string) => facts.get(name),
      extent: async () => undefined,
    } as unknown as SeriesReader;
    const restatement = (...sites: string[]) =>
      restatementOf(planOf(registry(sites.map((id) => site({ id })))), reader, now);
    await expect(restatement("x", "y")).rejects.toThrow(UsageError);
    await expect(restatement("x", "y")).rejects.toThrow(/a, b, c, …\. .*--config/);
    await expect(restatement()).rejects.toThrow(UsageError);
    expect((await restatement("x", "d")).facts).not.toEqual([]);
    facts.set("config:sites", "[]");
    await expect(restatement("x")).resolves.toMatchObject({ records: [] });
    facts.clear();
    await expect(restatement("x")).resolves.toMatchObject({ records: [] });
  });
});

describe("reconcile", () => {
  test("finds no difference, and every one that is made by hand", async () => {
    const { pipeline } = await open(registry([site({ town: "east" })]), ":memory:");
    await pipeline.publish(readings);
    await pipeline.settled();
    const check = createReconcile(pipeline.plan, pipeline.store);
    const span = { start: 0, end: now };
    const all = async () => {
      const { differences } = await check.site(pipeline.plan.registry.sites[0]!, span);
      return [...differences, ...(await check.groups(span))].map((one) => one.what);
    };
    expect(await all()).toEqual([]);
    pipeline.db.exec(
      "UPDATE meter_15m SET amount = amount + 1e-9 WHERE start = (SELECT min(start) FROM meter_15m)",
    );
    pipeline.db.exec(
      "UPDATE site_day SET kgco2_location = 0 WHERE start = (SELECT max(start) FROM site_day)",
    );
    pipeline.db.exec("DELETE FROM group_month WHERE start = (SELECT min(start) FROM group_month)");
    pipeline.db.exec("UPDATE reading SET verdict = 5 WHERE at = (SELECT max(at) FROM reading)");
    const found = await all();
    expect(found).toContain("meter s/m electricity 15m");
    expect(found).toContain("site s electricity day");
    expect(found).toContain("group county electricity month");
    expect(found).toContain("reading s/m active-import");
    await pipeline.close();
  });
});
