/** From publish to queryable figure through the whole production stack, and the memory of each process meanwhile. */
import { emptyBucket } from "../test/adapters/influx-bucket.ts";
import { accountOf, pause, percentile, publish } from "./process.ts";
import { workOf } from "./stack-figures.ts";
import { type StackBench, untilSubscribed } from "./stack-intake.ts";
import { until } from "./stack-log.ts";
import { startRole } from "./stack-role.ts";
import { cpuOf, memoryOf } from "./stack-services.ts";
import { watchInflux } from "./stack-watch.ts";

const TARGET_P99_MS = 2_000;
const PREFIX = "latency-";

export async function benchStackLatency(
  { report, services, log, profile }: StackBench,
  rate: number,
  seconds: number,
): Promise<void> {
  const { kafka, influx, mosquitto } = services;
  const work = workOf(rate, 1);
  const { sites, metersPerSite, start, stepMs } = work.fleet;
  const bucket = await emptyBucket(influx);
  const common = { config: work.config, services, prefix: PREFIX, profile };
  const collector = await startRole({ ...common, role: "ingest", mqttUrl: mosquitto.url });
  const processor = await startRole({ ...common, role: "process", bucket });
  await untilSubscribed(collector);
  const port = mosquitto.ports[0]!;
  const base = {
    host: "127.0.0.1",
    port,
    connections: 4,
    inFlight: 1_000,
    sites,
    metersPerSite,
    start,
    stepMs,
  };
  await publish({ ...base, ticks: 2, firstTick: 0 });
  const topic = `${PREFIX}readings`;
  await until(async () => (await log.committed(PREFIX, "readings")) >= rate * 2, "the first figures", 60_000);
  await pause(2_000);
  const watch = watchInflux(influx, bucket, start, stepMs);
  const processes = [
    ["collector", () => accountOf(collector.pid).cpuSeconds],
    ["processor", () => accountOf(processor.pid).cpuSeconds],
    ["Mosquitto", () => cpuOf(mosquitto)],
    ["Kafka", () => cpuOf(kafka)],
    ["InfluxDB, our questions included", () => cpuOf(influx)],
  ] as const;
  const before = processes.map(([, cpu]) => cpu());
  const from = performance.now();
  await publish({ ...base, ticks: seconds, firstTick: 2, rate, sampleEvery: 53 }, (sample) =>
    watch.add(sample),
  );
  const took = (performance.now() - from) / 1000;
  const shares = processes.map(
    ([name, cpu], i) => `${name} ${(((cpu() - before[i]!) / took) * 100).toFixed(0)} %`,
  );
  const appended = await log.appended(topic);
  await until(async () => (await log.committed(PREFIX, "readings")) >= appended, "the last figures", 60_000);
  await pause(1_000);
  const { seen } = watch;
  const unseen = watch.waiting();
  await watch.close();
  report.section(
    `Publish to queryable at ${rate.toLocaleString("en")} readings/s for ${seconds} s, Mosquitto to InfluxDB (${seen.length} samples)`,
  );
  report.latency(percentile(seen, 0.5), percentile(seen, 0.99), Math.max(...seen), TARGET_P99_MS);
  report.note(`CPU of a core: ${shares.join(", ")}`);
  report.note(
    `memory: collector ${accountOf(collector.pid).rssMb} MB, processor ${accountOf(processor.pid).rssMb} MB, Mosquitto ${memoryOf(mosquitto)}, Kafka ${memoryOf(kafka)}, InfluxDB ${memoryOf(influx)}`,
  );
  await collector.stop();
  await processor.stop();
  work.remove();
  if (unseen > 0) throw new Error(`${unseen} readings were never seen as figures`);
}
