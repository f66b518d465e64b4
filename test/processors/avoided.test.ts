import { afterEach, describe, expect, test } from "vitest";
import type { Observation } from "../../model/observation.ts";
import {
  at,
  factor,
  meter,
  openPipeline,
  reading,
  registry,
  site,
  temporaryDirectory,
  testFactors,
} from "../world.ts";

const HOUR = 3_600_000;
const start = at("2026-11-01");
const directories: { remove: () => void }[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) directory.remove();
});

const ships = factor({ id: "ship", kind: "shore-power-baseline", carrier: "electricity", perCanonical: 0.7 });
const cars = factor({ id: "car", kind: "charging-baseline", carrier: "electricity", perCanonical: 1 });
const county = (more = [...testFactors, ships, cars]) =>
  registry(
    [
      site({
        id: "port",
        meters: [
          meter({ id: "main" }),
          meter({
            id: "quay",
            role: "shore-power",
            contributes: "subtract",
            countsTo: "quay",
            ratedPowerKw: 20,
          }),
        ],
      }),
      site({ id: "quay", meters: [meter({ id: "own" })] }),
      site({
        id: "posts",
        meters: [meter({ id: "main" }), meter({ id: "a", role: "charging", contributes: "none" })],
      }),
    ],
    { factors: more },
  );

const half = Array.from({ length: 49 }, (_, i) => reading(start + (i * HOUR) / 4, i));

async function rowsAfter(
  file: string,
  config = county(),
  work: (pipeline: Awaited<ReturnType<typeof openPipeline>>) => Promise<void> = async () => undefined,
): Promise<Observation[]> {
  const pipeline = await openPipeline(config, file, () => at("2026-11-02"));
  await work(pipeline);
  await pipeline.settled();
  const rows = await pipeline.store.observations({
    measurement: "avoided",
    from: start,
    to: at("2026-11-02"),
  });
  await pipeline.close();
  return rows;
}

function fresh(): string {
  const directory = temporaryDirectory();
  directories.push(directory);
  return `${directory.path}/energy.db`;
}

describe("avoided CO2", () => {
  test("is kept for each day of a meter of shore power or charging, where its energy counts", async () => {
    const rows = await rowsAfter(fresh(), county(), async (pipeline) => {
      for (const [where, id] of [
        ["port", "main"],
        ["port", "quay"],
        ["posts", "a"],
      ] as const)
        await pipeline.publish(half, { site: where, meter: id });
    });
    expect(rows.map(({ tags, at: day }) => [tags, day])).toEqual([
      [{ purpose: "charging", site: "posts", host: "posts", meter: "a" }, start],
      [{ purpose: "shore-power", site: "quay", host: "port", meter: "quay" }, start],
    ]);
    expect(rows[0]!.numbers).toMatchObject({
      kwh: 48,
      capacityKwh: null,
      grossKgCo2: 48,
      gridKgCo2: 24,
      netKgCo2: 24,
    });
    // 12 hours known of a meter of 20 kW.
    expect(rows[1]!.numbers).toMatchObject({ kwh: 48, capacityKwh: 240, gridKgCo2: 24, coverage: 0.5 });
    expect(rows[1]!.numbers.grossKgCo2).toBeCloseTo(33.6, 9);
    expect(rows[1]!.numbers.netKgCo2).toBeCloseTo(9.6, 9);
  });

  test("follows late readings and a changed factor, and is unknown without one", async () => {
    const file = fresh();
    await rowsAfter(file, county(testFactors), (pipeline) =>
      pipeline.publish(half, { site: "port", meter: "quay" }),
    );
    const [without] = await rowsAfter(file, county(testFactors));
    expect(without!.numbers).toMatchObject({ kwh: 48, grossKgCo2: null, gridKgCo2: 24, netKgCo2: null });
    const [priced] = await rowsAfter(file);
    expect(priced!.numbers.grossKgCo2).toBeCloseTo(33.6, 9);
    const [later] = await rowsAfter(file, county(), (pipeline) =>
      pipeline.publish([reading(at("2026-11-01T18:00:00"), 100)], { site: "port", meter: "quay" }),
    );
    expect(later!.numbers.kwh).toBeCloseTo(100, 9);
    expect(later!.numbers.coverage).toBe(0.75);
  });
});
