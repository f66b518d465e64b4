import { createHash, randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { good, receivedAt, TOPIC } from "../ingest/county.ts";
import { startBroker } from "./aedes-broker.ts";
import { type BareClient, connectPacket, openClient, openSocket, publishPacket } from "./aedes-client.ts";

/** A PUBLISH of any size, by hand, with a payload of the given pieces. */
function* largePublish(topic: string, messageId: number, pieces: readonly Buffer[], flags = 0x32) {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let length = 2 + Buffer.byteLength(topic) + ((flags & 6) > 0 ? 2 : 0) + size;
  const fixed = [flags];
  do {
    fixed.push(length > 127 ? (length & 127) | 128 : length);
    length >>= 7;
  } while (length > 0);
  const name = Buffer.from(topic);
  const id = (flags & 6) > 0 ? [messageId >> 8, messageId & 255] : [];
  yield Buffer.concat([
    Buffer.from(fixed),
    Buffer.from([name.length >> 8, name.length & 255]),
    name,
    Buffer.from(id),
  ]);
  yield* pieces;
}

async function write(client: BareClient, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (!client.socket.write(piece)) await new Promise((resolve) => client.socket.once("drain", resolve));
  }
}

const MiB = 1024 * 1024;

test("every bad message is acknowledged, kept with its code, and the broker goes on", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port);
  const change = (parts: object): string => JSON.stringify({ ...good, ...parts });
  const other = (from: string, to: string): string => TOPIC.replace(from, to);
  const bad: [code: string, payload: string | Buffer, topic?: string][] = [
    ["malformed-json", JSON.stringify(good).slice(0, 40)],
    ["malformed-json", ""],
    ["malformed-json", randomBytes(500)],
    ["malformed-json", '{"at":1,"registers":{"active-import":NaN}}'],
    ["malformed-json", '{"at":1793463300000,"registers":{"active-import":1,"active-import":2}}'],
    ["wrong-shape", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    ["wrong-shape", "[]"],
    ["wrong-shape", `{"__proto__":${JSON.stringify(good)}}`],
    ["wrong-shape", change({ registers: "x" })],
    ["not-a-number", change({ registers: { "active-import": "5" } })],
    ["not-finite", '{"at":1793463300000,"registers":{"active-import":1e400}}'],
    ["out-of-range", change({ registers: { "active-import": 1e308 } })],
    ["out-of-range", change({ registers: { "active-import": -1 } })],
    ["unknown-register", change({ registers: { none: 1 } })],
    ["unit-mismatch", change({ units: { "active-import": "MWh" } })],
    ["no-zone", change({ at: "2026-11-01T00:15:00" })],
    ["bad-time", change({ at: "yesterday" })],
    ["future", change({ at: Date.now() + 3_600_000 })],
    ["before-service", change({ at: "1970-01-01T00:00:00Z" })],
    ["unknown-site", change({}), other("works-1", "works-9")],
    ["unknown-meter", change({}), other("m-1", "m-9")],
    ["unknown-topic", change({}), "some/topic"],
  ];
  bad.forEach(([, payload, topic], i) => {
    client.send(publishPacket(topic ?? TOPIC, payload, { messageId: i + 1 }));
  });
  client.send(publishPacket(TOPIC, { ...good, at: receivedAt - 1e9 }, { messageId: 99 }));
  await client.wait("puback", bad.length + 1);
  expect(broker.rejects().map((reject) => reject.code)).toEqual(bad.map(([code]) => code));
  expect(broker.tally()).toMatchObject({ received: bad.length + 1, accepted: 1, isBalanced: true });
  expect(client.socket.destroyed).toBe(false);
});

test("10 MB are never held: their hash, length and first KiB are", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const broker = await startBroker();
  const client = await openClient(broker.port);
  const piece = randomBytes(64 * 1024);
  const pieces = Array.from({ length: 160 }, () => piece);
  const packet = [...largePublish(TOPIC, 5, pieces)];
  collect();
  const before = process.memoryUsage().arrayBuffers;
  await write(client, packet.slice(0, -1));
  // Buffers are given back a turn after they are collected.
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400 * 1024);
  expect(broker.tally().received).toBe(0);
  await write(client, packet.slice(-1));
  await client.wait("puback");
  const [reject] = broker.rejects();
  expect(broker.tally()).toMatchObject({ received: 1, rejected: { "too-large": 1 }, isBalanced: true });
  const hash = createHash("sha256");
  for (const part of pieces) hash.update(part);
  expect(reject).toMatchObject({
    origin: TOPIC,
    length: 10 * MiB,
    sha256: hash.digest("hex"),
    site: "_unknown",
  });
  expect(Buffer.from(reject!.payload!, "base64")).toEqual(piece.subarray(0, 1024));
});

test("large messages keep their order, quality of service and permissions", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port, { username: "works-1-gw1", clientId: "works-1-gw1" });
  const large = [Buffer.alloc(300 * 1024, "x")];
  const foreign = "v1/sites/works-2/meters/m-1/readings";
  client.send(publishPacket(TOPIC, { ...good, at: receivedAt - 1e9 }, { messageId: 1 }));
  await write(client, largePublish(TOPIC, 2, large));
  client.send(publishPacket(TOPIC, { ...good, at: receivedAt - 1e9 }, { messageId: 3 }));
  await write(client, largePublish(foreign, 4, large));
  await write(client, largePublish(TOPIC, 0, large, 0x30));
  await write(client, largePublish(TOPIC, 5, large, 0x34));
  await write(client, largePublish(TOPIC, 6, large, 0x33));
  await client.wait("puback", 5);
  await client.wait("pubrec");
  const answers = client.received.slice(1).map(({ packet }) => packet.messageId);
  expect(answers.filter((id) => id !== 5)).toEqual([1, 2, 3, 4, 6]);
  expect(broker.tally()).toEqual({
    received: 7,
    accepted: 2,
    rejected: { "too-large": 4, "forbidden-topic": 1 },
    isBalanced: true,
  });
  expect(broker.rejects().every((reject) => reject.length === 300 * 1024)).toBe(true);
});

test("a payload of exactly 256 KiB is decoded, one byte more is not", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port);
  const text = JSON.stringify({ ...good, at: receivedAt - 1e9 });
  await write(client, largePublish(TOPIC, 1, [Buffer.from(text.padEnd(256 * 1024))]));
  await write(client, largePublish(TOPIC, 2, [Buffer.from(text.padEnd(256 * 1024 + 1))]));
  await client.wait("puback", 2);
  expect(broker.tally()).toMatchObject({ accepted: 1, rejected: { "too-large": 1 } });
});

test("a large message on a slow line outlasts its keep-alive", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port, { keepalive: 1 });
  for (const piece of largePublish(
    TOPIC,
    1,
    Array.from({ length: 24 }, () => Buffer.alloc(20 * 1024)),
  )) {
    client.socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await client.wait("puback");
  expect(broker.tally()).toMatchObject({ rejected: { "too-large": 1 } });
});

test("a connection cut within a large message leaves no trace", async () => {
  const broker = await startBroker();
  const client = await openClient(broker.port);
  await write(client, [...largePublish(TOPIC, 1, [Buffer.alloc(MiB), Buffer.alloc(MiB)])].slice(0, 2));
  client.end();
  const next = await openClient(broker.port);
  next.send(publishPacket(TOPIC, { ...good, at: receivedAt - 1e9 }));
  await next.wait("puback");
  expect(broker.tally()).toMatchObject({ received: 1, accepted: 1 });
});

test.each<[string, Buffer]>([
  ["no MQTT at all", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a PUBLISH before CONNECT", Buffer.from([0x30, 5, 0, 1, 97, 1, 2])],
  ["a CONNECT of 200 MB", Buffer.from([0x10, 255, 255, 255, 100])],
  ["an endless length", Buffer.from([0x10, 255, 255, 255, 255])],
  ["random bytes", randomBytes(4000)],
])("%s closes the connection, and only that one", async (_, bytes) => {
  const broker = await startBroker();
  const good1 = await openClient(broker.port);
  const client = await openSocket(broker.port);
  client.send(bytes);
  await client.closed;
  good1.send(publishPacket(TOPIC, { ...good, at: receivedAt - 1e9 }));
  await good1.wait("puback");
});

test.each<[string, Buffer]>([
  ["a packet of type 0", Buffer.from([0, 0])],
  ["a second CONNECT", Buffer.from([0x10, 2, 0, 0])],
  ["QoS 3", Buffer.from([0x36, 7, 0, 1, 97, 0, 1, 1, 1])],
  ["a wildcard in a topic", Buffer.from([0x32, 6, 0, 1, 0x23, 0, 1, 1])],
  ["an empty topic", Buffer.from([0x32, 5, 0, 0, 0, 1, 1])],
  ["a SUBSCRIBE of 64 KiB and one", Buffer.from([0x82, 0x81, 0x80, 0x04])],
])("%s closes the connection of a client, without an answer", async (_, bytes) => {
  const broker = await startBroker();
  const client = await openSocket(broker.port);
  client.send(connectPacket(), bytes);
  await client.closed;
  expect(client.received.map(({ packet }) => packet.cmd)).toEqual(["connack"]);
  expect(broker.tally().received).toBe(0);
});
