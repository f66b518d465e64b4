/** The whole way: readings through the real processors into the real store, and out as the board tells them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConsumptionAnswer, ConsumptionRow, OverviewAnswer } from "../../board/api/figures.ts";
import type { QualityAnswer } from "../../board/api/records.ts";
import { createBoardQueries } from "../../board/queries/dispatch.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { at, meter, openPipeline, type Pipeline, reading, registry, site } from "../world.ts";

const NOW = at("2026-03-03T00:05:00");
const START = at("2026-03-01");
const END = at("2026-03-03");

/** Readings of a meter: minutes after the start, and the register then. Anything more than 22.5 min apart is estimated. */
function readingTimes(id: string): number[] {
  const times: number[] = [];
  for (let minute = 0; minute <= 48 * 60; minute += 15) {
    const missing = id === "a" ? minute >= 500 && minute < 620 : minute > 1700 && minute < 1760;
    const begun = id === "a" || minute >= 300;
    if (begun && !missing) times.push(START + minute * MINUTE_MS);
  }
  return times;
}
const valueAt = (id: string, time: number): number =>
  ((time - START) / MINUTE_MS) * (id === "a" ? 0.5 : 0.25);

const overlap = (a: number, b: number, from: number, to: number): number =>
  Math.max(0, Math.min(b, to) - Math.max(a, from));

/** What is known of a meter in a span, straight from its readings. */
function knownOf(id: string, from: number, to: number) {
  let amount = 0;
  let measured = 0;
  let estimated = 0;
  const times = readingTimes(id);
  for (const [i, time] of times.entries()) {
    const next = times[i + 1];
    if (next === undefined) break;
    const inside = overlap(time, next, from, to);
    amount += ((valueAt(id, next) - valueAt(id, time)) * inside) / (next - time);
    if (next - time <= 22.5 * MINUTE_MS) measured += inside;
    else estimated += inside;
  }
  return { amount, measured: measured / (to - from), estimated: estimated / (to - from) };
}

let pipeline: Pipeline;
const queryOf = async <T>(name: string, params: Record<string, string>): Promise<T> => {
  const queries = createBoardQueries(pipeline.store, pipeline.plan.registry, {
    explain: () => Promise.reject(new Error("not asked")),
  });
  const answer = await queries.run(name, params, NOW);
  expect(answer.status, answer.body).toBe(200);
  return JSON.parse(answer.body) as T;
};
const rowsOf = async (params: Record<string, string>): Promise<ConsumptionRow[]> =>
  (await queryOf<ConsumptionAnswer>("consumption", params)).rows;

beforeAll(async () => {
  const ids = ["a", "b"];
  const config = registry([site({ meters: ids.map((id) => meter({ id })) })]);
  pipeline = await openPipeline(config, ":memory:", () => NOW);
  for (const id of ids) {
    const readings = readingTimes(id).map((time) => reading(time, valueAt(id, time)));
    await pipeline.publish(readings, { meter: id });
  }
  await pipeline.settled();
});
afterAll(() => pipeline.close());

describe("figures of two days with gaps", () => {
  const range = { from: "2026-03-01", to: "2026-03-03" };

  it.each(["15m", "hour", "day"] as const)(
    "have amounts and the worst meter's shares, by %s",
    async (window) => {
      const rows = await rowsOf({ site: "s", window, ...range });
      const length = { "15m": HOUR_MS / 4, hour: HOUR_MS, day: 24 * HOUR_MS }[window];
      expect(rows).toHaveLength((END - START) / length);
      for (const row of rows) {
        const [from, to] = [Date.parse(row.start), Date.parse(row.end)];
        expect(to - from).toBe(length);
        const known = ["a", "b"].map((id) => knownOf(id, from, to));
        const worst = {
          coverage: Math.min(...known.map((one) => one.measured)),
          estimated: Math.max(...known.map((one) => one.estimated)),
          missing: known.filter((one) => one.measured + one.estimated < 1 - 1e-9).length,
        };
        expect(row.amount).toBeCloseTo(
          known.reduce((sum, one) => sum + one.amount, 0),
          9,
        );
        expect(row.coverage, row.start).toBeCloseTo(worst.coverage, 9);
        expect(row.estimated, row.start).toBeCloseTo(worst.estimated, 9);
        expect(row.missingMeters, row.start).toBe(worst.missing);
      }
    },
  );

  it("add up: hours to days, months to the year, sites to the county, meters to the site", async () => {
    const total = (rows: readonly ConsumptionRow[]) => rows.reduce((sum, row) => sum + row.amount, 0);
    const days = total(await rowsOf({ site: "s", window: "day", ...range }));
    expect(days).toBeGreaterThan(1000);
    const year = { from: "2026-01-01", to: "2027-01-01" };
    const sums = [
      await rowsOf({ site: "s", window: "hour", ...range }),
      await rowsOf({ site: "s", window: "year", ...year }),
      await rowsOf({ group: "county", window: "hour", ...range }),
      await rowsOf({ group: "county", window: "year", ...year }),
      await rowsOf({ group: "category:key-energy-user", window: "month", ...year }),
      [
        ...(await rowsOf({ site: "s", meter: "a", window: "year", ...year })),
        ...(await rowsOf({ site: "s", meter: "b", window: "month", ...year })),
      ],
    ];
    for (const rows of sums) expect(total(rows)).toBeCloseTo(days, 9);
    const [row] = sums[1] ?? [];
    expect(row?.coverage).toBeCloseTo((knownOf("b", START, END).measured * 2) / 365, 9);
    expect(row?.kgceCalorific).toBeCloseTo(days * 0.1229, 9);
    expect(row?.missingMeters).toBe(2);
  });

  it("show in the overview and on the quality page", async () => {
    const overview = await queryOf<OverviewAnswer>("overview", {});
    expect(overview.today.rows).toEqual([]);
    expect(overview.yesterday.rows[0]?.amount).toBeCloseTo(24 * 60 * 0.75, 9);
    expect(overview.month.rows[0]?.amount).toBeGreaterThan(1000);
    const quality = await queryOf<QualityAnswer>("quality", { day: "2026-03-01" });
    const measured = ["a", "b"].map((id) => knownOf(id, START, START + 24 * HOUR_MS).measured);
    expect(quality.completeness).toBeCloseTo(((measured[0] ?? 0) + (measured[1] ?? 0)) / 2, 9);
    expect(quality.sites[0]?.missingMeters).toBe(1);
  });
});
