import { describe, expect, it } from "vitest";
import { perCanonical, unitFactor } from "../../config/units.ts";

describe("unitFactor", () => {
  it.each([
    ["Wh", "kWh", 0.001],
    ["kWh", "kWh", 1],
    ["MWh", "kWh", 1000],
    ["GWh", "kWh", 1_000_000],
    ["GJ", "MJ", 1000],
    ["kWh", "MJ", 3.6],
    ["MWh", "MJ", 3600],
    ["Gcal", "MJ", 4186.8],
    ["kg", "t", 0.001],
    ["kt", "t", 1000],
    ["L", "m3", 0.001],
    ["10^4 m3", "m3", 10_000],
  ])("one %s is so many %s", (unit, canonical, factor) => {
    expect(unitFactor(unit, canonical)).toBe(factor);
  });

  it("needs a density for a volume of what is held in tonnes", () => {
    expect(unitFactor("L", "t")).toBe("needs-density");
    expect(unitFactor("L", "t", 0.84)).toBe(0.00084);
    expect(unitFactor("m3", "t", 1)).toBe(1);
    expect(unitFactor("kg", "t", 0.84)).toBe(0.001);
  });

  it("knows no unit of another dimension, and no other spelling", () => {
    expect(unitFactor("m3", "kWh")).toBe("unknown");
    expect(unitFactor("kwh", "kWh")).toBe("unknown");
    expect(unitFactor("kW", "kWh")).toBe("unknown");
    expect(unitFactor("L", "kWh", 1)).toBe("unknown");
    expect(unitFactor("toString", "kWh")).toBe("unknown");
  });
});

describe("perCanonical", () => {
  it.each([
    ["standard-coal", 0.7143, "kgce/kg", "t", 714.3],
    ["standard-coal", 1.4571, "kgce/kg", "t", 1457.1],
    ["standard-coal", 1.33, "tce/10^4 m3", "m3", 0.133],
    ["standard-coal", 34.12, "kgce/GJ", "MJ", 0.03412],
    ["standard-coal", 122.9, "gce/kWh", "kWh", 0.1229],
    ["co2-direct", 0.11, "tCO2/GJ", "MJ", 0.11],
    ["co2-direct", 21.65, "tCO2/10^4 m3", "m3", 2.165],
    ["co2-direct", 3.096, "tCO2/t", "t", 3096],
    ["co2-grid-location", 0.4974, "tCO2/MWh", "kWh", 0.4974],
    ["density", 840, "kg/m3", "t", 0.84],
  ])("%s of %d %s per %s is %d", (kind, value, unit, canonical, expected) => {
    expect(perCanonical(kind, value, unit, canonical)).toBe(expected);
  });

  it("is undefined where the unit does not fit", () => {
    expect(perCanonical("standard-coal", 1, "kgCO2/kg", "t")).toBeUndefined();
    expect(perCanonical("co2-direct", 1, "kgce/kg", "t")).toBeUndefined();
    expect(perCanonical("co2-direct", 1, "kgCO2/L", "t")).toBeUndefined();
    expect(perCanonical("co2-direct", 1, "kgCO2", "t")).toBeUndefined();
    expect(perCanonical("density", 1, "kgCO2/L", "t")).toBeUndefined();
  });
});
