/** A year of quarter-hours: late readings into it, and what the board asks of it. */

import { existsSync, mkdirSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "mqtt";
import { databaseFile } from "../adapters/data-directory.ts";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { createSqliteLog } from "../adapters/sqlite/log.ts";
import { createSqliteStore } from "../adapters/sqlite/store.ts";
import { loadConfig } from "../config/load.ts";
import type { Reading } from "../model/reading.ts";
import type { ReadingsRecord } from "../model/records.ts";
import { planOf } from "../processors/plan.ts";
import { CONSUMER, createRunner } from "../processors/runner.ts";
import { temporary, writeCounty } from "./county.ts";
import { type Program, pause, percentile, readiness, startProgram } from "./process.ts";
import { energyPerTick, meterName, siteName } from "./publisher.ts";
import type { Report } from "./report.ts";

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const TICKS_A_DAY = 96;
const DAYS = 365;
const METERS_PER_SITE = 10;
const start = Date.parse("2025-11-01T00:00:00+08:00");

/** Readings that never came, and come late: one in about a thousand, nowhere two in a row. */
const isMissing = (meter: number, tick: number): boolean => (tick + meter * 37) % 997 === 500;

function dayOf(meter: number, day: number): Reading[] {
  const readings: Reading[] = [];
  for (let i = 0; i < TICKS_A_DAY; i += 1) {
    const tick = day * TICKS_A_DAY + i;
    if (isMissing(meter, tick)) continue;
    readings.push({
      register: "active-import",
      at: start + tick * QUARTER_MS,
      value: tick * energyPerTick,
      revision: 0,
      seq: -1,
    });
  }
  return readings;
}

/** Fills the store through log and processors, and tells how fast. */
async function fillYear(config: string, data: string, sites: number): Promise<number> {
  const { registry } = await loadConfig(config);
  const plan = planOf(registry);
  mkdirSync(data, { recursive: true });
  const db = openDatabase(databaseFile(data));
  const store = createSqliteStore(db, plan.calendar);
  const log = createSqliteLog(db, store, Date.now);
  const runner = await createRunner({
    plan,
    log,
    store,
    commit: log.commitWith,
    write: store.write,
    now: Date.now,
  });
  const stop = new AbortController();
  const running = runner.run(stop.signal);
  const started = performance.now();
  let readings = 0;
  for (let day = 0; day < DAYS; day += 1) {
    const records: { key: string; value: string }[] = [];
    for (let s = 0; s < sites; s += 1) {
      for (let m = 0; m < METERS_PER_SITE; m += 1) {
        const list = dayOf(s * METERS_PER_SITE + m, day);
        readings += list.length;
        const record: ReadingsRecord = {
          kind: "readings",
          site: siteName(s),
          meter: meterName(m),
          receivedAt: start + day * 86_400_000,
          received: list.length,
          readings: list,
        };
        records.push({ key: record.site, value: JSON.stringify(record) });
      }
    }
    await log.append("readings", records);
    while (log.progress("readings", CONSUMER).end - log.progress("readings", CONSUMER).done > records.length)
      await pause(5);
  }
  while (log.progress("readings", CONSUMER).done < log.progress("readings", CONSUMER).end) await pause(5);
  const seconds = (performance.now() - started) / 1000;
  await runner.drain();
  stop.abort();
  await running;
  await store.close();
  return readings / seconds;
}

/** Publishes late readings one after the other; ms until the figure they complete is measured. */
async function lateReadings(
  data: string,
  { mqttPort, httpUrl }: Program,
  meters: number,
  count: number,
): Promise<number[]> {
  const client = connect(`mqtt://127.0.0.1:${mqttPort}`, { protocolVersion: 4 });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  // Else the client's own kernel holds a packet's second half back for 40 ms (Nagle against delayed ACK).
  (client.stream as unknown as Socket).setNoDelay(true);
  const db = openDatabase(databaseFile(data), { readOnly: true });
  const find = db.prepare(
    "SELECT f.coverage FROM meter_15m f JOIN owner o ON o.id=f.owner WHERE o.scope='meter' AND o.owner=? AND f.bucket=? AND f.start=?",
  );
  const latencies: number[] = [];
  // Others than those of an earlier run on a year that is kept.
  const shift = Math.floor(performance.timeOrigin / 1000) % 30_000;
  for (let n = 0; n < count; n += 1) {
    const meter = (n * 7_919) % meters;
    let tick = ((n * 104_729 + shift) % (DAYS * TICKS_A_DAY - 2_000)) + 500;
    while (!isMissing(meter, tick)) tick += 1;
    const site = siteName(Math.floor(meter / METERS_PER_SITE));
    const name = meterName(meter % METERS_PER_SITE);
    const at = start + tick * QUARTER_MS;
    const quarter = at - QUARTER_MS;
    const isMeasured = (): boolean =>
      (find.get(`${site}/${name}`, Math.floor(quarter / HOUR_MS), quarter) as { coverage: number })
        .coverage === 1;
    if (isMeasured()) continue;
    const sent = performance.now();
    client.publish(
      `v1/sites/${site}/meters/${name}/readings`,
      JSON.stringify({ at, registers: { "active-import": tick * energyPerTick } }),
      { qos: 1 },
    );
    while (!isMeasured()) await pause(1);
    latencies.push(performance.now() - sent);
    // Each on its own: what the one before led to is summed first, and the log no longer spaces its commits.
    do await pause(100);
    while ((await readiness(httpUrl)).dirtyDays > 0);
  }
  db.close();
  await client.endAsync();
  return latencies;
}

function boardQueries(): [string, string][] {
  const year = "from=2025-11-01&to=2026-11-01";
  const month = "from=2026-05-01&to=2026-06-01";
  return [
    ["county, days of a year", `consumption?group=county&window=day&${year}`],
    ["county, months of a year", `consumption?group=county&window=month&${year}`],
    [
      "category, days of a year, without the nationally listed",
      `consumption?group=category:port&window=day&${year}&nationalList=exclude`,
    ],
    ["county, quarter-hours of a month", `consumption?group=county&window=15m&${month}`],
    ["site, days of a year", `consumption?site=${siteName(1)}&window=day&${year}`],
    ["site, quarter-hours of a month", `consumption?site=${siteName(1)}&window=15m&${month}`],
    ["site, hours of a month", `consumption?site=${siteName(1)}&window=hour&${month}`],
    ["meter, days of a year", `consumption?site=${siteName(1)}&meter=${meterName(2)}&window=day&${year}`],
    ["ranking of a month", "ranking?window=month&at=2026-05-15"],
    ["rolling twelve months of all sites", "rolling?at=2026-11-01"],
    ["overview", "overview"],
    ["sites", "sites"],
    ["quality of a day", "quality?day=2026-05-15"],
  ];
}

async function timeQuery(url: string): Promise<{ ms: number; bytes: number }> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < 7; i += 1) {
    const started = performance.now();
    const answer = await fetch(url);
    bytes = (await answer.text()).length;
    times.push(performance.now() - started);
    if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
  }
  return { ms: percentile(times, 0.5), bytes };
}

/** @param keep a directory to build the year in and leave there; a year that is there already is taken */
export async function benchYear(report: Report, meters: number, keep: string | undefined): Promise<void> {
  const sites = meters / METERS_PER_SITE;
  const directory = keep === undefined ? temporary() : { path: keep, remove: () => undefined };
  const config = `${directory.path}/config`;
  const data = `${directory.path}/data`;
  report.section(
    `A year of ${meters.toLocaleString("en")} meters, ${(meters * DAYS * TICKS_A_DAY).toLocaleString("en")} readings`,
  );
  if (!existsSync(databaseFile(data))) {
    writeCounty(config, { sites, metersPerSite: METERS_PER_SITE, from: "2025-11-01" });
    const rate = Math.round(await fillYear(config, data, sites));
    report.note(`filled at ${rate.toLocaleString("en")} readings/s in records of a day`);
  }
  const program = await startProgram(["--config", config, "--data", data]);
  const latencies = await lateReadings(data, program, meters, 200);
  report.note("one late reading, publish to queryable:");
  report.latency(percentile(latencies, 0.5), percentile(latencies, 0.99), Math.max(...latencies), 20);
  for (const [what, query] of boardQueries()) {
    const { ms, bytes } = await timeQuery(`${program.httpUrl}/api/v1/${query}`);
    report.value(`${what} (${Math.round(bytes / 1024)} KiB)`, ms, "ms", 200);
  }
  await program.stop();
  directory.remove();
}
