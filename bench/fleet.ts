/** 100,000 meters behind 1,000 gateways: a burst of all at once, and an ordinary quarter-hour. */
import { temporary, writeCounty } from "./county.ts";
import { accountOf, pause, percentile, publish, startProgram, untilQueryable } from "./process.ts";
import type { Report } from "./report.ts";
import { watchFigures } from "./watch.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

export async function benchFleet(
  report: Report,
  sites: number,
  metersPerSite: number,
  averageSeconds: number,
): Promise<void> {
  const meters = sites * metersPerSite;
  const directory = temporary();
  const config = `${directory.path}/config`;
  const data = `${directory.path}/data`;
  writeCounty(config, { sites, metersPerSite, from: "2026-01-01" });
  const start = Math.floor((Date.now() - 2 * DAY_MS) / DAY_MS) * DAY_MS;
  const base = {
    connections: sites,
    inFlight: 200,
    sites,
    metersPerSite,
    start,
    stepMs: QUARTER_MS,
    host: "127.0.0.1",
  };
  const startedAt = performance.now();
  const program = await startProgram(["--config", config, "--data", data]);
  const startSeconds = (performance.now() - startedAt) / 1000;
  const pid = program.child.pid!;
  const port = program.mqttPort;
  await publish({ ...base, port, ticks: 4, firstTick: 0 });
  await untilQueryable(program.httpUrl);
  await pause(5_000);
  const watch = watchFigures(data, start, QUARTER_MS);
  await publish({ ...base, port, ticks: 1, firstTick: 4, rate: meters / 58, sampleEvery: 53 }, (sample) =>
    watch.add(sample),
  );
  await untilQueryable(program.httpUrl);
  await pause(2_000);
  const { seen } = watch;
  const unseen = watch.waiting();
  watch.close();
  await pause(20_000);
  const rate = meters / (QUARTER_MS / 1000);
  const part = Math.max(1, Math.round((rate * averageSeconds) / sites));
  let before = accountOf(pid);
  let from = performance.now();
  // Gateways stay connected: what their connecting costs is no part of a quarter-hour.
  await publish(
    { ...base, metersPerSite: part, port, ticks: 1, firstTick: 5, rate, holdMs: 5_000 },
    undefined,
    () => {
      before = accountOf(pid);
      from = performance.now();
    },
  );
  const seconds = (performance.now() - from) / 1000;
  const after = accountOf(pid);
  await program.stop();
  report.section(
    `${meters.toLocaleString("en")} meters behind ${sites.toLocaleString("en")} gateways (start ${startSeconds.toFixed(1)} s)`,
  );
  report.note("a burst of all meters within 60 s, publish to queryable:");
  report.latency(percentile(seen, 0.5), percentile(seen, 0.99), Math.max(...seen), 5_000);
  report.value(
    "CPU at one reading a quarter-hour, share of a core",
    ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100,
    "%",
    10,
  );
  report.value("peak memory", after.peakMb, "MB", 1_024);
  if (unseen > 0) throw new Error(`${unseen} readings were never seen as figures`);
  directory.remove();
}
