/** Who works in a data directory: told by a lock of the system, with real other processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { leave, occupantOf, occupy } from "../../adapters/data-directory.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { UsageError } from "../../model/errors.ts";
import { projectRoot } from "../program.ts";
import { temporaryDirectory } from "../world.ts";

const programs = temporaryDirectory();
const occupier = join(programs.path, "occupier.mjs");

beforeAll(async () => {
  symlinkSync(join(projectRoot, "node_modules"), join(programs.path, "node_modules"));
  await build({
    entryPoints: [fileURLToPath(new URL("occupier.ts", import.meta.url))],
    outfile: occupier,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
  });
});
afterAll(() => programs.remove());

let directory: ReturnType<typeof temporaryDirectory>;
const others: ChildProcess[] = [];
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  for (const other of others.splice(0)) await killed(other);
  leave(directory.path);
  directory.remove();
});

async function otherProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [occupier, directory.path], { stdio: ["pipe", "pipe", "inherit"] });
  others.push(child);
  await once(child.stdout!, "data");
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

const noted = () => join(directory.path, "running.json");

test("while another process works there, it is told where to ask it, and may not work there too", async () => {
  const other = await otherProcess();
  expect(occupantOf(directory.path)).toEqual({
    pid: other.pid,
    url: "http://127.0.0.1:1",
    token: "shown",
  });
  expect(() => occupy(directory.path)).toThrow(UsageError);
  expect(() => occupy(directory.path)).toThrow(`Process ${other.pid} already works in ${directory.path}`);
  rmSync(noted());
  expect(() => occupy(directory.path)).toThrow(/^Another process already works in/);
});

test("it is free as soon as the other was killed, or left", async () => {
  await killed(await otherProcess());
  expect(existsSync(noted())).toBe(true);
  expect(occupantOf(directory.path)).toBeUndefined();
  occupy(directory.path);
  leave(directory.path);

  const other = await otherProcess();
  other.stdin!.write("leave\n");
  await once(other, "exit");
  expect(existsSync(noted())).toBe(false);
  expect(() => occupy(directory.path)).not.toThrow();
});

test("a number that another program has by now does not count", () => {
  writeFileSync(noted(), JSON.stringify({ pid: 1, url: "http://127.0.0.1:1" }));
  expect(occupantOf(directory.path)).toBeUndefined();
  occupy(directory.path, { url: "http://127.0.0.1:2" });
  expect(JSON.parse(readFileSync(noted(), "utf8"))).toEqual({ pid: process.pid, url: "http://127.0.0.1:2" });
});

test("a process that has it may name another door, by any spelling of the path, and is none but itself", () => {
  occupy(directory.path);
  occupy(`${directory.path}/.`, { url: "http://127.0.0.1:3" });
  expect(JSON.parse(readFileSync(noted(), "utf8"))).toMatchObject({ url: "http://127.0.0.1:3" });
  expect(occupantOf(`${directory.path}/`)).toBeUndefined();
});

test("somebody looking keeps neither others from looking nor, for long, anyone from working there", async () => {
  writeFileSync(noted(), JSON.stringify({ pid: 1 }));
  const looking = openDatabase(join(directory.path, "running.lock"));
  looking.exec("BEGIN; SELECT count(*) FROM sqlite_schema");
  expect(occupantOf(directory.path)).toBeUndefined();
  looking.close();
  expect(() => occupy(directory.path)).not.toThrow();
});

test("who does not have it cannot give it up for another", async () => {
  const other = await otherProcess();
  leave(directory.path);
  expect(occupantOf(directory.path)?.pid).toBe(other.pid);
});
