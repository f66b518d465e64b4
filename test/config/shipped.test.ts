import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { programRoot } from "../../config/shipped.ts";
import { compileDecoder } from "../../ingest/decode.ts";
import { factorAt, factorRows } from "../../model/factors.ts";
import type { Factor, FactorKind, Registry } from "../../model/registry.ts";
import { calendarOf } from "../../model/time.ts";

const example = join(programRoot(), "config/example");
const { registry, warnings } = await loadConfig(example);
const { dateOf, dayOf } = calendarOf("Asia/Shanghai");

function inForce(kind: FactorKind, carrier: string, at = "2026-11-01", basis?: "calorific" | "equivalent") {
  const instant = Date.parse(`${at}T00:00:00+08:00`);
  return factorAt(factorRows(registry.factors, kind, carrier, "zhejiang", basis), instant);
}

function line(factor: Factor): string {
  const { id, kind, carrier, basis, region, dataYear, value, unit, perCanonical, status } = factor;
  const dates = [factor.validFrom, factor.validTo].map((at) => (at === undefined ? "" : dateOf(dayOf(at))));
  const numbers = [value, unit, perCanonical, ...dates, dataYear ?? ""];
  const words = [factor.clause ?? "", factor.source];
  return [id, kind, carrier, basis, region, ...numbers, status, ...words].join(" | ");
}

describe("shipped factors", () => {
  it("are these, row by row", async () => {
    const table = registry.factors.map(line).join("\n");
    await expect(`${table}\n`).toMatchFileSnapshot("shipped-factors.txt");
  });

  it("give the hand-computed amounts of standard coal, in tce", () => {
    const coal = (carrier: string, amount: number) =>
      (amount * (inForce("standard-coal", carrier, "2026-11-01", "calorific")?.perCanonical ?? Number.NaN)) /
      1000;
    expect(coal("electricity", 1_000_000)).toBeCloseTo(122.9, 9);
    expect(coal("natural-gas", 10_000)).toBeCloseTo(13.3, 9);
    expect(coal("diesel", 100)).toBeCloseTo(145.71, 9);
    expect(coal("heat", 5_000_000)).toBeCloseTo(170.6, 9);
  });

  it("give the hand-computed avoided CO2, in kg", () => {
    const shore = inForce("shore-power-baseline", "electricity")?.perCanonical ?? Number.NaN;
    const charging = inForce("charging-baseline", "electricity")?.perCanonical ?? Number.NaN;
    const grid = inForce("co2-grid-location", "electricity", "2026-11-01")?.perCanonical ?? Number.NaN;
    expect(10_000 * shore).toBeCloseTo(6957.02, 6);
    expect(10_000 * (shore - grid)).toBeCloseTo(1983.02, 6);
    expect(1000 * charging).toBeCloseTo(996.47, 2);
    expect(1000 * (charging - grid)).toBeCloseTo(499.07, 2);
  });

  /** NCV in GJ per unit, carbon in tC/GJ, oxidised share: tCO2 per unit = the product × 44/12, to 3 decimals. */
  it.each([
    ["raw-coal", 23.076, 0.02618, 0.93, 1000],
    ["coke", 28.435, 0.02942, 0.93, 1000],
    ["crude-oil", 41.816, 0.02008, 0.98, 1000],
    ["fuel-oil", 41.816, 0.0211, 0.98, 1000],
    ["gasoline", 43.07, 0.0189, 0.98, 1000],
    ["kerosene", 43.07, 0.0196, 0.98, 1000],
    ["diesel", 42.652, 0.0202, 0.98, 1000],
    ["lpg", 50.179, 0.0172, 0.98, 1000],
    ["natural-gas", 0.038931, 0.01532, 0.99, 1000],
  ])("CO2 of %s follows from calorific value, carbon and oxidation", (carrier, ncv, carbon, oxidised, kg) => {
    const perUnit = ((ncv * carbon * oxidised * 44) / 12) * kg;
    expect(inForce("co2-direct", carrier)?.perCanonical).toBe(Number(perUnit.toPrecision(4)));
  });

  it("never exceed the carbon of pure methane for LNG", () => {
    expect(inForce("co2-direct", "lng")?.perCanonical).toBeLessThanOrEqual(2750);
  });

  it("change with the day a newer grid factor was published", () => {
    const values = ["2024-04-11", "2024-04-12", "2024-12-25", "2024-12-26", "2025-12-30", "2025-12-31"].map(
      (date) => inForce("co2-grid-location", "electricity", date)?.value,
    );
    expect(values).toEqual([undefined, 0.5422, 0.5422, 0.5153, 0.5153, 0.4974]);
  });

  it("have no equivalent value of electricity, which is the bureau's own", () => {
    expect(inForce("standard-coal", "electricity", "2026-11-01", "equivalent")).toBeUndefined();
    expect(inForce("standard-coal", "diesel", "2026-11-01", "equivalent")?.perCanonical).toBe(1457.1);
  });

  it("count water by the edition of its time", () => {
    expect(inForce("standard-coal", "water", "2021-03-31")?.value).toBe(0.0857);
    expect(inForce("standard-coal", "water", "2021-04-01")?.value).toBe(0.2571);
  });

  it("say their source and status, and none is called verified that was not read", () => {
    for (const factor of registry.factors) {
      expect(factor.source.length, factor.id).toBeGreaterThan(10);
      expect(factor.status, factor.id).not.toBe("verified");
    }
  });
});

describe("shipped profiles", () => {
  const captures = new Map([
    ["site", "works-1"],
    ["meter", "m-1"],
  ]);

  it("all compile", () => {
    expect(registry.profiles.map((profile) => compileDecoder(profile).profile.id)).toEqual([
      "native",
      "uci-steel",
      "power-gateway",
    ]);
  });

  it("read a power gateway's batch, its times in its zone", () => {
    const profile = registry.profiles.find(({ id }) => id === "power-gateway");
    const energy = { active: { unit: "kW", value: { forward: 1234.5, reverse: 0 } } };
    const payload = {
      msgType: "up",
      msgCreateTime: "20261101001503123",
      batch: [{ timestamp: "20261101001500000", device_type: "three_phase_meter", metrics: { energy } }],
    };
    const bytes = new TextEncoder().encode(JSON.stringify(payload));
    const decoded = profile && compileDecoder(profile).decode(bytes, captures);
    expect(decoded?.fault).toBeUndefined();
    expect(decoded?.readings).toMatchObject([
      {
        site: "works-1",
        meter: "m-1",
        at: Date.parse("2026-11-01T00:15:00+08:00"),
        values: [{ register: "active-import", value: 1234.5 }],
      },
    ]);
  });

  it("read the steel works' rows, midnight as the end of its day", () => {
    const profile = registry.profiles.find(({ id }) => id === "uci-steel");
    const decoder = profile && compileDecoder(profile);
    const times = ["01/02/2018 00:15", "01/02/2018 23:45", "01/02/2018 00:00"].map((date) =>
      decoder?.decodeReading(
        new Map([
          ["date", date],
          ["Usage_kWh", "3.17"],
        ]),
        captures,
      ),
    );
    expect(times.map((reading) => reading?.at)).toEqual(
      ["2018-02-01T00:15", "2018-02-01T23:45", "2018-02-02T00:00"].map((text) => Date.parse(`${text}+08:00`)),
    );
  });
});

function metersOf({ sites }: Registry) {
  return sites.flatMap((site) => site.meters);
}

describe("the example county", () => {
  it("loads with these warnings and no others", () => {
    expect(warnings.map((warning) => warning.message.split(":")[0])).toEqual([
      "no factor electricity standard-coal equivalent for region zhejiang is in force from 2025-01-01 on",
      "no factor heat standard-coal equivalent for region zhejiang is in force from 2025-01-01 on",
      "coal-water-2020 (0.2571 kgce/t) is in force and unverified",
      "charging-petrol-car (0.996469 kgCO2/kWh) is in force and unverified",
      "co2-raw-coal (2.06 tCO2/t) is in force and unverified",
    ]);
  });

  it("has sites of every kind that the bureau watches", () => {
    const count = (category: string) => registry.sites.filter((site) => site.category === category).length;
    expect(registry.sites.length).toBeGreaterThanOrEqual(28);
    expect(count("port")).toBe(3);
    expect(count("shore-power")).toBe(2);
    expect(count("charging")).toBe(4);
    expect(count("public-building")).toBe(4);
    expect(count("generation")).toBe(3);
    expect(count("key-energy-user")).toBeGreaterThanOrEqual(10);
    expect(registry.sites.filter((site) => site.nationalList).map((site) => site.id)).toEqual([
      "qiyu-refinery",
    ]);
    const towns = registry.county.towns.map((town) => town.id);
    for (const site of registry.sites) expect(towns).toContain(site.town);
  });

  it("has two-high plants only of industries on the list", () => {
    const listed = ["25", "26", "28", "17", "22", "30", "31", "32", "4411", "4412", "443"];
    const twoHigh = registry.sites.filter((site) => site.classes.some((row) => row.id === "two-high"));
    expect(twoHigh.length).toBeGreaterThanOrEqual(6);
    for (const { id, industry = "" } of twoHigh)
      expect(
        listed.some((code) => industry.startsWith(code)),
        `${id} is of ${industry}`,
      ).toBe(true);
  });

  it("shows every way of counting", () => {
    const meters = metersOf(registry);
    expect(meters.length).toBeGreaterThanOrEqual(150);
    expect(meters.length).toBeLessThanOrEqual(220);
    const recent = Date.parse("2026-10-19T00:00:00+08:00");
    const registers = meters.flatMap((meter) => meter.registers);
    expect(meters.filter((meter) => meter.swaps.some((swap) => swap.at >= recent))).toHaveLength(1);
    expect(meters.filter((m) => m.multipliers.some((row) => row.from >= recent))).toHaveLength(1);
    expect(registers.filter((register) => register.kind === "interval")).toHaveLength(1);
    expect(registers.filter((register) => register.resetsToZero)).toHaveLength(1);
    expect(registers.some((register) => register.unit === "MWh")).toBe(true);
    expect(meters.filter((meter) => meter.conversionOutput).map((meter) => meter.carrier)).toEqual([
      "electricity",
      "heat",
    ]);
    expect(meters.filter((meter) => meter.countsTo !== undefined).length).toBeGreaterThanOrEqual(5);
    expect(new Set(meters.map((meter) => meter.intervalMinutes))).toEqual(new Set([5, 15, 30, 60]));
    const carriers = new Set(meters.map((meter) => meter.carrier));
    for (const carrier of ["electricity", "natural-gas", "raw-coal", "diesel", "heat", "water"])
      expect(carriers).toContain(carrier);
  });

  it("lies within its outline's bounds", () => {
    for (const { id, location } of registry.sites) {
      const inside = registry.county.outline?.some((ring) => {
        const xs = ring.map(([x]) => x);
        const ys = ring.map(([, y]) => y);
        const [x = Number.NaN, y = Number.NaN] = location ?? [];
        return x >= Math.min(...xs) && x <= Math.max(...xs) && y >= Math.min(...ys) && y <= Math.max(...ys);
      });
      expect(inside, id).toBe(true);
    }
  });

  it("gives every gateway its own topics", () => {
    const usernames = registry.sites.flatMap((site) => site.gateways.map((gateway) => gateway.username));
    expect(new Set(usernames).size).toBe(registry.sites.length);
  });
});
