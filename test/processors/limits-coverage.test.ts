/** How much of a limit's period is known, over months' ends and where meters come into service and go out of it. */
import { afterEach, describe, expect, it } from "vitest";
import type { Limit } from "../../model/limit.ts";
import type { Site } from "../../model/registry.ts";
import { calendarOf } from "../../model/time.ts";
import { createReconcile } from "../../processors/reconcile.ts";
import { limit, onDay, steady } from "../limit-world.ts";
import { at, meter, openPipeline, type Pipeline, registry, site, temporaryDirectory } from "../world.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(limits: readonly Limit[], sites: readonly Site[], path?: string): Promise<Pipeline> {
  const pipeline = await openPipeline(registry(sites, { limits }), path, () => at("2027-01-10"));
  closing.push(pipeline.close);
  return pipeline;
}

function longMeter(id: string, from = "2025-01-01", to?: string) {
  const multipliers = [{ from: at(from), value: 1, registers: {} }];
  return meter({
    id,
    from: at(from),
    ...(to === undefined ? {} : { to: at(to) }),
    multipliers,
    intervalMinutes: 720,
  });
}

describe("at a month's end", () => {
  const demand = { quantity: "demand", carrier: "electricity", unit: "kW", value: 8 } as const;

  it("a demand limit that is alone on its site goes by the days", async () => {
    const pipeline = await open([limit({ ...demand })], [site({ meters: [longMeter("m")] })]);
    await pipeline.publish(steady("2026-04-01", "2026-05-02", 10));
    await pipeline.settled();
    for (const day of ["2026-04-29", "2026-04-30", "2026-05-01"]) {
      const row = await onDay(pipeline, "budget", day);
      expect([day, row?.coverage, row?.red]).toEqual([day, 1, expect.closeTo(10 / 8, 9)]);
    }
  });

  it("the pace of 1 March is that of a whole February, though a new process has not looked at it yet", async () => {
    const directory = temporaryDirectory();
    closing.push(async () => directory.remove());
    const part = [limit({ value: 0.5 })];
    const first = await open(part, [site({ meters: [longMeter("m")] })], `${directory.path}/energy.db`);
    await first.publish(steady("2026-01-20", "2026-03-01", 10));
    await first.settled();
    await closing.pop()?.();
    const second = await open(part, [site({ meters: [longMeter("m")] })], `${directory.path}/energy.db`);
    await second.publish(steady("2026-03-01T01:00", "2026-03-02", 10, 9_610));
    await second.settled();
    const row = await onDay(second, "budget", "2026-03-01");
    expect(row?.daysLeft).toBeCloseTo((0.5 - 0.029496) / 0.029496, 9);
  });
});

describe("a meter that comes into service or goes out of it within a month", () => {
  const periods = [
    limit({ id: "month" }),
    limit({ id: "year", period: "year", value: 40 }),
    limit({ id: "rolling", period: "rolling-12m", value: 40 }),
  ];

  /** Coverage of each limit on each day. */
  async function coverages(pipeline: Pipeline, days: readonly string[], ids: readonly string[]) {
    const found: [string, string, number | null | undefined][] = [];
    for (const id of ids)
      for (const day of days) found.push([id, day, (await onDay(pipeline, id, day))?.coverage ?? null]);
    return found;
  }

  const whole = (days: readonly string[], ids: readonly string[]) =>
    ids.flatMap((id) => days.map((day) => [id, day, expect.closeTo(1, 9)]));

  it("leaves the time before it as known as it was, on the month's last day and after", async () => {
    const meters = [longMeter("m", "2026-01-01"), longMeter("b", "2026-11-16")];
    const group = [limit({ id: "county", group: "county" })];
    const pipeline = await open([...periods, ...group], [site({ meters })]);
    await pipeline.publish(steady("2026-01-01", "2026-12-06", 10, 0, 12));
    await pipeline.publish(steady("2026-11-16", "2026-12-06", 5, 0, 12), { meter: "b" });
    await pipeline.settled();
    const days = ["2026-11-15", "2026-11-16", "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-05"];
    const ids = ["month", "year", "county"];
    expect(await coverages(pipeline, days, ids)).toEqual(whole(days, ids));
    // Twelve months to 30 November begin a month before the meters do.
    expect((await onDay(pipeline, "rolling", "2026-11-30"))?.coverage).toBeCloseTo(334 / 365, 9);
    expect((await onDay(pipeline, "rolling", "2026-12-05"))?.coverage).toBeCloseTo(339 / 365, 9);
    const check = createReconcile(pipeline.plan, pipeline.store);
    expect(await check.groups({ start: 0, end: at("2027-01-01") })).toEqual([]);
  });

  it("nor does one that takes the place of another", async () => {
    const meters = [longMeter("m", "2026-01-01", "2026-11-16"), longMeter("n", "2026-11-16")];
    const pipeline = await open(periods, [site({ meters })]);
    await pipeline.publish(steady("2026-01-01", "2026-11-16", 10, 0, 12));
    await pipeline.publish(steady("2026-11-16", "2026-12-06", 10, 0, 12), { meter: "n" });
    await pipeline.settled();
    const days = ["2026-11-15", "2026-11-16", "2026-11-29", "2026-11-30", "2026-12-05"];
    expect(await coverages(pipeline, days, ["month", "year"])).toEqual(whole(days, ["month", "year"]));
    expect((await onDay(pipeline, "rolling", "2026-12-05"))?.coverage).toBeCloseTo(339 / 365, 9);
  });

  it("nor does a site that comes into a class", async () => {
    const classes = [{ id: "two-high", from: calendarOf("Asia/Shanghai").dayOf(at("2026-11-16")) }];
    const sites = [
      site({ id: "a", meters: [longMeter("m", "2026-11-01")], classes: [{ id: "two-high", from: 0 }] }),
      site({ id: "b", meters: [longMeter("m", "2026-11-01")], classes }),
    ];
    const pipeline = await open([limit({ id: "class", group: "class:two-high" })], sites);
    await pipeline.publish(steady("2026-11-01", "2026-12-02", 10, 0, 12), { site: "a" });
    // Of the time before it is in the class nothing is known, and nothing is asked.
    await pipeline.publish(steady("2026-11-16", "2026-12-02", 10, 0, 12), { site: "b" });
    await pipeline.settled();
    const days = ["2026-11-15", "2026-11-29", "2026-11-30", "2026-12-01"];
    expect(await coverages(pipeline, days, ["class"])).toEqual(whole(days, ["class"]));
  });
});

describe("a changed registry", () => {
  it("makes rows anew whose figures stay as they are", async () => {
    const directory = temporaryDirectory();
    closing.push(async () => directory.remove());
    const limits = [limit()];
    const path = `${directory.path}/energy.db`;
    // A second meter, of which nothing ever comes in.
    const gas = (from: string) => meter({ ...longMeter("gas", from), carrier: "natural-gas", role: "fuel" });
    const plants = (from: string) => [site({ meters: [longMeter("m", "2026-04-01"), gas(from)] })];
    const first = await open(limits, plants("2026-05-01"), path);
    await first.publish(steady("2026-04-01", "2026-04-21", 10, 0, 12));
    await first.settled();
    expect(await onDay(first, "budget", "2026-04-20")).toMatchObject({ coverage: 1 });
    await closing.pop()?.();
    const second = await open(limits, plants("2026-04-11"), path);
    await second.settled();
    expect(await onDay(second, "budget", "2026-04-10")).toMatchObject({ coverage: 1 });
    expect(await onDay(second, "budget", "2026-04-20")).toMatchObject({ coverage: 0 });
    const check = createReconcile(second.plan, second.store);
    expect(await check.groups({ start: 0, end: at("2027-01-01") })).toEqual([]);
  });
});
