import { describe, expect, test } from "vitest";
import { createFleet, type FleetMeter, registeredEnergy, trueEnergy } from "../../demo/fleet.ts";
import type { Meter } from "../../model/registry.ts";
import { type Instant, MINUTE_MS, type Span } from "../../model/time.ts";
import { exampleRegistry, local, meter, register, registryOf, site } from "./example-registry.ts";

const span: Span = { start: local("2026-11-01T00:00:00"), end: local("2026-11-23T06:00:00") };

function shown(row: FleetMeter, at: Instant, index = 0): number {
  const path = row.registers[index]!;
  return path.shown(path.counts(at));
}

function find(id: string, place = "works"): FleetMeter {
  return createFleet(exampleRegistry, 1).find(place, id)!;
}

/** Registered energy worked out from the shown values alone, as a clerk would from the meter's book. */
function fromBook(row: FleetMeter): number {
  const { multipliers, swaps, intervalMinutes } = row.meter;
  const multiplierAt = (at: Instant) => multipliers.findLast((line) => line.from <= at)!.value;
  const modulus = row.registers[0]!.span / 10 ** row.registers[0]!.register.decimals;
  let total = 0;
  for (let at = span.start; at < span.end; at += intervalMinutes * MINUTE_MS) {
    const next = at + intervalMinutes * MINUTE_MS;
    const swap = swaps.find((line) => line.at > at && line.at <= next);
    const [before, after] = [shown(row, at), shown(row, next)];
    const travel = swap ? swap.final - before + (after - swap.first) : after - before;
    total +=
      (travel < 0 ? travel + modulus : travel) * multiplierAt(at) * row.registers[0]!.register.unitFactor;
  }
  return total;
}

function countOf(row: FleetMeter): number {
  const { multipliers, registers } = row.meter;
  return (
    (Math.max(...multipliers.map((line) => line.value)) * registers[0]!.unitFactor) /
    10 ** registers[0]!.decimals
  );
}

describe("register travel", () => {
  const plain = exampleRegistry.sites
    .flatMap((row) => row.meters)
    .filter((row) => row.registers[0]?.kind === "cumulative" && !row.registers[0].resetsToZero);

  test.each(plain.map((row): [string, Meter] => [`${row.site}/${row.id}`, row]))(
    "of %s is the truth within a count",
    (_, row) => {
      const fleetMeter = find(row.id, row.site);
      const count = countOf(fleetMeter) * (1 + row.swaps.length + row.multipliers.length - 1);
      const truth = trueEnergy(fleetMeter, span);
      expect(Math.abs(fromBook(fleetMeter) - truth)).toBeLessThan(count + 1e-6);
      expect(Math.abs(registeredEnergy(fleetMeter, span) - truth)).toBeLessThan(count + 1e-6);
    },
  );
});

describe("a swap", () => {
  const row = find("swapped");
  const swap = row.meter.swaps[0]!;

  test("ends at the registry's final value and begins at its first", () => {
    expect(shown(row, swap.at)).toBe(0.25);
    const before = shown(row, swap.at - 1);
    expect(before).toBeLessThanOrEqual(48_211.37);
    expect(before).toBeGreaterThan(48_211.35);
  });
});

describe("a change of multiplier", () => {
  const row = find("rewired");
  const at = local("2026-11-05T00:00:00");

  test("passes through the value that was read then, and turns slower afterwards", () => {
    expect(shown(row, at)).toBe(31_500.5);
    const day = 24 * 60 * MINUTE_MS;
    const perCount = (from: Instant) =>
      trueEnergy(row, { start: from, end: from + day }) / (shown(row, from + day) - shown(row, from));
    expect(perCount(at - day)).toBeCloseTo(40, 0);
    expect(perCount(at)).toBeCloseTo(80, 0);
  });
});

describe("other registers", () => {
  test("an interval register's amounts add up to the truth within a count", () => {
    const row = find("amounts");
    let sum = 0;
    for (let at = span.start + 15 * MINUTE_MS; at <= span.end; at += 15 * MINUTE_MS) sum += shown(row, at);
    expect(Math.abs(sum - trueEnergy(row, span))).toBeLessThan(0.01 + 1e-6);
  });

  test("a register that is cleared loses nothing between two readings of a load that never rests", () => {
    const row = find("batch");
    let [sum, clears] = [0, 0];
    for (let at = span.start; at < span.end; at += 15 * MINUTE_MS) {
      const [before, after] = [shown(row, at), shown(row, at + 15 * MINUTE_MS)];
      sum += after < before ? after : after - before;
      if (after < before) clears += 1;
    }
    // One after each midnight, that of the first day included.
    expect(clears).toBe(23);
    expect(Math.abs(sum - trueEnergy(row, span))).toBeLessThan(0.01 * (clears + 1));
  });

  test("a session counter is cleared when a session begins, and keeps its total till then", () => {
    const guns = meter("gun", "post", {
      role: "charging",
      maxPerHour: 60,
      registers: [register({ digits: 6, resetsToZero: true })],
      multipliers: [{ from: local("2025-01-01T00:00:00"), value: 1, registers: {} }],
    });
    const fleet = createFleet(
      registryOf([site("gun", "charging", { charging: { guns: 1, ratedKw: 60 }, meters: [guns] })]),
      1,
    );
    const row = fleet.find("gun", "post")!;
    let [sum, clears] = [0, 0];
    for (let at = span.start; at < span.end; at += MINUTE_MS) {
      const [before, after] = [shown(row, at), shown(row, at + MINUTE_MS)];
      if (after < before) {
        expect(row.counter.rate(at - MINUTE_MS)).toBe(0);
        clears += 1;
      }
      expect(after).toBeLessThan(60);
      sum += after < before ? after : after - before;
    }
    expect(clears).toBeGreaterThan(50);
    expect(Math.abs(sum - trueEnergy(row, span))).toBeLessThan(0.01 * (clears + 1));
  });

  test("a small register begins anew at its span", () => {
    const small = meter("small", "m", { registers: [register({ digits: 4, decimals: 1 })] });
    const row = createFleet(registryOf([site("small", "other", { meters: [small] })]), 1).find("small", "m")!;
    const values = Array.from({ length: 90 * 96 }, (_, i) => shown(row, span.start + i * 15 * MINUTE_MS));
    const turns = values.filter((value, i) => i > 0 && value < values[i - 1]!).length;
    expect(Math.max(...values)).toBeLessThan(1000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    const end = span.start + (90 * 96 - 1) * 15 * MINUTE_MS;
    const travelled = (turns * 1000 + values.at(-1)! - values[0]!) * 100;
    expect(turns).toBeGreaterThan(3);
    expect(Math.abs(travelled - trueEnergy(row, { start: span.start, end }))).toBeLessThan(10 + 1e-6);
  });

  test("a reactive register turns along, one of the other direction stands still", () => {
    const registers = [
      register(),
      register({ id: "reactive", unit: "kvarh", counted: false }),
      register({ id: "active-export", direction: "export", counted: false }),
    ];
    const both = meter("two-way", "m", { registers });
    const row = createFleet(registryOf([site("two-way", "other", { meters: [both] })]), 1).find(
      "two-way",
      "m",
    )!;
    const moved = [0, 1, 2].map((i) => shown(row, span.end, i) - shown(row, span.start, i));
    expect(moved[1]! / moved[0]!).toBeCloseTo(0.34, 3);
    expect(moved[2]).toBe(0);
    expect(Math.abs(registeredEnergy(row, span) - trueEnergy(row, span))).toBeLessThan(1 + 1e-6);
  });
});
