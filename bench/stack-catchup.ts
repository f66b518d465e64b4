/** A day's backlog of a county of 10,000 meters, and what a processor needs before it goes on: time, memory, disk. */
import { join } from "node:path";
import { emptyBucket } from "../test/adapters/influx-bucket.ts";
import { accountOf, pause } from "./process.ts";
import { follow, workOf } from "./stack-figures.ts";
import { storedEnergy } from "./stack-influx.ts";
import type { StackBench } from "./stack-intake.ts";
import { fillLog, until } from "./stack-log.ts";
import { type Role, startRole } from "./stack-role.ts";
import { bytesBelow } from "./stack-services.ts";

const PREFIX = "catch-up-";
const DAY_SECONDS = 86_400;
const TICKS_A_DAY = 96;
/** Extrapolated to, not measured. */
const PROVINCE_METERS = 100_000;
/** InfluxDB's files of data are as small as they get when they stay the same for so long. */
const CALM_MS = 30_000;
const CALM_WITHIN_MS = 180_000;

export interface CatchUpResult {
  /** Bytes of a reading in Kafka, and of a reading and its figures in InfluxDB; NaN: their files cannot be seen. */
  readonly kafkaBytes: number;
  readonly influxBytes: number;
  /** Bytes of memory of a processor for a meter. */
  readonly memoryBytes: number;
}

/** Bytes of all data files of InfluxDB once it has compacted them. */
async function settledBytes(folder: string): Promise<number> {
  const size = (): number => bytesBelow(join(folder, "engine/data")) + bytesBelow(join(folder, "engine/wal"));
  const end = performance.now() + CALM_WITHIN_MS;
  let last = size();
  let since = performance.now();
  while (performance.now() - since < CALM_MS && performance.now() < end) {
    await pause(1_000);
    const now = size();
    if (now !== last) since = performance.now();
    last = now;
  }
  return last;
}

/** Bytes of a topic's records on Kafka's disk. */
const topicBytes = (folder: string, topic: string, partitions: number): number =>
  Array.from({ length: partitions }, (_, i) => join(folder, "data", `${topic}-${i}`)).reduce(
    (sum, path) => sum + bytesBelow(path, ".log"),
    0,
  );

export async function benchCatchUp(bench: StackBench, meters: number): Promise<CatchUpResult> {
  const { report, services, log, profile } = bench;
  const { kafka, influx } = services;
  const work = workOf(meters, TICKS_A_DAY);
  const isSeen = kafka.way === "local" && influx.way === "local";
  const bytesBefore = isSeen ? await settledBytes(influx.folder) : Number.NaN;
  await fillLog(kafka, PREFIX, work.config, work.fleet);
  const bucket = await emptyBucket(influx);
  const start = (withProfile = false): Promise<Role> =>
    startRole({
      role: "process",
      config: work.config,
      services,
      prefix: PREFIX,
      bucket,
      ...(withProfile ? { profile } : {}),
    });
  const first = await start(true);
  const idleMb = accountOf(first.pid).rssMb;
  const caughtUp = await follow(services, log, PREFIX, work.readings, [first]);
  await first.stop();
  const stored = await storedEnergy(influx, bucket);
  if (Math.abs(stored - work.energy) > 1e-6 * work.energy)
    throw new Error(`catch-up: stored ${stored} kWh, logged ${work.energy} kWh`);
  const kafkaBytes = isSeen ? topicBytes(kafka.folder, `${PREFIX}readings`, 6) / work.readings : Number.NaN;
  const influxBytes = isSeen
    ? ((await settledBytes(influx.folder)) - bytesBefore) / work.readings
    : Number.NaN;

  /** Seconds until one more reading of every meter is worked off. */
  const oneTick = async (tick: number, before: () => Promise<Role>) => {
    await fillLog(kafka, PREFIX, work.config, { ...work.fleet, firstTick: tick, ticks: 1 });
    const role = await before();
    const total = work.readings + (tick - TICKS_A_DAY + 1) * meters;
    const done = await until(
      async () => (await log.committed(PREFIX, "readings")) >= total,
      "one tick of all meters",
      300_000,
      50,
    );
    return { role, done };
  };
  const cold = await oneTick(TICKS_A_DAY, () => start());
  const { role } = cold;
  const gained = role.saidAt("share-gained") ?? role.listenedAt;
  const warmedMb = accountOf(role.pid).peakMb;
  let from = 0;
  const warm = await oneTick(TICKS_A_DAY + 1, async () => {
    from = performance.now();
    return role;
  });
  await role.stop();
  work.remove();

  const rate = work.readings / caughtUp.seconds;
  const ms = (value: number): string => `${(value / 1000).toFixed(1)} s`;
  report.section(
    `A backlog of 24 hours: ${work.readings.toLocaleString("en")} readings of ${meters.toLocaleString("en")} meters, one processor`,
  );
  report.note(
    `figures of all after ${caughtUp.seconds.toFixed(1)} s, start included: ${Math.round(rate).toLocaleString("en")} readings/s, ${Math.round(DAY_SECONDS / caughtUp.seconds).toLocaleString("en")} times real time; months and groups after ${caughtUp.sumsSeconds.toFixed(1)} s`,
  );
  const province = ((work.readings / meters) * PROVINCE_METERS) / caughtUp.perSecond;
  report.note(
    `100,000 meters, extrapolated from that rate, not measured: ${Math.round(province / 60)} min for 24 hours, ${(DAY_SECONDS / province).toFixed(0)} times real time`,
  );
  report.note(
    `CPU of a reading: processor ${caughtUp.cpuMicros.toFixed(1)} µs, InfluxDB ${caughtUp.influxMicros.toFixed(1)}; peak ${caughtUp.peakMb[0]} MB`,
  );
  report.note(
    `a processor that takes over ${meters.toLocaleString("en")} meters: listens after ${ms(role.listenedAt - role.startedAt)}, has its partitions after ${ms(gained - role.startedAt)}, and a reading of every meter as figures ${ms(cold.done - gained)} later (with warm caches: ${ms(warm.done - from)}); peak ${warmedMb} MB`,
  );
  const memoryBytes = ((caughtUp.peakMb[0]! - idleMb) * 2 ** 20) / meters;
  return { kafkaBytes, influxBytes, memoryBytes };
}
