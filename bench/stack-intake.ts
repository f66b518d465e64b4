/** QoS 1 messages into Kafka: through Mosquitto, straight to the collector, and while the collector is killed. */

import { temporary, writeCounty } from "./county.ts";
import { accountOf, pause, publish } from "./process.ts";
import type { PublisherPlan } from "./publisher.ts";
import type { Report } from "./report.ts";
import { eachRecord, type LogView, produceCeiling, until } from "./stack-log.ts";
import { type Role, startRole } from "./stack-role.ts";
import { cpuOf, memoryOf, type StackServices } from "./stack-services.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
/** Telegraf's best on a machine of this kind: messages a second live, CPU of a message, repeats over three kills. */
const TELEGRAF = { perSecond: 25_000, repeats: 56_000 } as const;
const KILLS = [0.2, 0.45, 0.7] as const;

export interface StackBench {
  readonly report: Report;
  readonly services: StackServices;
  readonly log: LogView;
  readonly profile: string | undefined;
}

interface Intake {
  readonly perSecond: number;
  readonly ackedPerSecond: number;
  readonly cpuMicros: number;
  readonly cpuMicrosWithStart: number;
  readonly brokerMicros: number;
  readonly kafkaMicros: number;
  readonly publisherMicros: number;
  readonly role: Role;
  readonly peakMb: number;
  readonly brokerMemory: string;
}

/** The collector's own words that it listens to the broker. */
export async function untilSubscribed({ httpUrl }: Role): Promise<void> {
  await until(
    async () => {
      const { dependencies } = (await (await fetch(`${httpUrl}/readyz`)).json()) as {
        dependencies: { name: string; ok: boolean }[];
      };
      return dependencies.some((one) => one.name === "mqtt" && one.ok);
    },
    "the collector at the broker",
    30_000,
  );
  await pause(500);
}

/** Publishes a plan as fast as it is acknowledged, until Kafka has all of it. */
async function takeIn(
  { services, log, profile }: StackBench,
  prefix: string,
  config: string,
  plan: Omit<PublisherPlan, "host" | "port">,
  isDirect: boolean,
): Promise<Intake> {
  const { kafka, mosquitto } = services;
  const mqtt = isDirect ? {} : { mqttUrl: mosquitto.url };
  const role = await startRole({ role: "ingest", config, services, prefix, profile, ...mqtt });
  if (!isDirect) await untilSubscribed(role);
  const port = isDirect ? role.mqttPort : mosquitto.ports[0]!;
  const total = plan.sites * plan.metersPerSite * plan.ticks;
  const before = [accountOf(role.pid).cpuSeconds, cpuOf(mosquitto), cpuOf(kafka)] as const;
  const started = performance.now();
  const sending = publish({ ...plan, host: "127.0.0.1", port });
  const topic = `${prefix}readings`;
  const ended = await until(async () => (await log.appended(topic)) >= total, "messages in Kafka", 300_000);
  const sent = await sending;
  const seconds = (ended - started) / 1000;
  const account = accountOf(role.pid);
  const micros = (used: number): number => (used / total) * 1e6;
  return {
    perSecond: total / seconds,
    ackedPerSecond: sent.acknowledged / sent.seconds,
    cpuMicros: micros(account.cpuSeconds - before[0]),
    cpuMicrosWithStart: micros(account.cpuSeconds),
    brokerMicros: micros(cpuOf(mosquitto) - before[1]),
    kafkaMicros: micros(cpuOf(kafka) - before[2]),
    publisherMicros: micros(sent.cpuSeconds),
    role,
    peakMb: account.peakMb,
    brokerMemory: memoryOf(mosquitto),
  };
}

/** Meters and time of every record, to count repeats by. */
async function countRecords(log: LogView, topic: string) {
  const unique = new Set<string>();
  let records = 0;
  await eachRecord(log, topic, (_, value) => {
    const { site, meter, readings } = JSON.parse(value) as {
      site: string;
      meter: string;
      readings: { at: number }[];
    };
    records += 1;
    unique.add(`${site}/${meter} ${readings[0]!.at}`);
  });
  return { records, unique: unique.size };
}

/** Kills the collector three times while messages come, starting it again at once. */
async function killed(bench: StackBench, config: string, plan: Omit<PublisherPlan, "host" | "port">) {
  const { services, log } = bench;
  const prefix = "kill-";
  const topic = `${prefix}readings`;
  const total = plan.sites * plan.metersPerSite * plan.ticks;
  const start = (): Promise<Role> =>
    startRole({ role: "ingest", config, services, prefix, mqttUrl: services.mosquitto.url });
  let role = await start();
  await untilSubscribed(role);
  const sending = publish({ ...plan, host: "127.0.0.1", port: services.mosquitto.ports[0]! });
  for (const share of KILLS) {
    await until(
      async () => (await log.appended(topic)) >= share * total,
      "half of the messages",
      120_000,
      20,
    );
    await role.kill();
    role = await start();
  }
  await sending;
  let last = 0;
  // Until nothing more comes: repeats come after the last new message, too.
  for (let quiet = 0; quiet < 4 || last < total; ) {
    await pause(500);
    const now = await log.appended(topic);
    quiet = now === last ? quiet + 1 : 0;
    last = now;
    if (quiet > 60) break;
  }
  await role.stop();
  return countRecords(log, topic);
}

export interface IntakeResult {
  /** Readings a second that a collector appends, and bytes of one in Kafka. */
  readonly perSecond: number;
  readonly directPerSecond: number;
}

export async function benchIntake(bench: StackBench, messages: number): Promise<IntakeResult> {
  const { report, log } = bench;
  const metersPerSite = 10;
  const sites = 500;
  const ticks = Math.max(2, Math.round(messages / (sites * metersPerSite)));
  const directory = temporary();
  writeCounty(directory.path, { sites, metersPerSite, from: "2026-01-01", isReactive: true });
  const plan = {
    connections: 4,
    inFlight: 500,
    sites,
    metersPerSite,
    ticks,
    firstTick: 0,
    start: Math.floor((Date.now() - 20 * DAY_MS) / DAY_MS) * DAY_MS,
    stepMs: QUARTER_MS,
    isFull: true,
  };
  const total = sites * metersPerSite * ticks;
  const live = await takeIn(bench, "live-", directory.path, plan, false);
  await live.role.stop();
  const values: string[] = [];
  await eachRecord(log, "live-readings", (_, value) => {
    if (values.length < 20_000) values.push(value);
  });
  const ceiling = await produceCeiling(log, "ceiling", values, total);
  const direct = await takeIn(bench, "direct-", directory.path, plan, true);
  await direct.role.stop();
  const repeats = await killed(bench, directory.path, plan);
  directory.remove();

  const of = "of Kafka's own produce ceiling, acks=all";
  report.section(
    `Intake: ${total.toLocaleString("en")} QoS 1 messages of some 120 bytes, ${sites * metersPerSite} meters, Kafka acks=all`,
  );
  report.line("through Mosquitto, messages/s", live.perSecond, of, ceiling.perSecond, TELEGRAF.perSecond);
  const one = (what: Intake): string =>
    `CPU of a message: collector ${what.cpuMicros.toFixed(1)} µs (${what.cpuMicrosWithStart.toFixed(1)} with its start), Kafka ${what.kafkaMicros.toFixed(1)}, publisher ${what.publisherMicros.toFixed(1)}`;
  report.note(
    `${one(live)}, Mosquitto ${live.brokerMicros.toFixed(1)}; peak ${live.peakMb} MB, Mosquitto ${live.brokerMemory}`,
  );
  report.line("straight to the collector, messages/s", direct.perSecond, of, ceiling.perSecond);
  report.note(`${one(direct)}; peak ${direct.peakMb} MB`);
  report.note(
    `Kafka's own ceiling with kafkajs: ${ceiling.cpuMicros.toFixed(1)} µs of its client's CPU a message`,
  );
  const lost = total - repeats.unique;
  report.value(
    `repeats of ${total.toLocaleString("en")} messages over three kill -9 of the collector (lost: ${lost})`,
    repeats.records - repeats.unique,
    "",
    TELEGRAF.repeats,
  );
  if (lost > 0) throw new Error(`${lost} messages were acknowledged and are not in Kafka`);
  return { perSecond: live.perSecond, directPerSecond: direct.perSecond };
}
