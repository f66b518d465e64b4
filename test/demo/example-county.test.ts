/** The fleet on the example county: its story's figures, and its limits. */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { siteTruth } from "../../demo/accuracy.ts";
import { createFleet, type Fleet, trueRate } from "../../demo/fleet.ts";
import { EXAMPLE_SEED } from "../../demo/levels.ts";
import { factorAt, factorRows } from "../../model/factors.ts";
import { siteCarriersOf } from "../../model/members.ts";
import { DAY_MS, HOUR_MS } from "../../model/time.ts";
import { local } from "./example-registry.ts";

const year = { start: local("2025-11-23T00:00:00"), end: local("2026-11-23T00:00:00") };
let fleet: Fleet;

beforeAll(async () => {
  const directory = fileURLToPath(new URL("../../config/example", import.meta.url));
  fleet = createFleet((await loadConfig(directory)).registry, EXAMPLE_SEED);
});

/** tce, calorific, over all carriers of a site. */
function yearlyTce(site: string): number {
  const { factors, county } = fleet.registry;
  let total = 0;
  for (const entry of siteCarriersOf(fleet.registry).filter((row) => row.site.id === site)) {
    const rows = factorRows(factors, "standard-coal", entry.carrier, county.region, "calorific");
    const factor = factorAt(rows, year.end);
    if (!factor) throw new Error(`no factor for ${entry.carrier}`);
    total += (siteTruth(fleet, entry, year) * factor.perCanonical) / 1000;
  }
  return total;
}

describe("a year of the example county", () => {
  test.each(["daidong-cement", "daixi-resins", "gaoting-blocks"])(
    "%s stays just under 1,000 tce and its approved figure",
    (id) => {
      const site = fleet.registry.sites.find((row) => row.id === id)!;
      expect(site.classes.some((row) => row.id === "two-high")).toBe(true);
      expect(yearlyTce(id)).toBeGreaterThan(900);
      expect(yearlyTce(id)).toBeLessThan(Math.min(1000, site.approved!.tce));
    },
  );

  test("one plant is over its approved figure, the others are under theirs", () => {
    const approved = fleet.registry.sites.filter((site) => site.approved);
    const over = approved.filter((site) => yearlyTce(site.id) > site.approved!.tce);
    expect(over.map((site) => site.id)).toEqual(["dongsha-fibre"]);
    for (const site of approved) {
      expect(yearlyTce(site.id), site.id).toBeGreaterThan(0.8 * site.approved!.tce);
      expect(yearlyTce(site.id), site.id).toBeLessThan(1.2 * site.approved!.tce);
    }
  });

  test("no meter is driven beyond what it can count", () => {
    for (const meter of fleet.meters) {
      const row = fleet.of(meter);
      for (let hour = 0; hour < 365 * 24; hour += 5.3) {
        const rate = trueRate(row, year.start + hour * HOUR_MS);
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate, `${meter.site}/${meter.id}`).toBeLessThanOrEqual(meter.maxPerHour);
      }
    }
  });

  test("every main meter carries what its sub-meters count", () => {
    for (const site of fleet.registry.sites) {
      const electric = site.meters.filter((meter) => meter.carrier === "electricity");
      const mains = electric.filter((meter) => meter.role === "grid-import" && meter.contributes === "add");
      const inside = electric.filter(
        (meter) => ["sub", "charging", "shore-power"].includes(meter.role) && meter.contributes !== "add",
      );
      if (mains.length === 0) continue;
      const sum = (meters: typeof electric, at: number) =>
        meters.reduce((total, meter) => total + trueRate(fleet.of(meter), at), 0);
      const supply = electric.filter((meter) => meter.role === "generation");
      const out = electric.filter((meter) => meter.role === "export");
      for (let day = 0; day < 365; day += 11) {
        const at = year.start + day * DAY_MS + (day % 24) * HOUR_MS;
        const rest = sum(mains, at) + sum(supply, at) - sum(out, at) - sum(inside, at);
        expect(rest, site.id).toBeGreaterThanOrEqual(-1e-6);
      }
    }
  });
});
