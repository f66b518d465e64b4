import { describe, expect, it } from "vitest";
import type { ConsumptionRow } from "../../../board/api/figures.ts";
import { compare } from "../../../board/web/format/compare.ts";
import { sharesByNow, sharesOf, sharesSoFar, worst } from "../../../board/web/format/coverage.ts";
import { sumOf } from "../../../board/web/format/totals.ts";

const midnight = Date.parse("2026-11-23T00:00:00+08:00");
const hours = (count: number) => midnight + count * 3_600_000;
const iso = (at: number) => new Date(at).toISOString();

function row(part: Partial<ConsumptionRow> = {}): ConsumptionRow {
  return {
    start: iso(midnight),
    end: iso(hours(24)),
    carrier: "electricity",
    amount: 100,
    unit: "kWh",
    kgceCalorific: 12.29,
    kgceEquivalent: null,
    kgCo2Location: 49.74,
    kgCo2Market: 60.96,
    netAmount: 100,
    netKgceCalorific: 12.29,
    netKgceEquivalent: null,
    netKgCo2Location: 49.74,
    netKgCo2Market: 60.96,
    coverage: 1,
    estimated: 0,
    factors: [],
    restated: false,
    ...part,
  };
}

describe("shares of a window", () => {
  it("add up to one, whatever a row claims", () => {
    expect(sharesOf({ coverage: 0.6, estimated: 0.3 }).missing).toBeCloseTo(0.1);
    expect(sharesOf({ coverage: 0.8, estimated: 0.4 })).toMatchObject({ measured: 0.8, missing: 0 });
  });

  it("of a day half over are judged by the half that is due", () => {
    const half = row({ coverage: 0.5 });
    expect(sharesSoFar(half, hours(12))).toEqual({ measured: 1, estimated: 0, missing: 0 });
    expect(sharesSoFar(row({ coverage: 0.25 }), hours(12.25)).missing).toBeCloseTo(0.5);
  });

  it("of a day that is over hide nothing", () => {
    expect(sharesSoFar(row({ coverage: 0.99 }), hours(24)).missing).toBeCloseTo(0.01);
  });

  it("leave the time to come blank in a picture", () => {
    const { measured, estimated, missing } = sharesByNow(row({ coverage: 0.25 }), hours(12.25));
    expect(measured + estimated + missing).toBeCloseTo(0.5);
    expect(missing).toBeCloseTo(0.25);
  });

  it("of several are the worst of each", () => {
    const all = [sharesOf({ coverage: 0.2, estimated: 0.8 }), sharesOf({ coverage: 0.9, estimated: 0 })];
    expect(worst(all)).toMatchObject({ measured: 0.2 });
    expect(worst(all)?.missing).toBeCloseTo(0.1);
    expect(worst([])).toBeUndefined();
  });
});

describe("today against yesterday", () => {
  const amountOf = (rows: readonly ConsumptionRow[]) => rows[0]?.amount ?? null;
  const yesterday = row({ start: iso(hours(-24)), end: iso(hours(-14)), amount: 100 });

  it("compares rates, so that the minutes since the last quarter-hour do not count as growth", () => {
    const today = row({ amount: 102, coverage: 10.2 / 24 });
    expect(compare([today], [yesterday], hours(10.2), amountOf)).toEqual({ text: "+0.0%" });
  });

  it("refuses where a difference would be one of coverage", () => {
    const today = row({ amount: 50, coverage: 5 / 24 });
    expect(compare([today], [yesterday], hours(10.25), amountOf)).toEqual({ none: "coverage-differs" });
  });

  it("refuses without data, and in the first hour", () => {
    expect(compare([], [yesterday], hours(10), amountOf)).toEqual({ none: "no-data" });
    const short = row({ start: iso(hours(-24)), end: iso(hours(-23.5)) });
    expect(compare([row()], [short], hours(0.6), amountOf)).toEqual({ none: "too-early" });
  });
});

describe("sums over carriers", () => {
  it("are unknown as soon as one carrier is, and name it", () => {
    const heat = row({ carrier: "heat", kgceCalorific: null });
    expect(sumOf([row(), heat], "kgceCalorific")).toEqual({ value: null, without: ["heat"] });
    expect(sumOf([row(), row({ carrier: "heat" })], "kgceCalorific").value).toBeCloseTo(24.58);
    expect(sumOf([], "kgCo2Location")).toEqual({ value: null, without: [] });
  });
});
