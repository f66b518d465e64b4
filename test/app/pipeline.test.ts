/** What a process of the production stack says of itself as sites come and go. */
import { afterEach, expect, test, vi } from "vitest";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import { startProductionStatus } from "../../app/pipeline.ts";
import { calendarOf, HOUR_MS, MINUTE_MS } from "../../model/time.ts";

const noon = Date.UTC(2026, 2, 2, 4);
const calendar = calendarOf("Asia/Shanghai");

afterEach(() => {
  vi.useRealTimers();
});

test("the age of the newest reading is that of the sites a process has, and of none where it has none", async () => {
  vi.useFakeTimers({ now: noon });
  const store = createSqliteStore(openDatabase(":memory:"), calendar);
  const live = (site: string, receivedAt: number) => ({
    ...{ site, meter: "m", at: receivedAt, receivedAt, register: "r", value: 1, powerKw: null },
  });
  await store.write({ live: [live("busy", noon - MINUTE_MS), live("quiet", noon - HOUR_MS)] });
  let sites: string[] = [];
  let counts: { figures: number; newestReadingAt?: number } = { figures: 3 };
  const status = startProductionStatus({
    ...{ name: "process@a:1", role: "process", store, calendar },
    behind: async () => [],
    processing: {
      partitions: () => [0],
      sites: () => sites,
      waiting: () => ({ pending: 0, dirty: 0 }),
      failure: () => undefined,
    },
    counts: () => counts,
    failed: (error) => expect.unreachable(String(error)),
  });
  const said = async () => {
    await vi.advanceTimersByTimeAsync(15_000);
    const asked = { measurement: "pipeline_status", from: noon, to: noon + HOUR_MS, newest: true } as const;
    const [row] = await store.observations(asked);
    return { ...row!.numbers, age: row!.numbers.newestReadingAgeMs, passed: row!.at - noon };
  };

  expect(await said()).toMatchObject({ figures: 3, age: null });
  sites = ["quiet"];
  const quiet = await said();
  expect(quiet.age).toBe(HOUR_MS + quiet.passed);
  // Taken over from another process: what that one received counts.
  sites = ["busy", "quiet"];
  const both = await said();
  expect(both.age).toBe(MINUTE_MS + both.passed);
  counts = { figures: 9, newestReadingAt: noon };
  const newest = await said();
  expect(newest).toMatchObject({ figures: 9, age: newest.passed });
  await status.stop();
});
