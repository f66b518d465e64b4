/** Waiting for the figures of what was appended, while more keeps coming. */
import { expect, test } from "vitest";
import { type FollowedTopic, hasReached, isStillWaiting, untilCaughtUp } from "../../app/caught-up.ts";
import type { PendingSpan } from "../../model/ports.ts";

const state = (partition: number, records: number, end: number) => ({ partition, records, end });
const span = (part: Partial<PendingSpan> = {}): PendingSpan => ({
  ...{ site: "s", meter: "m", start: 0, end: 1, firstAt: 5, lastAt: 0, cause: "repair" },
  ...part,
});

test("a partition has reached its end of then, whatever came since", () => {
  const ends = [state(0, 3, 10), state(1, 0, 0)];
  expect(hasReached(ends, ends)).toBe(false);
  expect(hasReached(ends, [state(0, 41, 50), state(1, 7, 7)])).toBe(false);
  expect(hasReached(ends, [state(0, 40, 50), state(1, 7, 7)])).toBe(true);
  expect(hasReached(ends, [state(0, 0, 2), state(1, 0, 0)])).toBe(true);
});

test("spans to be recomputed at once are waited for, backfills and later ones are not", () => {
  const noted = [span(), span({ meter: "backfill", lastAt: 6 })];
  expect(isStillWaiting(noted, noted)).toBe(true);
  expect(isStillWaiting(noted, [noted[1]!, span({ firstAt: 9 })])).toBe(false);
});

test("all has become figures although the log is never quiet, and the sums are asked for after the figures", async () => {
  const done: Record<FollowedTopic, number> = { readings: 0, rejects: 0, changed: 0 };
  const ends: Record<FollowedTopic, number> = { readings: 10, rejects: 4, changed: 0 };
  let pending = [span(), span({ meter: "backfill", lastAt: 6 })];
  let rounds = 0;
  await untilCaughtUp({
    stateOf: async (topic) => [state(0, ends[topic] - done[topic], ends[topic])],
    pending: async () => pending,
    async pause() {
      rounds += 1;
      for (const topic of ["readings", "rejects", "changed"] as const) {
        done[topic] = Math.min(ends[topic], done[topic] + 3);
        ends[topic] += 3;
      }
      if (done.readings < 12) ends.changed += 7;
      else pending = pending.slice(-1);
    },
  });
  expect(rounds).toBeLessThan(40);
  expect(done.readings).toBeGreaterThanOrEqual(10);
  expect(pending).toHaveLength(1);
  expect(done.changed).toBeGreaterThanOrEqual(21);
});
