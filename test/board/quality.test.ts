import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { QualityAnswer } from "../../board/api/records.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { at, type Board, county, figure, meter, NOW, openBoard, site } from "./county.ts";

let board: Board;
beforeEach(() => {
  board = openBoard();
});
afterEach(() => board.close());

const PASSED = NOW - at("2026-11-22");
const knownFor = (ms: number, estimated = 0) => ({
  coverage: ms / (24 * HOUR_MS),
  estimated: estimated / (24 * HOUR_MS),
});

describe("quality", () => {
  it("is the measured share of the day so far, of contributing meters", async () => {
    await board.put(
      figure("meter", "works/a", "day", "2026-11-22", 1, knownFor(PASSED)),
      figure("meter", "works/b", "day", "2026-11-22", 1, knownFor(PASSED / 2, PASSED / 4)),
      figure("meter", "works/hall", "day", "2026-11-22", 1, knownFor(0)),
    );
    const answer = await board.ask<QualityAnswer>("quality");
    expect(answer.day).toBe("2026-11-22");
    const works = answer.sites.find((row) => row.site === "works");
    // a, b and gas contribute; gas has nothing.
    expect(works?.completeness).toBeCloseTo(1.5 / 3, 9);
    expect(works?.estimated).toBeCloseTo(0.25 / 3, 9);
    expect(works?.missingMeters).toBe(2);
    expect(answer.completeness).toBeCloseTo(1.5 / 7, 9);
    expect(answer.sites.find((row) => row.site === "quay")).toMatchObject({
      completeness: null,
      estimated: null,
    });
  });

  it("does not yet miss the last two intervals while the day lasts", async () => {
    const missing = async (ms: number) => {
      const own = openBoard({ ...county, sites: [site("works", [meter("a")])] });
      await own.put(figure("meter", "works/a", "day", "2026-11-22", 1, knownFor(ms)));
      const { sites } = await own.ask<QualityAnswer>("quality");
      await own.close();
      return sites[0]?.missingMeters;
    };
    expect(await missing(PASSED - 30 * MINUTE_MS)).toBe(0);
    expect(await missing(PASSED - 30 * MINUTE_MS - 1)).toBe(1);
  });

  it("asks a whole past day of meters as long as they were in service", async () => {
    const meters = [
      meter("half", { from: at("2026-11-20T12:00") }),
      meter("gone", { to: at("2026-11-20") }),
      meter("gap"),
    ];
    const own = openBoard({ ...county, sites: [site("works", meters)] });
    await own.put(
      figure("meter", "works/half", "day", "2026-11-20", 1, { coverage: 0.5 }),
      figure("meter", "works/gap", "day", "2026-11-20", 1, { coverage: 0.75 }),
    );
    const answer = await own.ask<QualityAnswer>("quality", { day: "2026-11-20" });
    expect(answer.sites[0]).toMatchObject({ completeness: 1.25 / 1.5, missingMeters: 1 });
    const future = await own.ask<QualityAnswer>("quality", { day: "2026-12-01" });
    expect(future).toMatchObject({ day: "2026-12-01", completeness: null });
    await own.close();
  });

  it("shows who is online, and what waits to be computed", async () => {
    const live = { register: "active-import", value: 1, powerKw: null, receivedAt: NOW };
    const span = { start: at("2026-11-01"), end: at("2026-11-05"), firstAt: NOW, lastAt: NOW, cause: "late" };
    await board.store.write({
      live: [{ site: "works", meter: "a", at: NOW, ...live }],
      pendingSet: [{ site: "works", meter: "a", ...span }],
    });
    const answer = await board.ask<QualityAnswer>("quality", { day: "2026-11-01" });
    expect(answer.onlineRate).toBe(1 / 10);
    expect(answer.sites.find((row) => row.site === "works")).toMatchObject({
      online: 1,
      meters: 4,
      lastAt: "2026-11-22T10:07:00+08:00",
    });
    expect(answer.pending).toEqual([
      {
        site: "works",
        meter: "a",
        from: "2026-11-01T00:00:00+08:00",
        to: "2026-11-05T00:00:00+08:00",
        cause: "late",
      },
    ]);
  });

  it("names the factors that are wanting, and since when", async () => {
    const { factorGaps } = await board.ask<QualityAnswer>("quality");
    expect(factorGaps).toEqual([
      { carrier: "electricity", field: "kgceEquivalent", since: "2025-01-01T00:00:00+08:00" },
      { carrier: "electricity", field: "kgCo2Market", since: "2026-06-01T00:00:00+08:00" },
      ...["kgceCalorific", "kgceEquivalent", "kgCo2Location", "kgCo2Market"].map((field) => ({
        carrier: "heat",
        field,
        since: "2025-01-01T00:00:00+08:00",
      })),
    ]);
    const before = await board.ask<QualityAnswer>("quality", { day: "2026-05-01" });
    expect(before.factorGaps.filter((gap) => gap.carrier === "electricity")).toHaveLength(1);
  });

  it("refuses what is no day", async () => {
    const problem = await board.ask("quality", { day: "2026-13-01" });
    expect(problem).toMatchObject({ status: 400, parameter: "day", value: "2026-13-01" });
  });
});
