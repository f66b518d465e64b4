import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { faultPlan } from "../../demo/faults.ts";
import { createFleet, type Fleet, type FleetMeter, trueEnergy, trueRate } from "../../demo/fleet.ts";
import { storedMessages } from "../../demo/payload.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { exampleRegistry, local } from "./example-registry.ts";

const weekStart = local("2026-11-09T00:00:00");
const week = { start: weekStart, end: weekStart + 7 * DAY_MS };

function meterOf(fleet: Fleet, site: string, id: string): FleetMeter {
  const meter = fleet.find(site, id);
  if (!meter) throw new Error(`the registry has no ${site}/${id}`);
  return meter;
}

function bytesOf(seed: number): string {
  const fleet = createFleet(exampleRegistry, seed);
  const senders = { fleet, plan: faultPlan(fleet) };
  const messages = fleet.meters.flatMap((meter) =>
    storedMessages(senders, fleet.of(meter), weekStart - 1, weekStart + DAY_MS),
  );
  return messages.map((message) => message.payload).join("\n");
}

describe("the same registry and seed", () => {
  test("give the same bytes, another seed gives others", () => {
    expect(bytesOf(7)).toBe(bytesOf(7));
    expect(bytesOf(7)).not.toBe(bytesOf(8));
  });

  test("give the same energy in whatever order it is asked for", () => {
    const times = Array.from({ length: 60 }, (_, i) => weekStart + i * 2.7 * HOUR_MS);
    const forwards = createFleet(exampleRegistry, 3);
    const backwards = createFleet(exampleRegistry, 3);
    for (const meter of forwards.meters) {
      const ahead = times.map((at) => forwards.of(meter).counter.passed(at));
      const behind = [...times].reverse().map((at) => backwards.of(meter).counter.passed(at));
      expect(behind.reverse()).toEqual(ahead);
    }
  });
});

describe("true energy", () => {
  const fleet = createFleet(exampleRegistry, 1);

  test("is the integral of the rate", () => {
    for (const meter of fleet.meters.map((row) => fleet.of(row))) {
      const start = local("2026-11-12T00:00:00");
      // The rate is a straight line within five minutes, so the midpoint of each is exact.
      let sum = 0;
      for (let at = start; at < start + DAY_MS; at += 5 * MINUTE_MS) {
        sum += trueRate(meter, at + 2.5 * MINUTE_MS) / 12;
      }
      expect(trueEnergy(meter, { start, end: start + DAY_MS })).toBeCloseTo(sum, 4);
    }
  });

  test("adds up over any cut of a span", () => {
    const meters = fleet.meters.map((row) => fleet.of(row));
    const within = fc.integer({ min: week.start, max: week.end });
    fc.assert(
      fc.property(fc.constantFrom(...meters), within, within, within, (meter, ...cuts) => {
        const [a = 0, b = 0, c = 0] = cuts.sort((x, y) => x - y);
        const parts = trueEnergy(meter, { start: a, end: b }) + trueEnergy(meter, { start: b, end: c });
        const whole = trueEnergy(meter, { start: a, end: c });
        expect(Math.abs(parts - whole)).toBeLessThan(1e-6 * (1 + whole));
        expect(whole).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  test("stops with the meter's service", () => {
    const registry = {
      ...exampleRegistry,
      sites: exampleRegistry.sites.map((site) => ({
        ...site,
        meters: site.meters.map((meter) => ({ ...meter, to: week.start + DAY_MS })),
      })),
    };
    const ending = createFleet(registry, 1);
    const main = meterOf(ending, "works", "main");
    expect(trueEnergy(main, { start: week.start + DAY_MS, end: week.end })).toBe(0);
    expect(trueRate(main, week.end)).toBe(0);
    expect(trueRate(main, week.start)).toBeGreaterThan(0);
  });
});

describe("ceilings", () => {
  test("no meter flows backwards or beyond what it can count, all through a year", () => {
    const fleet = createFleet(exampleRegistry, 1);
    for (const meter of fleet.meters.map((row) => fleet.of(row))) {
      let highest = 0;
      let lowest = 0;
      for (let day = 0; day < 365; day += 9) {
        for (let at = 0; at < DAY_MS; at += 5 * MINUTE_MS) {
          const rate = trueRate(meter, local("2026-01-01T00:00:00") + day * DAY_MS + at);
          highest = Math.max(highest, rate);
          lowest = Math.min(lowest, rate);
        }
      }
      expect(lowest, meter.meter.id).toBe(0);
      expect(highest, meter.meter.id).toBeLessThanOrEqual(meter.meter.maxPerHour);
    }
  });
});

describe("conservation", () => {
  const fleet = createFleet(exampleRegistry, 1);
  const quarters = Array.from({ length: 7 * 96 }, (_, i) => {
    const start = week.start + i * 15 * MINUTE_MS;
    return { start, end: start + 15 * MINUTE_MS };
  });
  const energy = (site: string, id: string, span: { start: number; end: number }) =>
    trueEnergy(meterOf(fleet, site, id), span);

  test.each([
    ["works", ["welding", "compressors", "tenant", "swapped", "rewired", "amounts", "batch"]],
    ["harbour", ["shore-1", "shore-2"]],
    ["station", ["guns-1", "guns-2"]],
  ])("the main meter of %s carries its sub-meters and an unmetered rest", (site, subs) => {
    for (const span of quarters) {
      const main = energy(site, site === "station" ? "gate" : "main", span);
      const inside = subs.reduce((sum, id) => sum + energy(site, id, span), 0);
      expect(main - inside).toBeGreaterThan(0);
    }
  });

  test("a site under a roof of cells: import + generation = its sub-meters + rest", () => {
    let heldBack = 0;
    for (const span of quarters) {
      const supply = energy("town-hall", "main", span) + energy("town-hall", "roof-pv", span);
      const inside = energy("town-hall", "a-lighting", span) + energy("town-hall", "b-hvac", span);
      expect(supply - inside).toBeGreaterThan(0);
      if (energy("town-hall", "main", span) === 0) heldBack += 1;
    }
    // The roof is larger than the load at noon, and there is no meter on the way out.
    expect(heldBack).toBeGreaterThan(0);
  });

  test("a power plant: generation + standby import = export + own use, never both ways at once", () => {
    for (const span of quarters) {
      const made = energy("solar", "pv-1", span);
      const [out, standby] = [energy("solar", "out", span), energy("solar", "standby", span)];
      expect(made + standby - out).toBeGreaterThan(0);
      expect(out).toBeLessThanOrEqual(made);
    }
  });

  test("two feeders share by their capacity", () => {
    const [one, two] = [energy("kiln", "feed-1", week), energy("kiln", "feed-2", week)];
    expect(one / two).toBeCloseTo(1200 / 800, 9);
  });
});
