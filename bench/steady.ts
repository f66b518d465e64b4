/** Readings a second from QoS 1 publishes to queryable figures, and what is written for each. */
import { databaseFile } from "../adapters/data-directory.ts";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { mqttCeiling, rowCeiling } from "./ceilings.ts";
import { temporary, writeCounty } from "./county.ts";
import { accountOf, publish, startProgram, untilQueryable } from "./process.ts";
import { energyPerTick } from "./publisher.ts";
import type { Report } from "./report.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

/** Rows of all tables, in a store that is not in use. */
function rowsIn(data: string): number {
  const db = openDatabase(databaseFile(data), { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type='table'").all() as { name: string }[];
  let rows = 0;
  for (const { name } of tables)
    rows += (db.prepare(`SELECT count(*) AS n FROM ${name}`).get() as { n: number }).n;
  db.close();
  return rows;
}

/** The county's stored energy of all days, to be sure that what was timed is right. */
function countyEnergy(data: string): number {
  const db = openDatabase(databaseFile(data), { readOnly: true });
  const row = db.prepare("SELECT sum(f.amount) AS kwh FROM meter_day f").get() as { kwh: number };
  db.close();
  return row.kwh;
}

export async function benchSteady(report: Report, meters: number, ticks: number): Promise<void> {
  const metersPerSite = 10;
  const sites = meters / metersPerSite;
  const directory = temporary();
  const config = `${directory.path}/config`;
  const data = `${directory.path}/data`;
  writeCounty(config, { sites, metersPerSite, from: "2026-01-01" });
  const start = Math.floor((Date.now() - 20 * DAY_MS) / DAY_MS) * DAY_MS;
  const plan = {
    connections: 4,
    inFlight: 1_000,
    sites,
    metersPerSite,
    ticks,
    firstTick: 0,
    start,
    stepMs: QUARTER_MS,
  };
  const ceiling = await mqttCeiling({ ...plan, ticks: Math.max(1, Math.floor(ticks / 3)) });
  const rows = rowCeiling(600_000, 2_000);
  const program = await startProgram(["--config", config, "--data", data]);
  const before = accountOf(program.child.pid!);
  const started = performance.now();
  const sent = await publish({ ...plan, host: "127.0.0.1", port: program.mqttPort });
  await untilQueryable(program.httpUrl);
  const seconds = (performance.now() - started) / 1000;
  const after = accountOf(program.child.pid!);
  await program.stop();
  const readings = meters * ticks;
  const expected = meters * (ticks - 1) * energyPerTick;
  const stored = countyEnergy(data);
  if (Math.abs(stored - expected) > 1e-6 * expected)
    throw new Error(`stored ${stored} kWh, published ${expected} kWh`);
  report.section(
    `Steady state: ${readings.toLocaleString("en")} readings of ${meters} meters, one a message, QoS 1`,
  );
  report.line(
    "readings/s to queryable figures",
    readings / seconds,
    "of the broker's own ceiling",
    ceiling,
    30_000,
  );
  report.line("PUBACKs/s", sent.acknowledged / sent.seconds, "of the broker's own ceiling", ceiling);
  const perReading = rowsIn(data) / readings;
  report.line("rows/s written", (readings / seconds) * perReading, "of the table's own ceiling", rows);
  report.note(
    `${perReading.toFixed(2)} rows stored per reading (log and index included), ${(((after.cpuSeconds - before.cpuSeconds) / readings) * 1e6).toFixed(1)} µs of CPU a reading in the program, ${((sent.cpuSeconds / readings) * 1e6).toFixed(1)} µs in the publisher, peak ${after.peakMb} MB`,
  );
  directory.remove();
}
