/** What a process says of its processors after they failed and another took their share over. */
import { afterEach, expect, test, vi } from "vitest";
import type { KafkaLog } from "../../adapters/kafka/log.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import { startProcessing } from "../../app/processing.ts";
import { TransientError } from "../../model/errors.ts";
import type { LogShare } from "../../model/ports.ts";
import { calendarOf } from "../../model/time.ts";
import { planOf } from "../../processors/plan.ts";
import { registry } from "../world.ts";

afterEach(() => {
  vi.useRealTimers();
});

const quiet = { error() {}, warn() {}, info() {}, debug() {} };

const failing = (lease: AbortSignal): LogShare => ({
  partition: 0,
  owns: () => true,
  lease,
  // biome-ignore lint/correctness/useYield: it fails before its first batch
  async *batches() {
    throw new TransientError("influx-down", "InfluxDB is away");
  },
});

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

test("a failure is told until the consumer has worked for a while, though it has no share any more", async () => {
  vi.useFakeTimers();
  const asked = new Map<string, number>();
  const log = {
    append: async () => undefined,
    async *consume(topic: string, _group: string, signal: AbortSignal) {
      const times = (asked.get(topic) ?? 0) + 1;
      asked.set(topic, times);
      if (topic === "changed" && times === 1) yield failing(signal);
      await untilAborted(signal);
    },
  } as unknown as KafkaLog;
  const plan = planOf(registry([]));
  const store = createSqliteStore(openDatabase(":memory:"), calendarOf("Asia/Shanghai"));
  const processing = startProcessing({
    plan,
    log,
    store,
    config: { number: 1, version: "test" },
    tell: quiet,
    written: () => undefined,
  });
  await vi.advanceTimersByTimeAsync(100);
  expect(processing.failure()).toBe("changed: InfluxDB is away");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked.get("changed")).toBe(2);
  expect(processing.failure()).toBe("changed: InfluxDB is away");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(processing.failure()).toBeUndefined();
  await processing.stop();
  await store.close();
});
