import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RankingAnswer, RollingAnswer } from "../../board/api/figures.ts";
import type { ProblemAnswer } from "../../board/api/session.ts";
import { twelveMonthsBefore } from "../../model/period.ts";
import { calendarOf, DAY_MS } from "../../model/time.ts";
import { at, type Board, day, figure, openBoard, vanished } from "./county.ts";

let board: Board;
beforeEach(() => {
  board = openBoard();
});
afterEach(() => board.close());

describe("ranking", () => {
  it("puts the most coal first and the unknown last, with the window before beside it", async () => {
    const gas = { carrier: "natural-gas", kgceCalorific: 500, kgCo2Location: 70, coverage: 0.25 };
    await board.put(
      figure("site", "works", "day", "2026-11-22", 100, { kgceCalorific: 10, kgCo2Location: 50 }),
      figure("site", "works", "day", "2026-11-22", 9, gas),
      figure("site", "works", "day", "2026-11-21", 100, { kgceCalorific: 11 }),
      figure("site", "port", "day", "2026-11-22", 1, { kgceCalorific: 900 }),
      figure("site", "refinery", "day", "2026-11-22", 5, { kgceCalorific: null }),
      figure("site", "works", "day", "2026-11-20", 1, { kgceCalorific: 1e6 }),
    );
    const { rows } = await board.ask<RankingAnswer>("ranking", { window: "day" });
    expect(rows.map((row) => row.site)).toEqual(["port", "works", "charge", "quay", "refinery"]);
    expect(rows[1]).toEqual({
      site: "works",
      category: "key-energy-user",
      kgceCalorific: 510,
      kgCo2Location: 120,
      electricityKwh: 100,
      coverage: 0.25,
      previousKgceCalorific: 11,
      netKgceCalorific: 510,
    });
    expect(rows[2]).toMatchObject({ kgceCalorific: null, electricityKwh: null, coverage: 0 });
  });

  it("ranks a month, one carrier, another time", async () => {
    await board.put(
      figure("site", "works", "month", "2026-09-01", 8, { kgceCalorific: 3 }),
      figure("site", "works", "month", "2026-10-01", 9, { kgceCalorific: 4 }),
    );
    const params = { window: "month", at: "2026-10-31T23:59:59+08:00", carrier: "electricity" };
    const { rows } = await board.ask<RankingAnswer>("ranking", params);
    expect(rows[0]).toMatchObject({ site: "works", kgceCalorific: 4, previousKgceCalorific: 3, coverage: 1 });
    const gas = await board.ask<RankingAnswer>("ranking", { ...params, carrier: "natural-gas" });
    expect(gas.rows.map((row) => row.site)).toEqual(["works"]);
    expect((await board.run("ranking", { window: "year" })).status).toBe(400);
    expect((await board.run("ranking", { window: "day", carrier: "coal" })).status).toBe(404);
    expect((await board.run("ranking", { window: "day", at: "x" })).status).toBe(400);
  });
});

describe("rolling twelve months", () => {
  const days = (from: string, to: string): string[] => {
    const list: string[] = [];
    for (let start = at(from); start < at(to); start += DAY_MS) {
      list.push(new Date(start + 8 * 3_600_000).toISOString().slice(0, 10));
    }
    return list;
  };
  const rowOf = async (site: string, params: Record<string, string> = {}) => {
    const answer = await board.ask<RollingAnswer>("rolling", params);
    return { ...answer, row: answer.rows.find((row) => row.site === site) };
  };

  it("go from the same day of the year before to the day before", async () => {
    // Days count 1 at both edges, months 1000; a day outside would be seen at once.
    await board.put(
      ...days("2025-11-01", "2025-12-01").map((date) =>
        figure("site", "port", "day", date, 1, { kgceCalorific: date < "2025-11-22" ? 1e9 : 1 }),
      ),
      ...[
        "2025-12",
        "2026-01",
        "2026-02",
        "2026-03",
        "2026-04",
        "2026-05",
        "2026-06",
        "2026-07",
        "2026-08",
        "2026-09",
        "2026-10",
      ].map((month) => figure("site", "port", "month", `${month}-01`, 1, { kgceCalorific: 1000 })),
      ...days("2026-11-01", "2026-11-30").map((date) =>
        figure("site", "port", "day", date, 1, { kgceCalorific: date < "2026-11-22" ? 1 : 1e9 }),
      ),
    );
    const { from, to, row } = await rowOf("port");
    expect([from, to]).toEqual(["2025-11-22", "2026-11-22"]);
    expect(row).toMatchObject({ tceCalorific: (11_000 + 9 + 21) / 1000, tceEquivalent: null });
    expect(row?.coverage).toBeCloseTo(1, 12);
    expect(row?.daysWithData).toBe(365);
  });

  it("net the coal of conversion output, carrier by carrier", async () => {
    const outputEffects = { kgceCalorific: 400, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 };
    await board.put(
      figure("site", "refinery", "month", "2026-10-01", 1, { kgceCalorific: 1000 }),
      figure("site", "refinery", "month", "2026-10-01", 0, {
        carrier: "heat",
        kgceCalorific: 0,
        output: 9,
        outputEffects,
      }),
    );
    const { row } = await rowOf("refinery", { at: "2026-11-01" });
    expect(row).toMatchObject({
      tceCalorific: 0.6,
      twoHigh: true,
      approved: { tce: 4200, basis: "calorific" },
    });
    expect(row?.coverage).toBeCloseTo(31 / 365, 12);
  });

  it("say null where a carrier had no factor, or nothing is known", async () => {
    await board.put(
      figure("site", "works", "day", "2026-11-20", 1, { kgceCalorific: 5 }),
      figure("site", "works", "day", "2026-11-20", 1, { carrier: "natural-gas", kgceCalorific: null }),
      figure("site", "port", "day", "2026-11-20", 1, vanished),
    );
    expect((await rowOf("works")).row).toMatchObject({
      tceCalorific: null,
      daysWithData: 1,
      coverage: 1 / 365,
    });
    expect((await rowOf("port")).row).toMatchObject({ tceCalorific: null, daysWithData: 0, coverage: 0 });
  });

  it("count the days that have data of a month that has not all", async () => {
    await board.put(
      figure("site", "port", "month", "2026-09-01", 1, { coverage: 0.1, kgceCalorific: 1 }),
      ...["2026-09-03", "2026-09-04"].map((date) => figure("site", "port", "day", date, 1)),
      figure("site", "port", "day", "2026-09-05", 0, vanished),
      figure("site", "port", "month", "2026-10-01", 1, { coverage: 0.5, estimated: 0.48, kgceCalorific: 1 }),
    );
    expect((await rowOf("port", { at: "2026-11-01" })).row?.daysWithData).toBe(2 + 31);
  });

  it("ask for a class as it is on the day", async () => {
    const sites = async (date: string) =>
      (await board.ask<RollingAnswer>("rolling", { at: date, class: "two-high" })).rows.map(
        (row) => row.site,
      );
    expect(await sites("2026-11-19")).toEqual(["refinery", "works"]);
    expect(await sites("2026-11-20")).toEqual(["refinery"]);
    const problem = await board.ask<ProblemAnswer>("rolling", { class: "big" });
    expect(problem).toMatchObject({ status: 404, parameter: "class", value: "big", allowed: ["two-high"] });
  });

  it("begin on the last day of a month that has no such day", () => {
    const zone = calendarOf("Asia/Shanghai");
    const yearBefore = (date: string) => zone.dateOf(twelveMonthsBefore(day(date)));
    expect(yearBefore("2024-02-29")).toBe("2023-02-28");
    expect(yearBefore("2025-02-28")).toBe("2024-02-28");
    expect(yearBefore("2026-12-31")).toBe("2025-12-31");
    expect(yearBefore("2026-01-01")).toBe("2025-01-01");
  });
});
