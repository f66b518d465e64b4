/** A process that is told to end while its log takes nothing. */
import { expect, test } from "vitest";
import { closeInOrder } from "../../app/close.ts";
import { createCollector } from "../../ingest/collector.ts";
import { TransientError } from "../../model/errors.ts";
import type { SourceMessage } from "../../model/ports.ts";
import { good, newAcceptor, receivedAt, TOPIC } from "../ingest/county.ts";
import { createMemoryLog } from "../ingest/memory-log.ts";

const message: SourceMessage = {
  topic: TOPIC,
  payload: Buffer.from(JSON.stringify(good)),
  retained: false,
  receivedAt,
};

test("a process ends although its log takes nothing, and what waited is not said to be safe", async () => {
  const events: string[] = [];
  let giveUp: (error: Error) => void = () => undefined;
  const waiting = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const log = {
    ...createMemoryLog(),
    append: () => waiting,
    async close() {
      events.push("log closed");
      giveUp(new TransientError("closed", "the log was closed"));
    },
  };
  const store = { close: async () => void events.push("store closed") };
  const collector = createCollector(newAcceptor(), log);
  const accepted = collector.accept(message).then(
    () => events.push("accepted"),
    () => events.push("refused"),
  );
  await closeInOrder([collector.stop, () => undefined], log, store, 50);
  await accepted;
  expect(events).toEqual(["log closed", "refused", "store closed"]);
});

test("a log that takes what waits is closed behind it, and nothing keeps the process", async () => {
  const events: string[] = [];
  const log = createMemoryLog();
  log.delayMs = 30;
  const closing = { close: async () => void events.push("log closed") };
  const collector = createCollector(newAcceptor(), log);
  const accepted = collector.accept(message).then(() => events.push("accepted"));
  const started = performance.now();
  await closeInOrder([collector.stop], closing, undefined, 10_000);
  await accepted;
  expect(events).toEqual(["accepted", "log closed"]);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("the log is closed although a worker fails, and the failure is told", async () => {
  const events: string[] = [];
  const closing = { close: async () => void events.push("log closed") };
  const failing = () => Promise.reject(new Error("the source broke"));
  await expect(closeInOrder([failing], closing, undefined, 1_000)).rejects.toThrow("the source broke");
  expect(events).toEqual(["log closed"]);
});
