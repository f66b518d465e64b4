/** Which days wait to be summed. */
import { expect, test } from "vitest";
import { planOf } from "../../processors/plan.ts";
import { createSums } from "../../processors/sums.ts";
import { registry, site } from "../world.ts";

const SITES = 30_000;

test("many days of one cause are summed without a thought for each pair of them", async () => {
  let seen = 0;
  const done = async () => undefined;
  const sums = createSums(planOf(registry([site()])), {
    groupDays: async (days) => {
      seen += days.length;
    },
    siteMonths: done,
    groupMonths: done,
  });
  for (let i = 0; i < SITES; i += 1)
    sums.mark({ site: `s${i}`, carrier: "electricity", day: 20_000 }, new Set([i % 96]), "late");
  const start = performance.now();
  await sums.step(0, done);
  expect(performance.now() - start).toBeLessThan(5_000);
  expect([seen, sums.size()]).toEqual([SITES, 0]);
}, 60_000);
