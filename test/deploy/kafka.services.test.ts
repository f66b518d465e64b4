/** The brokers of deploy/kafka on a real Kafka: who gets in, what survives. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { Kafka, type KafkaConfig, logLevel, type Producer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { choiceFor } from "../services/available.ts";
import { createTopic } from "../services/topics.ts";
import { type Broker, prepareBrokers } from "./brokers.ts";
import { freshDirectory, makeSecrets } from "./make-secrets.ts";

const choice = await choiceFor("kafka", { own: true });
if (choice.way !== "local")
  process.stderr.write(
    `SKIPPED: the brokers of deploy/kafka need Kafka's jars on this machine: ${choice.way}\n`,
  );

const secrets = freshDirectory("kafka-secrets");
const data = freshDirectory("kafka-data");
const read = (name: string) => readFileSync(join(secrets.path, name), "utf8");
let brokers: Broker[] = [];

function client(options: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({
    clientId: "test",
    brokers: brokers.map(({ address }) => address),
    ssl: { ca: read("ca.crt") },
    sasl: { mechanism: "scram-sha-512", username: "energy", password: read("kafka-password") },
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 200, maxRetryTime: 1000, retries: 60 },
    ...options,
  });
}

async function refusal(options: Partial<KafkaConfig>): Promise<string> {
  const admin = client({ retry: { retries: 0 }, ...options }).admin();
  try {
    await admin.connect();
    await admin.listTopics();
    return "let in";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await admin.disconnect();
  }
}

async function prepared(file: "server.properties" | "province.properties", count: number): Promise<void> {
  expect(makeSecrets(secrets.path, "--name", "kafka-1").status).toBe(0);
  const jars = (choice as { path: string }).path;
  const place = { count, folder: join(data.path, file), jars, secrets: secrets.path };
  brokers = await prepareBrokers(file, place);
  await Promise.all(brokers.map((broker) => broker.start()));
}

const endAll = () => Promise.all(brokers.map((broker) => broker.end("SIGKILL")));
afterAll(() => {
  secrets.remove();
  data.remove();
});

async function endOf(topic: string): Promise<number> {
  const admin = client().admin();
  await admin.connect();
  const [partition] = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return Number(partition!.offset);
}

async function connected(retries = 60): Promise<Producer> {
  const retry = { initialRetryTime: 200, maxRetryTime: 1000, retries };
  const producer = client({ retry }).producer({ idempotent: true, maxInFlightRequests: 1, retry });
  await producer.connect();
  return producer;
}

const message = (value: string) => ({ acks: -1, messages: [{ key: "site", value }] });

describe.skipIf(choice.way !== "local")("the broker of a county", () => {
  beforeAll(() => prepared("server.properties", 1));
  afterAll(endAll);

  it("keeps what it acknowledged when it is killed, and starts on the formatted data", async () => {
    await createTopic(client(), { topic: "readings", numPartitions: 1, replicationFactor: 1 });
    const producer = await connected();
    for (let n = 0; n < 100; n++) await producer.send({ topic: "readings", ...message(`${n}`) });
    await brokers[0]!.end("SIGKILL");
    await brokers[0]!.start();
    expect(await endOf("readings")).toBe(100);
    await producer.send({ topic: "readings", ...message("after") });
    expect(await endOf("readings")).toBe(101);
    await producer.disconnect();
  });

  it("lets in nobody without the password, and shows itself only by TLS to who knows the CA", async () => {
    expect(await refusal({})).toBe("let in");
    const sasl = { mechanism: "scram-sha-512", username: "energy", password: "guessed" } as const;
    expect(await refusal({ sasl })).toContain("authentication failed");
    expect(await refusal({ sasl: { ...sasl, username: "admin" } })).toContain("authentication failed");
    // @ts-expect-error: undefined stands for no SASL at all
    expect(await refusal({ sasl: undefined })).not.toBe("let in");
    // @ts-expect-error: undefined stands for no TLS at all
    expect(await refusal({ ssl: undefined })).not.toBe("let in");
    expect(await refusal({ ssl: true })).toMatch(/self.signed certificate|unable to get|unable to verify/);
  });

  it("makes no topic by itself", async () => {
    const producer = await connected(3);
    await expect(producer.send({ topic: "mistyped", ...message("x") })).rejects.toThrow(/topic-partition/);
    await producer.disconnect();
  });
});

/** What a TLS connection with these files is met with: how the server ends it, or "stays". */
function handshake(address: string, pair?: string): Promise<string> {
  const [host, port] = address.split(":");
  const own = pair ? { key: read(`${pair}.key`), cert: read(`${pair}.crt`) } : {};
  return new Promise((resolve) => {
    const socket = connect({
      host: host!,
      port: Number(port),
      servername: "localhost",
      ca: read("ca.crt"),
      ...own,
    });
    socket.once("error", (error) => resolve(error.message));
    // TLS 1.3 refuses a client's certificate after the client thinks that all is well.
    socket.once("secureConnect", () => setTimeout(() => resolve("stays"), 10_000));
    socket.resume();
  });
}

describe.skipIf(choice.way !== "local")("three brokers of a province", () => {
  beforeAll(() => prepared("province.properties", 3));
  afterAll(endAll);

  it("takes appends with one broker gone, none with two, and loses nothing", async () => {
    await createTopic(client(), { topic: "readings", numPartitions: 1, replicationFactor: 3 });
    // Its patience must outlast the start of two brokers.
    const producer = await connected(300);
    const send = (value: string) => producer.send({ topic: "readings", ...message(value) });
    await send("all there");
    await brokers[2]!.end("SIGKILL");
    await send("one gone");
    await brokers[1]!.end("SIGKILL");
    let isAcknowledged = false;
    const waiting = send("two gone").then(() => {
      isAcknowledged = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect(isAcknowledged).toBe(false);
    await Promise.all([brokers[1]!.start(), brokers[2]!.start()]);
    await waiting;
    expect(await endOf("readings")).toBe(3);
    await producer.disconnect();
  });

  it("takes for a broker only who has a broker's certificate", async () => {
    const port = readFileSync(join(brokers[0]!.folder, "server.properties"), "utf8").match(
      /BROKERS:\/\/[^:]+:(\d+)/,
    )![1];
    const address = `localhost:${port}`;
    expect(await handshake(address, "kafka")).toBe("stays");
    expect(await handshake(address)).toMatch(/bad certificate|certificate required/i);
    expect(await handshake(address, "mosquitto")).toMatch(/certificate/i);
  });
});
