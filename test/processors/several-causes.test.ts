/** A site that several changes of the registry ask for at once: each sees what the one before it recomputed. */
import { expect, test } from "vitest";
import type { Registry } from "../../model/registry.ts";
import { createReconcile } from "../../processors/reconcile.ts";
import { at, meter, openPipeline, reading, registry, site, temporaryDirectory } from "../world.ts";

const from = at("2026-01-01");
const QUARTER_MS = 900_000;

const county = (isLater: boolean): Registry =>
  registry([
    site({
      id: "s",
      meters: [
        meter({
          id: "m",
          from,
          multipliers: isLater
            ? [
                { from, value: 1, registers: {} },
                { from: at("2026-01-02"), value: 3, registers: {} },
              ]
            : [{ from, value: 1, registers: {} }],
        }),
        ...(isLater ? [meter({ id: "n", from })] : []),
      ],
    }),
  ]);

test("a new multiplier and a new meter of one site, at the same time", async () => {
  const directory = temporaryDirectory();
  const path = `${directory.path}/energy.db`;
  const before = await openPipeline(county(false), path);
  await before.publish(Array.from({ length: 300 }, (_, i) => reading(from + i * QUARTER_MS, i)));
  await before.settled();
  await before.close();
  const after = await openPipeline(county(true), path);
  await after.settled();
  const [day] = (await after.figures("site", "day", "s")).filter((row) => row.start === at("2026-01-02"));
  expect(day?.amount).toBeCloseTo(96 * 3, 9);
  const check = createReconcile(after.plan, after.store);
  const span = { start: from, end: at("2026-02-01") };
  expect((await check.site(after.plan.registry.sites[0]!, span)).differences).toEqual([]);
  expect(await check.groups(span)).toEqual([]);
  await after.close();
  directory.remove();
});
