/** `npm start` as it is: the example county with its fleet, alive soon, and whole after a kill -9. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alertsFile } from "../../adapters/data-directory.ts";
import { troubleIn } from "../../adapters/sqlite/driver.ts";
import type { ConsumptionAnswer, OverviewAnswer } from "../../board/api/figures.ts";
import type { SitesAnswer } from "../../board/api/sites.ts";
import { loadConfig } from "../../config/load.ts";
import { accuracy, type ReportedFigure } from "../../demo/accuracy.ts";
import { createFleet } from "../../demo/fleet.ts";
import { EXAMPLE_SEED } from "../../demo/levels.ts";
import { differencesOf, storedRows } from "../chaos/stored.ts";
import { projectRoot, type RunningProgram, runProgram, startProgram, untilSettled } from "../program.ts";
import { temporaryDirectory } from "../world.ts";

const directory = temporaryDirectory();
let program: RunningProgram;

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(`${program.httpUrl}/api/v1/${path}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

async function until<T>(what: () => Promise<T | undefined>, deadlineMs: number): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await what();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const filled = () =>
  until(async () => (program.output().includes("100 % demo history") ? true : undefined), 300_000);

/** Rows of days that are over, which nothing that happens now may change. */
function settledRows(rows: Map<string, string[]>, before: number): Map<string, string[]> {
  const isOver = (row: string): boolean => {
    const { start, at } = JSON.parse(row) as { start?: number; at?: number };
    return (start ?? at ?? 0) < before;
  };
  return new Map(
    [...rows]
      .filter(([table]) => !table.endsWith("month"))
      .map(([table, list]) => [table, list.filter(isOver)]),
  );
}

beforeAll(async () => {
  program = await startProgram(["--data", directory.path]);
});
afterAll(async () => {
  await program?.stop();
  directory.remove();
});

describe("the example county", () => {
  test("fills its history and shows figures of today", { timeout: 400_000 }, async () => {
    await filled();
    const overview = await until(async () => {
      const answer = await get<OverviewAnswer>("overview");
      return answer.today.rows.length > 0 && answer.meters.online > 0 ? answer : undefined;
    }, 60_000);
    expect(overview.meters.total).toBe(
      overview.meters.online + overview.meters.late + overview.meters.silent + overview.meters.never,
    );
    const { sites } = await get<SitesAnswer>("sites");
    expect(sites.length).toBeGreaterThanOrEqual(25);
  });

  test("is as far from the truth as is said: error in each carrier's unit and in tce", {
    timeout: 300_000,
  }, async () => {
    await untilSettled(program.httpUrl, 180_000);
    const { registry } = await loadConfig(join(projectRoot, "config/example"));
    const fleet = createFleet(registry, EXAMPLE_SEED);
    const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
    const figures: ReportedFigure[] = [];
    for (const { id } of registry.sites) {
      const { rows } = await get<ConsumptionAnswer>(
        `consumption?site=${id}&window=day&from=${day(33)}&to=${day(1)}`,
      );
      for (const row of rows) {
        const { carrier, amount, coverage, estimated } = row;
        figures.push({
          site: id,
          carrier,
          start: Date.parse(row.start),
          end: Date.parse(row.end),
          amount,
          coverage,
          estimated,
        });
      }
    }
    const found = accuracy(fleet, figures);
    for (const { carrier, unit, truth, error, errorTce, windows, leftOut } of found) {
      const tce = errorTce === null ? "no factor" : `${errorTce.toFixed(6)} tce`;
      console.info(
        `${carrier}: truth ${truth.toFixed(1)} ${unit}, error ${error.toFixed(4)} ${unit}, ${tce}, ${windows} site days, ${leftOut} left out as not wholly known`,
      );
      // Registers show whole counts and some faults cost a little: a hundred-thousandth of what flowed.
      expect(Math.abs(error)).toBeLessThanOrEqual(truth * 1e-5);
      expect(leftOut).toBeLessThan(windows / 2);
    }
    expect(found.map((one) => one.carrier)).toEqual(
      expect.arrayContaining(["electricity", "natural-gas", "raw-coal", "heat", "water"]),
    );
  });

  test("loses nothing to a kill -9, and changes no figure", { timeout: 240_000 }, async () => {
    const cut = Date.now() - 2 * 86_400_000;
    const before = await get<ConsumptionAnswer>(
      "consumption?group=county&window=day&from=2026-01-01&to=2027-01-01",
    ).catch(() => undefined);
    await program.kill();
    const reconciled = await runProgram(["reconcile", "--data", directory.path]);
    expect(reconciled.stdout).toContain("no difference");
    expect(reconciled.code).toBe(0);
    const stored = settledRows(storedRows(directory.path), cut);
    program = await startProgram(["--data", directory.path]);
    await filled();
    await program.kill();
    const again = settledRows(storedRows(directory.path), cut);
    expect(differencesOf(stored, again)).toEqual([]);
    expect(stored.get("site_day")!.length).toBeGreaterThan(1_000);
    program = await startProgram(["--data", directory.path]);
    const after = await get<ConsumptionAnswer>(
      "consumption?group=county&window=day&from=2026-01-01&to=2027-01-01",
    );
    expect(after.rows.length).toBeGreaterThanOrEqual(before?.rows.length ?? 1);
  });

  test("is answered for beside the running program: reconcile, explain, backup and restore", {
    timeout: 240_000,
  }, async () => {
    const reconciled = await runProgram(["reconcile", "--data", directory.path, "--site", "gaoting-port"]);
    expect(reconciled.stdout).toContain("no difference");
    const explained = await runProgram([
      "explain",
      "--data",
      directory.path,
      "--site",
      "gaoting-port",
      "--carrier",
      "electricity",
      "--window",
      "day",
      "--at",
      new Date(Date.now() - 3 * 86_400_000).toISOString(),
    ]);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toMatch(/kWh/);
    const copy = `${directory.path}/copy/backup.db`;
    const backup = await runProgram(["backup", copy, "--data", directory.path]);
    expect(backup.stderr).toBe("");
    expect(backup.code).toBe(0);
    const elsewhere = `${directory.path}/elsewhere`;
    expect((await runProgram(["restore", copy, "--data", elsewhere])).code).toBe(0);
    expect((await runProgram(["restore", copy, "--data", elsewhere])).code).toBe(2);
    expect(troubleIn(alertsFile(elsewhere))).toBeUndefined();
    const restored = await runProgram(["reconcile", "--data", elsewhere]);
    expect(restored.stdout).toContain("no difference");
    const cut = Date.now() - 2 * 86_400_000;
    expect(
      differencesOf(settledRows(storedRows(directory.path), cut), settledRows(storedRows(elsewhere), cut)),
    ).toEqual([]);
  });
});
