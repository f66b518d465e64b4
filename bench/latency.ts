/** From publish to queryable figure at a given rate. */
import { temporary, writeCounty } from "./county.ts";
import { pause, percentile, publish, startProgram } from "./process.ts";
import type { Report } from "./report.ts";
import { watchFigures } from "./watch.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;

export async function benchLatency(report: Report, rate: number, seconds: number): Promise<void> {
  const sites = 100;
  const metersPerSite = 10;
  const directory = temporary();
  const config = `${directory.path}/config`;
  const data = `${directory.path}/data`;
  writeCounty(config, { sites, metersPerSite, from: "2026-01-01" });
  const start = Math.floor((Date.now() - 20 * DAY_MS) / DAY_MS) * DAY_MS;
  const base = {
    connections: 4,
    inFlight: 1_000,
    sites,
    metersPerSite,
    start,
    stepMs: QUARTER_MS,
    host: "127.0.0.1",
  };
  const program = await startProgram(["--config", config, "--data", data]);
  await publish({ ...base, port: program.mqttPort, ticks: 2, firstTick: 0 });
  await pause(1_000);
  const watch = watchFigures(data, start, QUARTER_MS);
  const ticks = Math.ceil((rate * seconds) / (sites * metersPerSite));
  await publish({ ...base, port: program.mqttPort, ticks, firstTick: 2, rate, sampleEvery: 17 }, (sample) =>
    watch.add(sample),
  );
  await pause(1_000);
  const { seen } = watch;
  const unseen = watch.waiting();
  watch.close();
  await program.stop();
  report.section(
    `Publish to queryable at ${rate.toLocaleString("en")} readings/s for ${seconds} s (${seen.length} samples)`,
  );
  report.latency(percentile(seen, 0.5), percentile(seen, 0.99), Math.max(...seen), 200);
  if (unseen > 0) throw new Error(`${unseen} readings were never seen as figures`);
  directory.remove();
}
