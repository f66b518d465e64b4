import { afterEach, expect, test, vi } from "vitest";
import type { OutRecord } from "../../ingest/accept.ts";
import { createAppendQueue } from "../../ingest/append-queue.ts";
import { receivedAt } from "./county.ts";
import { createMemoryLog } from "./memory-log.ts";

const record = (seq: number): OutRecord => ({
  topic: "readings",
  record: {
    kind: "readings",
    site: "works-1",
    meter: "m-1",
    receivedAt,
    received: 1,
    readings: [{ register: "active-import", at: receivedAt, value: seq, revision: 0, seq }],
  },
});

afterEach(() => {
  vi.useRealTimers();
});

test("messages that trickle share appends", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const log = createMemoryLog();
  const queue = createAppendQueue(log);
  const messages = 150;
  for (let sent = 0; sent < messages; sent += 2) {
    void queue.add([record(sent)]);
    void queue.add([record(sent + 1)]);
    await vi.advanceTimersByTimeAsync(8);
  }
  await queue.drain();
  expect(log.records.readings).toHaveLength(messages);
  // After few messages the next waits 40 ms and gathers ten; after those it waits 20.
  expect(log.appends.length).toBeLessThanOrEqual(600 / 30 + 1);
});

test("a sender that waits for each acknowledgement is not held up", async () => {
  const log = createMemoryLog();
  const queue = createAppendQueue(log);
  const waits: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const sent = performance.now();
    await queue.add([record(n)]);
    waits.push(performance.now() - sent);
  }
  expect(waits.sort((a, b) => a - b)[15]).toBeLessThan(20);
  expect(log.appends).toHaveLength(30);
});
