/** A process that is told to end while its log takes nothing. */
import { expect, test } from "vitest";
import { atMost, closeInOrder, stopsOf } from "../../app/close.ts";
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

const short = { workMs: 50, logMs: 50, restMs: 50 };
const long = { workMs: 10_000, logMs: 10_000, restMs: 10_000 };
const never = () => new Promise<never>(() => undefined);

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
  await closeInOrder([collector.stop, () => undefined], log, store, {
    ...short,
    logMs: 5_000,
    restMs: 5_000,
  });
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
  await closeInOrder([collector.stop], closing, undefined, long);
  await accepted;
  expect(events).toEqual(["accepted", "log closed"]);
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("the log is closed although a worker fails, and the failure is told", async () => {
  const events: string[] = [];
  const closing = { close: async () => void events.push("log closed") };
  const failing = () => Promise.reject(new Error("the source broke"));
  await expect(closeInOrder([failing], closing, undefined, long)).rejects.toThrow("the source broke");
  expect(events).toEqual(["log closed"]);
});

test("parts that never end keep neither each other nor the process, and the store is closed last", async () => {
  const events: string[] = [];
  const told = (name: string) => () => {
    events.push(name);
    return never();
  };
  const ended = (name: string) => async () => void events.push(name);
  const beside = stopsOf(
    {
      server: { close: told("server") },
      status: { stop: told("status") },
      alerts: { close: told("alerts") },
    },
    10,
  );
  const workers = [told("collector"), told("groups"), ...beside];
  await closeInOrder(workers, { close: told("log") }, { close: ended("store") }, short);
  expect(events).toEqual(["collector", "groups", "server", "status", "alerts", "log", "store"]);
});

test("log and store are open until alerts were told of the last request", async () => {
  const events: string[] = [];
  const slow = (name: string) => async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    events.push(name);
  };
  const beside = stopsOf({
    server: { close: slow("server") },
    status: { stop: slow("status") },
    alerts: { close: slow("alerts") },
  });
  await closeInOrder(beside, { close: slow("log") }, { close: slow("store") }, long);
  expect(events).toEqual(["server", "status", "alerts", "log", "store"]);
});

test("an error of one part is told after the others have ended, the store too", async () => {
  const events: string[] = [];
  const closing = (name: string) => ({ close: async () => void events.push(name) });
  const broken = { close: () => Promise.reject(new Error("the server broke")) };
  const beside = stopsOf({ server: broken, status: undefined, alerts: closing("alerts") });
  await expect(closeInOrder(beside, closing("log"), closing("store"), long)).rejects.toThrow(
    "the server broke",
  );
  expect(events).toEqual(["alerts", "log", "store"]);
});

test("what is waited for a while only may fail later, unheard", async () => {
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<number>((_, reject) => {
    fail = reject;
  });
  expect(await atMost(10, work)).toBeUndefined();
  fail(new Error("too late"));
  expect(await atMost(1_000, Promise.resolve(7))).toBe(7);
  await expect(atMost(1_000, work)).rejects.toThrow("too late");
});
