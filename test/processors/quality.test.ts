/** Status on a real store: what is written when, and that what is not due costs nothing. */
import { afterEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import type { Figure } from "../../model/figure.ts";
import type { Observation, ObservedName } from "../../model/observation.ts";
import type { LiveMeter, SeriesReader } from "../../model/ports.ts";
import type { Meter, Site } from "../../model/registry.ts";
import { calendarOf, DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_MS } from "../../model/time.ts";
import { planOf } from "../../processors/plan.ts";
import { createStatus } from "../../processors/quality/status.ts";
import type { MeterBatch } from "../../processors/step.ts";
import { at, meter, openPipeline, type Pipeline, reading, registry, site } from "../world.ts";

const calendar = calendarOf("Asia/Shanghai");
const now = at("2026-11-23T10:00:00");
const effects = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };

function figure(part: Partial<Figure> & Pick<Figure, "start" | "amount">): Figure {
  return {
    scope: "meter",
    owner: "s/m",
    carrier: "electricity",
    window: "15m",
    coverage: 1,
    estimated: 0,
    missingMeters: 0,
    ...effects,
    output: 0,
    outputEffects: { ...effects, kgceCalorific: 0 },
    factors: [],
    ...part,
  };
}

/** Quarter-hours and days of a series over [from, to), by an amount for each quarter-hour. */
function figuresOf(
  key: Pick<Figure, "scope" | "owner">,
  from: number,
  to: number,
  amount: (start: number) => number,
): Figure[] {
  const rows: Figure[] = [];
  const days = new Map<number, number>();
  for (let start = from; start < to; start += QUARTER_MS) {
    rows.push(figure({ ...key, start, amount: amount(start) }));
    const day = calendar.dayStart(calendar.dayOf(start));
    days.set(day, (days.get(day) ?? 0) + amount(start));
  }
  for (const [start, sum] of days) {
    const known = (Math.min(to, start + DAY_MS) - Math.max(from, start)) / DAY_MS;
    rows.push(figure({ ...key, window: "day", start, amount: sum, coverage: known }));
  }
  return rows;
}

const live = (part: Partial<LiveMeter> = {}): LiveMeter => ({
  site: "s",
  meter: "m",
  at: now,
  receivedAt: now,
  register: "active-import",
  value: 1,
  powerKw: null,
  ...part,
});

function open(sites: readonly Site[], signs: readonly LiveMeter[], begin = now) {
  const plan = planOf(registry(sites));
  const store = createSqliteStore(openDatabase(":memory:"), calendar);
  let asked = 0;
  const reader: SeriesReader = {
    ...store,
    figures: (...question) => {
      asked += 1;
      return store.figures(...question);
    },
  };
  const status = createStatus(plan, reader);
  status.load(signs, () => true, begin);
  const batch = (
    owner: string,
    when: number,
    part: { receivedAt?: number; powerKw?: number } = {},
  ): MeterBatch => {
    const meterPlan = plan.meters.get(owner)!;
    const newest = {
      register: "active-import",
      at: when,
      value: 1,
      revision: 0,
      seq: -1,
      receivedAt: part.receivedAt ?? when,
      offset: 1,
    };
    return {
      plan: meterPlan,
      byRegister: new Map([["active-import", [newest]]]),
      powerKw: part.powerKw ?? null,
      newest,
    };
  };
  return {
    store,
    status,
    asked: () => asked,
    hear: (owner: string, when: number, part: { receivedAt?: number; powerKw?: number; now?: number } = {}) =>
      status.heard(batch(owner, when, part), part.now ?? when),
    /** Everything there is to say by then. */
    async look(when: number): Promise<Observation[]> {
      const rows: Observation[] = [];
      for (let more = true; more; ) {
        const looked = await status.look(when);
        rows.push(...looked.rows);
        more = looked.more;
      }
      return rows;
    },
  };
}

const of = (rows: readonly Observation[], kind: ObservedName): Observation[] =>
  rows.filter((row) => row.measurement === kind);
const firstLook = now + 10_000;

describe("at a start", () => {
  test("everything is said of a site once, and again an hour later at its own minute", async () => {
    const one = open([site({ gateways: [{ id: "g", username: "g", topics: ["v1/#"] }] })], [live()]);
    const whole = figuresOf({ scope: "meter", owner: "s/m" }, now - 2 * DAY_MS, now + 4 * HOUR_MS, () => 1);
    await one.store.write({ figures: whole });
    const rows = await one.look(firstLook);
    expect(rows.map((row) => row.measurement)).toEqual(["meter_status", "gateway_status", "site_status"]);
    for (const row of rows) expect(row.at).toBe(firstLook);
    const minutes: number[] = [];
    for (let t = firstLook + MINUTE_MS; t < firstLook + 3 * HOUR_MS; t += MINUTE_MS) {
      one.hear("s/m", t);
      if (of(await one.look(t), "meter_status").length > 0) minutes.push(t);
    }
    expect(minutes.length).toBe(3);
    expect(minutes[1]! - minutes[0]!).toBe(HOUR_MS);
    expect(minutes[2]! - minutes[1]!).toBe(HOUR_MS);
  });

  test("100,000 meters are no burst, and are looked at within the hour", async () => {
    const sites = Array.from({ length: 1_000 }, (_, i) =>
      site({
        id: `s${i}`,
        meters: Array.from({ length: 100 }, (_, m) => meter({ id: `m${m}`, site: `s${i}` })),
      }),
    );
    const one = open(sites, []);
    const perMinute: number[] = [];
    for (let minute = 1; minute <= 120; minute += 1)
      perMinute.push(of(await one.look(now + minute * MINUTE_MS), "site_status").length);
    const first = perMinute.slice(0, 61).reduce((sum, n) => sum + n, 0);
    expect(first).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...perMinute)).toBeLessThan(60);
    expect(perMinute.slice(60).reduce((sum, n) => sum + n, 0)).toBe(1_000);
  });

  test("sites of others are not looked at", async () => {
    const one = open([site(), site({ id: "t" })], []);
    one.status.load([], (id) => id === "t", now);
    expect((await one.look(now + HOUR_MS)).map((row) => row.tags.site)).not.toContain("s");
  });
});

describe("a change of state", () => {
  const gateways = [{ id: "g", username: "g", topics: ["v1/#"] }];

  test("is said when it happens, of the meter, its gateway and its site, and when it is over", async () => {
    // Of meters that contribute nothing is known that would have to be looked at again.
    const quiet = { contributes: "none" } as const;
    const meters = [meter(quiet), meter({ ...quiet, id: "n", intervalMinutes: 60 })];
    const one = open([site({ meters, gateways })], [live(), live({ meter: "n" })]);
    await one.look(firstLook);
    const asked = one.asked();
    expect(await one.look(now + 30 * MINUTE_MS)).toEqual([]);
    const late = await one.look(now + 30 * MINUTE_MS + 2_000);
    expect(late.map((row) => [row.measurement, row.numbers.state ?? row.numbers.metersOnline])).toEqual([
      ["meter_status", 1],
      ["site_status", 1],
    ]);
    expect(late[0]!.numbers.ageMs).toBe(30 * MINUTE_MS + 2_000);
    const both = await one.look(now + 120 * MINUTE_MS + 2_000);
    expect(of(both, "gateway_status").at(-1)!.numbers).toMatchObject({ state: 1, metersSilent: 0 });
    const back = now + 125 * MINUTE_MS;
    one.hear("s/m", back);
    const again = await one.look(back + 20_000);
    expect(of(again, "meter_status")[0]!).toMatchObject({ tags: { meter: "m" }, numbers: { state: 0 } });
    expect(of(again, "gateway_status")[0]!.numbers.state).toBe(0);
    expect(of(again, "site_status").at(-1)!.numbers).toMatchObject({
      meters: 2,
      metersOnline: 1,
      onlineRate: 0.5,
    });
    // A change of state asks nothing of the store; the hourly look does.
    expect(asked).toBeGreaterThan(0);
    expect(one.asked() - asked).toBeLessThanOrEqual(3 * asked);
  });

  test("to silence is said a day after the last reading, and the silent are counted", async () => {
    const one = open([site({ gateways })], [live()]);
    await one.look(firstLook);
    await one.look(now + HOUR_MS);
    await one.look(now + 23 * HOUR_MS + 59 * MINUTE_MS);
    const rows = await one.look(now + DAY_MS + 2_000);
    const [own] = of(rows, "meter_status");
    expect(own).toMatchObject({ at: now + DAY_MS + 2_000, numbers: { state: 2 } });
    expect(of(rows, "gateway_status")[0]!.numbers).toMatchObject({ state: 2, meters: 1, metersSilent: 1 });
  });

  test("is not said of meters out of service", async () => {
    const gone = meter({ id: "gone", to: now + 20 * MINUTE_MS });
    const one = open([site({ meters: [meter(), gone] })], [live({ meter: "gone" })]);
    expect(of(await one.look(firstLook), "meter_status")).toHaveLength(2);
    const rows = await one.look(now + 2 * HOUR_MS);
    expect(rows.filter((row) => row.tags.meter === "gone")).toEqual([]);
    expect(of(rows, "site_status").at(-1)!.numbers.meters).toBe(1);
  });

  test("of thousands at once comes in steps, and all of them", async () => {
    const meters = Array.from({ length: 3_000 }, (_, i) => meter({ id: `m${i}`, contributes: "none" }));
    const one = open(
      [site({ meters, gateways })],
      meters.map(({ id }) => live({ meter: id })),
    );
    await one.look(now + 10 * MINUTE_MS);
    const dueAt = now + 30 * MINUTE_MS + 2_000;
    const first = await one.status.look(dueAt);
    expect(of(first.rows, "meter_status").length).toBeLessThanOrEqual(2_000);
    expect(first.more).toBe(true);
    const all = [...first.rows, ...(await one.look(dueAt))];
    expect(new Set(of(all, "meter_status").map((row) => row.tags.meter)).size).toBe(3_000);
    expect(of(all, "gateway_status").at(-1)!.numbers.state).toBe(1);
  });

  test("an older reading changes nothing", async () => {
    const one = open([site()], [live()]);
    await one.look(firstLook);
    await one.look(now + HOUR_MS);
    one.hear("s/m", now - HOUR_MS, { now: now + HOUR_MS + 60_000 });
    expect(await one.look(now + HOUR_MS + 120_000)).toEqual([]);
  });
});

describe("power near what the meter is rated for", () => {
  const own = meter({ ratedPowerKw: 100 });

  test("is said as it rises, moves and falls, and not more often than it has to be", async () => {
    const one = open([site({ meters: [own] })], [live({ powerKw: 50 })]);
    expect(of(await one.look(firstLook), "meter_status")[0]!.numbers.powerRatio).toBe(0.5);
    const said = async (seconds: number, powerKw: number): Promise<(number | null)[]> => {
      one.hear("s/m", now + seconds * 1_000, { powerKw });
      const rows = await one.look(now + seconds * 1_000);
      return of(rows, "meter_status").map((row) => row.numbers.powerRatio!);
    };
    expect(await said(20, 80)).toEqual([]);
    expect(await said(21, 120)).toEqual([1.2]);
    expect(await said(22, 130)).toEqual([]);
    expect(await said(60, 130)).toEqual([1.3]);
    expect(await said(100, 131)).toEqual([]);
    expect(await said(140, 50)).toEqual([0.5]);
    expect(await said(150, 60)).toEqual([]);
  });
});

describe("what is known of the last day", () => {
  test("is shared out over the contributing meters of a site", async () => {
    const meters = [meter(), meter({ id: "n" }), meter({ id: "sub", role: "sub", contributes: "none" })];
    const one = open([site({ meters })], []);
    const key = { scope: "meter", owner: "s/m" } as const;
    const estimated = figuresOf({ ...key, owner: "s/n" }, now - 12 * HOUR_MS, now, () => 1).map((row) => ({
      ...row,
      coverage: row.window === "15m" ? 0.5 : row.coverage,
      estimated: row.window === "15m" ? 0.25 : 0,
    }));
    await one.store.write({ figures: [...figuresOf(key, now - 2 * DAY_MS, now, () => 1), ...estimated] });
    const rows = await one.look(firstLook);
    const shares = of(rows, "meter_status").map(({ numbers }) => [numbers.completeness, numbers.estimated]);
    // The last whole hour whose readings are due ends an hour ago.
    expect(shares).toEqual([
      [1, 0],
      [(11 / 24) * 0.5, (11 / 24) * 0.25],
      [0, 0],
    ]);
    expect(of(rows, "site_status")[0]!.numbers.completeness).toBeCloseTo((1 + 11 / 48) / 2, 12);
  });
});

test("a site of which much is unknown is looked at again soon, until it is known", async () => {
  const one = open([site()], [live()]);
  const looks = async (from: number, to: number): Promise<(number | null)[]> => {
    const found: (number | null)[] = [];
    for (let t = from; t < to; t += MINUTE_MS) {
      one.hear("s/m", t);
      for (const row of of(await one.look(t), "site_status")) found.push(row.numbers.completeness!);
    }
    return found;
  };
  expect((await looks(firstLook, now + 21 * MINUTE_MS)).length).toBeGreaterThanOrEqual(4);
  const key = { scope: "meter", owner: "s/m" } as const;
  await one.store.write({ figures: figuresOf(key, now - 2 * DAY_MS, now + 4 * HOUR_MS, () => 1) });
  const after = await looks(now + 21 * MINUTE_MS, now + 81 * MINUTE_MS);
  expect(after[0]).toBe(1);
  expect(after.length).toBeLessThanOrEqual(2);
});

describe("a register that stands still", () => {
  const key = { scope: "meter", owner: "s/m" } as const;
  const stuckHours = async (
    amount: (start: number) => number,
    from = now - 30 * DAY_MS,
    part: Partial<Meter> = {},
  ) => {
    const one = open([site({ meters: [meter(part)] })], [live()]);
    await one.store.write({ figures: figuresOf(key, from, now, amount) });
    return of(await one.look(firstLook), "meter_status")[0]!.numbers.stuckHours;
  };
  const since = (hours: number, usual: (start: number) => number) => (start: number) =>
    start >= now - hours * HOUR_MS ? 0 : usual(start);
  const always = () => 1;
  const hourOf = (start: number) => ((start + 8 * HOUR_MS) / HOUR_MS) % 24;

  test("is stuck after eight equal points where it usually moves", async () => {
    expect(await stuckHours(since(1.5, always))).toBe(0);
    expect(await stuckHours(since(1.75, always))).toBe(1.75);
    expect(await stuckHours(since(5, always))).toBe(5);
  });

  test("is not stuck at night where it stands still every night, but is after a day", async () => {
    const byDay = (start: number) => (hourOf(start) >= 7 && hourOf(start) < 20 ? 1 : 0);
    expect(await stuckHours(byDay)).toBe(0);
    expect(await stuckHours(since(3, byDay))).toBe(0);
    // It stood still from 20:00 the day before yesterday on.
    expect(await stuckHours(since(37, byDay))).toBe(38);
  });

  test("is never stuck where it stood still on a whole day of the week before", async () => {
    const weekdays = (start: number) => (new Date(start + 8 * HOUR_MS).getUTCDay() % 6 === 0 ? 0 : 1);
    expect(await stuckHours(since(9, weekdays))).toBe(0);
    expect(await stuckHours(() => 0)).toBe(0);
    expect(await stuckHours(since(30, always), now - 2 * DAY_MS)).toBe(0);
  });

  test("stays stuck for weeks: the days it has stood still do not say that it may", async () => {
    expect(await stuckHours(since(5 * 24, always))).toBe(5 * 24);
    // Further back than quarter-hours are read, it counts from the next day on.
    expect(await stuckHours(since(20 * 24, always))).toBe(20 * 24 - 14);
  });

  test("is looked up once, goes on while it lasts, and ends with a movement", async () => {
    const one = open([site()], [live()]);
    await one.store.write({ figures: figuresOf(key, now - 20 * DAY_MS, now, since(4, always)) });
    const hours = async (when: number) => of(await one.look(when), "meter_status").at(-1)!.numbers.stuckHours;
    expect(await hours(firstLook)).toBe(4);
    const asked = one.asked();
    const later = (n: number, amount: number) =>
      figuresOf(key, now + (n - 1) * HOUR_MS, now + n * HOUR_MS, () => amount);
    await one.store.write({ figures: later(1, 0).filter((row) => row.window === "15m") });
    expect(await hours(now + 1.02 * HOUR_MS + HOUR_MS)).toBe(5);
    await one.store.write({ figures: later(2, 1).filter((row) => row.window === "15m") });
    expect(await hours(now + 3.1 * HOUR_MS)).toBe(0);
    // Two looks, and no look-up of the week before.
    expect(one.asked() - asked).toBeLessThan(2 * asked);
  });
});

describe("a site's use of electricity", () => {
  const sub = meter({ id: "sub", role: "sub", contributes: "none" });

  test("is compared with the weeks before, with its nights, and with its sub-meters", async () => {
    const one = open([site({ meters: [meter(), sub] })], []);
    const from = at("2026-10-20");
    const yesterday = at("2026-11-22");
    const lastHour = at("2026-11-23T08:00:00");
    const midnight = at("2026-11-23");
    const use = (start: number) => {
      if (start >= lastHour) return 30;
      if (start >= midnight && start < midnight + 5 * HOUR_MS) return 9;
      return ((start + 8 * HOUR_MS) / HOUR_MS) % 24 < 5 ? 1 : 10;
    };
    const below = (start: number) => (start >= yesterday ? 0.7 : 0.98) * use(start);
    await one.store.write({
      figures: [
        ...figuresOf({ scope: "site", owner: "s" }, from, now, use),
        ...figuresOf({ scope: "meter", owner: "s/m" }, from, now, use),
        ...figuresOf({ scope: "meter", owner: "s/sub" }, from, now, below),
      ],
    });
    const [row] = of(await one.look(firstLook), "site_status");
    expect(row!.numbers.jumpRatio).toBe(3);
    expect(row!.numbers.nightRatio).toBeCloseTo(0.9, 12);
    expect(row!.numbers.imbalance).toBeCloseTo(0.3, 12);
    expect(row!.numbers).toMatchObject({ factorsMissing: 0, factorsUnverified: 0 });
  });

  test("is not judged where too little is known", async () => {
    const one = open([site({ meters: [meter(), sub] })], []);
    await one.store.write({
      figures: figuresOf({ scope: "site", owner: "s" }, at("2026-11-20"), now, () => 1),
    });
    const [row] = of(await one.look(firstLook), "site_status");
    expect(row!.numbers).toMatchObject({ jumpRatio: null, nightRatio: null, imbalance: null });
  });
});

describe("an outage of a gateway", () => {
  const gateways = [{ id: "g", username: "g", topics: ["v1/#"] }];

  test("is an event when something comes in again, from when it was last heard of", async () => {
    const one = open([site({ gateways })], [live()]);
    await one.look(firstLook);
    one.hear("s/m", now + 3 * HOUR_MS);
    one.hear("s/m", now + 3 * HOUR_MS + 900_000);
    const events = of(await one.look(now + 3.3 * HOUR_MS), "event");
    expect(events).toMatchObject([
      { tags: { kind: "outage", site: "s" }, at: now, texts: { textEn: "Gateway g was silent for 3.0 h" } },
    ]);
  });

  test("is none where only the processors were behind, or readings came late", async () => {
    const one = open([site({ gateways })], [live()]);
    await one.look(firstLook);
    for (let i = 1; i <= 12; i += 1)
      one.hear("s/m", now + i * QUARTER_MS, { receivedAt: now + i * QUARTER_MS, now: now + 4 * HOUR_MS });
    one.hear("s/m", now + QUARTER_MS, { receivedAt: now + 3 * HOUR_MS, now: now + 4 * HOUR_MS });
    expect(of(await one.look(now + 4 * HOUR_MS), "event")).toEqual([]);
  });
});

describe("in the pipeline", () => {
  const opened: Pipeline[] = [];
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  test("status follows readings, and what is restated of closed days is an event", async () => {
    let clock = at("2026-11-02T00:00:30");
    const config = registry([site({ meters: [meter({ swaps: [] })] })], {
      county: { closedThrough: calendar.parseDate("2026-11-01")! },
    });
    const pipeline = await openPipeline(config, ":memory:", () => clock);
    opened.push(pipeline);
    const ever = { from: 0, to: Number.MAX_SAFE_INTEGER };
    const rowsOf = (measurement: ObservedName) => pipeline.store.observations({ measurement, ...ever });
    const until = async (
      measurement: ObservedName,
      isThere: (rows: Observation[]) => boolean,
    ): Promise<Observation[]> => {
      for (;;) {
        const rows = await rowsOf(measurement);
        if (isThere(rows)) return rows;
        // Time goes on: what is deferred waits for a share of it.
        clock += 1_000;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await pipeline.publish(
      [0, 15, 30].map((minutes) => reading(at("2026-11-01") + minutes * MINUTE_MS, minutes)),
    );
    await pipeline.settled();
    const restated = await until("event", (rows) => rows.some((row) => row.tags.site === "s"));
    const ledger = await pipeline.store.ledger(undefined, 0, clock, 100);
    expect(restated.reduce((sum, row) => sum + row.numbers.count!, 0)).toBe(ledger.length);
    expect(ledger.length).toBeGreaterThan(0);
    clock += 5_000;
    const [first] = await until("meter_status", (rows) => rows.length > 0);
    expect(first).toMatchObject({ tags: { site: "s", meter: "m" }, numbers: { state: 1 } });
    clock += 60_000;
    await pipeline.publish([reading(clock, 40)]);
    const rows = await until("meter_status", (all) => all.at(-1)!.numbers.state === 0);
    expect(rows.at(-1)!.numbers.receivedAgeMs).toBeLessThan(30 * MINUTE_MS);
  });
});
