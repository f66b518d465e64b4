/** How much of a limit's period is known, over months' ends and where meters come into service and go out of it. */
import { afterEach, describe, expect, it } from "vitest";
import type { Limit } from "../../model/limit.ts";
import type { Site } from "../../model/registry.ts";
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
    intervalMinutes: 60,
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
