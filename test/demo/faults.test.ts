import { describe, expect, test } from "vitest";
import { faultPlan, faultTable, type MeterFault, outageHours, shownCounts } from "../../demo/faults.ts";
import { createFleet, type Fleet, trueEnergy } from "../../demo/fleet.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { exampleRegistry, local } from "./example-registry.ts";

const fleet = createFleet(exampleRegistry, 1);
const start = local("2026-11-01T00:00:00");
const quarters = Array.from({ length: 14 * 96 }, (_, i) => start + i * 15 * MINUTE_MS);

function course(site: string, id: string, fault: MeterFault | undefined): number[] {
  const row = fleet.find(site, id)!;
  return quarters.map((at) => shownCounts(fleet, row, fault, 0, at));
}

describe("the plan", () => {
  const kindsOf = (owner: Fleet) => {
    const plan = faultPlan(owner);
    return owner.meters.flatMap((meter) => {
      const fault = plan.of(meter);
      return fault ? [`${meter.site}/${meter.id} ${fault.kind}`] : [];
    });
  };

  test("gives each fault of the table to one meter, the same under the same seed", () => {
    const kinds = kindsOf(fleet).map((line) => line.split(" ")[1]);
    expect(kinds.sort()).toEqual(faultTable.map((row) => row.fault.kind).sort());
    expect(kindsOf(createFleet(exampleRegistry, 1))).toEqual(kindsOf(fleet));
    expect(kindsOf(createFleet(exampleRegistry, 2))).not.toEqual(kindsOf(fleet));
  });

  test("spares meters with swaps and changed multipliers, and loses no energy of a total", () => {
    const plan = faultPlan(fleet);
    for (const meter of fleet.meters) {
      const fault = plan.of(meter);
      if (!fault) continue;
      expect(meter.swaps).toEqual([]);
      expect(meter.multipliers).toHaveLength(1);
      if (fault.kind === "freezes") expect(meter.contributes).toBe("none");
    }
  });

  test("silences one gateway a day, for some hours of that day", () => {
    const plan = faultPlan(fleet);
    const silenced = new Set<string>();
    for (let day = 20_700; day < 20_800; day += 1) {
      const outage = plan.outageOn(day);
      if (!outage) continue;
      silenced.add(outage.site);
      const hours = (outage.end - outage.start) / HOUR_MS;
      expect(hours).toBeGreaterThanOrEqual(outageHours[0] - 1e-6);
      expect(hours).toBeLessThanOrEqual(outageHours[1] + 1e-6);
      expect(fleet.days.dayOf(outage.start)).toBe(day);
      expect(fleet.days.dayOf(outage.end - 1)).toBe(day);
    }
    expect(silenced.size).toBeGreaterThan(4);
  });
});

describe("a meter", () => {
  const healthy = course("works", "welding", undefined);

  test("that spikes shows single values far off, within its digits, and the truth otherwise", () => {
    const spiking = course("works", "welding", { kind: "spikes", chance: 1 / 60 });
    const off = spiking.flatMap((counts, i) => (counts === healthy[i] ? [] : [counts - healthy[i]!]));
    expect(off.length).toBeGreaterThan(8);
    expect(off.length).toBeLessThan(50);
    for (const difference of off) expect(Math.abs(difference)).toBeGreaterThan(0.15 * 10 ** 8);
    expect(Math.max(...spiking)).toBeLessThan(10 ** 8);
    expect(Math.min(...spiking)).toBeGreaterThanOrEqual(0);
  });

  test("that dips shows now and then one count less", () => {
    const dipping = course("works", "welding", { kind: "dips", chance: 1 / 12 });
    const less = dipping.filter((counts, i) => counts === healthy[i]! - 1).length;
    const same = dipping.filter((counts, i) => counts === healthy[i]).length;
    expect(less).toBeGreaterThan(60);
    expect(less + same).toBe(dipping.length);
  });

  test("that freezes stands for hours, and has caught up afterwards", () => {
    const frozen = course("works", "welding", { kind: "freezes", hours: 3, dayChance: 1 });
    let [stuck, longest] = [0, 0];
    for (const [i, counts] of frozen.entries()) {
      expect(counts).toBeLessThanOrEqual(healthy[i]!);
      stuck = counts === healthy[i] ? 0 : stuck + 1;
      longest = Math.max(longest, stuck);
    }
    expect(longest).toBe(11);
    expect(frozen.at(-1)).toBe(healthy.at(-1));
  });

  test("is not changed in truth by any fault", () => {
    const span = { start, end: start + 14 * DAY_MS };
    const spared = trueEnergy(createFleet(exampleRegistry, 1).find("works", "welding")!, span);
    expect(trueEnergy(fleet.find("works", "welding")!, span)).toBe(spared);
  });
});
