/** The readings of one share: what a failed write leaves behind for whoever works on the share next. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import type { Changes, LogBatch, LogShare, SeriesStore } from "../../model/ports.ts";
import type { ReadingsRecord } from "../../model/records.ts";
import { planOf } from "../../processors/plan.ts";
import { createReadingsShare } from "../../processors/shares/readings.ts";
import { requestsFor } from "../../processors/shares/writer.ts";
import { at, reading, registry, site } from "../world.ts";

const plan = planOf(registry([site()]));
const none = async () => [];

/** A store that writes as one without commits does, and fails when the test says so. */
function openStore(fail: (changes: Changes) => Promise<void>) {
  const stored = createSqliteStore(openDatabase(":memory:"), plan.calendar);
  const store: SeriesStore = {
    ...stored,
    balanceTotals: none,
    async write({ balanceTotals: _, ...changes }) {
      await fail(changes);
      await stored.write(changes);
    },
  };
  return store;
}

/** A share of which the batches come as the test gives them, until the lease ends. */
function shareOf(lease: AbortSignal, batches: readonly LogBatch[]): LogShare {
  return {
    partition: 0,
    owns: () => true,
    lease,
    async *batches() {
      yield* batches;
      while (!lease.aborted) await sleep(5);
    },
  };
}

function batchOf(offset: number, readings: ReadingsRecord["readings"]): LogBatch {
  const receivedAt = at("2026-04-03T00:00:00");
  const part = { site: "s", meter: "m", receivedAt, received: readings.length };
  const record: ReadingsRecord = { kind: "readings", ...part, readings };
  return { records: [{ key: "s", offset, value: JSON.stringify(record) }], commit: async () => undefined };
}

test("a span whose figures could not be written still waits, whatever was about to be done next", async () => {
  let clock = at("2026-04-03T00:00:10");
  let isBroken = false;
  const store = openStore(async ({ figures = [] }) => {
    if (!isBroken || figures.length === 0) return;
    isBroken = false;
    // Longer than the ticks are apart, so that some wait for their turn when it fails.
    await sleep(700);
    throw new Error("InfluxDB answered 401");
  });
  const log = { append: async () => undefined };
  const options = { plan, store, log, config: { number: 1, version: "v" }, now: () => clock };
  const lease = new AbortController();
  // Two days apart: a backfill may come in between, so that the span waits.
  const far = [reading(at("2026-04-01"), 100), reading(at("2026-04-03"), 148)];
  const share = createReadingsShare(shareOf(lease.signal, [batchOf(0, far)]), options);
  const running = share.run();
  while ((await store.pending()).length === 0) await sleep(5);
  isBroken = true;
  clock += 60_000;
  await expect(running).rejects.toThrow("401");
  expect(await store.pending()).toHaveLength(1);

  const next = createReadingsShare(shareOf(lease.signal, []), options);
  const ended = next.run();
  while ((await store.pending()).length > 0) await sleep(5);
  lease.abort();
  await ended;
  const key = { scope: "meter", owner: "s/m", carrier: "electricity" } as const;
  const days = await store.figures([key], "day", at("2026-04-01"), at("2026-04-03"));
  expect(days.map(({ amount }) => amount)).toEqual([24, 24]);
});

/** Who writes is killed when the readings are stored and the figures are not. */
function openCrashing() {
  const state = { isDying: false };
  const stored = createSqliteStore(openDatabase(":memory:"), plan.calendar);
  const store: SeriesStore = {
    ...stored,
    balanceTotals: none,
    async write({ balanceTotals: _, ...changes }) {
      if (!state.isDying) return stored.write(changes);
      const { pendingSet = [], readings = [] } = changes;
      await stored.write({ pendingSet, readings });
      throw new Error("killed");
    },
  };
  return { state, store };
}

test("verdicts that changed beyond a certain reading are followed by figures, whenever the owner was killed", async () => {
  const { state, store } = openCrashing();
  const log = { append: async () => undefined };
  const options = { plan, store, log, config: { number: 1, version: "v" }, now: Date.now };
  const start = at("2026-04-03");
  const quarter = 15 * 60_000;
  // The first one is wrong; what comes after it cannot have flowed, and waits.
  const wrong = [100, 5000, 5002].map((value, i) => reading(start + i * quarter, value));
  const right = batchOf(1, [reading(start, 4998, { revision: 1 })]);
  let died = false;
  const lease = new AbortController();
  const first = createReadingsShare(
    {
      ...shareOf(lease.signal, []),
      async *batches() {
        yield batchOf(0, wrong);
        state.isDying = true;
        yield right;
      },
    },
    options,
  );
  await first.run().catch(() => {
    died = true;
  });
  expect(died).toBe(true);
  state.isDying = false;

  let isDone = false;
  const again = {
    ...right,
    commit: async () => {
      isDone = true;
    },
  };
  const second = createReadingsShare(shareOf(lease.signal, [again]), options).run();
  while (!isDone || (await store.pending()).length > 0) await sleep(5);
  lease.abort();
  await second;
  const key = { scope: "meter", owner: "s/m", carrier: "electricity" } as const;
  const rows = await store.figures([key], "15m", start, start + 2 * quarter);
  expect(rows.map(({ amount }) => amount)).toEqual([2, 2]);
});

test("verdicts that a request changed outside of its span are followed by figures, whenever the owner was killed", async () => {
  const { state, store } = openCrashing();
  const log = { append: async () => undefined };
  const options = { plan, store, log, config: { number: 1, version: "v" }, now: Date.now };
  const start = at("2026-04-03");
  const quarter = 15 * 60_000;
  const values = [100, 102, 104, 106];
  const series = { site: "s", meter: "m", register: "active-import" };
  // As an earlier configuration judged them: the last but one could not have flowed.
  const rows = values.map((value, i) => ({
    ...reading(start + i * quarter, value),
    ...{
      receivedAt: start,
      offset: i,
      verdict: i === 1 ? ("spike" as const) : ("ok" as const),
      certain: i !== 1,
    },
  }));
  await store.write({ readings: [{ series, rows }] });
  const from = start + 2 * quarter;
  const part = { site: "s", meter: "m", from, to: from + quarter, cause: "replay", receivedAt: start };
  const value = JSON.stringify({ kind: "recompute", ...part });
  const request: LogBatch = {
    records: [{ key: "s", offset: 9, value }],
    commit: async () => {
      state.isDying = true;
    },
  };
  const lease = new AbortController();
  await expect(createReadingsShare(shareOf(lease.signal, [request]), options).run()).rejects.toThrow(
    "killed",
  );
  state.isDying = false;
  const second = createReadingsShare(shareOf(lease.signal, []), options).run();
  while ((await store.pending()).length > 0) await sleep(5);
  lease.abort();
  await second;
  const key = { scope: "meter", owner: "s/m", carrier: "electricity" } as const;
  const found = await store.figures([key], "15m", start, start + 3 * quarter);
  expect(found.map(({ amount }) => amount)).toEqual([2, 2, 2]);
});

test("what may be said of a meter too late, that nothing of it waits, is asked of the next owner once more", () => {
  const part = { site: "s", firstAt: 0, lastAt: 0, cause: "readings" };
  const done = [
    { ...part, meter: "m", start: 1_000, end: 9_000 },
    { ...part, meter: "", start: 5_000, end: 6_000 },
  ];
  const asked = requestsFor({ pendingDone: done }, 7, { config: { number: 1, version: "v" } });
  const kept = { kind: "recompute", site: "s", cause: "a write in doubt", receivedAt: 7 };
  expect(asked.map(({ value }) => JSON.parse(value))).toEqual([
    expect.objectContaining({ ...kept, meter: "m", from: 1_000, to: 9_000 }),
    expect.objectContaining({ ...kept, meter: "", from: 5_000, to: 6_000 }),
  ]);
});

test("a batch that goes past midnight asks the store for no meter's new day, which is known to be empty", async () => {
  const stored = openStore(async () => undefined);
  const asked: string[] = [];
  const store: SeriesStore = {
    ...stored,
    async figures(keys, window, from, to) {
      for (const { scope } of keys)
        asked.push(`${scope} ${window} ${new Date(from + 8 * 3_600_000).getUTCDate()}`);
      return stored.figures(keys, window, from, to);
    },
  };
  const log = { append: async () => undefined };
  const options = { plan, store, log, config: { number: 1, version: "v" }, now: Date.now };
  const quarter = 15 * 60_000;
  const midnight = at("2026-04-04");
  const batch = (offset: number, ...quarters: number[]) =>
    batchOf(
      offset,
      quarters.map((i) => reading(midnight + i * quarter, 100 + i)),
    );
  let done = 0;
  const commit = async () => {
    done += 1;
  };
  const batches = [batch(0, -3, -2), batch(1, -1, 0, 1, 2)].map((one) => ({ ...one, commit }));
  const lease = new AbortController();
  const running = createReadingsShare(shareOf(lease.signal, batches), options).run();
  while (done < 2) await sleep(5);
  lease.abort();
  await running;
  expect(asked.filter((one) => one.startsWith("meter") && one.endsWith(" 4"))).toEqual([]);
  const key = { scope: "meter", owner: "s/m", carrier: "electricity" } as const;
  const rows = await stored.figures([key], "15m", midnight - 3 * quarter, midnight + 3 * quarter);
  expect(rows.map(({ amount }) => amount)).toEqual([1, 1, 1, 1, 1]);
});

test("while records wait, signs of life are written now and then; when they no longer do, at once", async () => {
  let clock = at("2026-04-03T12:00:00");
  const lives: number[] = [];
  const store = openStore(async ({ live = [] }) => {
    if (live.length > 0) lives.push(clock);
  });
  const options = { plan, store, log: { append: async () => undefined } };
  const start = at("2026-04-03");
  const many = (first: number, count: number): LogBatch => ({
    records: Array.from({ length: count }, (_, i) => {
      const { records } = batchOf(first + i, [reading(start + (first + i) * 1_000, 100)]);
      return { ...records[0]!, offset: first + i };
    }),
    commit: async () => {
      clock += 2_000;
    },
  });
  const lease = new AbortController();
  const batches = [0, 1_000, 2_000, 3_000].map((first) => many(first, 1_000));
  const share = createReadingsShare(shareOf(lease.signal, [...batches, many(4_000, 1)]), {
    ...options,
    config: { number: 1, version: "v" },
    now: () => clock,
  });
  const begun = clock;
  const running = share.run();
  while (clock < begun + 5 * 2_000 || lives.length === 0) await sleep(5);
  lease.abort();
  await running;
  expect(lives).toEqual([begun + 5 * 2_000]);
  expect((await store.live()).map((row) => row.at)).toEqual([start + 4_000 * 1_000]);
});

test("how things stand is written by the owner of a site alone, beside the figures, and no more when it lost it", async () => {
  const two = planOf(registry([site(), site({ id: "t" })]));
  const stored = createSqliteStore(openDatabase(":memory:"), two.calendar);
  let clock = at("2026-04-03T00:00:10");
  const store: SeriesStore = {
    ...stored,
    balanceTotals: none,
    write: ({ balanceTotals: _, ...changes }) => stored.write(changes),
  };
  const log = { append: async () => undefined };
  const options = { plan: two, store, log, config: { number: 1, version: "v" }, now: () => clock };
  const lease = new AbortController();
  const batch = batchOf(0, [reading(at("2026-04-03"), 100)]);
  const share = { ...shareOf(lease.signal, [batch]), owns: (one: string) => one === "s" };
  const running = createReadingsShare(share, options).run();
  const rows = (measurement: "meter_status" | "site_status") =>
    store.observations({ measurement, from: 0, to: Number.MAX_SAFE_INTEGER });
  while ((await store.live()).length === 0) {
    clock += 1_000;
    await sleep(5);
  }
  clock += 60_000;
  while ((await rows("site_status")).length === 0) await sleep(5);
  const sites = [...(await rows("site_status")), ...(await rows("meter_status"))].map(
    ({ tags }) => tags.site,
  );
  expect(new Set(sites)).toEqual(new Set(["s"]));
  expect((await rows("meter_status"))[0]!.numbers).toMatchObject({
    state: 0,
    receivedAgeMs: expect.any(Number),
  });
  lease.abort();
  await running;
  const said = (await rows("meter_status")).length;
  clock += 48 * 3_600_000;
  await sleep(500);
  expect(await rows("meter_status")).toHaveLength(said);
});
