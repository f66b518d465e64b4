/** The bar of a limit, the order of limits, and the two-high list. */
import { describe, expect, it } from "vitest";
import type { ApiLimit } from "../../../board/api/limits.ts";
import { isAtLeast, levelAt, limitBar, sortLimits, twoHighOf } from "../../../board/web/format/limit-bar.ts";

const limit = (id: string, part: Partial<ApiLimit> = {}): ApiLimit => ({
  limit: id,
  name: { zh: id, en: id },
  purpose: "budget",
  site: "works",
  quantity: "tce",
  period: "year",
  unit: "tce",
  value: 1000,
  used: 500,
  ratio: 0.5,
  gone: 0.5,
  planned: 500,
  projected: 1000,
  projectedRatio: 1,
  method: "linear",
  daysLeft: null,
  coverage: 1,
  judged: true,
  levels: [],
  colour: "green",
  asOf: "2026-07-02T00:00:00+08:00",
  ...part,
});

describe("the bar of a limit", () => {
  it("reaches somewhat beyond the limit, with every mark on one scale", () => {
    const bar = limitBar(limit("a"));
    expect(bar.end).toBe(1.2);
    expect(bar.limit).toBeCloseTo(100 / 1.2, 9);
    expect(bar.used).toBeCloseTo(50 / 1.2, 9);
    expect(bar.planned).toBeCloseTo(50 / 1.2, 9);
    expect(bar.isCut).toBe(false);
  });

  it("grows with what goes over, and is cut where it would leave nothing of the levels", () => {
    expect(limitBar(limit("a", { ratio: 1.5 })).end).toBeCloseTo(1.62, 9);
    expect(limitBar(limit("a", { ratio: 40 }))).toMatchObject({ end: 2, used: 100, isCut: true });
    expect(limitBar(limit("a", { ratio: 0.4, projectedRatio: 3 })).isCut).toBe(true);
  });

  it("draws nothing for what is unknown", () => {
    const bar = limitBar(limit("a", { ratio: null, projectedRatio: null, planned: null }));
    expect(bar).toMatchObject({ used: undefined, projected: undefined, planned: undefined });
  });

  it("has no plan to date where the period is always whole", () => {
    expect(limitBar(limit("a", { period: "rolling-12m", planned: 1000 })).planned).toBeUndefined();
    expect(limitBar(limit("a", { quantity: "demand", planned: 1000 })).planned).toBeUndefined();
  });

  it("puts a level at its share of the limit, or of what is planned by now", () => {
    const bar = limitBar(limit("a"));
    expect(levelAt({ ratio: 0.9, toDate: false }, bar)).toBeCloseTo(75, 9);
    expect(levelAt({ ratio: 1.1, toDate: true }, bar)).toBeCloseTo((50 / 1.2) * 1.1, 9);
    expect(levelAt({ ratio: 3, toDate: false }, bar)).toBeUndefined();
    expect(levelAt({ ratio: 1, toDate: true }, limitBar(limit("a", { planned: null })))).toBeUndefined();
  });
});

describe("the list of limits", () => {
  const all = [
    limit("a", { ratio: 0.5, projectedRatio: 1.2, daysLeft: 20 }),
    limit("b", { ratio: null, used: null, projectedRatio: null, daysLeft: null }),
    limit("c", { ratio: 1.4, projectedRatio: null, daysLeft: 0 }),
    limit("d", { ratio: 0.5, projectedRatio: 0.7, daysLeft: null }),
  ];
  it.each([
    ["ratio", "c a d b"],
    ["projected", "a d c b"],
    ["days-left", "c a d b"],
    ["name", "a b c d"],
  ] as const)("by %s is %s: the unknown comes last", (sort, order) => {
    expect(
      sortLimits(all, sort, (row) => row.limit)
        .map((row) => row.limit)
        .join(" "),
    ).toBe(order);
  });
});

describe("a lower bound", () => {
  it("is what sums show while too little is known to judge them; a peak or a ratio is none", () => {
    expect(isAtLeast(limit("a", { judged: false }))).toBe(true);
    expect(isAtLeast(limit("a"))).toBe(false);
    expect(isAtLeast(limit("a", { judged: false, used: null }))).toBe(false);
    expect(isAtLeast(limit("a", { judged: false, quantity: "unit-consumption" }))).toBe(false);
  });
});

describe("the two-high list", () => {
  it("puts beside 1,000 tce what is approved for the plant, nearest to either first", () => {
    const rows = [
      limit("two-high:a", { purpose: "two-high", site: "a", ratio: 0.8 }),
      limit("two-high:b", { purpose: "two-high", site: "b", ratio: 0.2 }),
      limit("approved:b", { purpose: "approved", site: "b", ratio: 0.95 }),
      limit("approved:c", { purpose: "approved", site: "c", ratio: 2 }),
      limit("town", { purpose: "budget", group: "town:gaoting" }),
    ];
    expect(twoHighOf(rows).map((one) => [one.site, one.threshold?.ratio, one.approved?.ratio])).toEqual([
      ["b", 0.2, 0.95],
      ["a", 0.8, undefined],
    ]);
  });
});
