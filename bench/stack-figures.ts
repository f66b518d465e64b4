/** Readings from Kafka to figures in InfluxDB, beside the pace at which InfluxDB takes the same lines. */
import { emptyBucket } from "../test/adapters/influx-bucket.ts";
import { temporary, writeCounty } from "./county.ts";
import { accountOf } from "./process.ts";
import { energyPerTick } from "./publisher.ts";
import { linesOf, postAll, startRecorder, storedEnergy } from "./stack-influx.ts";
import type { StackBench } from "./stack-intake.ts";
import { type Fleet, fillLog, type LogView, until } from "./stack-log.ts";
import { type Role, startRole } from "./stack-role.ts";
import { cpuOf, type StackServices } from "./stack-services.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const FOLLOW_MS = 900_000;

/** Readings of a fleet's first ticks, whose energy is known. */
export interface Work {
  readonly config: string;
  readonly fleet: Fleet & { readonly firstTick: number; readonly ticks: number };
  readonly readings: number;
  readonly energy: number;
  remove(): void;
}

export function workOf(meters: number, ticks: number): Work {
  const metersPerSite = 10;
  const sites = meters / metersPerSite;
  const directory = temporary();
  writeCounty(directory.path, { sites, metersPerSite, from: "2026-01-01" });
  const start = Math.floor((Date.now() - 20 * DAY_MS) / DAY_MS) * DAY_MS;
  return {
    config: directory.path,
    fleet: { sites, metersPerSite, start, stepMs: QUARTER_MS, firstTick: 0, ticks },
    readings: meters * ticks,
    energy: meters * (ticks - 1) * energyPerTick,
    remove: directory.remove,
  };
}

export interface Followed {
  /** Readings a second from the first commit on, start and joining left out. */
  readonly perSecond: number;
  /** From the start of the process until the last reading's figures were written. */
  readonly seconds: number;
  /** Until months and groups had followed. */
  readonly sumsSeconds: number;
  readonly cpuMicros: number;
  readonly influxMicros: number;
  readonly kafkaMicros: number;
  readonly peakMb: readonly number[];
}

const cpuOfAll = (roles: readonly Role[]): number =>
  roles.reduce((sum, { pid }) => sum + accountOf(pid).cpuSeconds, 0);

/** Watches processors until what is in the log has become figures. */
export async function follow(
  { kafka, influx }: StackServices,
  log: LogView,
  prefix: string,
  total: number,
  roles: readonly Role[],
): Promise<Followed> {
  const accounts = () => ({
    at: performance.now(),
    roles: cpuOfAll(roles),
    influx: cpuOf(influx),
    kafka: cpuOf(kafka),
  });
  let done = 0;
  const count = async (): Promise<number> => {
    done = await log.committed(prefix, "readings");
    return done;
  };
  await until(async () => (await count()) > 0, "a first commit", FOLLOW_MS, 50);
  const early = done;
  const before = accounts();
  await until(async () => (await count()) >= total, "figures of all readings", FOLLOW_MS);
  const after = accounts();
  const changed = `${prefix}changed`;
  const ended = await until(
    async () => (await log.committed(prefix, "changed")) >= (await log.appended(changed)),
    "months and groups",
    FOLLOW_MS,
  );
  const worked = total - early;
  const micros = (used: number): number => (used / worked) * 1e6;
  const started = Math.min(...roles.map((role) => role.startedAt));
  return {
    perSecond: worked / ((after.at - before.at) / 1000),
    seconds: (after.at - started) / 1000,
    sumsSeconds: (ended - started) / 1000,
    cpuMicros: micros(after.roles - before.roles),
    influxMicros: micros(after.influx - before.influx),
    kafkaMicros: micros(after.kafka - before.kafka),
    peakMb: roles.map(({ pid }) => accountOf(pid).peakMb),
  };
}

interface RunOptions {
  readonly prefix: string;
  readonly processors: number;
  readonly influxUrl?: string;
}

/** A log filled beforehand, worked off by new processors into an empty bucket; its energy is checked. */
async function run(bench: StackBench, work: Work, options: RunOptions): Promise<Followed> {
  const { services, log, profile } = bench;
  const { prefix, processors, influxUrl } = options;
  await fillLog(services.kafka, prefix, work.config, work.fleet);
  const bucket = await emptyBucket(services.influx);
  const roles = await Promise.all(
    Array.from({ length: processors }, () =>
      startRole({
        role: "process",
        config: work.config,
        services,
        prefix,
        bucket,
        ...(influxUrl === undefined ? { profile } : { influxUrl }),
      }),
    ),
  );
  const followed = await follow(services, log, prefix, work.readings, roles);
  await Promise.all(roles.map((role) => role.stop()));
  const stored = await storedEnergy(services.influx, bucket);
  if (Math.abs(stored - work.energy) > 1e-6 * work.energy)
    throw new Error(`${prefix}: stored ${stored} kWh, logged ${work.energy} kWh`);
  return followed;
}

export async function benchFigures(bench: StackBench, meters: number, ticks: number): Promise<number> {
  const { report, services } = bench;
  const work = workOf(meters, ticks);
  const recorder = await startRecorder(services.influx);
  await run(bench, work, { prefix: "record-", processors: 1, influxUrl: recorder.url });
  const written = recorder.take();
  await recorder.close();
  const rows = linesOf(written);
  const one = await run(bench, work, { prefix: "one-", processors: 1 });
  const raw = await postAll(services.influx, written);
  const two = await run(bench, work, { prefix: "two-", processors: 2 });
  work.remove();

  const { readings } = work;
  const ceiling = readings / raw.seconds;
  report.section(
    `Figures: ${readings.toLocaleString("en")} readings of ${meters.toLocaleString("en")} meters from Kafka to InfluxDB, ${(rows / readings).toFixed(2)} rows a reading`,
  );
  const of = "of InfluxDB's own write ceiling for the same rows";
  report.line("one processor, readings/s", one.perSecond, of, ceiling, ceiling / 2);
  report.line("two processors, readings/s", two.perSecond, of, ceiling);
  report.note(
    `InfluxDB alone takes ${Math.round(rows / raw.seconds).toLocaleString("en")} rows/s of them, four requests of up to 5,000 under way`,
  );
  const rawMicros = ((raw.clientCpuSeconds + raw.influxCpuSeconds) / readings) * 1e6;
  const allMicros = one.cpuMicros + one.influxMicros + one.kafkaMicros;
  const cpu = (what: Followed): string =>
    `processors ${what.cpuMicros.toFixed(1)} µs, InfluxDB ${what.influxMicros.toFixed(1)}, Kafka ${what.kafkaMicros.toFixed(1)}`;
  report.note(`CPU of a reading, one processor: ${cpu(one)}; two: ${cpu(two)}`);
  report.note(
    `CPU of the same rows posted raw: client ${((raw.clientCpuSeconds / readings) * 1e6).toFixed(1)} µs, InfluxDB ${((raw.influxCpuSeconds / readings) * 1e6).toFixed(1)}; that is ${Math.round((rawMicros / allMicros) * 100)} % of all CPU of a reading with one processor`,
  );
  report.note(
    `months and groups followed ${(one.sumsSeconds - one.seconds).toFixed(1)} s after the last reading; peak ${one.peakMb.join(" and ")} MB, with two ${two.peakMb.join(" and ")} MB`,
  );
  return one.perSecond;
}
