/** The one owner of months and groups: what it sums together, and what it marks as done. */
import { expect, test } from "vitest";
import type { LogBatch, LogShare, SeriesStore } from "../../model/ports.ts";
import type { ChangedRecord } from "../../model/records.ts";
import { planOf } from "../../processors/plan.ts";
import { createChangedShare } from "../../processors/shares/changed.ts";
import { at, registry, site } from "../world.ts";

const none = async () => [];

async function until(reached: () => boolean): Promise<void> {
  for (let i = 0; !reached(); i += 1) {
    if (i > 500) throw new Error("not within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("days that change while sums may not be made yet are summed together, and none is marked done before", async () => {
  const plan = planOf(registry([site()]));
  const today = plan.calendar.dayOf(at("2026-04-02"));
  const events: string[] = [];
  const store = {
    figures: async (_keys: unknown, window: string) => {
      if (window === "month") events.push("summed");
      return [];
    },
    write: none,
    fact: async () => undefined,
  } as unknown as SeriesStore;
  let offset = 0;
  const batch = (days: readonly number[]): LogBatch => {
    const records = days.map((day) => {
      const mark: ChangedRecord = { site: "s", carrier: "electricity", day, cause: "test" };
      offset += 1;
      return { key: "county", offset, value: JSON.stringify(mark) };
    });
    const upTo = offset;
    return { records, commit: async () => void events.push(`done to ${upTo}`) };
  };
  const lease = new AbortController();
  const share: LogShare = {
    partition: 0,
    owns: () => true,
    lease: lease.signal,
    async *batches() {
      yield batch([today]);
      // Before the sums are due again there is more to come.
      await until(() => events.includes("done to 1"));
      yield batch([today]);
      yield batch([today, today - 1]);
      yield batch([]);
      await until(() => events.includes("done to 4"));
      // Nothing new: nothing is done twice.
      yield batch([]);
    },
  };
  const options = { plan, store, log: { append: none }, config: { number: 1, version: "v" }, now: Date.now };
  const started = performance.now();
  const changed = createChangedShare(share, options as never);
  await changed.run();
  expect(events.filter((event) => event.startsWith("done"))).toEqual(["done to 1", "done to 4"]);
  expect(events.at(-1)).toBe("done to 4");
  // Sums are at least a second apart.
  expect(performance.now() - started).toBeGreaterThan(900);
  expect(changed.waiting()).toBe(0);
});
