import { expect, test } from "vitest";
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

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("messages that trickle share appends", async () => {
  const log = createMemoryLog();
  const queue = createAppendQueue(log);
  const until = performance.now() + 600;
  let messages = 0;
  for (; performance.now() < until; messages += 2) {
    void queue.add([record(messages)]);
    void queue.add([record(messages + 1)]);
    await pause(8);
  }
  await queue.drain();
  expect(log.records.readings).toHaveLength(messages);
  // One every 40 ms, and some more for a machine that is late.
  expect(log.appends.length).toBeLessThan(600 / 40 + 5);
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
