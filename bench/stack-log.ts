/** Kafka as the bench sees it: how far the log and its readers are, what it can do at all, a log filled beforehand. */
import type { Admin, Kafka } from "kafkajs";
import { createKafkaLog } from "../adapters/kafka/log.ts";
import { partitionOf } from "../adapters/kafka/murmur2.ts";
import { payloadBytes } from "../adapters/payload-bytes.ts";
import { loadConfig } from "../config/load.ts";
import { acceptMessage, createAcceptor } from "../ingest/accept.ts";
import { routesOf } from "../model/routing.ts";
import { CONSUMER } from "../processors/runner.ts";
import type { KafkaService } from "../test/services/kafka.ts";
import { pause } from "./process.ts";
import { energyPerTick, meterName, siteName } from "./publisher.ts";
import { kafkaClient, PARTITIONS } from "./stack-services.ts";

const APPEND_RECORDS = 2_000;

export interface LogView {
  /** Records of a topic so far. */
  appended(topic: string): Promise<number>;
  /** Records that the processors have committed. */
  committed(prefix: string, topic: "readings" | "changed" | "rejects"): Promise<number>;
  readonly kafka: Kafka;
  close(): Promise<void>;
}

const ATTEMPTS = 40;

/** A broker that has just begun to keep offsets says for a moment that it does not. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable !== true || attempt === ATTEMPTS) throw error;
      await pause(250);
    }
  }
}

export async function viewLog(service: KafkaService): Promise<LogView> {
  const kafka = kafkaClient(service);
  const admin: Admin = kafka.admin();
  await admin.connect();
  return {
    kafka,
    async appended(topic) {
      const offsets = await patiently(() => admin.fetchTopicOffsets(topic));
      return offsets.reduce((sum, one) => sum + Number(one.high), 0);
    },
    async committed(prefix, topic) {
      const groupId = `${prefix}${CONSUMER}-${topic}`;
      const [answer] = await patiently(() => admin.fetchOffsets({ groupId, topics: [`${prefix}${topic}`] }));
      return (answer?.partitions ?? []).reduce((sum, one) => sum + Math.max(0, Number(one.offset)), 0);
    },
    close: () => admin.disconnect(),
  };
}

/** The records of a topic, each given to `take`, until as many as it holds now were read. */
export async function eachRecord(
  { kafka, appended }: LogView,
  topic: string,
  take: (key: string, value: string) => void,
): Promise<void> {
  const wanted = await appended(topic);
  const consumer = kafka.consumer({ groupId: `bench-${topic}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  const done = new Promise<void>((resolve) => {
    if (wanted === 0) resolve();
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { key, value } of batch.messages) take(key!.toString(), value!.toString());
        seen += batch.messages.length;
        if (seen >= wanted) resolve();
      },
    });
  });
  await done;
  await consumer.disconnect();
}

/** Messages of a fleet: one reading of every meter a tick, in the order of time. */
export interface Fleet {
  readonly sites: number;
  readonly metersPerSite: number;
  readonly start: number;
  readonly stepMs: number;
}

/** Appends ticks of a fleet as a collector does; returns records a second. */
export async function fillLog(
  service: KafkaService,
  prefix: string,
  config: string,
  fleet: Fleet & { readonly firstTick: number; readonly ticks: number },
): Promise<number> {
  const { registry } = await loadConfig(config);
  const acceptor = createAcceptor({ registry, bytes: payloadBytes });
  const log = await createKafkaLog({
    brokers: service.brokers,
    clientId: "bench",
    topicPrefix: prefix,
    partitions: PARTITIONS,
    routeOf: routesOf(registry),
  });
  const started = performance.now();
  let records: { key: string; value: string }[] = [];
  let waiting: Promise<void>[] = [];
  const append = async (): Promise<void> => {
    waiting.push(log.append("readings", records));
    records = [];
    if (waiting.length < 4) return;
    await Promise.all(waiting);
    waiting = [];
  };
  for (let tick = fleet.firstTick; tick < fleet.firstTick + fleet.ticks; tick += 1) {
    const at = fleet.start + tick * fleet.stepMs;
    const payload = Buffer.from(
      `{"at":${at},"registers":{"active-import":${tick * energyPerTick}},"seq":${tick}}`,
    );
    for (let s = 0; s < fleet.sites; s += 1) {
      for (let m = 0; m < fleet.metersPerSite; m += 1) {
        const topic = `v1/sites/${siteName(s)}/meters/${meterName(m)}/readings`;
        for (const out of acceptMessage(acceptor, {
          topic,
          payload,
          retained: false,
          receivedAt: at + 2_000,
        })) {
          if (out.topic === "rejects") throw new Error(`${topic}: ${out.record.reject.detail}`);
          records.push({ key: out.record.site, value: JSON.stringify(out.record) });
        }
        if (records.length >= APPEND_RECORDS) await append();
      }
    }
  }
  await append();
  await Promise.all(waiting);
  await log.close();
  return (fleet.ticks * fleet.sites * fleet.metersPerSite) / ((performance.now() - started) / 1000);
}

/** Records a second that Kafka acknowledges with acks=all, for these values in batches of 1,000, four under way. */
export async function produceCeiling(
  { kafka }: LogView,
  topic: string,
  values: readonly string[],
  total: number,
): Promise<{ perSecond: number; cpuMicros: number }> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = values.map((value) => {
    const key = (JSON.parse(value) as { site: string }).site;
    return { key, value, partition: partitionOf(key, PARTITIONS) };
  });
  const started = performance.now();
  const cpu = process.cpuUsage();
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < total) {
      const from = sent % (messages.length - 1_000);
      sent += 1_000;
      await producer.send({ topic, acks: -1, messages: messages.slice(from, from + 1_000) });
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  await producer.disconnect();
  return { perSecond: sent / seconds, cpuMicros: (used.user + used.system) / sent };
}

/** Waits until a count that is asked again and again has been reached. @returns when, of `performance.now` */
export async function until(
  reached: () => Promise<boolean>,
  what: string,
  deadlineMs: number,
  everyMs = 100,
): Promise<number> {
  const end = performance.now() + deadlineMs;
  while (!(await reached())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs / 1000} s: ${what}`);
    await pause(everyMs);
  }
  return performance.now();
}
