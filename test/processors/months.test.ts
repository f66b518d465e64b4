/** Known time of months, which several areas ask for at once where a meter counts for more than one. */
import { expect, test } from "vitest";
import type { Figure } from "../../model/figure.ts";
import { calendarOf } from "../../model/time.ts";
import { planOf } from "../../processors/plan.ts";
import { createMonths } from "../../processors/shares/months.ts";
import { at, everything, meter, openPipeline, reading, registry, site } from "../world.ts";

const DAY = 86_400_000;

test("whoever asks while a changed day is being read waits for it", async () => {
  const plan = planOf(registry([site()]));
  const calendar = calendarOf("Asia/Shanghai");
  const day = calendar.dayOf(at("2026-04-02"));
  const month = calendar.monthOfDay(day);
  let coverage = 0.25;
  const months = createMonths(plan, {
    figures: async (_keys: unknown, _window: unknown, from: number, to: number) => {
      const row = { start: calendar.dayStart(day), coverage, estimated: 0 } as Figure;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return from <= row.start && row.start < to ? [row] : [];
    },
  } as unknown as Parameters<typeof createMonths>[1]);
  const owner = plan.meters.get("s/m")!;
  expect((await months.known(owner, month)).measuredMs).toBe(0.25 * DAY);
  coverage = 0.75;
  months.changed(owner, day);
  const both = await Promise.all([months.known(owner, month), months.known(owner, month)]);
  expect(both.map((known) => known.measuredMs)).toEqual([0.75 * DAY, 0.75 * DAY]);
});

test("a month follows a meter whose known time grows while its site's rows stay the same", async () => {
  const start = at("2026-04-01");
  const minutes = (n: number): number => start + n * 60_000;
  const idle = registry([site({ meters: [meter(), meter({ id: "n" }), meter({ id: "busy" })] })]);
  const monthAfter = async (batches: readonly (readonly [string, readonly number[]])[]) => {
    const pipeline = await openPipeline(idle, ":memory:", () => start + 3 * DAY);
    for (const [of, times] of batches) {
      const readings = times.map((time) => reading(minutes(time), of === "busy" ? 50 + time / 10 : 50));
      await pipeline.publish(readings, { meter: of });
      await pipeline.settled();
    }
    const rows = (await everything(pipeline)).filter(({ window }) => window === "month");
    await pipeline.close();
    return rows;
  };
  // The day's worst is the one, the month's worst the other.
  const late = [
    ["n", [1500, 1515, 1530]],
    ["busy", [0, 15, 30, 1500, 1515, 1530]],
  ] as const;
  const atOnce = await monthAfter([["m", [0, 5, 10]], ...late]);
  const bitByBit = await monthAfter([["m", [0, 5]], ...late, ["m", [10]]]);
  expect(atOnce.length).toBeGreaterThan(1);
  expect(bitByBit).toEqual(atOnce);
});
