/** What comes and goes: sites, meters, members of groups. In the end all is as if it had never been otherwise. */
import { afterEach, describe, expect, test } from "vitest";
import type { Reading } from "../../model/reading.ts";
import type { Registry } from "../../model/registry.ts";
import { planOf } from "../../processors/plan.ts";
import { createReconcile } from "../../processors/reconcile.ts";
import {
  at,
  everything,
  meter,
  openPipeline,
  type Pipeline,
  reading,
  registry,
  site,
  temporaryDirectory,
} from "../world.ts";

const HOUR = 3_600_000;
const start = at("2026-03-30");
const now = at("2026-04-03");
const directories: { remove: () => void }[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) directory.remove();
});

interface Message {
  readonly site: string;
  readonly meter: string;
  readonly readings: readonly Reading[];
}

/** Two days by the quarter-hour. */
const flow = (perQuarter: number, of: { site?: string; meter?: string } = {}): Message => ({
  site: of.site ?? "s",
  meter: of.meter ?? "m",
  readings: Array.from({ length: 193 }, (_, i) => reading(start + (i * HOUR) / 4, i * perQuarter)),
});

async function send(pipeline: Pipeline, messages: readonly Message[]): Promise<void> {
  for (const { readings, ...of } of messages) await pipeline.publish(readings, of);
  await pipeline.settled();
}

/** Messages under the first registry, then one registry after the other; and the last registry alone. */
async function through(registries: readonly Registry[], messages: readonly Message[]) {
  const directory = temporaryDirectory();
  directories.push(directory);
  const file = `${directory.path}/energy.db`;
  const [first, ...rest] = registries;
  let pipeline = await openPipeline(first!, file, () => now);
  await send(pipeline, messages);
  for (const next of rest) {
    await pipeline.close();
    pipeline = await openPipeline(next, file, () => now);
    await pipeline.settled();
  }
  const last = registries.at(-1)!;
  const figures = await everything(pipeline);
  const differences = await createReconcile(pipeline.plan, pipeline.store).groups({ start, end: now });
  await pipeline.close();
  const fresh = await openPipeline(last, `${directory.path}/fresh.db`, () => now);
  const known = messages.filter((one) => fresh.plan.meters.has(`${one.site}/${one.meter}`));
  await send(fresh, known);
  const expected = await everything(fresh);
  await fresh.close();
  return { figures, expected, differences };
}

async function expectAsFresh(registries: readonly Registry[], messages: readonly Message[]): Promise<void> {
  const { figures, expected, differences } = await through(registries, messages);
  expect(figures).toEqual(expected);
  expect(differences).toEqual([]);
}

const other = (id: string, part: Parameters<typeof site>[0] = {}) =>
  site({ id, ...part, meters: part.meters ?? [meter({ site: id })] });

describe("a group that lost its last member of a carrier", () => {
  test("without the nationally listed project", async () => {
    const z = other("z", { town: "yushan", nationalList: true });
    const t = other("t", { town: "gaoting" });
    const before = registry([site({ town: "yushan" }), z, t]);
    const after = registry([site({ town: "gaoting" }), z, t]);
    await expectAsFresh([before, after], [flow(2), flow(20, { site: "z" })]);
  });

  test("of a class that ended", async () => {
    const day = planOf(registry([])).calendar.dayOf(at("2026-03-01"));
    const meters = [meter(), meter({ id: "g", carrier: "natural-gas", role: "fuel" })];
    const of = (to?: number) =>
      site({ classes: [{ id: "two-high", from: 20_000, ...(to ? { to } : {}) }], meters });
    const t = other("t", { classes: [{ id: "two-high", from: 20_000 }] });
    await expectAsFresh([registry([of(), t]), registry([of(day), t])], [flow(2), flow(3, { meter: "g" })]);
  });

  test("of which the only meter became one that does not count", async () => {
    const gas = (id: string, part = {}) =>
      meter({ id: "g", site: id, carrier: "natural-gas", role: "fuel", ...part });
    const t = other("t", { meters: [gas("t")] });
    const before = registry([site({ meters: [meter(), gas("s")] }), t]);
    const after = registry([site({ meters: [meter(), gas("s", { contributes: "none" })] }), t]);
    const { figures, expected } = await through(
      [before, after],
      [flow(3, { meter: "g" }), flow(1, { site: "t", meter: "g" })],
    );
    const groups = (rows: typeof figures) => rows.filter(({ scope }) => scope === "group");
    expect(groups(figures)).toEqual(groups(expected));
  });
});

describe("what comes back", () => {
  test("a site that was taken out", async () => {
    const both = registry([site(), other("t")]);
    await expectAsFresh([both, registry([site()]), both], [flow(2), flow(3, { site: "t" })]);
  });

  test("a site that was taken out, with another meter: of the one before nothing is left", async () => {
    const back = other("t", { meters: [meter({ site: "t", id: "new", from: at("2026-04-01") })] });
    await expectAsFresh(
      [registry([site(), other("t")]), registry([site()]), registry([site(), back])],
      [flow(2), flow(3, { site: "t" })],
    );
  });

  test("a meter that was taken out, with another multiplier", async () => {
    const tenfold = [{ from: at("2026-01-01"), value: 10, registers: {} }];
    const none = registry([site({ meters: [meter({ id: "n" })] })]);
    const back = registry([
      site({ meters: [meter({ multipliers: tenfold, maxPerHour: 1_000 }), meter({ id: "n" })] }),
    ]);
    const before = registry([site({ meters: [meter({ maxPerHour: 1_000 }), meter({ id: "n" })] })]);
    await expectAsFresh([before, none, back], [flow(2)]);
  });

  test("a site that is new, in service before today: groups miss it", async () => {
    await expectAsFresh([registry([site()]), registry([site(), other("t")])], [flow(2)]);
  });
});

test("a site that is removed takes along what it counted at its host", async () => {
  const guest = meter({ site: "p", id: "out", role: "sub", contributes: "subtract", countsTo: "h" });
  const port = other("p", { meters: [meter({ site: "p" }), guest] });
  const host = other("h");
  await expectAsFresh(
    [registry([port, host]), registry([host])],
    [flow(5, { site: "p" }), flow(2, { site: "p", meter: "out" }), flow(1, { site: "h" })],
  );
});

test("a site without meters may change, and go", async () => {
  const empty = (part = {}) => site({ id: "e", meters: [], ...part });
  await expectAsFresh(
    [registry([site(), empty()]), registry([site(), empty({ town: "x" })]), registry([site()])],
    [flow(2)],
  );
});

test("a group without its first nationally listed project has all its past", async () => {
  const late = { from: at("2026-03-31") };
  const listed = other("z", { nationalList: true, meters: [meter({ site: "z", ...late })] });
  const gas = meter({ id: "g", carrier: "natural-gas", role: "fuel" });
  const a = site({ meters: [meter(), gas] });
  await expectAsFresh([registry([a]), registry([a, listed])], [flow(2), flow(3, { meter: "g" })]);
  const before = other("z", { meters: [meter({ site: "z", ...late })] });
  await expectAsFresh([registry([a, before]), registry([a, listed])], [flow(2)]);
});

test("many sites that change at once mark each day once", async () => {
  const sites = (sector?: string) =>
    Array.from({ length: 9 }, (_, i) => other(`s${i}`, sector === undefined ? {} : { sector }));
  const directory = temporaryDirectory();
  directories.push(directory);
  const file = `${directory.path}/energy.db`;
  const first = await openPipeline(registry(sites()), file, () => now);
  await first.settled();
  await first.close();
  const second = await openPipeline(registry(sites("ships")), file, () => now);
  const { dirty } = second.restatement;
  expect(new Set(dirty.map(({ site: of, carrier, day }) => `${of} ${carrier} ${day}`)).size).toBe(
    dirty.length,
  );
  expect(dirty[0]!.causes).toEqual(["registry: 9 sites"]);
  await second.settled();
  await second.close();
});

describe("a change counts from the reading before it", () => {
  const hourly = (part: Parameters<typeof meter>[0]) =>
    registry([site({ meters: [meter({ intervalMinutes: 60, ...part })] })]);
  const at30 = (time: string) => at(`2026-03-30T${time}:00`);

  test("the final value of a swap is corrected", async () => {
    const swap = (final: number) => ({
      swaps: [{ at: at30("10:50"), register: "active-import", final, first: 3 }],
    });
    const readings = [
      reading(at30("09:00"), 90),
      reading(at30("10:00"), 100),
      reading(at30("11:00"), 5),
      reading(at30("12:00"), 15),
    ];
    await expectAsFresh([hourly(swap(104)), hourly(swap(110))], [{ site: "s", meter: "m", readings }]);
  });

  test("a multiplier with the register's value at its date", async () => {
    const one = { from: at("2026-01-01"), value: 1, registers: {} };
    const two = { from: at("2026-03-31"), value: 2, registers: { "active-import": 20 } };
    const days = ["2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"];
    const readings = days.map((day, i) => reading(at(`${day}T08:00:00`), [0, 10, 40, 50][i]!));
    const of = (multipliers: (typeof one)[]) => hourly({ intervalMinutes: 1_440, multipliers });
    await expectAsFresh([of([one]), of([one, two as never])], [{ site: "s", meter: "m", readings }]);
  });
});

test("a reading that was logged before the registry changed is settled by the new one", async () => {
  const directory = temporaryDirectory();
  directories.push(directory);
  const file = `${directory.path}/energy.db`;
  const off = (quarter: number) => start + 7 * 60_000 + (quarter * HOUR) / 4;
  const rows = Array.from({ length: 60 }, (_, i) => reading(off(i), i * 20));
  const first = await openPipeline(
    registry([site({ meters: [meter({ maxPerHour: 100 })] })]),
    file,
    () => now,
  );
  await first.publish(rows);
  await first.settled();
  await first.close();
  const after = registry([site({ meters: [meter({ maxPerHour: 50 })] })]);
  const late = reading(off(60), 60 * 20);
  // In the log before the request to judge anew.
  const second = await openPipeline(after, file, () => now, undefined, [
    { kind: "readings", site: "s", meter: "m", receivedAt: now, received: 1, readings: [late] },
  ]);
  await second.settled();
  const figures = await everything(second);
  await second.close();
  const fresh = await openPipeline(after, `${directory.path}/fresh.db`, () => now);
  await fresh.publish([...rows, late]);
  await fresh.settled();
  expect(figures).toEqual(await everything(fresh));
  await fresh.close();
});

test("a damaged row of a site that others count at alone is found and put right", async () => {
  const directory = temporaryDirectory();
  directories.push(directory);
  const guest = meter({ site: "p", id: "out", role: "sub", contributes: "subtract", countsTo: "h" });
  const config = registry([
    other("p", { meters: [meter({ site: "p" }), guest] }),
    other("h", { meters: [] }),
  ]);
  const pipeline = await openPipeline(config, `${directory.path}/energy.db`, () => now);
  await send(pipeline, [flow(5, { site: "p" }), flow(2, { site: "p", meter: "out" })]);
  const [before] = await pipeline.figures("site", "day", "h");
  pipeline.db.exec(
    "UPDATE site_day SET amount=amount + 1 WHERE owner IN (SELECT id FROM owner WHERE owner='h')",
  );
  expect((await pipeline.figures("site", "day", "h"))[0]).not.toEqual(before);
  await pipeline.send([{ kind: "recompute", site: "h", from: 0, to: now, cause: "repair", receivedAt: now }]);
  await pipeline.settled();
  expect((await pipeline.figures("site", "day", "h"))[0]).toEqual(before);
  await pipeline.close();
});
