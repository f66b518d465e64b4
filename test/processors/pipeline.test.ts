import { describe, expect, test } from "vitest";
import { at, openPipeline, reading, registry, site } from "../world.ts";

const HOUR = 3_600_000;

describe("a cumulative register", () => {
  test("gives quarter-hours, days, months, coal, CO2 and groups", async () => {
    const pipeline = await openPipeline(registry([site()]));
    const start = at("2026-11-01");
    const readings = Array.from({ length: 97 }, (_, i) => reading(start + (i * HOUR) / 4, 100 + i * 2.5));
    for (const one of readings) await pipeline.publish([one]);
    await pipeline.settled();
    const quarters = await pipeline.figures("meter", "15m");
    expect(quarters).toHaveLength(96);
    expect(quarters.every((q) => q.amount === 2.5 && q.coverage === 1 && q.estimated === 0)).toBe(true);
    const [day] = await pipeline.figures("site", "day");
    expect(day).toMatchObject({
      amount: 240,
      coverage: 1,
      estimated: 0,
      missingMeters: 0,
      factors: ["coal-el", "grid", "market"],
    });
    expect(day!.kgceCalorific).toBeCloseTo(240 * 0.1229, 9);
    expect(day!.kgceEquivalent).toBeNull();
    expect(day!.kgCo2Location).toBeCloseTo(120, 9);
    const [month] = await pipeline.figures("group", "month", "county");
    expect(month).toMatchObject({ amount: 240, start: at("2026-11-01") });
    expect(month!.coverage).toBeCloseTo(1 / 30, 12);
    await pipeline.close();
  });

  test("a gap is estimated, and corrected when the missing readings come", async () => {
    const pipeline = await openPipeline(registry([site()]));
    const start = at("2026-11-01");
    await pipeline.publish([reading(start, 0), reading(start + HOUR, 8)]);
    await pipeline.settled();
    let quarters = await pipeline.figures("meter", "15m");
    expect(quarters.map((q) => [q.amount, q.coverage, q.estimated])).toEqual(Array(4).fill([2, 0, 1]));
    await pipeline.publish([reading(start + HOUR / 2, 6)]);
    await pipeline.publish([reading(start + HOUR / 4, 1), reading(start + (3 * HOUR) / 4, 7)]);
    await pipeline.settled();
    quarters = await pipeline.figures("meter", "15m");
    expect(quarters.map((q) => [q.amount, q.coverage])).toEqual([
      [1, 1],
      [5, 1],
      [1, 1],
      [1, 1],
    ]);
    await pipeline.close();
  });
});
