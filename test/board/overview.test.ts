import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OverviewAnswer } from "../../board/api/figures.ts";
import type { StreamEvent } from "../../board/api/session.ts";
import type { SitesAnswer } from "../../board/api/sites.ts";
import type { LiveMeter } from "../../model/ports.ts";
import { DAY_MS, MINUTE_MS } from "../../model/time.ts";
import { at, type Board, county, figure, NOW, openBoard, QUARTER } from "./county.ts";

let board: Board;
beforeEach(() => {
  board = openBoard();
});
afterEach(() => board.close());

const live = (site: string, meter: string, age: number, powerKw: number | null = null): LiveMeter => ({
  site,
  meter,
  at: NOW - age,
  receivedAt: NOW - age + 1000,
  register: "active-import",
  value: 1.5,
  powerKw,
});

describe("overview", () => {
  it("sets today against the same quarter-hours of yesterday", async () => {
    const quarters = (date: string, amount: number) =>
      Array.from({ length: 96 }, (_, n) => figure("group", "county", "15m", at(date) + n * QUARTER, amount));
    await board.put(
      ...quarters("2026-11-21", 2),
      figure("group", "county", "day", "2026-11-21", 192),
      figure("group", "county", "day", "2026-11-22", 55, { coverage: 0.4 }),
      figure("group", "county", "month", "2026-11-01", 4000),
      figure("group", "county!national", "day", "2026-11-22", 20),
    );
    const answer = await board.ask<OverviewAnswer>("overview");
    expect(answer.asOf).toBe("2026-11-22T10:07:00+08:00");
    expect(answer.today.rows[0]).toMatchObject({ group: "county", amount: 55, coverage: 0.4 });
    expect(answer.yesterday.rows[0]?.amount).toBe(192);
    expect(answer.month.rows[0]?.amount).toBe(4000);
    // 10:07 has seen 40 whole quarter-hours.
    expect(answer.yesterdaySoFar.rows).toHaveLength(1);
    expect(answer.yesterdaySoFar.rows[0]).toMatchObject({
      amount: 80,
      coverage: 1,
      start: "2026-11-21T00:00:00+08:00",
      end: "2026-11-21T10:00:00+08:00",
    });
    const without = await board.ask<OverviewAnswer>("overview", { nationalList: "exclude" });
    expect(without.today.rows[0]).toMatchObject({ group: "county", amount: 20 });
    expect(without.meters.total).toBe(answer.meters.total - 2);
  });

  it("sums carriers, and names the carrier for which a basis is unknown", async () => {
    const effects = { kgceCalorific: 7, kgceEquivalent: 8, kgCo2Location: 9, kgCo2Market: null };
    await board.put(
      figure("group", "county", "day", "2026-11-22", 10, {
        kgceCalorific: 1,
        outputEffects: { kgceCalorific: 0.5, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 },
      }),
      figure("group", "county", "day", "2026-11-22", 1, { carrier: "natural-gas", ...effects }),
    );
    const { totals } = (await board.ask<OverviewAnswer>("overview")).today;
    expect(totals).toEqual({
      kgceCalorific: 8,
      kgceEquivalent: null,
      kgCo2Location: 14,
      kgCo2Market: null,
      netKgceCalorific: 7.5,
      netKgceEquivalent: null,
      netKgCo2Location: 14,
      netKgCo2Market: null,
      unknown: [
        { field: "kgceEquivalent", carrier: "electricity" },
        { field: "kgCo2Market", carrier: "natural-gas" },
        { field: "kgCo2Market", carrier: "electricity" },
      ],
    });
  });

  it("says unknown, not zero, where there are no rows", async () => {
    const answer = await board.ask<OverviewAnswer>("overview");
    expect(answer.today).toEqual({
      rows: [],
      totals: expect.objectContaining({ kgceCalorific: null, unknown: [] }),
    });
    expect(answer.powerKw).toBeNull();
  });

  it("has nothing to compare with in the first quarter-hour of a day", async () => {
    const early = openBoard(county, { now: at("2026-11-22T00:05") });
    await early.put(figure("group", "county", "15m", "2026-11-21", 9));
    expect((await early.ask<OverviewAnswer>("overview")).yesterdaySoFar.rows).toEqual([]);
    await early.close();
  });
});

describe("signs of life", () => {
  const meters = [
    live("works", "a", 30 * MINUTE_MS, 100),
    live("works", "b", 30 * MINUTE_MS + 1, 1000),
    live("works", "hall", 0, 5000),
    live("port", "main", 0, 40),
    live("port", "shore", 0, 15),
    live("refinery", "grid", DAY_MS + 1, 7),
  ];

  it("count meters by the age of their newest reading", async () => {
    await board.store.write({ live: meters });
    const answer = await board.ask<OverviewAnswer>("overview");
    expect(answer.meters).toEqual({ online: 4, late: 1, silent: 1, never: 4, total: 10 });
  });

  it("add up the power of meters that are online as their energy adds up", async () => {
    await board.store.write({ live: meters });
    // works a 100 (b is late, hall a sub-meter); port 40 − 15, which the quay has instead.
    const answer = await board.ask<OverviewAnswer>("overview");
    expect(answer).toMatchObject({ powerKw: 140, power: { reporting: 4, meters: 7 } });
    const { sites } = await board.ask<SitesAnswer>("sites");
    const power = Object.fromEntries(sites.map((one) => [one.id, one.live.powerKw]));
    expect(power).toEqual({ works: 100, port: 25, quay: 15, refinery: null, charge: null });
    const works = sites.find((one) => one.id === "works");
    expect(works?.live).toEqual({
      online: 2,
      meters: 4,
      lastAt: "2026-11-22T10:07:00+08:00",
      powerKw: 100,
      power: { reporting: 1, meters: 2 },
    });
    expect(works?.meters.map((one) => one.state)).toEqual(["online", "late", "never", "online"]);
    expect(works?.meters[0]?.live).toEqual({
      at: "2026-11-22T09:37:00+08:00",
      receivedAt: "2026-11-22T09:37:01+08:00",
      register: "active-import",
      value: 1.5,
      powerKw: 100,
    });
  });
});

describe("sites", () => {
  it("shows the registry in the county's words", async () => {
    const answer = await board.ask<SitesAnswer>("sites");
    expect(answer.county).toMatchObject({ id: "isle", zone: "Asia/Shanghai", closedThrough: "2026-10-31" });
    expect(answer.towns.map((town) => town.id)).toEqual(["north", "south", "empty"]);
    expect(answer.carriers.map((carrier) => carrier.unit)).toEqual(["m3", "kWh", "MJ", "t"]);
    const works = answer.sites.find((one) => one.id === "works");
    expect(works).toMatchObject({
      industry: "3731",
      location: [122.2, 30.24],
      classes: [{ id: "two-high", from: "2025-01-01", to: "2026-11-20" }],
    });
    const shore = answer.sites.find((one) => one.id === "port")?.meters[1];
    expect(shore).toMatchObject({
      unit: "kWh",
      countsTo: "quay",
      contributes: "subtract",
      from: "2025-01-01T00:00:00+08:00",
      multipliers: [{ from: "2025-01-01T00:00:00+08:00", value: 1 }],
    });
  });
});

describe("stream", () => {
  it("tells the same as the overview, and nothing when nothing changed", async () => {
    await board.store.write({ live: [live("works", "a", 0, 12)] });
    const first = await board.run("stream");
    expect(first.status).toBe(200);
    const event = JSON.parse(first.body) as StreamEvent;
    expect(event.overview).toEqual(await board.ask<OverviewAnswer>("overview"));
    expect(event.sites.find((one) => one.site === "works")).toEqual({
      site: "works",
      online: 1,
      meters: 4,
      powerKw: 12,
      power: { reporting: 1, meters: 2 },
      lastAt: "2026-11-22T10:07:00+08:00",
    });
    const later = openBoard(county, { now: NOW + 1000 });
    await later.store.write({ live: [live("works", "a", 0, 12)] });
    const again = await later.run("stream", { since: first.etag });
    expect(again).toMatchObject({ status: 304, body: "", etag: first.etag });
    await later.close();
    await board.put(figure("group", "county", "day", "2026-11-22", 1));
    expect((await board.run("stream", { since: first.etag })).status).toBe(200);
  });
});
