/** The steel year as a cumulative register that runs through trouble: what the meter would have sent. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../program.ts";

export interface SentReading {
  readonly at: number;
  readonly value: number;
}

const MULTIPLIER = 100;
const SPAN = 1000;
const QUARTER_MS = 900_000;
const start = Date.parse("2018-01-01T00:00:00+09:00");

/** Quarter-hours at which something happens to the register. */
const swapAt = 9_001;
const resetAt = 17_777;
const shiftAt = 26_262;

const shown = (value: number): number => Math.round((value % SPAN) * 1e5) / 1e5;

/** Readings in time: rollovers at 1,000, a swap, a reset to zero, and a jump that nobody explained. */
export function registerYear(): {
  readings: SentReading[];
  swap: { at: number; final: number; first: number };
} {
  const rows = readFileSync(join(projectRoot, "examples/steel/steel-industry-2018.csv"), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  let register = 700;
  let swap = { at: 0, final: 0, first: 0 };
  const readings: SentReading[] = [{ at: start, value: shown(register) }];
  rows.forEach((row, i) => {
    register += Number(row.split(",")[1]) / MULTIPLIER;
    const at = start + (i + 1) * QUARTER_MS;
    if (i === resetAt) register = Number(row.split(",")[1]) / MULTIPLIER;
    if (i === shiftAt) register += 431.5;
    if (i === swapAt) {
      swap = { at: at + QUARTER_MS / 3, final: shown(register + 0.002), first: 12.5 };
      register = swap.first - 0.001;
      readings.push({ at, value: shown(swap.final - 0.002) });
      return;
    }
    readings.push({ at, value: shown(register) });
  });
  return { readings, swap };
}

/** A configuration directory of its own, with the swap and the register that resets. */
export function writeConfig(directory: string, swap: { at: number; final: number; first: number }): void {
  mkdirSync(join(directory, "sites"), { recursive: true });
  for (const file of ["county.yaml", "factors.yaml"]) {
    cpSync(join(projectRoot, "examples/steel", file), join(directory, file));
  }
  const site = {
    id: "steel-works",
    name: { zh: "示例钢厂", en: "Example Steel Works" },
    category: "key-energy-user",
    gateways: [{ id: "gw-1", username: "steel-works-gw1", topics: ["v1/sites/steel-works/#"] }],
    meters: [
      {
        id: "main",
        carrier: "electricity",
        role: "grid-import",
        contributes: "add",
        from: "2018-01-01",
        ratedPowerKw: 700,
        registers: [
          {
            id: "active-import",
            kind: "cumulative",
            unit: "kWh",
            direction: "import",
            digits: 8,
            decimals: 5,
            resetsToZero: true,
          },
        ],
        multipliers: [{ from: "2018-01-01", value: MULTIPLIER }],
        swaps: [
          {
            at: new Date(swap.at).toISOString(),
            register: "active-import",
            final: swap.final,
            first: swap.first,
          },
        ],
      },
    ],
  };
  writeFileSync(join(directory, "sites/steel-works.yaml"), JSON.stringify(site));
}
