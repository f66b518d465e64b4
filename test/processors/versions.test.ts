/** Configurations that are registered, left half registered, replaced and taken back. */
import { expect, test } from "vitest";
import type { LogRecord, SeriesStore } from "../../model/ports.ts";
import type { ConfigVersion, RecomputeRecord } from "../../model/records.ts";
import { planOf } from "../../processors/plan.ts";
import { checkVersion } from "../../processors/shares/options.ts";
import { newestConfiguration, registerConfiguration } from "../../processors/shares/versions.ts";
import { factor, meter, registry, site } from "../world.ts";

const now = Date.parse("2026-04-03T00:00:00Z");

const factorsOf = (perCanonical: number) => [
  factor({ id: "f", kind: "standard-coal", carrier: "electricity", perCanonical }),
];

/** Plans that differ in a factor, so that each asks the others' figures to be recomputed. */
const plan = (version: string, value: number) =>
  planOf({ ...registry([site({ meters: [meter()] })], { factors: factorsOf(value) }), version });
const [w, x, z] = [plan("w", 1), plan("x", 2), plan("z", 3)];

/** A log and a store that fail from the `dies`th deed of a process on. */
function openWorld() {
  const facts = new Map<string, string>();
  const asked: ConfigVersion[] = [];
  const start = (of: typeof w, { adopt = false, dies = Number.POSITIVE_INFINITY } = {}) => {
    let deeds = 0;
    const deed = (): void => {
      deeds += 1;
      if (deeds > dies) throw new Error("killed");
    };
    const store = {
      fact: async (name: string) => facts.get(name),
      async write(changes: { facts: { name: string; value: string }[] }) {
        deed();
        for (const { name, value } of changes.facts) facts.set(name, value);
      },
    } as unknown as SeriesStore;
    const log = {
      async append(_: string, records: readonly LogRecord[]) {
        deed();
        for (const { value } of records) asked.push((JSON.parse(value) as RecomputeRecord).config!);
      },
    };
    return registerConfiguration(of, { store, log }, now, adopt);
  };
  const newest = () => newestConfiguration({ fact: async (name) => facts.get(name) });
  const passesAll = (own: ConfigVersion): void => {
    for (const config of asked) checkVersion(own, config);
  };
  return { start, newest, asked, passesAll };
}

/** Deeds of a registration: the number reserved, readings and changed days asked for, facts, the end. */
const DEEDS = 5;

test("a configuration has one number for good, and a later one the next", async () => {
  const world = openWorld();
  expect(await world.start(w)).toEqual({ number: 1, version: "w" });
  expect(await world.start(w)).toEqual({ number: 1, version: "w" });
  expect(await world.start(x)).toEqual({ number: 2, version: "x" });
  expect(world.asked.map(({ number }) => number)).toContain(2);
  expect(await world.newest()).toMatchObject({ number: 2, version: "x" });
  await expect(world.start(w)).rejects.toThrow(/version w\) was replaced by x at .*--adopt/);
  expect(await world.start(w, { adopt: true })).toEqual({ number: 3, version: "w" });
});

test("what is refused takes no number, so that it replaces nothing", async () => {
  const world = openWorld();
  await world.start(w);
  const county = planOf({ ...registry([site({ id: "elsewhere" })]), version: "other" });
  await expect(world.start(county)).rejects.toThrow(/of other sites/);
  expect(await world.newest()).toMatchObject({ number: 1, version: "w" });
  expect(await world.start(w)).toEqual({ number: 1, version: "w" });
});

test.each(Array.from({ length: DEEDS }, (_, dies) => dies))(
  "one that died after %i deeds blocks nobody: itself, another, nor the one before",
  async (dies) => {
    const half = async () => {
      const world = openWorld();
      await world.start(w);
      await expect(world.start(x, { dies })).rejects.toThrow("killed");
      expect(await world.newest()).toMatchObject({ number: 1, version: "w" });
      return world;
    };
    const again = await half();
    const config = await again.start(x);
    expect(config).toEqual({ number: 2, version: "x" });
    again.passesAll(config);
    expect(again.asked).toContainEqual(config);

    const other = await half();
    const third = await other.start(z);
    expect(third).toEqual({ number: dies === 0 ? 2 : 3, version: "z" });
    other.passesAll(third);
    expect(await other.newest()).toMatchObject(third);

    const back = await half();
    if (dies > 0) await expect(back.start(w)).rejects.toThrow(/is being replaced by x since .*--adopt/);
    const old = await back.start(w, { adopt: true });
    expect(old).toEqual({ number: dies === 0 ? 1 : 3, version: "w" });
    back.passesAll(old);
  },
);

test("one that is overtaken while it registers does not come back as the newest", async () => {
  const world = openWorld();
  await world.start(w);
  const slow = world.start(x);
  const outcome = await Promise.allSettled([slow, world.start(z)]);
  const config = outcome.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(config).toHaveLength(1);
  expect(await world.newest()).toMatchObject(config[0]!);
  world.passesAll(config[0]!);
});
