import { connectAsync } from "mqtt";
import type { IPubackPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import { good, TOPIC } from "../ingest/county.ts";
import { startBroker, until } from "./aedes-broker.ts";
import { connectPacket, openClient, openSocket, publishPacket } from "./aedes-client.ts";

const reading = (messageId: number, parts: object = {}) =>
  publishPacket(TOPIC, { ...good, seq: messageId }, { messageId, ...parts });
const ids = (received: readonly { packet: object }[]) =>
  received.map(({ packet }) => (packet as IPubackPacket).messageId);
const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test("a PUBACK is written after the log has the message: five held up 400 ms", async () => {
  const broker = await startBroker();
  broker.log.delayMs = 400;
  const client = await openClient(broker.port);
  const sent = Date.now();
  let durableFirst = true;
  client.socket.on("data", () => {
    durableFirst &&= broker.log.records.readings.length === 5;
  });
  client.send(...range(5).map((id) => reading(id)));
  const acks = await client.wait("puback", 5);
  expect(Date.now() - sent).toBeGreaterThanOrEqual(400);
  expect(durableFirst).toBe(true);
  expect(ids(acks)).toEqual(range(5));
});

test("messages that come one after the other do not wait for each other", async () => {
  const broker = await startBroker();
  broker.log.delayMs = 1_000;
  const clients = await Promise.all(range(5).map(() => openClient(broker.port)));
  const sent = Date.now();
  for (const [i, client] of clients.entries()) {
    client.send(reading(i + 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await Promise.all(clients.map((client) => client.wait("puback")));
  expect(Date.now() - sent).toBeLessThan(4_000);
});

test("acknowledgements keep their order, over many batches", async () => {
  const broker = await startBroker();
  broker.log.delayMs = 3;
  const client = await openClient(broker.port);
  client.send(...range(5000).map((id) => reading(id)));
  expect(ids(await client.wait("puback", 5000))).toEqual(range(5000));
  expect(broker.tally()).toMatchObject({ received: 5000, accepted: 5000, isBalanced: true });
});

test("when the log fails there is no PUBACK and the connection is closed; the resend is accepted", async () => {
  const broker = await startBroker();
  broker.log.isBroken = true;
  const client = await openClient(broker.port);
  client.send(reading(1), reading(2));
  await client.closed;
  expect(client.received.map(({ packet }) => packet.cmd)).toEqual(["connack"]);
  broker.log.isBroken = false;
  const again = await openClient(broker.port);
  again.send(reading(1, { dup: true }), reading(2, { dup: true }));
  expect(ids(await again.wait("puback", 2))).toEqual([1, 2]);
  expect(broker.tally()).toMatchObject({ received: 2, accepted: 2 });
  expect(broker.source.stats()).toMatchObject({ failed: 2, acknowledged: 2, unlogged: 0 });
});

test("mqtt.js delivers everything across a failing log", async () => {
  const broker = await startBroker();
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
    clientId: "demo",
    clean: false,
    reconnectPeriod: 50,
  });
  broker.log.isBroken = true;
  const mended = expect
    .poll(() => broker.source.stats().failed)
    .toBeGreaterThan(0)
    .then(() => {
      broker.log.isBroken = false;
    });
  await Promise.all(
    range(300).map((seq) => client.publishAsync(TOPIC, JSON.stringify({ ...good, seq }), { qos: 1 })),
  );
  await mended;
  await client.endAsync();
  const seqs = broker
    .records()
    .flatMap((out) => (out.topic === "readings" ? out.record.readings.map((one) => one.seq) : []));
  expect(new Set(seqs)).toEqual(new Set(range(300)));
});

test("QoS 0 is accepted, and QoS 2 is logged before its PUBREC", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port);
  client.send(reading(1, { qos: 0 }), reading(2, { qos: 2 }));
  await client.wait("pubrec");
  expect(broker.tally()).toMatchObject({ accepted: 2 });
  client.send({ cmd: "pubrel", messageId: 2 });
  await client.wait("pubcomp");
});

test("a client may send behind CONNECT without waiting, however much", async () => {
  const broker = await startBroker();
  const client = await openSocket(broker.port);
  client.send(connectPacket(), ...range(300).map((id) => reading(id)));
  expect(ids(await client.wait("puback", 300))).toEqual(range(300));
});

test("sockets are not read while too many messages wait for the log", async () => {
  const broker = await startBroker({ unloggedLimit: 500 });
  broker.log.delayMs = 30;
  const clients = await Promise.all(range(20).map(() => openClient(broker.port)));
  for (const client of clients) client.send(...range(1000).map((id) => reading(id)));
  await until(() => broker.source.stats().isPaused);
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, broker.source.stats().unlogged);
  }, 2);
  await Promise.all(clients.map((client) => client.wait("puback", 1000)));
  clearInterval(watch);
  // Over the limit comes what one connection had read already: twice 64 KiB at most, of 150 bytes each.
  expect(most).toBeLessThan(1400);
  expect(broker.tally()).toMatchObject({ received: 20_000, accepted: 20_000 });
  expect(broker.source.stats()).toMatchObject({ unlogged: 0, isPaused: false });
});

test("stopping acknowledges what was taken, and takes no more", async () => {
  const broker = await startBroker();
  broker.log.delayMs = 200;
  const client = await openClient(broker.port);
  client.send(...range(10).map((id) => reading(id)));
  await until(() => broker.source.stats().unlogged === 10);
  await broker.collector.stop();
  await client.closed;
  expect(ids(client.received.slice(1))).toEqual(range(10));
  expect(broker.log.records.readings).toHaveLength(10);
  const late = await openSocket(broker.port);
  await late.closed;
});

test("stopping does not wait for ever for a log that does not answer", async () => {
  const broker = await startBroker({ stopTimeoutMs: 200 });
  const client = await openClient(broker.port);
  broker.log.delayMs = 2000;
  client.send(reading(1));
  await until(() => broker.source.stats().unlogged === 1);
  const start = Date.now();
  await broker.source.stop();
  expect(Date.now() - start).toBeLessThan(1000);
  expect(client.received.map(({ packet }) => packet.cmd)).toEqual(["connack"]);
});

test("a port in use is named, and nothing is left running", async () => {
  const broker = await startBroker();
  await expect(startBroker({ port: broker.port })).rejects.toThrow(/in use.*--mqtt-port/);
});

test("counters tell what happened", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port, { username: "works-1-gw1", clientId: "works-1-gw1-a" });
  client.send(reading(1), reading(2, { retain: true }), reading(3, { topic: "v1/sites/works-2/x" }));
  await client.wait("puback", 3);
  expect(broker.source.stats()).toEqual({
    connections: 1,
    connectionsTotal: 1,
    connectionsDropped: 0,
    connectionErrors: 0,
    messages: 3,
    acknowledged: 3,
    failed: 0,
    refused: { "forbidden-topic": 1 },
    unlogged: 0,
    isPaused: false,
  });
  expect(broker.collector.stats()).toMatchObject({
    messages: 3,
    accepted: 1,
    rejected: { retained: 1, "forbidden-topic": 1 },
  });
});
