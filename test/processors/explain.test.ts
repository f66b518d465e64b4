import { describe, expect, test } from "vitest";
import type { ExplainAnswer } from "../../board/api/records.ts";
import type { Registry } from "../../model/registry.ts";
import { explainFigure } from "../../processors/explain/explain.ts";
import type { Explanation } from "../../processors/explain/explanation.ts";
import { at, factor, meter, openPipeline, reading, register, registry, site, testFactors } from "../world.ts";

const HOUR = 3_600_000;
const start = at("2026-11-01");
const hour = { start, end: start + HOUR };

type Publish = Awaited<ReturnType<typeof openPipeline>>["publish"];
type Request = Partial<Parameters<typeof explainFigure>[2]>;

/** The explanation of one figure, after the readings of each call were published and worked in. */
async function explained(
  config: Registry,
  sent: readonly Parameters<Publish>[],
  request: Request = {},
): Promise<Explanation> {
  const pipeline = await openPipeline(config);
  for (const one of sent) await pipeline.publish(...one);
  await pipeline.settled();
  const asked = { site: "s", carrier: "electricity", span: hour, ...request };
  const result = await explainFigure(pipeline.plan, pipeline.store, asked);
  await pipeline.close();
  return result;
}

const equivalent = factor({
  id: "coal-eq",
  kind: "standard-coal",
  carrier: "electricity",
  basis: "equivalent",
  perCanonical: 0.3,
  value: 300,
  unit: "gce/kWh",
  clause: "A.1",
  status: "unverified",
});
const factors = [...testFactors, equivalent];
const times = (value: number) => [{ from: at("2026-01-01"), value, registers: {} }];
/** A site with one meter of multiplier 100. */
const hundred = registry([site({ meters: [meter({ maxPerHour: 2000, multipliers: times(100) })] })], {
  factors,
});
const quarterly = (values: readonly number[]) =>
  values.map((value, i) => reading(start + (i * HOUR) / 4, value));
const english = ({ notes }: Explanation): string[] => notes.map((note) => note.en);

describe("the arithmetic", () => {
  test("of measured neighbours is one travel of the register, and names every factor", async () => {
    const result = await explained(hundred, [[quarterly([12340, 12341, 12343, 12345, 12345.67])]]);
    expect(result.notes).toEqual([]);
    expect(result.lines).toEqual([
      "meter m: (12345.67 − 12340.00) kWh × 100 = 567 kWh  [2026-11-01 00:00 to 2026-11-01 01:00]",
      "site s = 567 (m) = 567 kWh",
      "kgce (calorific) = 567 kWh × 0.1229 kgce/kWh [coal-el] = 69.6843 kgce",
      "kgce (equivalent) = 567 kWh × 0.3 kgce/kWh [coal-eq] = 170.1 kgce",
      "kgCO2 (location) = 567 kWh × 0.5 kgCO2/kWh [grid] = 283.5 kgCO2",
      "kgCO2 (market) = 567 kWh × 0.6 kgCO2/kWh [market] = 340.2 kgCO2",
    ]);
    expect(result.factors.map((row) => row.id)).toEqual(["coal-el", "coal-eq", "grid", "market"]);
    const eq = {
      id: "coal-eq",
      kind: "standard-coal",
      basis: "equivalent",
      value: 300,
      unit: "gce/kWh",
      source: "test",
      clause: "A.1",
      status: "unverified",
    };
    expect(result.factors[1]).toEqual(eq);
    expect(result.meters[0]).toMatchObject({
      meter: "m",
      role: "grid-import",
      contributes: "add",
      sign: 1,
      coverage: 1,
      estimated: 0,
    });
    expect(result.meters[0]!.amount).toBeCloseTo(567, 9);
    expect(result.meters[0]!.pairs).toHaveLength(4);
    expect(result.meters[0]!.pairs[1]).toEqual({
      register: "active-import",
      from: "2026-11-01T00:15:00+08:00",
      to: "2026-11-01T00:30:00+08:00",
      fromValue: 12341,
      toValue: 12343,
      how: "joined",
      quality: "measured",
      multipliers: [100],
      energy: 200,
      share: 1,
    });
  });

  test("of a gap that reaches over the window's edge gives its share, and says what is missing", async () => {
    const readings = [reading(start - HOUR / 2, 12340), reading(start + HOUR / 2, 12345.67)];
    const result = await explained(hundred, [[readings]]);
    expect(result.lines[0]).toBe(
      "meter m: (12345.67 − 12340.00) kWh × 100 = 567 kWh, share 0.5 → 283.5 kWh  [2026-10-31 23:30 to 2026-11-01 00:30, estimated]",
    );
    expect(result.meters[0]).toMatchObject({ coverage: 0, estimated: 0.5 });
    expect(result.meters[0]!.pairs).toMatchObject([{ share: 0.5, quality: "estimated" }]);
    expect(english(result)).toEqual([
      "meter m: no reading between 2026-10-31 23:30 and 2026-11-01 00:30, longer than 1.5 intervals of 15 min; the energy is spread evenly over that time (estimated)",
      "meter m: nothing is known from 2026-11-01 00:30 to 2026-11-01 01:00 (missing, not zero): it is after the last reading that counts",
    ]);
    expect(result.notes[1]!.zh).toBe(
      "表计 m：2026-11-01 00:30 至 2026-11-01 01:00 数据缺失（不按零计）：在最后一个有效读数之后",
    );
  });

  test("of a rollover adds the register's span", async () => {
    const config = registry([
      site({ meters: [meter({ registers: [register({ digits: 5, decimals: 1 })] })] }),
    ]);
    const result = await explained(config, [[quarterly([9999.5, 2, 3, 4, 5])]]);
    expect(result.lines.slice(0, 3)).toEqual([
      "meter m: (2.0 + 10000 − 9999.5) kWh × 1 = 2.5 kWh  [2026-11-01 00:00 to 2026-11-01 00:15, rollover]",
      "meter m: (5.0 − 2.0) kWh × 1 = 3 kWh  [2026-11-01 00:15 to 2026-11-01 01:00]",
      "meter m = 5.5 kWh",
    ]);
  });

  test("of a reset counts what the register shows since", async () => {
    const config = registry([site({ meters: [meter({ registers: [register({ resetsToZero: true })] })] })]);
    const result = await explained(config, [[quarterly([500, 501, 4, 5, 6, 7]), { receivedAt: start }]]);
    expect(result.lines.slice(0, 4)).toEqual([
      "meter m: (501.00 − 500.00) kWh × 1 = 1 kWh  [2026-11-01 00:00 to 2026-11-01 00:15]",
      "meter m: 4.00 kWh × 1 = 4 kWh  [2026-11-01 00:15 to 2026-11-01 00:30, reset, estimated]",
      "meter m: (6.00 − 4.00) kWh × 1 = 2 kWh  [2026-11-01 00:30 to 2026-11-01 01:00]",
      "meter m = 7 kWh",
    ]);
    expect(english(result)[0]).toBe(
      "meter m: the register was reset to zero between 2026-11-01 00:15 and 2026-11-01 00:30; what it shows since then is counted (estimated)",
    );
  });

  test("of a multiplier that changed in between weighs both, and counts the part in the window", async () => {
    const multipliers = [
      { from: at("2026-01-01"), value: 10, registers: {} },
      { from: start, value: 30, registers: {} },
    ];
    const config = registry([site({ meters: [meter({ maxPerHour: 2000, multipliers })] })]);
    const readings = [reading(start - 300_000, 100), reading(start + 600_000, 103)];
    const result = await explained(config, [[readings]]);
    // A third of 3 kWh at 10 and two thirds at 30: 10 + 60; the 60 lie in the window.
    expect(result.lines[0]).toBe(
      "meter m: (103.00 − 100.00) kWh × (0.333333333333 × 10 + 0.666666666667 × 30) = 70 kWh, share 0.857142857143 → 60 kWh  [2026-10-31 23:55 to 2026-11-01 00:10, estimated]",
    );
    expect(result.meters[0]!.pairs[0]).toMatchObject({ multipliers: [10, 30] });
    expect(english(result)[0]).toMatch(/^meter m: the multiplier changed between 2026-10-31 23:55 and/);
  });

  test("of an interval register in another unit converts it", async () => {
    const one = register({ kind: "interval", unit: "MWh", unitFactor: 1000 });
    const config = registry([site({ meters: [meter({ maxPerHour: 2000, registers: [one] })] })]);
    const result = await explained(config, [[quarterly([9, 0.1, 0.2, 0.15, 0.25])]]);
    expect(result.lines[0]).toBe(
      "meter m: Σ 4 interval values 0.7 MWh × 1000 kWh/MWh × 1 = 700 kWh  [2026-11-01 00:00 to 2026-11-01 01:00]",
    );
    expect(result.meters[0]!.pairs[0]).toMatchObject({
      fromValue: 0,
      toValue: 0.1,
      how: "interval",
      energy: 100,
    });
    expect(result.meters[0]!.setAside).toEqual([
      { register: "active-import", at: "2026-11-01T00:00:00+08:00", value: 9, verdict: "implausible" },
    ]);
  });
});

describe("a site of several meters", () => {
  const own = meter({ id: "m-1" });
  const sun = meter({ id: "m-2", role: "generation" });
  const ship = meter({ id: "m-3", role: "shore-power", contributes: "subtract", countsTo: "quay" });
  const config = registry([site({ meters: [own, sun, ship] }), site({ id: "quay", meters: [] })]);
  const sent: Parameters<Publish>[] = [
    [quarterly([0, 20, 40, 60, 80]), { meter: "m-1" }],
    [quarterly([0, 5, 10, 15, 20]), { meter: "m-2" }],
    [quarterly([0, 2, 4, 6, 8]), { meter: "m-3" }],
  ];

  test("adds and subtracts, and keeps the part that carries CO2 apart", async () => {
    const result = await explained(config, sent);
    expect(result.lines.slice(3)).toEqual([
      "site s = 80 (m-1) + 20 (m-2) − 8 (m-3) = 92 kWh",
      "kgce (calorific) = 92 kWh × 0.1229 kgce/kWh [coal-el] = 11.3068 kgce",
      "kgce (equivalent) = 92 kWh × no factor in force = unknown",
      "carries CO2: 80 (m-1) − 8 (m-3) = 72 kWh",
      "kgCO2 (location) = 72 kWh × 0.5 kgCO2/kWh [grid] = 36 kgCO2",
      "kgCO2 (market) = 72 kWh × 0.6 kgCO2/kWh [market] = 43.2 kgCO2",
    ]);
    expect(english(result)).toEqual([
      "no factor is in force for kgce (equivalent) from 2026-11-01 00:00 to 2026-11-01 01:00; the figure is left empty, it is not guessed",
    ]);
  });

  test("names a guest with its own site", async () => {
    const result = await explained(config, sent, { site: "quay" });
    expect(result.meters).toMatchObject([{ meter: "s/m-3", sign: 1, contributes: "subtract", amount: 8 }]);
    expect(result.lines[1]).toBe("site quay = 8 (s/m-3) = 8 kWh");
  });

  test("says which meter is unknown", async () => {
    const result = await explained(config, sent.slice(0, 2));
    expect(result.lines.slice(2, 4)).toEqual([
      "meter m-3: nothing known",
      "site s = 80 (m-1) + 20 (m-2) − unknown (m-3) = 100 kWh",
    ]);
    expect(english(result)).toContain("meter m-3: nothing is known in this window");
  });
});

test("a factor that changes within the window is applied to each part", async () => {
  const half = start + HOUR / 2;
  const later = factor({
    id: "grid-2",
    kind: "co2-grid-location",
    carrier: "electricity",
    perCanonical: 0.25,
    validFrom: half,
  });
  const config = registry([site()], { factors: [...factors, later] });
  const result = await explained(config, [[quarterly([0, 1, 2, 6, 10])]]);
  expect(result.lines).toContain(
    "kgCO2 (location) = 2 kWh × 0.5 kgCO2/kWh [grid] + 8 kWh × 0.25 kgCO2/kWh [grid-2] = 3 kgCO2",
  );
  expect(result.factors.map((row) => row.id)).toContain("grid-2");
});

test("an unexplained jump is missing until a swap is entered", async () => {
  const sent: Parameters<Publish>[] = [[quarterly([100, 101, 50_000, 50_001, 50_002])]];
  const jumped = await explained(registry([site()], { factors }), sent);
  expect(english(jumped)).toEqual([
    "meter m: nothing is known from 2026-11-01 00:15 to 2026-11-01 00:30 (missing, not zero): the register jumped and no swap is entered; enter the swap, and the energy comes back",
  ]);
  const swap = { at: start + HOUR / 3, register: "active-import", final: 101.5, first: 49_999 };
  const swapped = await explained(
    registry([site({ meters: [meter({ swaps: [swap] })] })], { factors }),
    sent,
  );
  expect(swapped.notes).toEqual([]);
  expect(swapped.meters[0]!.swaps).toEqual([{ ...swap, at: "2026-11-01T00:20:00+08:00" }]);
  expect(swapped.lines.slice(0, 3)).toEqual([
    "meter m: (101.50 − 100.00) kWh × 1 = 1.5 kWh  [2026-11-01 00:00 to 2026-11-01 00:20]",
    "meter m: (50002.00 − 49999.00) kWh × 1 = 3 kWh  [2026-11-01 00:20 to 2026-11-01 01:00]",
    "meter m = 4.5 kWh",
  ]);
});

test("metered conversion output is said to be netted", async () => {
  const heat = meter({
    id: "h",
    carrier: "heat",
    role: "generation",
    contributes: "none",
    conversionOutput: true,
  });
  const result = await explained(
    registry([site({ meters: [heat] })], { factors: testFactors }),
    [[quarterly([0, 10, 20, 30, 40]), { meter: "h" }]],
    { carrier: "heat" },
  );
  expect(result.meters).toMatchObject([{ meter: "h", sign: 0, amount: 40 }]);
  expect(english(result)).toContain("metered conversion output of 40 MJ is taken off the net figures");
  expect(result.lines).toContain("conversion output: 40 (h) = 40 MJ, taken off the net figures");
});

test("a long window lists the first pairs, counts the others and adds everything", async () => {
  const month = { start, end: at("2026-12-01") };
  const readings = Array.from({ length: 2881 }, (_, i) => reading(start + (i * HOUR) / 4, i));
  const result = await explained(hundred, [[readings]], { span: month });
  expect(result.meters[0]!.pairs).toHaveLength(200);
  expect(result.meters[0]).toMatchObject({ amount: 288_000, coverage: 1 });
  expect(english(result)).toEqual([
    "meter m: the first 200 pairs of readings are listed, there are 2680 more",
  ]);
  expect(result.lines[0]).toBe(
    "meter m: (2880.00 − 0.00) kWh × 100 = 288000 kWh  [2026-11-01 00:00 to 2026-12-01 00:00]",
  );
});

test("what no meter is at has no explanation", async () => {
  const nothing = { notes: [], meters: [], factors: [], lines: [] };
  expect(await explained(hundred, [], { site: "nowhere" })).toEqual(nothing);
  expect(await explained(hundred, [], { carrier: "water" })).toEqual(nothing);
});

test("a meter that was never heard of is missing throughout", async () => {
  const result = await explained(hundred, []);
  expect(result.lines).toEqual(["meter m: nothing known", "site s: nothing known"]);
  expect(english(result)).toEqual([
    "meter m: nothing is known in this window",
    "meter m: nothing is known from 2026-11-01 00:00 to 2026-11-01 01:00 (missing, not zero): there is no reading that counts",
  ]);
});

test("is the answer of the interface, but for the figure", async () => {
  const answer: ExplainAnswer = { figure: null, ...(await explained(hundred, [])) };
  expect(Object.keys(answer).sort()).toEqual(["factors", "figure", "lines", "meters", "notes"]);
});
