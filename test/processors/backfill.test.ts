/** A gateway that comes back after a month: its live reading first, then the backlog, oldest first. */
import { expect, test } from "vitest";
import type { SiteRecord } from "../../model/records.ts";
import { at, everything, meter, openPipeline, reading, registry, site } from "../world.ts";

const QUARTER = 900_000;
const SITES = 5;
const METERS = 10;
const DAYS = 30;

test("50 meters, 30 days, one reading a message: no row is written more than three times", {
  timeout: 240_000,
}, async () => {
  const sites = Array.from({ length: SITES }, (_, s) =>
    site({
      id: `s${s}`,
      meters: Array.from({ length: METERS }, (_, m) =>
        meter({ id: `m${m}`, contributes: m === 0 ? "add" : "none" }),
      ),
    }),
  );
  const writes = new Map<string, number>();
  let late = 0;
  const pipeline = await openPipeline(
    registry(sites),
    ":memory:",
    () => Date.now() + late,
    (changes) => {
      for (const { scope, owner, carrier, window, start } of changes.figures ?? []) {
        const row = `${scope} ${owner} ${carrier} ${window} ${start}`;
        writes.set(row, (writes.get(row) ?? 0) + 1);
      }
    },
  );
  const start = at("2026-10-01");
  const ticks = DAYS * 96;
  const record = (s: number, m: number, tick: number): SiteRecord => ({
    kind: "readings",
    site: `s${s}`,
    meter: `m${m}`,
    receivedAt: start + ticks * QUARTER,
    received: 1,
    readings: [reading(start + tick * QUARTER, tick * 3)],
  });
  const every = (tick: number): SiteRecord[] =>
    Array.from({ length: SITES * METERS }, (_, i) => record(Math.floor(i / METERS), i % METERS, tick));
  await pipeline.send(every(0));
  await pipeline.send(every(ticks));
  for (let tick = 1; tick < ticks; tick += 1) {
    const sent = pipeline.send(every(tick));
    if (tick % 20 === 0) await sent;
  }
  while (pipeline.behind() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(pipeline.runner.waiting().pending).toBe(SITES * METERS);
  // Half a minute later nothing has come, and the spans are computed.
  late = 31_000;
  while (pipeline.runner.waiting().pending + pipeline.runner.waiting().dirty > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const most = [...writes.values()].reduce((a, b) => Math.max(a, b), 0);
  console.info(
    `at most ${most} writes of a row, ${([...writes.values()].reduce((a, b) => a + b, 0) / writes.size).toFixed(2)} on average`,
  );
  expect(most).toBeLessThanOrEqual(3);
  const rows = await everything(pipeline);
  const measured = rows.filter((row) => row.scope === "meter" && row.window === "15m");
  expect(measured).toHaveLength(SITES * METERS * ticks);
  expect(measured.every((row) => row.amount === 3 && row.coverage === 1)).toBe(true);
  await pipeline.close();
});
