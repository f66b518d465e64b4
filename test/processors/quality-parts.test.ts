import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Figure, LedgerEntry } from "../../model/figure.ts";
import type { Limit } from "../../model/limit.ts";
import type { Meter, Site } from "../../model/registry.ts";
import { calendarOf, HOUR_MS, QUARTER_MS } from "../../model/time.ts";
import { metersOfGateway } from "../../model/topics.ts";
import { planOf } from "../../processors/plan.ts";
import { countyRow } from "../../processors/quality/county.ts";
import {
  createFactorEvents,
  createRestatements,
  outageEvent,
  siteEvents,
  withRestatements,
} from "../../processors/quality/events.ts";
import { basesOf, factorCounts } from "../../processors/quality/factors.ts";
import { gatewayRow, lastWholeHours, meterRow, sharesOf } from "../../processors/quality/meter.ts";
import { countWrite, pipelineRow, todayOf } from "../../processors/quality/pipeline.ts";
import { createSchedule } from "../../processors/quality/schedule.ts";
import {
  balanceOf,
  imbalanceOf,
  jumpRatioOf,
  median,
  nightRatioOf,
  sameHours,
  siteRow,
  subsCover,
} from "../../processors/quality/site.ts";
import {
  longestStandMs,
  type Rows,
  standAtEnd,
  stuckAfterMs,
  stuckHoursOf,
} from "../../processors/quality/standstill.ts";
import { at, factor, meter, registry, site, testFactors } from "../world.ts";

const calendar = calendarOf("Asia/Shanghai");
const start = at("2026-11-02");
const INTERVAL = QUARTER_MS;

/** Quarter-hours from `from` on: an amount each; null is missing, and text is known in part or estimated. */
const quarters = (amounts: readonly (number | null)[], from = start): Rows =>
  amounts.flatMap((amount, i) =>
    amount === null ? [] : [{ start: from + i * QUARTER_MS, amount, coverage: 1, estimated: 0 }],
  );
const days = (amounts: readonly (number | null)[]): Rows =>
  amounts.flatMap((amount, i) =>
    amount === null ? [] : [{ start: start + i * 24 * HOUR_MS, amount, coverage: 1, estimated: 0 }],
  );

describe("a standstill", () => {
  test("begins after the last movement and ends with what is known", () => {
    const rows = quarters([1, 2, 0, 0, 0]);
    expect(standAtEnd(rows, start)).toEqual({
      since: start + 2 * QUARTER_MS,
      until: start + 5 * QUARTER_MS,
      isOpen: false,
    });
  });

  test("is none while the newest quarter-hour moved, or nothing is known", () => {
    expect(standAtEnd(quarters([0, 0, 1]), start)).toBeUndefined();
    expect(standAtEnd([], start)).toBeUndefined();
    const gone = [{ start, amount: 0, coverage: 0, estimated: 0 }];
    expect(standAtEnd(gone, start)).toBeUndefined();
  });

  test("is open where all that was read stands still, and not where something is missing before it", () => {
    expect(standAtEnd(quarters([0, 0, 0]), start)).toMatchObject({ since: start, isOpen: true });
    expect(standAtEnd(quarters([0, null, 0, 0]), start)).toMatchObject({
      since: start + 2 * QUARTER_MS,
      isOpen: false,
    });
  });

  test("ends where the last quarter-hour is known to", () => {
    const rows = [
      ...quarters([1, 0]),
      { start: start + 2 * QUARTER_MS, amount: 0, coverage: 0.4, estimated: 0 },
    ];
    expect(standAtEnd(rows, start)!.until).toBe(start + 2.4 * QUARTER_MS);
  });

  test("is as long as the longest run of quarter-hours without movement, gaps breaking it", () => {
    expect(longestStandMs(quarters([1, 0, 0, 1, 0, 0, 0, 1]))).toBe(3 * QUARTER_MS);
    expect(longestStandMs(quarters([0, 0, null, 0]))).toBe(2 * QUARTER_MS);
    expect(longestStandMs(quarters([1, 2, 3]))).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, null), { maxLength: 60 }), (amounts) => {
        const runs = amounts
          .map((amount) => (amount === 0 ? "0" : "x"))
          .join("")
          .split("x");
        expect(longestStandMs(quarters(amounts))).toBe(
          Math.max(...runs.map((run) => run.length)) * QUARTER_MS,
        );
      }),
    );
  });
});

describe("a meter is stuck", () => {
  const moving = quarters(Array(7 * 96).fill(1));
  const pausing = quarters(Array.from({ length: 7 * 96 }, (_, i) => (i % 96 < 30 ? 0 : 1)));
  const week = days(Array(7).fill(96));

  test("after eight equal points where it usually moves", () => {
    expect(stuckAfterMs(week, moving, INTERVAL)).toBe(7 * INTERVAL);
    expect(stuckAfterMs(week, moving, 60_000)).toBe(QUARTER_MS);
    expect(stuckAfterMs(week, moving, HOUR_MS)).toBe(7 * HOUR_MS);
  });

  test("after a day where it pauses", () => {
    expect(stuckAfterMs(week, pausing, INTERVAL)).toBe(24 * HOUR_MS);
    expect(stuckAfterMs(week, pausing, 24 * HOUR_MS)).toBe(7 * 24 * HOUR_MS);
  });

  test("never where it stood still for a whole day, or too little is known of it", () => {
    expect(stuckAfterMs(days([9, 9, 0, 9, 9, 9, 9]), moving, INTERVAL)).toBe(Number.POSITIVE_INFINITY);
    expect(stuckAfterMs(days([9, 9]), moving, INTERVAL)).toBe(Number.POSITIVE_INFINITY);
    expect(stuckAfterMs([], [], INTERVAL)).toBe(Number.POSITIVE_INFINITY);
    const across = quarters([...Array(90).fill(1), ...Array(100).fill(0), ...Array(400).fill(1)]);
    expect(stuckAfterMs(week, across, INTERVAL)).toBe(Number.POSITIVE_INFINITY);
  });

  test("for as many hours as it has not moved", () => {
    const stand = { since: start, until: start + 7 * INTERVAL, isOpen: false };
    expect(stuckHoursOf(stand, 7 * INTERVAL)).toBe(1.75);
    expect(stuckHoursOf(stand, 8 * INTERVAL)).toBe(0);
    expect(stuckHoursOf(undefined, 0)).toBe(0);
  });
});

describe("the last 24 whole hours", () => {
  test("end with the hour whose readings are due", () => {
    const now = at("2026-11-03T10:20:00");
    expect(lastWholeHours({ intervalMinutes: 15 }, now).end).toBe(at("2026-11-03T09:00:00"));
    expect(lastWholeHours({ intervalMinutes: 10 }, now).end).toBe(at("2026-11-03T10:00:00"));
    expect(lastWholeHours({ intervalMinutes: 1440 }, now)).toEqual({
      start: at("2026-10-31T10:00:00"),
      end: at("2026-11-01T10:00:00"),
    });
  });

  test("are measured and estimated in shares of the time in service", () => {
    const span = { start, end: start + 24 * HOUR_MS };
    const rows: Rows = [
      ...quarters(Array(48).fill(1)),
      ...quarters(Array(24).fill(1), start + 12 * HOUR_MS).map((row) => ({
        ...row,
        coverage: 0.5,
        estimated: 0.5,
      })),
    ];
    expect(sharesOf(meter(), rows, span)).toEqual({ completeness: 0.625, estimated: 0.125 });
    expect(sharesOf(meter({ to: start + 12 * HOUR_MS }), rows, span)).toEqual({
      completeness: 1,
      estimated: 0.25,
    });
    expect(sharesOf(meter({ from: span.end }), rows, span)).toEqual({ completeness: null, estimated: null });
  });
});

describe("a meter's row", () => {
  const details = { completeness: 0.5, estimated: 0.25, stuckHours: 3 };
  const own = meter({ ratedPowerKw: 200 });
  const row = (ageMs: number, powerKw: number | null = 100, of = own) =>
    meterRow(of, { at: start, receivedAt: start + 7, powerKw }, details, start + ageMs).numbers;

  test.each([
    [0, 0],
    [2 * INTERVAL, 0],
    [2 * INTERVAL + 1, 1],
    [24 * HOUR_MS, 1],
    [24 * HOUR_MS + 1, 2],
  ])("at an age of %i ms has state %i", (ageMs, state) => {
    expect(row(ageMs)).toMatchObject({ ageMs, receivedAgeMs: ageMs - 7, state, ...details });
  });

  test("of a meter never heard of has no age", () => {
    expect(meterRow(own, undefined, details, start)).toMatchObject({
      tags: { site: "s", meter: "m" },
      numbers: { ageMs: null, receivedAgeMs: null, state: 3, powerRatio: null },
    });
  });

  test("has power over rated power, whichever way it flows, while the meter is online", () => {
    expect(row(0).powerRatio).toBe(0.5);
    expect(row(0, -300).powerRatio).toBe(1.5);
    expect(row(0, null).powerRatio).toBeNull();
    expect(row(2 * INTERVAL + 1).powerRatio).toBeNull();
    expect(row(0, 100, meter()).powerRatio).toBeNull();
  });
});

describe("a gateway", () => {
  const profiles = registry([]).profiles;
  const native = {
    id: "native",
    topic: "v1/sites/{site}/meters/{meter}/readings",
    format: "json",
    time: { value: { pointer: "/at" } },
  } as const;
  const power = {
    ...native,
    id: "power",
    topic: "device/power/{kind}/{place}/{meter}",
    site: { capture: "place" },
  } as const;
  const meters = ["a", "b", "c"].map((id) => meter({ id }));
  const gateway = (id: string, ...topics: string[]) => ({ id, username: id, topics });

  test("has the meters whose topics it may publish to, in any profile", () => {
    const one = gateway("g1", "v1/sites/s/meters/a/#");
    const two = gateway("g2", "v1/sites/s/meters/b/readings", "device/power/up/s/c");
    const own = site({ meters, gateways: [one, two] });
    const ids = (g: typeof one) => metersOfGateway(own, g, [native, power]).map(({ id }) => id);
    expect(ids(one)).toEqual(["a"]);
    expect(ids(two)).toEqual(["b", "c"]);
  });

  test("that is the only one has all of them", () => {
    const only = gateway("g", "v1/sites/s/meters/a/#");
    expect(metersOfGateway(site({ meters, gateways: [only] }), only, profiles)).toHaveLength(3);
  });

  test("is as well as the best of its meters", () => {
    const sign = (ageMs: number) => ({ at: start - ageMs, receivedAt: start, powerKw: null });
    const signs = [
      { meter: meters[0]!, sign: sign(25 * HOUR_MS) },
      { meter: meters[1]!, sign: sign(HOUR_MS) },
      { meter: meters[2]!, sign: undefined },
      { meter: meter({ id: "gone", to: start }), sign: sign(0) },
    ];
    expect(gatewayRow("s", "g", signs, start)).toMatchObject({
      tags: { site: "s", gateway: "g" },
      numbers: { ageMs: HOUR_MS, state: 1, meters: 3, metersSilent: 2 },
    });
    expect(gatewayRow("s", "g", signs.slice(2, 3), start)!.numbers).toMatchObject({ state: 3, ageMs: null });
    expect(gatewayRow("s", "g", signs.slice(3), start)).toBeUndefined();
  });
});

describe("an hour against the same hour of the weeks before", () => {
  const hour = at("2026-11-23T09:00:00");
  const hours = sameHours(calendar, hour);
  const rows = (...amounts: (number | null)[]): Rows =>
    amounts.flatMap((amount, week) =>
      amount === null ? [] : quarters(Array(4).fill(amount), hours[week]!.start),
    );

  test("lies on the same weekday", () => {
    expect(hours.map(({ start: from }) => calendar.iso(from))).toEqual(
      ["2026-11-23", "2026-11-16", "2026-11-09", "2026-11-02", "2026-10-26"].map(
        (day) => `${day}T09:00:00+08:00`,
      ),
    );
  });

  test("is at the same time of day where clocks change", () => {
    const berlin = calendarOf("Europe/Berlin");
    const texts = sameHours(berlin, Date.parse("2026-10-27T09:00:00+01:00")).map(({ start: from }) =>
      berlin.iso(from),
    );
    expect(texts[1]).toBe("2026-10-20T09:00:00+02:00");
  });

  test("is over their median", () => {
    expect(jumpRatioOf(rows(30, 10, 10, 20, 40), hours)).toBe(2);
    expect(jumpRatioOf(rows(30, 10, 10, 20, null), hours)).toBe(3);
  });

  test("is unknown without three of them, without itself, and where they used nothing", () => {
    expect(jumpRatioOf(rows(30, 10, 10, null, null), hours)).toBeNull();
    expect(jumpRatioOf(rows(null, 10, 10, 10, 10), hours)).toBeNull();
    expect(jumpRatioOf(rows(30, 0, 0, 0, 0), hours)).toBeNull();
    expect(jumpRatioOf(rows(30, 10, 10, 10, 10).slice(1), hours)).toBeNull();
  });
});

describe("a night against the day before", () => {
  const day = calendar.dayOf(at("2026-11-23"));
  const eight = (night: number, rest: number, last = night): Rows =>
    Array.from({ length: 9 }, (_, i) => {
      const one = i === 8 ? last : night;
      return quarters([...Array(20).fill(one), ...Array(76).fill(rest)], calendar.dayStart(day - 8 + i));
    }).flat();

  test("is mean power over mean power", () => {
    expect(nightRatioOf(calendar, eight(1, 10), day)).toBeCloseTo(0.1, 12);
    expect(nightRatioOf(calendar, eight(1, 10, 8), day)).toBeCloseTo(0.8, 12);
  });

  test("is measured by the usual day where the day before was a day of rest", () => {
    const rows = eight(1, 10);
    const sunday = calendar.dayStart(day - 1);
    const rested = rows.map((row) =>
      row.start >= sunday && row.start < calendar.dayStart(day) ? { ...row, amount: 1 } : row,
    );
    expect(nightRatioOf(calendar, rested, day)).toBeCloseTo(0.1, 12);
    const busy = rows.map((row) => (row.start >= sunday + 5 * HOUR_MS ? { ...row, amount: 20 } : row));
    expect(nightRatioOf(calendar, busy, day)).toBeCloseTo(1, 12);
  });

  test("is none for a site that runs at night, be it now and then", () => {
    expect(nightRatioOf(calendar, eight(6, 10, 9), day)).toBeNull();
    const worked = (...nights: number[]): Rows =>
      eight(1, 10, 9).map((row) => {
        const isNight = nights.some((back) => {
          const midnight = calendar.dayStart(day - back);
          return row.start >= midnight && row.start < midnight + 5 * HOUR_MS;
        });
        return isNight ? { ...row, amount: 8 } : row;
      });
    expect(nightRatioOf(calendar, worked(3), day)).toBeCloseTo(0.9, 12);
    expect(nightRatioOf(calendar, worked(3, 5), day)).toBeNull();
  });

  test("is none where the night, the day or the nights before are not known", () => {
    const all = eight(1, 10);
    const midnight = calendar.dayStart(day);
    expect(
      nightRatioOf(
        calendar,
        all.filter((row) => row.start < midnight),
        day,
      ),
    ).toBeNull();
    expect(
      nightRatioOf(
        calendar,
        all.filter((row) => row.start >= midnight - 12 * HOUR_MS),
        day,
      ),
    ).toBeNull();
    expect(
      nightRatioOf(
        calendar,
        all.filter((row) => row.start >= midnight - 48 * HOUR_MS),
        day,
      ),
    ).toBeNull();
    expect(nightRatioOf(calendar, eight(1, 0), day)).toBeNull();
  });
});

describe("main meter against sub-meters", () => {
  test("is balanced where all of both is known", () => {
    expect(balanceOf(days([100]), [days([40]), days([50])], start)).toEqual({ main: 100, subs: 90 });
    expect(balanceOf(days([100]), [days([40]), days([null])], start)).toBeUndefined();
    expect(balanceOf(days([0]), [days([0])], start)).toBeUndefined();
    const half = days([40]).map((row) => ({ ...row, coverage: 0.5 }));
    expect(balanceOf(days([100]), [half], start)).toBeUndefined();
  });

  test("is looked at only where the sub-meters have covered the main meter so far", () => {
    const past = (subs: number, n: number) => Array.from({ length: n }, () => ({ main: 100, subs }));
    expect(subsCover(past(96, 28))).toBe(true);
    expect(subsCover(past(104, 28))).toBe(true);
    expect(subsCover(past(60, 28))).toBe(false);
    expect(subsCover(past(200, 28))).toBe(false);
    expect(subsCover(past(98, 13))).toBe(false);
    // A sub-meter that broke down some days ago does not end it.
    expect(subsCover([...past(50, 6), ...past(98, 20)])).toBe(true);
  });

  test("differs by a share of the main meter", () => {
    expect(imbalanceOf({ main: 100, subs: 70 })).toBeCloseTo(0.3, 12);
    expect(imbalanceOf({ main: 100, subs: 130 })).toBeCloseTo(0.3, 12);
    expect(imbalanceOf(undefined)).toBeNull();
  });
});

test("the middle of numbers", () => {
  expect(median([])).toBeUndefined();
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("a site without meters in service has no online rate", () => {
  const details = {
    completeness: null,
    jumpRatio: null,
    nightRatio: null,
    imbalance: null,
    factorsMissing: 0,
    factorsUnverified: 0,
  };
  expect(siteRow("s", { meters: 4, metersOnline: 3 }, details, start).numbers.onlineRate).toBe(0.75);
  expect(siteRow("s", { meters: 0, metersOnline: 0 }, details, start).numbers.onlineRate).toBeNull();
});

describe("factors of a site", () => {
  const count = (
    factors: typeof testFactors,
    part: { when?: number; meters?: Meter[]; approved?: Site["approved"]; limits?: Limit[] } = {},
  ) => {
    const { when = start, meters = [meter()], approved, limits = [] } = part;
    const own = site({ meters, ...(approved ? { approved } : {}) });
    const config = registry([own], { factors, limits });
    return factorCounts(planOf(config).areas, basesOf(config, own), when);
  };
  const ended = testFactors.map((one) => ({ ...one, validTo: start }));
  const equivalent = {
    id: "coal-el-2",
    kind: "standard-coal",
    carrier: "electricity",
    perCanonical: 0.3,
  } as const;

  test("are missing by carrier, whatever it lacks", () => {
    expect(count(testFactors)).toEqual({ factorsMissing: 0, factorsUnverified: 0 });
    expect(count(ended)).toEqual({ factorsMissing: 1, factorsUnverified: 0 });
    expect(count(ended, { when: start - 1 }).factorsMissing).toBe(0);
    const meters = [meter(), meter({ id: "gas", carrier: "natural-gas", role: "fuel" })];
    expect(count(ended, { meters }).factorsMissing).toBe(2);
    expect(count(ended, { meters: [meter({ to: start })] }).factorsMissing).toBe(0);
  });

  test("are needed on the bases that the site is judged by", () => {
    const approved = { tce: 1, basis: "equivalent" as const };
    expect(count(testFactors, { approved }).factorsMissing).toBe(1);
    const both = [...testFactors, factor({ ...equivalent, basis: "equivalent" })];
    expect(count(both, { approved }).factorsMissing).toBe(0);
    const noMarket = testFactors.filter(({ id }) => id !== "market");
    const limit = { site: "s", basis: "market" } as Limit;
    expect(count(noMarket).factorsMissing).toBe(0);
    expect(count(noMarket, { limits: [limit] }).factorsMissing).toBe(1);
    expect(count(noMarket, { limits: [{ ...limit, site: "other" }] }).factorsMissing).toBe(0);
  });

  test("are unverified where they are in force and in use", () => {
    const doubtful = testFactors.map((one) => ({ ...one, status: "unverified" as const }));
    expect(count(doubtful).factorsUnverified).toBe(2);
    expect(count(doubtful, { meters: [meter({ to: start })] }).factorsUnverified).toBe(0);
    const copied = testFactors.map((one) => ({ ...one, status: "second-hand" as const }));
    expect(count(copied).factorsUnverified).toBe(0);
  });

  test("that nobody verified are one matter of the county, however many sites use them", () => {
    const doubtful = testFactors.map((one) => ({ ...one, status: "unverified" as const }));
    const sites = ["a", "b", "c"].map((id) => site({ id, meters: [meter({ site: id })] }));
    const row = countyRow(planOf(registry(sites, { factors: doubtful })), start + 5);
    expect(row).toMatchObject({ tags: { group: "county" }, at: start, numbers: { factorsUnverified: 2 } });
    expect(row.texts.factors?.split(",")).toHaveLength(2);
  });
});

describe("events", () => {
  const swap = (id: string, when: string) => ({ at: at(when), register: id, final: 1, first: 0 });

  test("of swaps and multipliers are at their moment, one row for each moment of a site", () => {
    const own = site({
      meters: [
        meter({ id: "a", swaps: [swap("active-import", "2026-03-01"), swap("other", "2026-03-01")] }),
        meter({
          id: "b",
          swaps: [swap("active-import", "2026-03-01")],
          multipliers: [100, 120].map((value, i) => ({
            from: at(`2026-0${1 + i}-01`),
            value,
            registers: {},
          })),
        }),
      ],
    });
    expect(siteEvents(own, Number.NEGATIVE_INFINITY, at("2026-04-01"))).toMatchObject([
      {
        tags: { kind: "swap", site: "s" },
        at: at("2026-03-01"),
        numbers: { count: 2 },
        texts: { textZh: "换表：a、b", textEn: "Meter exchanged: a, b" },
      },
      {
        tags: { kind: "multiplier", site: "s" },
        at: at("2026-02-01"),
        texts: { textEn: "Multiplier changed: b 100 → 120" },
      },
    ]);
    expect(siteEvents(own, at("2026-02-01"), at("2026-02-28"))).toEqual([]);
  });

  test("of factors are those that take another's place, for carriers that are metered", () => {
    const later = [
      factor({
        id: "grid-2",
        kind: "co2-grid-location",
        carrier: "electricity",
        perCanonical: 0.4,
        validFrom: at("2026-06-01"),
      }),
      factor({
        id: "gas-2",
        kind: "co2-direct",
        carrier: "natural-gas",
        perCanonical: 2,
        validFrom: at("2026-06-01"),
      }),
      factor({
        id: "market-2",
        kind: "co2-grid-market",
        carrier: "electricity",
        perCanonical: 0.4,
        validFrom: at("2026-07-01"),
      }),
    ];
    const take = createFactorEvents(registry([site()], { factors: [...testFactors, ...later] }));
    expect(take(at("2026-06-15"))).toMatchObject([
      {
        tags: { kind: "factor" },
        at: at("2026-06-01"),
        numbers: { count: 1 },
        texts: { textEn: "Factors changed: grid-2" },
      },
    ]);
    expect(take(at("2026-06-30"))).toEqual([]);
    expect(take(at("2026-07-02"))).toMatchObject([{ texts: { textEn: "Factors changed: market-2" } }]);
    expect(take(at("2027-07-02"))).toEqual([]);
  });

  test("of outages say how long", () => {
    expect(outageEvent("s", "g", start, start + 9_000_000)).toMatchObject({
      tags: { kind: "outage", site: "s" },
      at: start,
      texts: { textEn: "Gateway g was silent for 2.5 h" },
    });
  });

  describe("of restatements", () => {
    const entry = (part: Partial<LedgerEntry> = {}): LedgerEntry => ({
      scope: "meter",
      owner: "s/m",
      carrier: "electricity",
      window: "day",
      start,
      before: null,
      after: {} as never,
      cause: "readings",
      at: at("2026-11-20T12:00:00"),
      ...part,
    });

    test("are summed by site, cause and day, and the sum is written again", () => {
      const sums = createRestatements(calendar);
      const first = sums.rows([
        entry(),
        entry({ scope: "site", owner: "s", start: start + 24 * HOUR_MS }),
        entry({ cause: "swap: s/m" }),
      ]);
      expect(first).toMatchObject([
        { tags: { kind: "restatement", site: "s" }, at: at("2026-11-20T12:00:00"), numbers: { count: 2 } },
        {
          tags: { kind: "restatement", site: "s" },
          at: at("2026-11-20T12:00:00") + 1,
          numbers: { count: 1 },
        },
      ]);
      expect(first[0]!.texts.textEn).toBe(
        "2 figures of closed days restated (2026-11-02 to 2026-11-03): readings",
      );
      const more = sums.rows([
        entry({ at: at("2026-11-20T23:00:00") }),
        entry({ scope: "group", owner: "county" }),
      ]);
      expect(more).toMatchObject([
        { at: at("2026-11-20T12:00:00"), numbers: { count: 3 } },
        { tags: { kind: "restatement" }, numbers: { count: 1 } },
      ]);
      expect(more[1]!.tags).not.toHaveProperty("site");
      expect(sums.rows([entry({ at: at("2026-11-21") })])).toMatchObject([
        { at: at("2026-11-21"), numbers: { count: 1 } },
      ]);
    });

    test("go with the changes they belong to", () => {
      const sums = createRestatements(calendar);
      const plain = { facts: [] };
      expect(withRestatements(sums, plain)).toBe(plain);
      expect(withRestatements(sums, { ledger: [entry()] }).observations).toHaveLength(1);
    });
  });
});

describe("a schedule", () => {
  test("gives out what is due, the earliest first, and no more than asked for", () => {
    const schedule = createSchedule<string>();
    for (const [when, item] of [
      [5_000, "c"],
      [1_000, "a"],
      [1_500, "b"],
      [9_000_000, "z"],
    ] as const)
      schedule.add(when, item);
    expect(schedule.isDue(999)).toBe(false);
    expect(schedule.take(1_999, 9)).toEqual(["a"]);
    expect(schedule.take(60_000, 1)).toEqual(["b"]);
    expect(schedule.take(60_000, 9)).toEqual(["c"]);
    expect(schedule.isDue(60_000)).toBe(false);
    schedule.add(2_000, "late");
    expect(schedule.take(60_000, 9)).toEqual(["late"]);
    expect(schedule.take(9_000_000, 9)).toEqual(["z"]);
    expect(schedule.take(1e15, 9)).toEqual([]);
  });

  test("gives out every item once, never early, whatever the order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100_000), fc.nat(100_000)), { maxLength: 60 }),
        fc.array(fc.nat(200_000), { maxLength: 20 }),
        (items, looks) => {
          const schedule = createSchedule<number>();
          const times = items.map(([when]) => when);
          times.forEach((when, i) => {
            schedule.add(when, i);
          });
          const given: number[] = [];
          for (const now of [...looks.sort((a, b) => a - b), 300_000]) {
            const taken = schedule.take(now, 1_000);
            for (const i of taken) expect(times[i]!).toBeLessThanOrEqual(now);
            given.push(...taken);
            for (const [i, when] of times.entries()) if (when <= now - 1_000) expect(given).toContain(i);
          }
          expect(given.sort((a, b) => a - b)).toEqual(items.map((_, i) => i));
        },
      ),
    );
  });
});

describe("a process", () => {
  const facts = { uptimeMs: 5_000, memoryMb: 80 };

  test("says what is its business; the rest is unknown, not nothing", () => {
    const row = pipelineRow(
      "process@a:1",
      "process",
      { ...facts, recordsBehind: 7, newestReadingAt: start - 9 },
      start,
    );
    expect(row).toMatchObject({ tags: { process: "process@a:1" }, texts: { role: "process", failure: "" } });
    expect(row.numbers).toEqual({
      ...facts,
      recordsBehind: 7,
      newestReadingAgeMs: 9,
      lastWriteAgeMs: null,
      pendingSpans: null,
      dirtyDays: null,
      appended: null,
      figures: null,
      rejectedToday: null,
      receivedToday: null,
    });
  });

  test("counts what it writes", () => {
    const sign = (receivedAt: number) => ({
      site: "s",
      meter: "m",
      at: 0,
      receivedAt,
      register: "r",
      value: 1,
      powerKw: null,
    });
    const first = countWrite({ figures: 3 }, { figures: [{} as Figure, {} as Figure] }, start);
    expect(first).toEqual({ figures: 5, lastWriteAt: start });
    expect(countWrite(first, { live: [sign(9), sign(4)] }, start + 1)).toEqual({
      ...first,
      newestReadingAt: 9,
    });
  });

  test("adds up the day over all sites", () => {
    const row = { site: "s", day: 1, received: 5, accepted: 2, repeated: 0, setAside: 0 };
    const rows = [
      { ...row, rejected: { future: 1, "no-zone": 2 } },
      { ...row, rejected: {} },
    ];
    expect(todayOf(rows)).toEqual({ receivedToday: 10, rejectedToday: 3 });
  });
});
