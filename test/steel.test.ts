/** The year of a real steel works, imported by the real program, against sums made by hand from the file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConsumptionAnswer, ConsumptionRow } from "../board/api/figures.ts";
import { awayFromMidnight } from "./midnight.ts";
import { type Finished, projectRoot, type RunningProgram, runProgram, startProgram } from "./program.ts";
import { temporaryDirectory } from "./world.ts";

const directory = temporaryDirectory();
const file = join(projectRoot, "examples/steel/steel-industry-2018.csv");
const stack = ["--config", "examples/steel", "--data", directory.path];
let imported: Finished;
let program: RunningProgram;

/** Energy of each day in hundredths of a kWh, so that the sums are exact; row i of the file is quarter i of the year. */
function daysOfFile(): number[] {
  const rows = readFileSync(file, "utf8").trim().split("\n").slice(1);
  const days: number[] = new Array(365).fill(0);
  rows.forEach((row, i) => {
    days[Math.floor(i / 96)]! += Math.round(Number(row.split(",")[1]) * 100);
  });
  return days;
}

async function rows(query: string): Promise<ConsumptionRow[]> {
  const answer = await fetch(`${program.httpUrl}/api/v1/consumption?${query}`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as ConsumptionAnswer).rows;
}

beforeAll(async () => {
  // Both imports are to be of one day's balance.
  await awayFromMidnight("Asia/Seoul", 4);
  imported = await runProgram([
    "import",
    file,
    ...stack,
    "--site",
    "steel-works",
    "--meter",
    "main",
    "--profile",
    "uci-steel",
  ]);
  program = await startProgram(stack);
}, 400_000);

afterAll(async () => {
  await program?.stop();
  directory.remove();
});

describe("the steel works' year", () => {
  test("takes in all 35,040 rows", () => {
    expect(imported.code).toBe(0);
    expect(imported.stdout).toContain("35040 accepted, 0 rejected");
  });

  test("sums up to 959,636.71 kWh", async () => {
    const [year, ...more] = await rows("site=steel-works&window=year&from=2018-01-01&to=2019-01-01");
    expect(more).toEqual([]);
    expect(Math.abs(year!.amount - 959_636.71)).toBeLessThan(1e-9);
    expect(year).toMatchObject({
      start: "2018-01-01T00:00:00+09:00",
      coverage: 1,
      estimated: 0,
      missingMeters: 0,
      unit: "kWh",
    });
  });

  test("has each day right, across midnight and month ends", async () => {
    const days = await rows("site=steel-works&window=day&from=2018-01-01&to=2019-01-01");
    const expected = daysOfFile();
    expect(days).toHaveLength(365);
    days.forEach((day, i) => {
      expect(Math.abs(day.amount - expected[i]! / 100)).toBeLessThan(1e-9);
      expect(day.coverage).toBe(1);
    });
    // The row labelled 31/01/2018 00:00 ends January's last day and is no part of February.
    const [quarter] = await rows(
      "site=steel-works&window=15m&from=2018-01-31T23:45:00%2B09:00&to=2018-02-01",
    );
    expect(quarter!.amount).toBe(Number(readFileSync(file, "utf8").split("\n")[31 * 96]!.split(",")[1]));
    const months = await rows("site=steel-works&window=month&from=2018-01-01&to=2019-01-01");
    expect(months.map((month) => month.start.slice(0, 7))).toHaveLength(12);
  });

  test("gives coal on both bases, and CO2 by the factor in force", async () => {
    const days = daysOfFile();
    const half = days.slice(0, 181).reduce((a, b) => a + b, 0) / 100;
    const whole = 959_636.71;
    const [year] = await rows("site=steel-works&window=year&from=2018-01-01&to=2019-01-01");
    expect(year!.kgceCalorific! / 1000).toBeCloseTo(117.939_351_659, 6);
    expect(year!.kgceEquivalent! / 1000).toBeCloseTo(287.891_013, 6);
    expect(year!.kgCo2Location!).toBeCloseTo(half * 0.6101 + (whole - half) * 0.581, 5);
    expect(year!.kgCo2Market).toBeNull();
    expect(year!.factors).toEqual([
      "coal-electricity",
      "coal-electricity-equivalent",
      "grid-example-1",
      "grid-example-2",
    ]);
    const [june] = await rows("site=steel-works&window=day&from=2018-06-30&to=2018-07-01");
    expect(june!.factors).toContain("grid-example-1");
    expect(june!.kgCo2Location!).toBeCloseTo((days[180]! / 100) * 0.6101, 6);
  });

  test("counts every value in the balance, and a second import as repeated", async () => {
    const again = await runProgram([
      "import",
      file,
      ...stack,
      "--site",
      "steel-works",
      "--meter",
      "main",
      "--profile",
      "uci-steel",
    ]);
    expect(again.stdout).toContain("35040 accepted");
    const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Seoul" }).format(new Date());
    const answer = await fetch(`${program.httpUrl}/api/v1/balance?day=${today}`);
    const { rows: balance } = (await answer.json()) as { rows: object[] };
    expect(balance).toEqual([
      expect.objectContaining({
        site: "steel-works",
        received: 70_080,
        accepted: 35_040,
        repeated: 35_040,
        setAside: 0,
        rejected: {},
      }),
    ]);
    const reconciled = await runProgram(["reconcile", ...stack]);
    expect(reconciled.stdout).toContain("no difference");
    expect(reconciled.code).toBe(0);
  });
});
