/** Calls to a real thread, and what its caller hears of its end. */
import { Worker } from "node:worker_threads";
import { afterEach, expect, test } from "vitest";
import { callWorker } from "../../adapters/thread-call.ts";
import { UsageError } from "../../model/errors.ts";

/** A thread that answers `echo`, ends by itself when asked to, and fails in ways of its own. */
const program = `
  const { parentPort } = require("node:worker_threads");
  class UsageError extends Error { name = "UsageError"; }
  parentPort.on("message", ({ id, name, args }) => {
    if (name === "echo") parentPort.postMessage({ id, value: args[0] });
    if (name === "stop") parentPort.close();
    if (name === "exit") process.exit(3);
    if (name === "fail") throw new Error("the disk is gone");
    if (name === "refuse") throw new UsageError("another county's");
  });`;

const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate();
});

function started() {
  const worker = new Worker(program, { eval: true });
  workers.push(worker);
  return callWorker(worker, "small");
}

const isOpen = async (ended: Promise<Error>): Promise<boolean> =>
  (await Promise.race([ended, Promise.resolve("open")])) === "open";

test("a thread that works has not ended; one that was asked to stop has", async () => {
  const thread = started();
  expect(await thread.call("echo", 7)).toBe(7);
  expect(await isOpen(thread.ended)).toBe(true);
  thread.call("stop").catch(() => undefined);
  expect((await thread.ended).message).toBe("The small thread has ended.");
});

test("a thread that fails ends with its error, and so does every call that is open or comes later", async () => {
  const thread = started();
  await expect(thread.call("fail")).rejects.toThrow("the disk is gone");
  expect((await thread.ended).message).toBe("the disk is gone");
  await expect(thread.call("echo", 1)).rejects.toThrow("the disk is gone");
  const streamed = async () => {
    for await (const _ of thread.stream("echo")) expect.unreachable();
  };
  await expect(streamed()).rejects.toThrow("the disk is gone");
});

test("a thread that just exits has ended", async () => {
  const thread = started();
  await expect(thread.call("exit")).rejects.toThrow("The small thread has ended.");
  expect(await thread.ended).toBeInstanceOf(Error);
});

test("a thread that refuses to work says so as the main thread would", async () => {
  const thread = started();
  await expect(thread.call("refuse")).rejects.toThrow(UsageError);
  expect(await thread.ended).toMatchObject({ name: "UsageError", message: "another county's" });
});
