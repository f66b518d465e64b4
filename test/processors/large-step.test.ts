/** Steps about more than is kept in memory: a configuration's change over years, a long backfill, one large batch. */
import { expect, test } from "vitest";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import type { LoggedRecord, SeriesReader } from "../../model/ports.ts";
import type { Registry } from "../../model/registry.ts";
import { calendarOf, DAY_MS } from "../../model/time.ts";
import { createCache } from "../../processors/cache.ts";
import { planOf } from "../../processors/plan.ts";
import { createReadings } from "../../processors/readings.ts";
import { restatementOf } from "../../processors/restate.ts";
import { at, meter, reading, registry, site } from "../world.ts";

const calendar = calendarOf("Asia/Shanghai");
const from = at("2026-03-01");
const now = at("2026-06-01");
const meters = ["a", "b", "c", "d"];

const county = (multiplier: number): Registry =>
  registry([
    site({
      meters: meters.map((id) =>
        meter({ id, multipliers: [{ from: at("2026-01-01"), value: multiplier, registers: {} }] }),
      ),
    }),
  ]);

/** The work on readings with room for a few days in memory. */
async function open(config: Registry, store: ReturnType<typeof createSqliteStore>) {
  const plan = planOf(config);
  const { records, facts } = await restatementOf(plan, store, now);
  await store.write({ facts });
  const cache = createCache(plan, store, { meterDays: 40, areaDays: 4 });
  let writes = 0;
  const work = createReadings({
    plan,
    cache,
    reader: store,
    owns: () => true,
    sendOn: async () => undefined,
    isInSteps: false,
    note: async () => undefined,
    write: async (changes) => {
      if (changes.figures?.length) writes += 1;
      await store.write(changes);
    },
    now: () => now,
  });
  await work.reload();
  let offset = 0;
  const handle = (values: readonly object[]): Promise<void> => {
    const logged = values.map((value): LoggedRecord => {
      offset += 1;
      return { key: "s", value: JSON.stringify(value), offset };
    });
    return work.handle(logged, (changes) => store.write(changes));
  };
  await handle(records);
  while (await work.recomputePending(true));
  return { work, handle, writes: () => writes };
}

/** Each day's amount of the site, and the sum of its meters'. */
async function daysOf(store: SeriesReader): Promise<[number, number][]> {
  const days = (scope: "site" | "meter", owner: string) =>
    store.figures([{ scope, owner, carrier: "electricity" }], "day", from, now);
  const own = await Promise.all(meters.map((id) => days("meter", `s/${id}`)));
  const sums = new Map<number, number>();
  for (const one of own.flat()) sums.set(one.start, (sums.get(one.start) ?? 0) + one.amount);
  const site = await days("site", "s");
  expect(site.map((one) => one.start)).toEqual([...sums.keys()].sort((a, b) => a - b));
  return site.map((one) => [one.amount, sums.get(one.start)!]);
}

const DAYS = 30;
const messages = (id: string, days: readonly number[]) =>
  days.map((day) => ({
    kind: "readings",
    site: "s",
    meter: id,
    receivedAt: now,
    received: 1,
    readings: [reading(from + day * DAY_MS, 1_000 + day * 24)],
  }));
const daily = Array.from({ length: DAYS + 1 }, (_, day) => day);

function expectDays(days: readonly [number, number][], each: number): void {
  expect(days).toHaveLength(DAYS);
  for (const [site, sum] of days) {
    expect(sum).toBeCloseTo(each, 9);
    expect(site).toBeCloseTo(each, 9);
  }
}

test("one batch of the whole history, and a multiplier changed over all of it", async () => {
  const store = createSqliteStore(openDatabase(":memory:"), calendar);
  const first = await open(county(1), store);
  await first.handle(meters.flatMap((id) => messages(id, daily)));
  while (await first.work.recomputePending(true));
  expectDays(await daysOf(store), 4 * 24);

  const second = await open(county(3), store);
  expectDays(await daysOf(store), 4 * 24 * 3);
  // In several writes, each about no more than a few days.
  expect(second.writes()).toBeGreaterThan(DAYS / 2);
});

test("live first, then the history, oldest first", async () => {
  const store = createSqliteStore(openDatabase(":memory:"), calendar);
  const { work, handle } = await open(county(1), store);
  for (const id of meters) await handle(messages(id, [DAYS]));
  for (const id of meters)
    for (const day of daily.slice(0, -1)) {
      await handle(messages(id, [day]));
      await work.recomputePending(false);
    }
  while (await work.recomputePending(true));
  expectDays(await daysOf(store), 4 * 24);
  expect(await store.pending()).toEqual([]);
});
