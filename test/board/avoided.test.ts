import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AvoidedAnswer, BreakdownAnswer } from "../../board/api/figures.ts";
import { type Board, county, figure, meter, openBoard, site } from "./county.ts";

let board: Board;
beforeEach(() => {
  board = openBoard();
});
afterEach(() => board.close());

const range = { from: "2026-11-20", to: "2026-11-23" };

describe("avoided CO2", () => {
  it("is gross less grid, by the factors in force on each day, where the meter counts", async () => {
    await board.put(
      figure("meter", "port/shore", "day", "2026-11-20", 100),
      figure("meter", "port/shore", "day", "2026-11-21", 1000, { coverage: 0.5 }),
      figure("meter", "port/main", "day", "2026-11-21", 1e6),
      figure("meter", "charge/guns", "day", "2026-11-21", 48),
      figure("meter", "charge/gate", "day", "2026-11-21", 1e6),
    );
    const answer = await board.ask<AvoidedAnswer>("avoided", range);
    expect(answer.rows.map(({ kind, site: at, start, kwh }) => [kind, at, start.slice(0, 10), kwh])).toEqual([
      ["shore-power", "quay", "2026-11-20", 100],
      ["shore-power", "quay", "2026-11-21", 1000],
      ["charging", "charge", "2026-11-21", 48],
    ]);
    // 0.5 kg/kWh of the grid until the 20th, 0.25 from the 21st on.
    expect(answer.rows[0]).toMatchObject({
      grossKgCo2: 70,
      gridKgCo2: 50,
      netKgCo2: 20,
      factors: ["grid-1", "ship"],
    });
    expect(answer.rows[1]).toMatchObject({ grossKgCo2: 700, gridKgCo2: 250, netKgCo2: 450, coverage: 0.5 });
    expect(answer.rows[2]).toMatchObject({
      grossKgCo2: 48,
      gridKgCo2: 12,
      netKgCo2: 36,
      factors: ["car", "grid-2"],
    });
    expect(answer.totals["shore-power"]).toEqual({
      kwh: 1100,
      grossKgCo2: 770,
      gridKgCo2: 300,
      netKgCo2: 470,
    });
    expect(answer.totals.charging.netKgCo2).toBe(36);
    const { rows } = await board.ask<AvoidedAnswer>("avoided", {
      from: "2026-11-01",
      to: "2026-12-01",
      window: "month",
    });
    expect(rows[0]).toMatchObject({ kwh: 1100, netKgCo2: 470, factors: ["grid-1", "grid-2", "ship"] });
    expect(rows[0]?.coverage).toBe(1.5 / 30);
  });

  it("counts berths that must have shore power, and how well the guns are used by now", async () => {
    await board.put(figure("meter", "charge/guns", "day", "2026-11-22", 240));
    const { berths, guns } = await board.ask<AvoidedAnswer>("avoided", {
      from: "2026-11-22",
      to: "2026-11-23",
    });
    expect(berths).toEqual({ specialised: 2, equipped: 1, exempt: 1 });
    const hours = 10 + 7 / 60;
    expect(guns).toMatchObject({ count: 4, ratedKw: 240 });
    expect(guns.energyUtilisation).toBeCloseTo(240 / (240 * hours), 12);
  });

  it("is unknown without a factor, and without any reading", async () => {
    const bare = openBoard({ ...county, factors: county.factors.filter((factor) => factor.id !== "grid-1") });
    await bare.put(
      figure("meter", "port/shore", "day", "2026-11-20", 100),
      figure("meter", "port/shore", "day", "2026-11-21", 100),
    );
    const answer = await bare.ask<AvoidedAnswer>("avoided", range);
    expect(answer.rows[0]).toMatchObject({ kwh: 100, grossKgCo2: 70, gridKgCo2: null, netKgCo2: null });
    expect(answer.rows[1]?.netKgCo2).toBe(45);
    expect(answer.totals["shore-power"]).toEqual({
      kwh: 200,
      grossKgCo2: 140,
      gridKgCo2: null,
      netKgCo2: null,
    });
    expect(answer.totals.charging).toEqual({ kwh: 0, grossKgCo2: null, gridKgCo2: null, netKgCo2: null });
    expect(answer.guns.energyUtilisation).toBeNull();
    await bare.close();
  });

  it("is held to the row limit", async () => {
    const meters = Array.from({ length: 4 }, (_, i) => meter(`m${i}`, { role: "charging" }));
    const many = openBoard({ ...county, sites: meters.map((one, i) => site(`s${i}`, [one])) });
    expect((await many.run("avoided", { from: "1970-01-01", to: "2015-01-01" })).status).toBe(400);
    expect(
      (await many.run("avoided", { from: "1970-01-01", to: "2015-01-01", window: "month" })).status,
    ).toBe(200);
    await many.close();
  });
});

describe("breakdown", () => {
  const ask = (params: Record<string, string>) =>
    board.ask<BreakdownAnswer>("breakdown", { site: "works", carrier: "electricity", ...params });

  it("sets sub-meters against the site's amount, the rest apart", async () => {
    await board.put(
      figure("site", "works", "day", "2026-11-20", 100),
      figure("site", "works", "day", "2026-11-21", 100),
      figure("meter", "works/hall", "day", "2026-11-20", 30),
      figure("meter", "works/hall", "day", "2026-11-21", 25, { coverage: 0.5, estimated: 0.25 }),
      figure("meter", "works/a", "day", "2026-11-20", 60),
      figure("meter", "works/a", "day", "2026-11-21", 60),
      figure("meter", "works/b", "day", "2026-11-20", 40),
    );
    expect(await ask({ from: "2026-11-20", to: "2026-11-22" })).toEqual({
      site: "works",
      carrier: "electricity",
      unit: "kWh",
      amount: 200,
      rows: [{ meter: "hall", role: "sub", amount: 55, coverage: 0.75, estimated: 0.125 }],
      unmetered: 145,
      coverage: 0.5,
      estimated: 0,
    });
  });

  it("adds quarter-hours at the edges to whole days between", async () => {
    await board.put(
      figure("site", "works", "15m", "2026-11-19T23:30", 1),
      figure("site", "works", "15m", "2026-11-19T23:45", 2),
      figure("site", "works", "day", "2026-11-19", 1e6),
      figure("site", "works", "day", "2026-11-20", 10),
      figure("site", "works", "15m", "2026-11-20T10:00", 1e6),
      figure("site", "works", "15m", "2026-11-21T00:00", 4),
      figure("site", "works", "15m", "2026-11-21T00:15", 8),
    );
    const amount = async (from: string, to: string) => (await ask({ from, to })).amount;
    expect(await amount("2026-11-19T23:31:00+08:00", "2026-11-21T00:15:00+08:00")).toBe(2 + 10 + 4);
    expect(await amount("2026-11-21T00:00:00+08:00", "2026-11-21T00:16:00+08:00")).toBe(12);
    expect(await amount("2026-11-21T00:01:00+08:00", "2026-11-21T00:02:00+08:00")).toBe(0);
  });

  it("leaves out what is made or leaves, and conversion output", async () => {
    const meters = [
      meter("m"),
      meter("out", { role: "export", contributes: "none" }),
      meter("sun", { role: "generation", contributes: "none" }),
      meter("sold", { role: "sub", contributes: "none", conversionOutput: true }),
      meter("gas", { role: "sub", contributes: "none", carrier: "natural-gas" }),
      meter("z", { role: "charging", contributes: "none" }),
      meter("a", { role: "sub", contributes: "none" }),
    ];
    const other = openBoard({ ...county, sites: [site("works", meters)] });
    const answer = await other.ask<BreakdownAnswer>("breakdown", {
      site: "works",
      carrier: "electricity",
      ...range,
    });
    expect(answer.rows.map((row) => row.meter)).toEqual(["a", "z"]);
    await other.close();
  });

  it("names what it does not know", async () => {
    expect((await board.run("breakdown", { site: "x", carrier: "electricity", ...range })).status).toBe(404);
    expect((await board.run("breakdown", { site: "works", carrier: "x", ...range })).status).toBe(404);
    expect((await board.run("breakdown", { site: "works", ...range })).status).toBe(400);
  });
});
