/** The command line's refusals: exit code 2, and words that say what to do. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { databaseFile } from "../../adapters/data-directory.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { countyYaml, siteYaml } from "../config/directory.ts";
import { runProgram, startProgram } from "../program.ts";
import { temporaryDirectory } from "../world.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

function brokenConfig(): string {
  const path = join(directory.path, "broken");
  mkdirSync(join(path, "sites"), { recursive: true });
  writeFileSync(
    join(path, "county.yaml"),
    "county: { id: x, name: { zh: 县, en: X }, zone: Asia/Nowhere, region: zhejiang }\n",
  );
  writeFileSync(join(path, "sites/a.yaml"), "id: a\nname: { zh: 甲, en: A }\ncategory: steel\nmeters: []\n");
  return path;
}

/** A county that has no site in common with the example. */
function otherConfig(): string {
  const path = join(directory.path, "other-county");
  mkdirSync(join(path, "sites"), { recursive: true });
  writeFileSync(join(path, "county.yaml"), countyYaml);
  writeFileSync(join(path, "sites/works-1.yaml"), siteYaml);
  return path;
}

describe("the command line", () => {
  test("check prints every problem with its file and path, and ends with 2", async () => {
    const { code, stderr } = await runProgram(["check", "--config", brokenConfig()]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/county\.yaml: county\.zone: .*Asia\/Nowhere/);
    expect(stderr).toMatch(/sites\/a\.yaml: category: /);
  });

  test.each([
    [["nonsense"], "nonsense: no such command"],
    [["--frobnicate"], "--frobnicate"],
    [["run", "--http-port", "eighty"], "--http-port eighty"],
    [["run", "--stack", "production"], "ENERGY_KAFKA_BROKERS is missing"],
    [["run", "--stack", "cloud"], "--stack cloud"],
    [["run", "--stack", "production", "--role", "cook"], "--role cook"],
    [["broker-files"], "--out is missing"],
    [["import", "/does/not/exist.csv"], "there is no such file"],
    [["import"], "which file?"],
    [["replay"], "rejects or readings?"],
    [["explain", "--site", "x"], "--carrier is missing"],
    [["backup", "x.db", "--data", "/does/not/exist"], "there is nothing to back up"],
    [["simulate"], "--url is missing"],
  ])("%j is refused", async (args, words) => {
    const { code, stderr } = await runProgram(args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  test("refuses to listen beyond this machine without passwords, or with passwords in the clear", async () => {
    const open = [
      "run",
      "--no-demo",
      "--data",
      join(directory.path, "exposed"),
      "--host",
      "0.0.0.0",
      "--http-port",
      "0",
      "--mqtt-port",
      "0",
    ];
    const first = await runProgram(open);
    expect(first.code).toBe(2);
    expect(first.stderr).toContain("gateways must have passwords");
    const { stdout: hash } = await runProgram(["password"], "correct horse\n");
    const secrets = join(directory.path, "secrets.yaml");
    writeFileSync(
      secrets,
      `gateways: { gaoting-port-gw1: "${hash.trim()}" }\noperators: { duty: "${hash.trim()}" }\n`,
      { mode: 0o600 },
    );
    const second = await runProgram([...open, "--secrets", secrets]);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain("--allow-plaintext");
  });

  test("commands reach a process that asks others for a password", async () => {
    const { stdout: hash } = await runProgram(["password"], "correct horse\n");
    const secrets = join(directory.path, "guarded.yaml");
    writeFileSync(secrets, `gateways: {}\noperators: { duty: "${hash.trim()}" }\n`, { mode: 0o600 });
    const data = join(directory.path, "guarded");
    const program = await startProgram(["--no-demo", "--data", data, "--secrets", secrets]);
    expect((await fetch(`${program.httpUrl}/api/v1/sites`)).status).toBe(401);
    const reconciled = await runProgram(["reconcile", "--data", data]);
    expect(reconciled.stdout).toContain("no difference");
    const explained = await runProgram([
      "explain",
      "--data",
      data,
      "--site",
      "gaoting-port",
      "--carrier",
      "electricity",
      "--window",
      "day",
      "--at",
      "2026-05-01",
    ]);
    expect(explained.code).toBe(0);
    expect(await program.stop()).toBe(0);
  });

  test("two processes do not write into one data directory", async () => {
    const data = join(directory.path, "shared");
    const program = await startProgram(["--no-demo", "--data", data]);
    const second = await runProgram([
      "run",
      "--no-demo",
      "--data",
      data,
      "--http-port",
      "0",
      "--mqtt-port",
      "0",
    ]);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain("already works in");
    expect(await program.stop()).toBe(0);
  });

  test("a directory of another county's is left alone, and free again", async () => {
    const data = join(directory.path, "another");
    const example = await runProgram(["reconcile", "--data", data]);
    expect(example.stdout).toContain("no difference");
    // What it holds: which of SQLite's files holds it is SQLite's own business.
    const content = (): unknown[] => {
      const db = openDatabase(databaseFile(data));
      const of = (sql: string) => db.prepare(sql).all();
      const all = [
        of("SELECT * FROM fact ORDER BY name"),
        of("SELECT off, value FROM log_readings"),
        of("SELECT * FROM dirty"),
      ];
      db.close();
      return all;
    };
    const before = content();
    for (const args of [["reconcile"], ["run", "--no-demo", "--http-port", "0", "--mqtt-port", "0"]]) {
      const { code, stderr } = await runProgram([...args, "--data", data, "--config", otherConfig()]);
      expect(stderr).toMatch(/^What is stored is of other sites .*--config/m);
      expect(code).toBe(2);
      expect(content()).toEqual(before);
    }
    expect((await runProgram(["reconcile", "--data", data])).stdout).toContain("no difference");
  });
});
