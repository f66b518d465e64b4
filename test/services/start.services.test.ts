/** The harness itself, on whatever this machine gives: each service serves, and keeps its data over a kill. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfluxDB, Point } from "@influxdata/influxdb-client";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { connectAsync } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { haveServices } from "./available.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { type InfluxService, startInflux } from "./influx.ts";
import { type KafkaService, startKafka } from "./kafka.ts";
import { type MosquittoService, startMosquitto } from "./mosquitto.ts";
import { createTopic } from "./topics.ts";

let folder = "";
let certificates: Certificates;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "energy-certificates-"));
  certificates = makeCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const client = (brokers: readonly string[], more = {}) =>
  new Kafka({
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, maxRetryTime: 1000, retries: 60 },
    ...more,
  });

async function produce(kafka: Kafka, topic: string, values: readonly string[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function consume(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-readers-${Math.random()}`, maxWaitTimeInMs: 300 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          values.push(String(message.value));
          if (values.length === count) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return values;
}

describe.skipIf(!(await haveServices(["kafka"], { own: true })))("Kafka", () => {
  let service: KafkaService;
  const users = [{ name: "monitor", password: "monitor-secret" }];
  beforeAll(async () => {
    service = await startKafka({ security: { certificates, users } });
  });
  afterAll(() => service?.stop());

  test("keeps over kill -9 what it acknowledged, on the same port", async () => {
    const kafka = client(service.brokers);
    await createTopic(kafka, { topic: "kept", numPartitions: 1 });
    await produce(kafka, "kept", ["one", "two"]);
    await service.kill9();
    await service.restart();
    await produce(kafka, "kept", ["three"]);
    expect(await consume(kafka, "kept", 3)).toEqual(["one", "two", "three"]);
  });

  test("speaks TLS with SCRAM, and to nobody without", async () => {
    const ca = certificates.read(certificates.ca.cert);
    // A new object each time: kafkajs hangs its authentication, password and all, on the one it is given.
    const sasl = (password: string) => ({ mechanism: "scram-sha-512", username: "monitor", password });
    const right = users[0]!.password;
    const secure = client(service.secureBrokers, { ssl: { ca }, sasl: sasl(right) });
    await createTopic(secure, { topic: "secret", numPartitions: 1 });
    await produce(secure, "secret", ["one"]);
    expect(await consume(secure, "secret", 1)).toEqual(["one"]);

    const once = { retry: { retries: 0 } };
    const refused = async (more: object) => {
      const admin = client(service.secureBrokers, { ...once, ...more }).admin();
      await expect(admin.connect().then(() => admin.listTopics())).rejects.toThrow();
      await admin.disconnect();
    };
    await refused({ ssl: { ca }, sasl: sasl("another") });
    await refused({ ssl: { ca: certificates.read(certificates.wrongCa.cert) }, sasl: sasl(right) });
    await refused({ ssl: { ca } });
    await refused({});
  });

  test("does nothing while it is paused", async () => {
    const kafka = client(service.brokers);
    await createTopic(kafka, { topic: "paused", numPartitions: 1 });
    await service.pause();
    let isDone = false;
    const sending = produce(kafka, "paused", ["one"]).then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(isDone).toBe(false);
    await service.resume();
    await sending;
    expect(await consume(kafka, "paused", 1)).toEqual(["one"]);
  });
});

async function points(service: InfluxService): Promise<number[]> {
  const query = `from(bucket: "${service.bucket}") |> range(start: 0) |> sort(columns: ["_time"])`;
  const rows = await new InfluxDB({ url: service.url, token: service.token })
    .getQueryApi(service.org)
    .collectRows<{ _value: number }>(query);
  return rows.map((row) => row._value);
}

async function write(service: InfluxService, at: number, value: number): Promise<void> {
  const api = new InfluxDB({ url: service.url, token: service.token }).getWriteApi(
    service.org,
    service.bucket,
    "s",
    { maxRetries: 0, flushInterval: 0, batchSize: 10 },
  );
  api.writePoint(new Point("kept").floatField("value", value).timestamp(at));
  await api.close();
}

describe.skipIf(!(await haveServices(["influx"], { own: true })))("InfluxDB", () => {
  test("keeps over kill -9 what it acknowledged, on the same port and with the same token", async () => {
    const service = await startInflux();
    try {
      await write(service, 1_700_000_000, 1.5);
      await service.kill9();
      await expect(points(service)).rejects.toThrow();
      await service.restart();
      await write(service, 1_700_000_060, 2.5);
      expect(await points(service)).toEqual([1.5, 2.5]);
    } finally {
      await service.stop();
    }
  });

  test("speaks TLS", async () => {
    const { ca, server } = certificates;
    const service = await startInflux({ tls: { ...server, ca: ca.cert } });
    try {
      const api = new InfluxDB({
        url: service.url,
        token: service.token,
        transportOptions: { ca: certificates.read(ca.cert) },
      }).getQueryApi(service.org);
      expect(await api.collectRows("buckets()")).not.toHaveLength(0);
      await expect(points(service)).rejects.toThrow(/certificate/);
    } finally {
      await service.stop();
    }
  });
});

describe.skipIf(!(await haveServices(["mosquitto"], { own: true })))("Mosquitto", () => {
  async function receive(service: MosquittoService, options = {}): Promise<string> {
    const subscriber = await connectAsync(service.url, { clientId: "reader", clean: false, ...options });
    const message = new Promise<string>((resolve) => {
      subscriber.once("message", (topic, payload) => resolve(`${topic} ${payload}`));
    });
    await subscriber.subscribeAsync("a/#", { qos: 1 });
    const received = await message;
    await subscriber.endAsync();
    return received;
  }

  test("keeps a retained message over a restart, on the same port", async () => {
    const service = await startMosquitto();
    try {
      const publisher = await connectAsync(service.url);
      await publisher.publishAsync("a/b", "kept", { qos: 1, retain: true });
      await publisher.endAsync();
      await service.terminate();
      await expect(connectAsync(service.url, { reconnectPeriod: 0 })).rejects.toThrow();
      await service.restart();
      expect(await receive(service)).toBe("a/b kept");
      const { pid } = service;
      await service.kill9();
      await service.restart();
      expect(service.pid).not.toBe(pid);
    } finally {
      await service.stop();
    }
  });

  test("takes a configuration: TLS with client certificates", async () => {
    const { ca, server, client: own, expiredClient, wrongClient } = certificates;
    const service = await startMosquitto({
      readable: [ca.cert, server.cert, server.key],
      config: ({ ports, bind }) =>
        [
          `listener ${ports[0]} ${bind}`,
          `cafile ${ca.cert}`,
          `certfile ${server.cert}`,
          `keyfile ${server.key}`,
          "require_certificate true",
          "allow_anonymous true",
        ].join("\n"),
    });
    try {
      const url = service.url.replace("mqtt:", "mqtts:");
      const tls = (pair: { cert: string; key: string }) => ({
        ca: certificates.read(ca.cert),
        cert: certificates.read(pair.cert),
        key: certificates.read(pair.key),
        reconnectPeriod: 0,
      });
      const publisher = await connectAsync(url, tls(own));
      await publisher.publishAsync("a/b", "secret", { qos: 1, retain: true });
      await publisher.endAsync();
      for (const bad of [expiredClient, wrongClient])
        await expect(connectAsync(url, tls(bad))).rejects.toThrow();
    } finally {
      await service.stop();
    }
  });
});

const all = await haveServices(["kafka", "influx", "mosquitto"], { own: true });
describe.skipIf(!all)("given by the environment", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("InfluxDB: a bucket of its own, gone at the end; nobody may kill it", async () => {
    const owner = await startInflux();
    try {
      vi.stubEnv("ENERGY_TEST_INFLUX_URL", owner.url);
      vi.stubEnv("ENERGY_TEST_INFLUX_TOKEN", owner.token);
      vi.stubEnv("ENERGY_TEST_INFLUX_ORG", owner.org);
      const given = await startInflux();
      expect(given.bucket).not.toBe(owner.bucket);
      await write(given, 1_700_000_000, 1.5);
      expect(await points(given)).toEqual([1.5]);
      expect(await points(owner)).toEqual([]);
      await expect(given.kill9()).rejects.toThrow("given by the environment");
      await given.stop();
      await expect(points(given)).rejects.toThrow(/could not find bucket/);
      await expect(startInflux({ args: ["--log-level=error"] })).rejects.toThrow("unset it");
      expect(await haveServices(["influx"])).toBe(true);
      expect(await haveServices(["influx"], { own: true })).toBe(false);
    } finally {
      await owner.stop();
    }
  });

  test("Kafka and Mosquitto: their endpoints as they are", async () => {
    vi.stubEnv("ENERGY_TEST_KAFKA", "one.example:9092,two.example:9092");
    vi.stubEnv("ENERGY_TEST_MQTT", "mqtts://broker.example");
    const kafka = await startKafka();
    expect([...kafka.brokers]).toEqual(["one.example:9092", "two.example:9092"]);
    await expect(kafka.pause()).rejects.toThrow("given by the environment");
    expect(() => kafka.pid).toThrow("given by the environment");
    await kafka.stop();
    expect((await startMosquitto()).url).toBe("mqtts://broker.example");
  });
});
