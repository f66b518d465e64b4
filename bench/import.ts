/** CSV rows a second, from file to figures. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { programRoot } from "../config/shipped.ts";
import { temporary } from "./county.ts";
import type { Report } from "./report.ts";

export async function benchImport(report: Report): Promise<void> {
  const steel = join(programRoot(), "examples/steel");
  const file = join(steel, "steel-industry-2018.csv");
  const directory = temporary();
  const text = readFileSync(file, "utf8");
  const parseStarted = performance.now();
  const rows = parse(text, { columns: true, bom: true }) as unknown[];
  const ceiling = rows.length / ((performance.now() - parseStarted) / 1000);
  writeFileSync(join(directory.path, "empty"), "");
  const program = fileURLToPath(new URL("./main.js", import.meta.url));
  const args = [
    "import",
    file,
    "--config",
    steel,
    "--data",
    join(directory.path, "data"),
    "--site",
    "steel-works",
    "--meter",
    "main",
    "--profile",
    "uci-steel",
  ];
  const timed = async (extra: readonly string[]): Promise<number> => {
    const started = performance.now();
    const child = spawn(process.execPath, [program, ...extra], { stdio: "ignore" });
    await once(child, "exit");
    return (performance.now() - started) / 1000;
  };
  const idle = await timed(["reconcile", "--config", steel, "--data", join(directory.path, "idle")]);
  const seconds = Math.max(0.001, (await timed(args)) - idle);
  report.section(`Import of ${rows.length.toLocaleString("en")} CSV rows`);
  report.line("rows/s to figures", rows.length / seconds, "of parsing the file alone", ceiling);
  report.note(
    `${seconds.toFixed(2)} s beyond the ${idle.toFixed(2)} s that the program takes to start and stop`,
  );
  directory.remove();
}
