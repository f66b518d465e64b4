/** Limits that change under the rows that are stored of them. */
import { afterEach, expect, test } from "vitest";
import type { Limit } from "../../model/limit.ts";
import { createReconcile } from "../../processors/reconcile.ts";
import { limit, steady, usage } from "../limit-world.ts";
import { at, meter, openPipeline, type Pipeline, registry, site, temporaryDirectory } from "../world.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const part = { quantity: "energy", carrier: "electricity", unit: "kWh", value: 12 } as const;
const from = at("2026-01-01");
const own = { from, intervalMinutes: 60, multipliers: [{ from, value: 1, registers: {} }] };
const sites = [
  site({ meters: [meter(own), meter({ ...own, id: "gas", carrier: "natural-gas", role: "fuel" })] }),
];

/** A pipeline with one limit after another on the same file, filled under the first. */
async function changing(fill: (pipeline: Pipeline) => Promise<unknown>, ...limits: Limit[]) {
  const directory = temporaryDirectory();
  const open = (one: Limit) =>
    openPipeline(registry(sites, { limits: [one] }), `${directory.path}/energy.db`, () => at("2026-06-10"));
  let pipeline = await open(limits[0]!);
  await fill(pipeline);
  for (const next of limits.slice(1)) {
    await pipeline.settled();
    await pipeline.close();
    pipeline = await open(next);
  }
  closing.push(pipeline.close, async () => directory.remove());
  await pipeline.settled();
  return pipeline;
}

const differences = (pipeline: Pipeline) =>
  createReconcile(pipeline.plan, pipeline.store).groups({ start: 0, end: at("2026-06-10") });

test("a limit of another period leaves none of the rows that it had", async () => {
  const hour = limit({ ...part, period: "hour" });
  const short = limit({ ...part, period: "15m" });
  const day = limit({ ...part, period: "day" });
  const fill = (pipeline: Pipeline) => pipeline.publish(steady("2026-06-01T12:00", "2026-06-01T14:00", 10));
  const hours = await changing(fill, short, hour);
  const times = (rows: Awaited<ReturnType<typeof usage>>) => rows.map((row) => row.at);
  const found = await usage(hours);
  expect(times(found)).toEqual(["2026-06-01T12:00", "2026-06-01T13:00"].map(at));
  expect(found.map(({ numbers }) => numbers.used)).toEqual([10, 10].map((n) => expect.closeTo(n, 9)));
  expect(await differences(hours)).toEqual([]);
  const quarters = await changing(fill, day, short);
  expect(times(await usage(quarters))).toHaveLength(8);
  expect((await usage(quarters))[0]?.at).toBe(at("2026-06-01T12:00"));
  expect(await differences(quarters)).toEqual([]);
});

test("rows inside of hours go, also where the stored version does not tell the period", async () => {
  const fill = async (pipeline: Pipeline) => {
    await pipeline.publish(steady("2026-06-01T12:00", "2026-06-01T14:00", 10));
    await pipeline.settled();
    await pipeline.store.write({ facts: [{ name: "limits", value: '{"budget":"0123456789abcdef"}' }] });
  };
  const short = limit({ ...part, period: "15m" });
  const pipeline = await changing(fill, short, { ...short, period: "hour" });
  expect(await usage(pipeline)).toHaveLength(2);
});

test("a limit of another carrier has no rows of the one before", async () => {
  const fill = async (pipeline: Pipeline) => {
    await pipeline.publish(steady("2026-06-01", "2026-06-05", 10));
    await pipeline.publish(steady("2026-06-03", "2026-06-04", 3), { meter: "gas" });
  };
  const gas = { ...part, carrier: "natural-gas", unit: "m3" };
  const pipeline = await changing(
    fill,
    limit({ ...part, period: "day" }),
    limit({ ...gas, period: "day", value: 50 }),
  );
  const rows = await usage(pipeline);
  expect(rows.map((row) => [row.at, row.numbers.used])).toEqual([[at("2026-06-03"), expect.closeTo(72, 9)]]);
  expect(await differences(pipeline)).toEqual([]);
});

test("short limits are compared as far back as they are made anew", async () => {
  const fill = (pipeline: Pipeline) =>
    pipeline.publish([
      ...steady("2026-04-01", "2026-04-02", 10),
      ...steady("2026-05-01", "2026-06-09T12:00", 10, 1_000, 12),
    ]);
  const hour = limit({ ...part, period: "hour" });
  const pipeline = await changing(fill, hour, { ...hour, value: 8 });
  const allowed = (await usage(pipeline)).map((row) => row.numbers.allowed);
  // A month ago they are what they were made with.
  expect(new Set(allowed)).toEqual(new Set([12, 8]));
  expect(await differences(pipeline)).toEqual([]);
  const [row] = (await usage(pipeline)).slice(-1);
  await pipeline.store.write({ observations: [{ ...row!, numbers: { ...row!.numbers, red: 3 } }] });
  expect((await differences(pipeline)).map((one) => one.start)).toEqual([row!.at]);
});
