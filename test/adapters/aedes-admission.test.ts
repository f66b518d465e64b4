import { connect as connectTls } from "node:tls";
import type { IConnackPacket, ISubackPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import type { AedesSourceOptions } from "../../adapters/aedes.ts";
import { good, TOPIC } from "../ingest/county.ts";
import { credentials, login, startBroker, until } from "./aedes-broker.ts";
import { connectPacket, openClient, openSocket, publishPacket } from "./aedes-client.ts";

const FOREIGN = "v1/sites/works-2/meters/m-1/readings";
const will = { topic: TOPIC, payload: Buffer.from("gone"), qos: 1, retain: false } as const;

/** Connects and tells the CONNACK's return code. */
async function tryConnect(port: number, parts: object) {
  const client = await openSocket(port);
  client.send(connectPacket(parts));
  const [connack] = await client.wait("connack");
  const { returnCode } = connack!.packet as IConnackPacket;
  if (returnCode !== 0) await client.closed;
  client.end();
  return returnCode;
}

const gw1 = login("works-1-gw1");

test.each<[string, Partial<AedesSourceOptions>, object, number, string?]>([
  ["the right password", { credentials }, { ...gw1, clientId: "works-1-gw1-a" }, 0],
  ["a wrong password", { credentials }, { ...gw1, password: Buffer.from("x") }, 5, "bad-credentials"],
  ["no password", { credentials }, { username: "works-1-gw1" }, 5, "bad-credentials"],
  ["no user name", { credentials }, {}, 5, "bad-credentials"],
  ["an unknown user", { credentials }, login("nobody"), 5, "bad-credentials"],
  ["a user named like a prototype", { credentials }, login("__proto__"), 5, "bad-credentials"],
  ["another's client id", { credentials }, { ...gw1, clientId: "works-2-gw1" }, 2, "forbidden-client-id"],
  [
    "a longer name's client id",
    { credentials },
    { ...gw1, clientId: "works-1-gw10-a" },
    2,
    "forbidden-client-id",
  ],
  ["an empty client id", { credentials }, { ...gw1, clientId: "" }, 2, "forbidden-client-id"],
  ["a will", { credentials }, { ...gw1, clientId: "works-1-gw1", will }, 5, "will"],
  ["anyone, where anyone is let in", {}, {}, 0],
  ["any user, where anyone is let in", {}, { username: "me", clientId: "x" }, 0],
  ["a gateway with another client id, even there", {}, { username: "works-1-gw1" }, 2, "forbidden-client-id"],
  ["anyone's will, even there", {}, { will }, 5, "will"],
  ["MQTT 5", {}, { protocolVersion: 5 }, 1],
  ["MQTT 3.1", {}, { protocolId: "MQIsdp", protocolVersion: 3, clientId: "c".repeat(40) }, 0],
])("%s", async (_, options, parts, returnCode, code) => {
  const broker = await startBroker(options);
  expect(await tryConnect(broker.port, parts)).toBe(returnCode);
  await until(() => broker.rejects().length === (code === undefined ? 0 : 1));
  if (code === undefined) return;
  expect(broker.tally()).toMatchObject({ received: 1, rejected: { [code]: 1 }, isBalanced: true });
  const isKnown = "username" in parts && parts.username === "works-1-gw1";
  const [reject] = broker.rejects();
  expect(reject).toMatchObject({ site: isKnown ? "works-1" : "_unknown", code });
  expect(reject?.detail).toMatch(/^(::ffff:)?127\.0\.0\.1:\d+: /);
  if (code === "will") {
    expect(reject).toMatchObject({ origin: TOPIC, payload: Buffer.from("gone").toString("base64") });
  }
  expect(broker.source.stats().refused).toEqual({ [code]: 1 });
});

test("guessing passwords in a loop is counted, and merged on the disk", async () => {
  const broker = await startBroker({ credentials, refusalMergeMs: 150 });
  for (let i = 0; i < 40; i++) await tryConnect(broker.port, { ...gw1, password: Buffer.from(`guess ${i}`) });
  await tryConnect(broker.port, {});
  await until(() => broker.tally().received === 41);
  expect(broker.tally()).toMatchObject({ rejected: { "bad-credentials": 41 }, isBalanced: true });
  expect(broker.rejects().length).toBeLessThan(20);
});

test("refused connections are counted on while the log fails, and handed over when stopping", async () => {
  const broker = await startBroker({ credentials, refusalMergeMs: 100 });
  broker.log.isBroken = true;
  for (let i = 0; i < 5; i++) await tryConnect(broker.port, gw1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(broker.rejects()).toEqual([]);
  broker.log.isBroken = false;
  await broker.collector.stop();
  expect(broker.tally()).toMatchObject({ received: 5, rejected: { "forbidden-client-id": 5 } });
});

test("a foreign topic is rejected, acknowledged, and never decoded", async () => {
  const broker = await startBroker({ credentials });
  const client = await openClient(broker.port, { ...gw1, clientId: "works-1-gw1" });
  client.send(
    publishPacket(FOREIGN, good, { messageId: 1 }),
    publishPacket("$SYS/broker", good, { messageId: 2 }),
    publishPacket(TOPIC, good, { messageId: 3 }),
    publishPacket(FOREIGN, good, { messageId: 4, retain: true }),
  );
  await client.wait("puback", 4);
  expect(broker.tally()).toEqual({
    received: 4,
    accepted: 1,
    rejected: { "forbidden-topic": 3 },
    isBalanced: true,
  });
  expect(broker.rejects()[0]).toMatchObject({ site: "works-1", gateway: "gw1", origin: FOREIGN });
  expect(Buffer.from(broker.rejects()[0]!.payload!, "base64").toString()).toBe(JSON.stringify(good));
});

test("where anyone is let in, only known gateways are held to their topics", async () => {
  const broker = await startBroker();
  const gateway = await openClient(broker.port, { username: "works-1-gw1", clientId: "works-1-gw1" });
  const anybody = await openClient(broker.port);
  const stranger = await openClient(broker.port, { username: "stranger" });
  for (const client of [gateway, anybody, stranger]) client.send(publishPacket(FOREIGN, good));
  await Promise.all([gateway, anybody, stranger].map((client) => client.wait("puback")));
  anybody.send(publishPacket("$SYS/x", good));
  await anybody.wait("puback", 2);
  expect(broker.tally()).toMatchObject({ accepted: 2, rejected: { "forbidden-topic": 2 } });
});

test("retained messages are rejected, acknowledged, and never delivered", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port);
  client.send(publishPacket(TOPIC, good, { retain: true }));
  await client.wait("puback");
  expect(broker.tally()).toMatchObject({ received: 1, rejected: { retained: 1 }, isBalanced: true });
  client.send({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "#", qos: 1 }] });
  await client.wait("suback");
  client.send({ cmd: "pingreq" });
  await client.wait("pingresp");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(client.received.filter(({ packet }) => packet.cmd === "publish")).toEqual([]);
});

test("a gateway may subscribe to its own topics and to nothing else", async () => {
  const broker = await startBroker({ credentials });
  const client = await openClient(broker.port, { ...gw1, clientId: "works-1-gw1", clean: false });
  const filters = [
    "v1/sites/works-1/#",
    "v1/sites/works-2/#",
    "#",
    "$SYS/#",
    "$share/g/v1/sites/works-1/#",
    "v1/sites/+/meters/m-1/readings",
  ];
  const subscriptions = filters.map((topic) => ({ topic, qos: 1 as const }));
  client.send({ cmd: "subscribe", messageId: 1, subscriptions });
  const [suback] = await client.wait("suback");
  expect((suback!.packet as ISubackPacket).granted).toEqual([1, 128, 128, 128, 128, 128]);
  const other = await openClient(broker.port, { ...login("works-2-gw1"), clientId: "works-2-gw1" });
  other.send(publishPacket(FOREIGN, good, { messageId: 1 }), publishPacket(TOPIC, "spoof", { messageId: 2 }));
  await other.wait("puback", 2);
  client.send(publishPacket(TOPIC, good, { messageId: 9 }));
  const [delivered] = await client.wait("publish");
  expect(delivered!.packet).toMatchObject({ topic: TOPIC, payload: Buffer.from(JSON.stringify(good)) });
  expect(client.received.filter(({ packet }) => packet.cmd === "publish")).toHaveLength(1);
});

test("a subscriber that does not read holds nobody up", async () => {
  const broker = await startBroker();
  const reader = await openClient(broker.port);
  reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "#", qos: 1 }] });
  await reader.wait("suback");
  reader.socket.pause();
  const client = await openClient(broker.port);
  const payload = JSON.stringify(good).padEnd(50_000);
  const ids = Array.from({ length: 1000 }, (_, i) => i + 1);
  client.send(...ids.map((messageId) => publishPacket(TOPIC, payload, { messageId })));
  await client.wait("puback", 1000);
});

test("no session is kept for subscribers that went away", async () => {
  const broker = await startBroker();
  const parts = { clientId: "reader", clean: false };
  const reader = await openClient(broker.port, parts);
  reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "v1/#", qos: 1 }] });
  await reader.wait("suback");
  reader.end();
  const client = await openClient(broker.port);
  client.send(publishPacket(TOPIC, good));
  await client.wait("puback");
  const again = await openSocket(broker.port);
  again.send(connectPacket(parts));
  const [connack] = await again.wait("connack");
  expect((connack!.packet as IConnackPacket).sessionPresent).toBe(false);
});

test("a second connection of the same client id takes over the first", async () => {
  const broker = await startBroker();
  const first = await openClient(broker.port, { clientId: "same" });
  const second = await openClient(broker.port, { clientId: "same" });
  await first.closed;
  second.send(publishPacket(TOPIC, good));
  await second.wait("puback");
});

test("more connections than the limit are turned away", async () => {
  const broker = await startBroker({ connectionLimit: 2 });
  const clients = [await openClient(broker.port), await openClient(broker.port)];
  const third = await openSocket(broker.port);
  await third.closed;
  expect(broker.source.stats()).toMatchObject({ connections: 2, connectionsDropped: 1 });
  clients[0]!.end();
  await until(() => broker.source.stats().connections === 1);
  await openClient(broker.port);
});

test("a connection that sends nothing, or not enough, is closed", async () => {
  const broker = await startBroker({ connectTimeoutMs: 200 });
  const silent = await openSocket(broker.port);
  const slow = await openSocket(broker.port);
  slow.send(Buffer.from([0x10, 50, 0, 4]));
  await Promise.all([silent.closed, slow.closed]);
  expect(broker.source.stats()).toMatchObject({ connections: 0, connectionErrors: 2 });
});

test("a client that stays silent longer than its keep-alive is closed", async () => {
  const broker = await startBroker();
  const start = Date.now();
  const client = await openClient(broker.port, { keepalive: 1 });
  await client.closed;
  expect(Date.now() - start).toBeGreaterThan(1400);
});

test("TLS, here by a shared key", async () => {
  const key = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  const ciphers = "PSK-AES128-GCM-SHA256";
  const tls = { ciphers, maxVersion: "TLSv1.2", pskCallback: () => key } as const;
  const broker = await startBroker({ tls });
  const socket = connectTls({
    port: broker.port,
    host: "127.0.0.1",
    ciphers,
    maxVersion: "TLSv1.2",
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: key, identity: "gateway" }),
  });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const connack = new Promise<Buffer>((resolve) => socket.once("data", resolve));
  socket.write(Buffer.from("101000044d51545404020000000463616665", "hex"));
  expect(await connack).toEqual(Buffer.from([0x20, 2, 0, 0]));
  socket.destroy();
});
