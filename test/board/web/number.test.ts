import { describe, expect, it } from "vitest";
import { amount, axisScale, change, co2, exact, percent, tce } from "../../../board/web/format/number.ts";

const shown = (value: number, unit: string) => `${amount(value, unit).text} ${amount(value, unit).unit}`;

describe("amounts", () => {
  it.each([
    [0, "kWh", "0 kWh"],
    [0.012, "kWh", "0.012 kWh"],
    [9_999.94, "kWh", "9,999.9 kWh"],
    [1_234_567, "kWh", "1,234.57 MWh"],
    [-1_234_567, "kWh", "-1,234.57 MWh"],
    [12_345_678_901, "kWh", "12,345.679 GWh"],
    [3_291_820, "MJ", "3,291.82 GJ"],
    [0.8, "m3", "0.800 m³"],
    [346_394, "m3", "346,394 m³"],
    [0.0012, "t", "1.20 kg"],
    [97.5, "t", "97.50 t"],
    [12, "GJ/x", "12.00 GJ/x"],
  ])("%d %s is shown as %s", (value, unit, text) => {
    expect(shown(value, unit)).toBe(text);
  });

  it("keeps the unrounded amount for the tooltip, without the dirt of binary fractions", () => {
    expect(amount(0.1 + 0.2, "m3").exact).toBe("0.3 m³");
    expect(exact(1_234_567.891)).toBe("1,234,567.891");
  });

  it("scales a whole axis by its greatest value", () => {
    expect(axisScale(2_500_000, "kWh")).toEqual({ divisor: 1000, unit: "MWh" });
    expect(axisScale(3, "tce")).toEqual({ divisor: 1, unit: "tce" });
  });
});

describe("coal and CO2", () => {
  it("are tonnes with two decimals, from kilograms", () => {
    expect(tce(1_234_567)).toMatchObject({ text: "1,234.57", unit: "tce" });
    expect(co2(-131_600)).toMatchObject({ text: "-131.60", unit: "tCO₂" });
  });

  it("show a trace as a trace: it is not nothing", () => {
    expect(tce(1.2).text).toBe("<0.01");
    expect(co2(-1.2).text).toBe("−<0.01");
    expect(tce(0).text).toBe("0.00");
  });
});

describe("percentages", () => {
  it("read 100% only for the whole and 0% only for nothing", () => {
    expect([1, 0.99999, 0.5, 0.00001, 0].map(percent)).toEqual(["100%", "99.9%", "50.0%", "0.1%", "0%"]);
    expect(percent(1.105)).toBe("110.5%");
  });

  it("of change have a sign, and none without something to compare with", () => {
    expect(change(103.2, 100)).toBe("+3.2%");
    expect(change(90, 100)).toBe("−10.0%");
    expect(change(5, 0)).toBeUndefined();
  });
});
