import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLease, type Pulse } from "../../adapters/kafka/lease.ts";
import { TransientError } from "../../model/errors.ts";

const still = (age: number): Pulse & { at: number } => ({
  at: age,
  beat() {},
  age() {
    return this.at;
  },
});

test("whoever asks the signal after a pause is told the truth before any timer ran", () => {
  const pulse = still(0);
  const { signal } = createLease(pulse, 8_000, "partition 3");
  let told = 0;
  signal.addEventListener("abort", () => {
    told += 1;
  });
  expect(signal.aborted).toBe(false);
  pulse.at = 8_001;
  expect(signal.aborted).toBe(true);
  expect(told).toBe(1);
  expect(signal.reason).toBeInstanceOf(TransientError);
  expect(() => signal.throwIfAborted()).toThrow(/partition 3 was given up: no heartbeat for 8001 ms/);
});

test("an ended lease does not come back with the heartbeat", () => {
  const pulse = still(9_000);
  const lease = createLease(pulse, 8_000, "partition 3");
  expect(lease.ended()?.message).toMatch(/no heartbeat/);
  pulse.at = 0;
  expect(lease.signal.aborted).toBe(true);
});

test("what is built on the signal is aborted with it", async () => {
  const lease = createLease(still(0), 8_000, "partition 3");
  const any = AbortSignal.any([lease.signal, new AbortController().signal]);
  const waiting = sleep(10_000, undefined, { signal: any });
  lease.end("the group divides the partitions anew");
  await expect(waiting).rejects.toThrow();
  expect(any.reason).toBe(lease.signal.reason);
});
