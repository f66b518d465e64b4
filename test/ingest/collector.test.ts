import { expect, test } from "vitest";
import { createCollector } from "../../ingest/collector.ts";
import type { MessageSource, SourceMessage } from "../../model/ports.ts";
import type { ReadingsRecord } from "../../model/records.ts";
import { good, newAcceptor, receivedAt, TOPIC } from "./county.ts";
import { createMemoryLog } from "./memory-log.ts";

const message = (seq: number, parts: object = {}): SourceMessage => ({
  topic: TOPIC,
  payload: Buffer.from(JSON.stringify({ ...good, seq, ...parts })),
  retained: false,
  receivedAt,
});

function start() {
  const log = createMemoryLog();
  return { log, collector: createCollector(newAcceptor(), log) };
}

test("a message is accepted once its records are durable, and not before", async () => {
  const { log, collector } = start();
  log.delayMs = 100;
  let isAccepted = false;
  const accepting = collector.accept(message(1)).then(() => {
    isAccepted = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect({ isAccepted, unlogged: collector.stats().unlogged }).toEqual({ isAccepted: false, unlogged: 1 });
  await accepting;
  expect(log.records.readings).toHaveLength(1);
  expect(collector.stats().unlogged).toBe(0);
});

test("messages share appends of at most 500, in their order", async () => {
  const { log, collector } = start();
  log.delayMs = 5;
  await Promise.all(Array.from({ length: 2200 }, (_, i) => collector.accept(message(i))));
  expect(log.appends).toEqual([500, 500, 500, 500, 200]);
  const seqs = log.records.readings.map(
    (record) => (JSON.parse(record.value) as ReadingsRecord).readings[0]!.seq,
  );
  expect(seqs).toEqual(Array.from({ length: 2200 }, (_, i) => i));
  expect(log.records.readings.every((record) => record.key === "works-1")).toBe(true);
});

test("large records are not gathered beyond 256 Ki characters", async () => {
  const { log, collector } = start();
  const registers = { "active-import": 1 };
  const payload = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ at: receivedAt - i, registers })));
  const large = { ...message(0), payload: Buffer.from(payload) };
  await Promise.all(Array.from({ length: 20 }, () => collector.accept(large)));
  expect(log.appends.length).toBeGreaterThan(4);
});

test("when the log fails nothing is accepted, and the resend is", async () => {
  const { log, collector } = start();
  log.isBroken = true;
  const mixed = message(1, { registers: { "active-import": 1, gas: 2 } });
  await expect(collector.accept(mixed)).rejects.toThrow(/broken by the test/);
  expect(collector.stats()).toMatchObject({ unlogged: 0, failedAppends: 1 });
  log.isBroken = false;
  await collector.accept(mixed);
  expect(log.records.readings).toHaveLength(1);
  expect(log.records.rejects).toHaveLength(1);
  expect(collector.stats()).toMatchObject({ messages: 2, rejected: { "unknown-register": 2 } });
});

test("stopping stops the source first and waits for the log", async () => {
  const { log, collector } = start();
  log.delayMs = 50;
  const steps: string[] = [];
  const source: MessageSource = {
    async start(accept) {
      void accept(message(1)).then(() => steps.push("durable"));
    },
    async stop() {
      steps.push("source stopped");
    },
  };
  await collector.start(source);
  await collector.stop();
  expect(steps).toEqual(["source stopped", "durable"]);
});
