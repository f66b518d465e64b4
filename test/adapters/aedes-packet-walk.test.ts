import { createHash } from "node:crypto";
import fc from "fast-check";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { createPacketWalk, type Oversized } from "../../adapters/packet-walk.ts";

const limits = { payloadBytes: 100, headBytes: 8, controlBytes: 60 };
const connect = generate({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId: "c",
  keepalive: 0,
});

interface Walked {
  passed: Buffer;
  connectBytes: number;
  oversized: { message: Oversized; firstByte: number; header: string }[];
  progress: number;
  malformed: string[];
}

/** Walks a stream that arrives in the given pieces. */
function walk(pieces: readonly Buffer[]): Walked {
  const passed: Buffer[] = [];
  const walked: Walked = {
    passed: Buffer.alloc(0),
    connectBytes: 0,
    oversized: [],
    progress: 0,
    malformed: [],
  };
  const behind: Buffer[] = [];
  const take = createPacketWalk(limits, {
    pass: (bytes) => passed.push(Buffer.from(bytes)),
    connected(rest) {
      walked.connectBytes = Buffer.concat(passed).length;
      behind.push(rest);
    },
    oversized: (message, firstByte, header) =>
      walked.oversized.push({ message, firstByte, header: header.toString("hex") }),
    progress(bytes) {
      walked.progress += bytes;
    },
    malformed: (why) => walked.malformed.push(why),
  });
  for (const piece of pieces) {
    take(piece);
    for (const rest of behind.splice(0)) take(rest);
  }
  return { ...walked, passed: Buffer.concat(passed) };
}

/** Cuts a stream at the given places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, i) => stream.subarray(start, at[i] ?? stream.length));
}

const publish = (topic: string, size: number, qos: 0 | 1 | 2) =>
  generate({
    cmd: "publish",
    topic,
    qos,
    dup: false,
    retain: false,
    messageId: 7,
    payload: Buffer.alloc(size, "abcdefghij"),
  });

const packet = fc.oneof(
  fc.record({
    topic: fc.constantFrom("a", "v1/sites/works-1/meters/m-1/readings", "t".repeat(300)),
    size: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(99, 100, 101)),
    qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  }),
  fc.constant("ping" as const),
);

test("however the stream is cut, the same packets pass and the same are hashed", () => {
  const cuts = fc.array(fc.nat(5000), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 12 }), cuts, fc.boolean(), (packets, places, isByBytes) => {
      const whole = packets.map((made) =>
        made === "ping" ? generate({ cmd: "pingreq" }) : publish(made.topic, made.size, made.qos),
      );
      const stream = Buffer.concat([connect, ...whole]);
      const small = packets.flatMap((made, i) => (made === "ping" || made.size <= 100 ? [whole[i]!] : []));
      const large = packets.filter((made) => made !== "ping").filter((made) => made.size > 100);
      const pieces = isByBytes ? cut(stream, [...stream.keys()]) : cut(stream, places);
      const walked = walk(pieces);
      expect(walked.malformed).toEqual([]);
      expect(walked.passed).toEqual(Buffer.concat([connect, ...small]));
      expect(walked.connectBytes).toBe(connect.length);
      expect(walked.oversized.map(({ message }) => message)).toEqual(
        large.map(({ size }) => {
          const payload = Buffer.alloc(size, "abcdefghij");
          const sha256 = createHash("sha256").update(payload).digest("hex");
          return { head: payload.subarray(0, 8), length: size, sha256 };
        }),
      );
      expect(walked.progress).toBe(large.reduce((sum, { size }) => sum + size, 0));
      large.forEach(({ topic, qos }, i) => {
        const header = Buffer.concat([
          Buffer.from([topic.length >> 8, topic.length & 255]),
          Buffer.from(topic),
        ]);
        const id = qos > 0 ? "0007" : "";
        expect(walked.oversized[i]).toMatchObject({
          firstByte: 0x30 | (qos << 1),
          header: header.toString("hex") + id,
        });
      });
    }),
    { numRuns: 300, seed: 11 },
  );
});

test.each<[string, Buffer[], RegExp]>([
  ["a packet before CONNECT", [publish("a", 1, 0)], /type 3; send CONNECT first/],
  ["a second CONNECT", [connect, connect], /type 1; send CONNECT first and once/],
  ["a packet of type 0", [connect, Buffer.from([0, 0])], /type 0/],
  ["a packet of type 15", [connect, Buffer.from([0xf0, 0])], /type 15/],
  ["a length of five bytes", [connect, Buffer.from([0x30, 255, 255, 255, 255, 1])], /more than four bytes/],
  ["a large packet that is no PUBLISH", [connect, Buffer.from([0x82, 61])], /announces 61 bytes/],
  ["a topic longer than its packet", [connect, Buffer.from([0x30, 255, 1, 255, 255])], /longer than itself/],
  ["an endless topic", [connect, Buffer.from([0x30, 255, 255, 7, 0x20, 0])], /topic of more than 4096/],
])("%s ends the walk", (_, packets, why) => {
  for (const pieces of [
    [Buffer.concat(packets)],
    [...Buffer.concat(packets)].map((byte) => Buffer.from([byte])),
  ]) {
    const walked = walk([...pieces, publish("a", 1, 0)]);
    expect(walked.malformed).toHaveLength(1);
    expect(walked.malformed[0]).toMatch(why);
    expect(walked.passed).toEqual(packets.length > 1 ? connect : Buffer.alloc(0));
  }
});
