/** A thousand sites at once: few messages, every matter in one of them, and no more memory than before. */
import { expect, test } from "vitest";
import { alertOf, duties, MONDAY_10, openDesk } from "./county.ts";

const SITES = Array.from({ length: 1_000 }, (_, i) => `site-${i}`);
const MINUTE = 60_000;

test("1,000 sites that alert within one minute are told as digests, and nobody is forgotten", {
  timeout: 120_000,
}, () => {
  const { desk, store, carry } = openDesk(
    { ...duties, duties: [{ county: true, officers: [], lead: "industry", others: [] }] },
    SITES,
  );
  const got: ReturnType<typeof carry> = [];
  const heap: number[] = [];
  // Documents of ten alerts, spread over the minute, as a county whose grid came back would send them.
  for (let i = 0; i < SITES.length; i += 10) {
    const now = MONDAY_10 + Math.floor((i / SITES.length) * MINUTE);
    desk.receive(
      SITES.slice(i, i + 10).map((site) => alertOf("red", { site, startsAt: now })),
      now,
    );
    desk.due(now);
    got.push(...carry(now));
    heap.push(process.memoryUsage().heapUsed);
  }
  for (let now = MONDAY_10 + MINUTE; now <= MONDAY_10 + 15 * MINUTE; now += 1_000) {
    desk.due(now);
    got.push(...carry(now));
  }
  expect(store.matters({ state: "open", limit: 2_000 })).toHaveLength(1_000);
  const officers = new Set(got.map(({ officer }) => officer));
  expect([...officers].sort()).toEqual(["ind-1", "ind-head", "office-head"]);
  for (const officer of officers) {
    const own = got.filter((one) => one.officer === officer);
    // The first ones alone, then a digest a minute at most.
    expect(own.length).toBeLessThanOrEqual(duties.digest.afterNotices + 3);
    expect(new Set(own.flatMap(({ matters }) => matters)).size).toBe(1_000);
    expect(own.flatMap(({ matters }) => matters)).toHaveLength(1_000);
  }
  expect(new Set(got.map(({ id }) => `${id}`)).size).toBe(got.length);
  // What is kept is kept in the file: a few MB of garbage come and go.
  expect(Math.max(...heap) - heap[0]!).toBeLessThan(64 * 2 ** 20);
  expect(desk.nextDueAt()).toBeGreaterThan(MONDAY_10 + 15 * MINUTE);
});
