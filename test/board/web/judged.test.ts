/** Where the page judges: limits, the balance, and what was delivered. */
import { describe, expect, it } from "vitest";
import type { AvoidedAnswer, RollingAnswer } from "../../../board/api/figures.ts";
import type { BalanceAnswer } from "../../../board/api/records.ts";
import { measuredOf, totalOf } from "../../../board/web/format/avoided.ts";
import { balanceOf, rejectsByCode } from "../../../board/web/format/balance.ts";
import { limitsOf } from "../../../board/web/format/limits.ts";

type Rolling = RollingAnswer["rows"][number];

describe("a plant over twelve months", () => {
  const plant = (part: Partial<Rolling>): Rolling => ({
    site: "works-1",
    twoHigh: true,
    tceCalorific: 900,
    tceEquivalent: 2000,
    approved: { tce: 1000, basis: "calorific" },
    coverage: 1,
    daysWithData: 365,
    ...part,
  });

  it.each([
    [899, "calm"],
    [900, "near"],
    [1000, "over"],
    [1100, "far"],
  ])("of %d tce against 1,000 approved is %s", (tceCalorific, level) => {
    expect(limitsOf(plant({ tceCalorific }), 365).level).toBe(level);
  });

  it("is not called safe while days are missing, but over is over", () => {
    expect(limitsOf(plant({ tceCalorific: 90, daysWithData: 35 }), 365)).toMatchObject({
      level: "open",
      partial: true,
    });
    expect(limitsOf(plant({ tceCalorific: 1200, daysWithData: 35 }), 365).level).toBe("far");
  });

  it("is measured on the basis of its approval, or against the threshold without one", () => {
    expect(limitsOf(plant({ approved: { tce: 1900, basis: "equivalent" } }), 365).value).toBe(2000);
    const { approved: _, ...without } = plant({ tceCalorific: 950 });
    expect(limitsOf(without, 365)).toMatchObject({ level: "near", ratio: undefined });
    expect(limitsOf(plant({ tceCalorific: null }), 365)).toMatchObject({ level: "open", value: null });
  });
});

describe("the balance", () => {
  const row: BalanceAnswer["rows"][number] = {
    site: "works-1",
    day: "2026-11-23",
    received: 100,
    accepted: 90,
    repeated: 4,
    setAside: 2,
    rejected: { future: 5, "unknown-meter": 1 },
  };

  it("is checked again, and what does not add up is told", () => {
    expect(balanceOf([row])).toMatchObject({ rejected: 6, gap: 0 });
    expect(balanceOf([row, { ...row, received: 103 }]).gap).toBe(3);
  });

  it("orders the reasons by how often they came", () => {
    expect(rejectsByCode([row, { ...row, rejected: { "unknown-meter": 9 } }])).toEqual([
      ["unknown-meter", 10],
      ["future", 5],
    ]);
  });
});

describe("shore power and charging", () => {
  const total = { kwh: 0, grossKgCo2: null, gridKgCo2: null, netKgCo2: null };
  const delivered = (site: string, coverage: number): AvoidedAnswer["rows"][number] => ({
    ...total,
    kind: "shore-power",
    site,
    start: "2026-11-22T00:00:00+08:00",
    end: "2026-11-23T00:00:00+08:00",
    coverage,
    factors: [],
  });
  const answer: AvoidedAnswer = {
    rows: [delivered("a", 1), delivered("b", 0.5)],
    totals: { "shore-power": total, charging: total },
    berths: { specialised: 0, equipped: 0, exempt: 0 },
    guns: { count: 0, ratedKw: 0, energyUtilisation: null },
  };
  const from = Date.parse("2026-11-22T00:00:00+08:00");

  it("of which no row speaks are unknown, not nothing", () => {
    expect(totalOf(answer, "charging")).toBeUndefined();
    expect(totalOf(answer, "shore-power")).toBe(total);
  });

  it("are as well known as their worst site", () => {
    expect(measuredOf(answer, "shore-power", from, from + 86_400_000)).toBe(0.5);
    expect(measuredOf(answer, "charging", from, from + 86_400_000)).toBeUndefined();
  });
});
