/** Whether the loads behave as such loads do. */
import { describe, expect, test } from "vitest";
import { sessionsOf } from "../../demo/charging.ts";
import { dayTypeOf, fleetDays } from "../../demo/days.ts";
import { createFleet, trueEnergy, trueRate } from "../../demo/fleet.ts";
import { callOf } from "../../demo/ships.ts";
import { sunHeight } from "../../demo/sun.ts";
import { turbineShare } from "../../demo/wind.ts";
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, parseDate } from "../../model/time.ts";
import { exampleRegistry, local } from "./example-registry.ts";

const fleet = createFleet(exampleRegistry, 1);

function find(site: string, meter: string) {
  return fleet.find(site, meter)!;
}

function dayEnergy(site: string, meter: string, date: string): number {
  const start = local(`${date}T00:00:00`);
  return trueEnergy(find(site, meter), { start, end: start + DAY_MS });
}

function meanPower(site: string, meter: string, from: string, to: string): number {
  const [start, end] = [local(from), local(to)];
  return (trueEnergy(find(site, meter), { start, end }) * HOUR_MS) / (end - start);
}

describe("days", () => {
  test.each([
    ["2026-11-20", "work"],
    ["2026-11-21", "saturday"],
    ["2026-11-22", "rest"],
    ["2026-10-01", "rest"],
    ["2026-02-17", "rest"],
    ["2027-02-06", "rest"],
    ["2025-06-02", "work"],
  ])("%s is a day of %s", (date, type) => {
    expect(dayTypeOf(parseDate(date)!)).toBe(type);
  });

  test("begin at local midnight", () => {
    const days = fleetDays("Asia/Shanghai");
    const midnight = local("2026-11-23T00:00:00");
    expect(days.dayOf(midnight)).toBe(parseDate("2026-11-23"));
    expect(days.dayOf(midnight - 1)).toBe(parseDate("2026-11-22"));
    expect(days.startOf(parseDate("2026-11-23")!)).toBe(midnight);
  });
});

describe("a shipyard", () => {
  test("rests at noon and by night, on Sundays and over the Spring Festival", () => {
    const morning = meanPower("works", "main", "2026-11-19T08:30:00", "2026-11-19T11:00:00");
    expect(meanPower("works", "main", "2026-11-19T12:00:00", "2026-11-19T12:30:00")).toBeLessThan(
      0.75 * morning,
    );
    expect(meanPower("works", "main", "2026-11-19T01:00:00", "2026-11-19T05:00:00")).toBeLessThan(
      0.5 * morning,
    );
    const thursday = dayEnergy("works", "main", "2026-11-19");
    expect(dayEnergy("works", "main", "2026-11-22")).toBeLessThan(0.75 * thursday);
    expect(dayEnergy("works", "main", "2026-02-18")).toBeLessThan(0.75 * thursday);
  });
});

describe("grinding", () => {
  test("runs on the cheap power of the night", () => {
    const night = meanPower("kiln", "feed-1", "2026-11-19T00:00:00", "2026-11-19T07:00:00");
    expect(meanPower("kiln", "feed-1", "2026-11-19T14:00:00", "2026-11-19T20:00:00")).toBeLessThan(
      0.6 * night,
    );
  });
});

describe("the sun", () => {
  const place = [122.2, 30.25] as const;

  test("stands where it stands: solar noon at the equinox and the solstices", () => {
    const noon = (date: string) => local(`${date}T11:51:00`);
    const degrees = (height: number) => (Math.asin(height) * 180) / Math.PI;
    expect(degrees(sunHeight(place, noon("2026-03-20")))).toBeCloseTo(90 - 30.25, -0.5);
    expect(degrees(sunHeight(place, noon("2026-06-21")))).toBeCloseTo(90 - 30.25 + 23.44, -0.5);
    expect(degrees(sunHeight(place, noon("2026-12-21")))).toBeCloseTo(90 - 30.25 - 23.44, -0.5);
  });

  test("rises and sets at the almanac's hours, within some minutes", () => {
    const crossing = (from: Instant): Instant => {
      const sign = Math.sign(sunHeight(place, from));
      let at = from;
      while (Math.sign(sunHeight(place, at)) === sign) at += MINUTE_MS;
      return at;
    };
    // Geometric horizon, so some 5 min later in the morning than the almanac's 06:27, earlier than its 16:53.
    expect(Math.abs(crossing(local("2026-11-23T00:00:00")) - local("2026-11-23T06:32:00"))).toBeLessThan(
      8 * MINUTE_MS,
    );
    expect(Math.abs(crossing(local("2026-11-23T12:00:00")) - local("2026-11-23T16:48:00"))).toBeLessThan(
      8 * MINUTE_MS,
    );
  });

  test("gives nothing by night, and something at noon on any day", () => {
    const plant = find("solar", "pv-1");
    for (let day = 0; day < 365; day += 3) {
      const start = local("2026-01-01T00:00:00") + day * DAY_MS;
      for (let at = start; at < start + DAY_MS; at += 5 * MINUTE_MS) {
        if (sunHeight(place, at) < -0.03) expect(trueRate(plant, at)).toBe(0);
      }
      expect(trueRate(plant, start + 12 * HOUR_MS)).toBeGreaterThan(0);
    }
  });

  test("gives some 1,000 to 1,250 full hours a year, more in summer", () => {
    const plant = find("solar", "pv-1");
    const hours = (from: string, to: string) =>
      trueEnergy(plant, { start: local(`${from}T00:00:00`), end: local(`${to}T00:00:00`) }) / 6000;
    expect(hours("2026-01-01", "2027-01-01")).toBeGreaterThan(1000);
    expect(hours("2026-01-01", "2027-01-01")).toBeLessThan(1250);
    expect(hours("2026-05-01", "2026-09-01")).toBeGreaterThan(1.2 * hours("2026-11-01", "2027-03-01"));
  });
});

describe("the wind", () => {
  test("turns nothing below the cut-in speed nor above the cut-out, and all at the rated", () => {
    expect([2.9, 3, 11.5, 20, 25].map(turbineShare)).toEqual([0, 0, 1, 1, 0]);
    expect(turbineShare(7)).toBeGreaterThan(0.15);
  });

  test("gives a quarter of the rated power in a year", () => {
    const start = local("2026-01-01T00:00:00");
    const share = trueEnergy(find("wind", "wind-1"), { start, end: start + 365 * DAY_MS }) / (8000 * 8760);
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.32);
  });
});

describe("ships", () => {
  const slots = Array.from({ length: 2000 }, (_, i) => i);
  const berth = { id: "b", name: { zh: "b", en: "b" }, type: "container", shorePower: true } as const;

  test("stay 6 to 40 hours, one after the other, and mostly connect", () => {
    const calls = slots.map((slot) => callOf(5, slot, 800, berth)).filter((call) => call !== undefined);
    expect(calls.length).toBeGreaterThan(1200);
    expect(calls.length).toBeLessThan(1700);
    for (const [i, call] of calls.entries()) {
      const hours = (call.departure - call.arrival) / HOUR_MS;
      expect(hours).toBeGreaterThanOrEqual(6);
      expect(hours).toBeLessThanOrEqual(40);
      expect(call.arrival).toBeGreaterThan(calls[i - 1]?.departure ?? 0);
    }
    const connected = calls.filter((call) => call.shoreKw > 0).length / calls.length;
    expect(connected).toBeGreaterThan(0.75);
    expect(connected).toBeLessThan(0.95);
  });

  test("draw nothing where they cannot connect, or need not", () => {
    const power = (changes: object) =>
      slots.reduce((sum, slot) => sum + (callOf(5, slot, 800, { ...berth, ...changes })?.shoreKw ?? 0), 0);
    expect(power({ shorePower: false })).toBe(0);
    expect(power({ type: "tanker" })).toBe(0);
    expect(power({})).toBeGreaterThan(0);
  });
});

describe("charging", () => {
  test.each([
    { count: 5, ratedKw: 120, depot: false },
    { count: 6, ratedKw: 7, depot: false },
    { count: 4, ratedKw: 60, depot: true },
  ])("a gun of $ratedKw kW serves one car at a time", (guns) => {
    let sessions = 0;
    for (let day = 20_700; day < 20_760; day += 1) {
      const taken = new Set<string>();
      for (const { gun, first, last, kw } of sessionsOf(9, guns, day)) {
        sessions += 1;
        expect(kw).toBeLessThanOrEqual(guns.ratedKw);
        expect(kw).toBeGreaterThan(0.4 * guns.ratedKw);
        expect(first).toBeGreaterThanOrEqual(1);
        expect(last).toBeLessThanOrEqual(287);
        expect(last).toBeGreaterThanOrEqual(first);
        for (let node = first; node <= last; node += 1) {
          expect(taken.has(`${gun}/${node}`)).toBe(false);
          taken.add(`${gun}/${node}`);
        }
      }
    }
    expect(sessions).toBeGreaterThan(60 * guns.count * 0.5);
  });
});
