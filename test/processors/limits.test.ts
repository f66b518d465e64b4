/** Limits from readings to rows, on a real SQLite file: figures computed by hand. */
import { afterEach, describe, expect, it } from "vitest";
import type { RollingAnswer } from "../../board/api/figures.ts";
import { createBoardQueries } from "../../board/queries/dispatch.ts";
import type { Limit } from "../../model/limit.ts";
import type { Registry, Site } from "../../model/registry.ts";
import { limit, onDay, steady, usage } from "../limit-world.ts";
import { at, meter, openPipeline, type Pipeline, reading, registry, site, testFactors } from "../world.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(config: Registry, path?: string): Promise<Pipeline> {
  const pipeline = await openPipeline(config, path, () => at("2026-11-23T12:00"));
  closing.push(pipeline.close);
  return pipeline;
}

const longMeter = (part: Parameters<typeof meter>[0] = {}) =>
  meter({
    from: at("2024-01-01"),
    multipliers: [{ from: at("2024-01-01"), value: 1, registers: {} }],
    intervalMinutes: 60,
    ...part,
  });

const plant = (part: Partial<Site> = {}): Site => site({ meters: [longMeter()], ...part });

const withLimits = (limits: readonly Limit[], sites: readonly Site[] = [plant()]): Registry =>
  registry(sites, { limits });

/** kgce of a kWh. */
const COAL = 0.1229;

describe("a month's budget", () => {
  it("is used, projected and reached as computed by hand", async () => {
    const pipeline = await open(withLimits([limit({ value: 0.5 })]));
    // 10 kWh an hour: 240 kWh = 29.496 kgce a day, for ten and a half days.
    await pipeline.publish(steady("2026-04-01", "2026-04-11T12:00", 10));
    await pipeline.settled();
    const row = await onDay(pipeline, "budget", "2026-04-11");
    expect(row?.used).toBeCloseTo(0.309708, 12);
    expect(row?.ratio).toBeCloseTo(0.619416, 12);
    expect(row?.gone).toBeCloseTo(10.5 / 30, 12);
    expect(row?.planned).toBeCloseTo(0.175, 12);
    expect(row?.projected).toBeCloseTo(0.88488, 12);
    expect(row?.projectedRatio).toBeCloseTo(1.76976, 12);
    expect(row?.coverage).toBeCloseTo(1, 12);
    expect(row?.asOf).toBe(at("2026-04-11T12:00"));
    expect(row?.yellow).toBeCloseTo(0.619416 / 0.8, 12);
    expect(row?.red).toBeCloseTo(0.619416, 12);
    // Of the 28 days before only ten are known.
    expect(row?.daysLeft).toBeNull();
    const rows = await usage(pipeline);
    expect(rows).toHaveLength(11);
    expect(rows[0]?.tags).toEqual({ limit: "budget", purpose: "budget", site: "s" });
    expect(rows.at(-1)?.texts).toEqual({ method: "linear" });
    // Too early to project.
    expect(rows[1]?.numbers.projected).toBeNull();
    expect(rows[1]?.texts).toEqual({ method: "" });
  });

  it("starts anew with the month, the year and after 29 February", async () => {
    const pipeline = await open(withLimits([limit()], [plant()]));
    await pipeline.publish(steady("2024-02-28", "2024-03-01T06:00", 10));
    await pipeline.settled();
    const used = async (day: string) => (await onDay(pipeline, "budget", day))?.used;
    expect(await used("2024-02-28")).toBeCloseTo(0.024 * 10 * COAL, 12);
    expect(await used("2024-02-29")).toBeCloseTo(0.048 * 10 * COAL, 12);
    expect(await used("2024-03-01")).toBeCloseTo(0.006 * 10 * COAL, 12);
    await pipeline.publish(steady("2025-12-31", "2026-01-01T12:00", 10, 1e5));
    await pipeline.settled();
    expect(await used("2026-01-01")).toBeCloseTo(0.012 * 10 * COAL, 12);
    expect((await onDay(pipeline, "budget", "2026-01-01"))?.gone).toBeCloseTo(0.5 / 31, 12);
  });

  it("has the days left at the pace of 28 days, and none when it lasts", async () => {
    const limits = [
      limit({ value: 0.6 }),
      limit({ id: "large", value: 2 }),
      limit({ id: "small", value: 0.1 }),
    ];
    const pipeline = await open(withLimits(limits));
    await pipeline.publish(steady("2026-03-01", "2026-04-11", 10));
    await pipeline.settled();
    // 11 April has begun only: of 10 April all is known; 0.29496 used, 0.029496 a day.
    expect((await onDay(pipeline, "budget", "2026-04-10"))?.daysLeft).toBeCloseTo(
      (0.6 - 0.29496) / 0.029496,
      9,
    );
    expect((await onDay(pipeline, "large", "2026-04-10"))?.daysLeft).toBeNull();
    expect((await onDay(pipeline, "small", "2026-04-10"))?.daysLeft).toBe(0);
  });

  it("holds no level while too little is known, or a factor is", async () => {
    const limits = [limit({ value: 0.01 })];
    const pipeline = await open(withLimits(limits));
    // Known from the second day on: half of the first two days.
    await pipeline.publish(steady("2026-04-02", "2026-04-03", 10));
    await pipeline.settled();
    const half = await onDay(pipeline, "budget", "2026-04-02");
    expect(half).toMatchObject({ coverage: 0.5, red: 0, orange: 0, yellow: 0, projected: null });
    expect(half?.ratio).toBeCloseTo(2.9496, 9);
    const noFactor = registry([plant()], {
      limits,
      factors: testFactors.filter((one) => one.id !== "coal-el"),
    });
    const other = await open(noFactor);
    await other.publish(steady("2026-04-01", "2026-04-03", 10));
    await other.settled();
    expect(await onDay(other, "budget", "2026-04-02")).toMatchObject({
      used: null,
      ratio: null,
      projected: null,
      daysLeft: null,
      coverage: 1,
      red: 0,
    });
  });

  it("is a row of the days that it holds on, and of the whole period", async () => {
    const part = { validFrom: at("2026-04-05"), validTo: at("2026-04-08") };
    const pipeline = await open(withLimits([limit(part)]));
    await pipeline.publish(steady("2026-04-01", "2026-04-10", 10));
    await pipeline.settled();
    const rows = await usage(pipeline);
    expect(rows.map((row) => row.at)).toEqual(["2026-04-05", "2026-04-06", "2026-04-07"].map(at));
    expect(rows[0]?.numbers.used).toBeCloseTo(5 * 0.029496, 12);
  });
});

describe("a change of the past", () => {
  it("makes the day's row anew, and those after it in its period", async () => {
    const pipeline = await open(withLimits([limit()]));
    const all = steady("2026-04-01", "2026-05-02", 10);
    const isLate = ({ at: time }: { at: number }) =>
      time >= at("2026-04-10T06:00") && time < at("2026-04-12");
    await pipeline.publish(all.filter((row) => !isLate(row) && row.at >= at("2026-04-01T12:00")));
    await pipeline.settled();
    expect((await onDay(pipeline, "budget", "2026-04-30"))?.used).toBeCloseTo(29.5 * 0.029496, 9);
    const before = await onDay(pipeline, "budget", "2026-05-01");
    // The first half day comes in a month late; so do readings of another day, which were estimated till then.
    await pipeline.publish(all.filter((row) => isLate(row) || row.at <= at("2026-04-01T12:00")));
    await pipeline.settled();
    expect((await onDay(pipeline, "budget", "2026-04-01"))?.used).toBeCloseTo(0.029496, 9);
    expect((await onDay(pipeline, "budget", "2026-04-30"))?.used).toBeCloseTo(30 * 0.029496, 9);
    const after = await onDay(pipeline, "budget", "2026-05-01");
    expect(after?.used).toBe(before?.used);
  });

  it("follows a restated factor", async () => {
    const { temporaryDirectory } = await import("../world.ts");
    const directory = temporaryDirectory();
    closing.push(async () => directory.remove());
    const path = `${directory.path}/energy.db`;
    const first = await openPipeline(withLimits([limit()]), path, () => at("2026-04-05T12:00"));
    await first.publish(steady("2026-04-01", "2026-04-04", 10));
    await first.settled();
    expect((await onDay(first, "budget", "2026-04-03"))?.used).toBeCloseTo(3 * 0.029496, 12);
    await first.close();
    const factors = testFactors.map((one) => (one.id === "coal-el" ? { ...one, perCanonical: 0.3 } : one));
    const second = await openPipeline(registry([plant()], { limits: [limit()], factors }), path, () =>
      at("2026-04-05T12:00"),
    );
    closing.push(second.close);
    await second.settled();
    expect((await onDay(second, "budget", "2026-04-03"))?.used).toBeCloseTo(3 * 0.24 * 0.3, 12);
  });

  it("is followed after a restart by limits that a process no longer came to", async () => {
    const { temporaryDirectory } = await import("../world.ts");
    const directory = temporaryDirectory();
    closing.push(async () => directory.remove());
    const path = `${directory.path}/energy.db`;
    const config = withLimits([limit()]);
    const first = await openPipeline(
      config,
      path,
      () => at("2026-04-05T12:00"),
      ({ observations = [] }) => {
        if (observations.some(({ measurement }) => measurement === "limit_usage"))
          throw new Error("the process ends here");
      },
    );
    await first.publish(steady("2026-04-01", "2026-04-03", 10));
    await expect(first.settled()).rejects.toThrow("the process ends here");
    expect(await first.store.dirty()).not.toEqual([]);
    await first.close();
    const second = await openPipeline(config, path, () => at("2026-04-05T12:00"));
    closing.push(second.close);
    expect(await usage(second)).toEqual([]);
    await second.settled();
    expect((await onDay(second, "budget", "2026-04-02"))?.used).toBeCloseTo(2 * 0.029496, 12);
    expect(await second.store.dirty()).toEqual([]);
  });

  it("follows a changed limit, and ends one that was removed", async () => {
    const { temporaryDirectory } = await import("../world.ts");
    const directory = temporaryDirectory();
    closing.push(async () => directory.remove());
    const path = `${directory.path}/energy.db`;
    const clock = () => at("2026-04-03T12:00");
    const first = await openPipeline(withLimits([limit(), limit({ id: "old" })]), path, clock);
    await first.publish(steady("2026-04-01", "2026-04-03", 10));
    await first.settled();
    await first.close();
    const second = await openPipeline(
      withLimits([limit({ value: 0.1, validFrom: at("2026-04-02") })]),
      path,
      clock,
    );
    await second.settled();
    expect(await onDay(second, "budget", "2026-04-01")).toBeUndefined();
    expect((await onDay(second, "budget", "2026-04-02"))?.ratio).toBeCloseTo(0.58992, 12);
    expect(await onDay(second, "old", "2026-04-02")).toBeUndefined();
    await second.close();
    const third = await openPipeline(withLimits([]), path, clock);
    closing.push(third.close);
    // History stays; what could still raise an alert does not.
    expect((await usage(third)).map(({ tags, at: time }) => [tags.limit, time])).toEqual([
      ["old", at("2026-04-01")],
    ]);
  });
});

describe("periods", () => {
  it("a year with a split is compared with its plan to date", async () => {
    const months = [6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2].map((one) => one * 0.1);
    const levels = [
      { colour: "orange" as const, ratio: 1, toDate: true },
      { colour: "red" as const, ratio: 1, toDate: false },
    ];
    const pipeline = await open(withLimits([limit({ period: "year", value: 1.8, months, levels })]));
    await pipeline.publish(steady("2026-01-01", "2026-02-15", 10));
    await pipeline.settled();
    const row = await onDay(pipeline, "budget", "2026-02-14");
    // 45 of 365 days: January's 0.6, and half of February's 0.1.
    expect(row?.planned).toBeCloseTo(0.65, 12);
    expect(row?.used).toBeCloseTo(45 * 0.029496, 12);
    expect(row?.orange).toBeCloseTo((45 * 0.029496) / 0.65, 12);
    expect(row?.red).toBeCloseTo((45 * 0.029496) / 1.8, 12);
    expect(row?.projected).toBeCloseTo((45 * 0.029496 * 1.8) / 0.65, 9);
    expect((await usage(pipeline)).at(-1)?.texts.method).toBe("split");
    // In January it is too early to say.
    expect((await onDay(pipeline, "budget", "2026-01-20"))?.orange).toBe(0);
  });

  it("twelve months roll from day to day, 29 February among them, and are projected by no method", async () => {
    const pipeline = await open(withLimits([limit({ period: "rolling-12m", value: 12 })]));
    await pipeline.publish(steady("2024-02-28", "2025-03-02", 10, 0, 6));
    await pipeline.settled();
    // [1 March 2024, 1 March 2025): 365 days. [29 February 2024, …, 28 February 2025] would be 366.
    expect((await onDay(pipeline, "budget", "2025-02-28"))?.used).toBeCloseTo(365 * 0.029496, 9);
    expect((await onDay(pipeline, "budget", "2025-02-27"))?.used).toBeCloseTo(366 * 0.029496, 9);
    const row = await onDay(pipeline, "budget", "2025-02-28");
    expect(row).toMatchObject({ gone: 1, projected: null, planned: 12 });
    // As much falls out as is added: 12 t is never reached.
    expect(row?.daysLeft).toBeNull();
  });

  it("a second year is projected by the shape of the first", async () => {
    const pipeline = await open(withLimits([limit({ period: "year", value: 30 })]));
    // 2024: 10 kWh an hour until July, 30 from then on. 2025: 20 until the end of March.
    await pipeline.publish([
      ...steady("2024-01-01", "2024-07-01", 10, 0, 6),
      ...steady("2024-07-01", "2025-01-01", 30, 43_680, 6),
      ...steady("2025-01-01", "2025-04-01", 20, 176_160, 6),
    ]);
    await pipeline.settled();
    const rows = await usage(pipeline);
    const row = rows.find((one) => one.at === at("2025-03-31"));
    expect(row?.texts.method).toBe("same-period");
    // 91 days of 10 an hour of 2024 (a leap year) were 21,840 of 176,160 kWh; 90 days of 20 are 43,200.
    expect(row?.numbers.projected).toBeCloseTo((43_200 * (176_160 / 21_840) * COAL) / 1000, 6);
    expect(rows.find((one) => one.at === at("2024-06-30"))?.texts.method).toBe("linear");
  });

  it("demand is the highest quarter-hour that is known through and through", async () => {
    const part = {
      quantity: "demand",
      carrier: "electricity",
      purpose: "contract-demand",
      unit: "kW",
    } as const;
    const limits = [
      limit({ ...part, value: 60 }),
      limit({ ...part, id: "later", value: 60, validFrom: at("2026-04-03") }),
      limit({ ...part, id: "quarter", period: "15m", value: 60 }),
    ];
    const pipeline = await open(
      withLimits(limits, [plant({ meters: [longMeter({ intervalMinutes: 15 })] })]),
    );
    const rows = [
      reading(at("2026-04-01"), 0),
      reading(at("2026-04-01T00:15"), 5),
      // 20 kWh in a quarter-hour: 80 kW.
      reading(at("2026-04-01T00:30"), 25),
      reading(at("2026-04-01T00:45"), 30),
      ...steady("2026-04-01T00:45", "2026-04-04", 10, 30, 0.25),
      // The last quarter-hour is half known.
      reading(at("2026-04-04T00:05"), 742.5 + 8),
    ];
    await pipeline.publish(rows);
    await pipeline.settled();
    expect((await onDay(pipeline, "budget", "2026-04-03"))?.used).toBeCloseTo(80, 9);
    expect((await onDay(pipeline, "budget", "2026-04-03"))?.red).toBeCloseTo(80 / 60, 9);
    expect((await onDay(pipeline, "later", "2026-04-03"))?.used).toBeCloseTo(10, 9);
    expect((await onDay(pipeline, "later", "2026-04-04"))?.used).toBeCloseTo(10, 9);
    const quarters = await usage(pipeline, "quarter");
    const found = quarters.find((row) => row.at === at("2026-04-01T00:15"));
    expect(found?.numbers).toMatchObject({ gone: 1, coverage: 1 });
    expect(found?.numbers.used).toBeCloseTo(80, 9);
    expect(quarters.at(-1)?.at).toBe(at("2026-04-04"));
    expect(quarters.at(-1)?.numbers.used).toBeNull();
    expect(quarters).toHaveLength(3 * 96 + 1);
  });

  it("an hour's energy is a row an hour", async () => {
    const part = {
      quantity: "energy",
      carrier: "electricity",
      period: "hour",
      unit: "kWh",
      value: 12,
    } as const;
    const pipeline = await open(withLimits([limit(part)]));
    await pipeline.publish(steady("2026-04-01", "2026-04-01T02:00", 10));
    await pipeline.publish([reading(at("2026-04-01T02:30"), 26)]);
    await pipeline.settled();
    const rows = await usage(pipeline);
    expect(rows.map((row) => [row.at, row.numbers.used])).toEqual([
      [at("2026-04-01"), expect.closeTo(10, 9)],
      [at("2026-04-01T01:00"), expect.closeTo(10, 9)],
      [at("2026-04-01T02:00"), expect.closeTo(6, 9)],
    ]);
    expect(rows.at(-1)?.numbers).toMatchObject({ gone: 0.5, coverage: 1, asOf: at("2026-04-01T02:30") });
  });

  it("unit consumption is of the months whose output was given", async () => {
    const part = {
      quantity: "unit-consumption",
      product: "hulls",
      basis: "calorific",
      unit: "kgce/t",
    } as const;
    const limits = [
      limit({ ...part, value: 100 }),
      limit({ ...part, id: "year", period: "year", value: 100 }),
    ];
    const output = (month: number, amount: number) => ({
      site: "s",
      product: "hulls",
      month: 2026 * 12 + month - 1,
      amount,
      unit: "t",
    });
    const outputs = [output(4, 10), output(5, 20), output(6, 30)];
    const pipeline = await open({ ...withLimits(limits), outputs });
    await pipeline.publish(steady("2026-04-01", "2026-06-10", 10));
    await pipeline.settled();
    // April: 30 days of 29.496 kgce and 10 t; May: 31 days and 20 t. June is not over.
    expect(await onDay(pipeline, "budget", "2026-04-29")).toBeUndefined();
    expect((await onDay(pipeline, "budget", "2026-04-30"))?.used).toBeCloseTo(88.488, 9);
    expect((await onDay(pipeline, "budget", "2026-05-20"))?.used).toBeCloseTo(88.488, 9);
    expect((await onDay(pipeline, "budget", "2026-06-09"))?.used).toBeCloseTo((31 * 29.496) / 20, 9);
    const year = await onDay(pipeline, "year", "2026-06-09");
    expect(year?.used).toBeCloseTo((61 * 29.496) / 30, 9);
    expect(year?.orange).toBeCloseTo((61 * 29.496) / 30 / 100 / 0.9, 9);
  });
});

describe("several carriers, sites and groups", () => {
  it("coal is net of conversion output, over all carriers, and coverage that of the worst", async () => {
    const gas = longMeter({ id: "gas", carrier: "natural-gas", role: "fuel" });
    const heat = longMeter({
      id: "heat",
      carrier: "heat",
      role: "fuel",
      contributes: "none",
      conversionOutput: true,
      maxPerHour: 1e5,
    });
    const later = longMeter({
      id: "late",
      carrier: "water",
      role: "fuel",
      from: at("2026-04-03"),
      multipliers: [{ from: at("2026-04-03"), value: 1, registers: {} }],
    });
    const sites = [plant({ meters: [longMeter(), gas, heat, later] })];
    const limits = [limit(), limit({ id: "co2", quantity: "tco2", basis: "location", unit: "tCO2" })];
    const pipeline = await open(withLimits(limits, sites));
    await pipeline.publish(steady("2026-04-01", "2026-04-03", 10));
    await pipeline.publish(steady("2026-04-01", "2026-04-02T12:00", 4), { meter: "gas" });
    await pipeline.publish(steady("2026-04-01", "2026-04-03", 100), { meter: "heat" });
    await pipeline.settled();
    const row = await onDay(pipeline, "budget", "2026-04-02");
    // 480 kWh and 144 m3, less 4,800 MJ of heat sold.
    expect(row?.used).toBeCloseTo((480 * COAL + 144 * 1.33 - 4800 * 0.03412) / 1000, 12);
    // Of the gas three quarters are known; the water meter is not in service yet.
    expect(row?.coverage).toBeCloseTo(0.75, 12);
    expect(row?.asOf).toBe(at("2026-04-03"));
    const co2 = await onDay(pipeline, "co2", "2026-04-02");
    expect(co2?.used).toBeCloseTo((480 * 0.5 + 144 * 2.165 - 4800 * 0.11) / 1000, 12);
  });

  it("a group has its own row, with and without nationally listed sites", async () => {
    const one = plant({ id: "a", town: "gaoting" });
    const other = plant({ id: "b", town: "gaoting", nationalList: true });
    const limits = [
      limit({ id: "all", group: "county" }),
      limit({ id: "assessed", group: "county!national" }),
      limit({ id: "town", group: "town:gaoting" }),
    ];
    const pipeline = await open(withLimits(limits, [one, other]));
    await pipeline.publish(steady("2026-04-01", "2026-04-03", 10), { site: "a" });
    await pipeline.publish(steady("2026-04-01", "2026-04-03", 30), { site: "b" });
    await pipeline.settled();
    expect((await onDay(pipeline, "all", "2026-04-02"))?.used).toBeCloseTo(8 * 0.029496, 12);
    expect((await onDay(pipeline, "assessed", "2026-04-02"))?.used).toBeCloseTo(2 * 0.029496, 12);
    expect((await usage(pipeline, "town"))[0]?.tags).toEqual({
      limit: "town",
      purpose: "budget",
      group: "town:gaoting",
    });
  });
});

describe("twelve months", () => {
  it("are those of the board, to the last bit", async () => {
    const gas = longMeter({ id: "gas", carrier: "natural-gas", role: "fuel" });
    const config = withLimits(
      [limit({ period: "rolling-12m", value: 20 })],
      [plant({ meters: [longMeter(), gas] })],
    );
    const pipeline = await open(config);
    await pipeline.publish(steady("2025-01-13", "2026-03-17T13:00", 10.1, 0, 12));
    await pipeline.publish(steady("2025-02-13", "2026-03-17T18:00", 0.7, 0, 6), { meter: "gas" });
    await pipeline.settled();
    const queries = createBoardQueries(pipeline.store, config, { explain: async () => Promise.reject() });
    for (const [day, next] of [
      ["2026-03-16", "2026-03-17"],
      ["2026-02-28", "2026-03-01"],
      ["2025-12-31", "2026-01-01"],
    ] as const) {
      const answer = await queries.run("rolling", { at: next }, at("2026-11-23"));
      const { rows } = JSON.parse(answer.body) as RollingAnswer;
      const used = (await onDay(pipeline, "budget", day))?.used;
      expect(used).toBeGreaterThan(10);
      expect(rows[0]?.tceCalorific).toBe(used);
    }
  });
});
