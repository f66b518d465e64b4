/** A clock that was ahead and is put right. */
import { expect, test } from "vitest";
import { calendarOf } from "../../model/time.ts";
import { createPending } from "../../processors/pending.ts";
import { createSetBack } from "../../processors/set-back.ts";
import { at, openPipeline, reading, registry, site } from "../world.ts";

const HOUR = 3_600_000;

test("is told once, and not of a clock that is kept right", () => {
  const isSetBack = createSetBack();
  expect([10 * HOUR, 10 * HOUR - 50_000, 2 * HOUR, 2 * HOUR + 1, 3 * HOUR].map(isSetBack)).toEqual([
    ...[false, false, true, false, false],
  ]);
});

test("spans noted meanwhile are due, and hold up no others of their site", () => {
  const pending = createPending();
  const now = at("2026-04-03");
  pending.note("s", "a", { start: 0, end: 9 }, "readings", now + 8 * HOUR);
  pending.note("s", "b", { start: 0, end: 9 }, "readings", now);
  expect(pending.due(now, false).map(({ meter }) => meter)).toEqual(["a", "b"]);
});

test("sums and status go on when it was eight hours ahead", async () => {
  const calendar = calendarOf("Asia/Shanghai");
  const start = calendar.dayStart(calendar.dayOf(Date.now()) - 3);
  let aheadMs = 8 * HOUR;
  const pipeline = await openPipeline(registry([site()]), ":memory:", () => Date.now() + aheadMs);
  const groupDays = async () => (await pipeline.figures("group", "day", "county")).length;
  await pipeline.publish([reading(start, 0), reading(start + HOUR, 4)]);
  // By itself, not because somebody asked for it.
  await expect.poll(groupDays).toBe(1);
  aheadMs = 0;
  await pipeline.publish([reading(start + 24 * HOUR, 8), reading(start + 25 * HOUR, 12)]);
  await expect.poll(groupDays).toBe(2);
  const saidNow = () =>
    pipeline.store.observations({
      measurement: "meter_status",
      from: Date.now() - HOUR,
      to: Date.now() + HOUR,
    });
  await expect.poll(async () => (await saidNow()).length).toBeGreaterThan(0);
  await pipeline.close();
});
