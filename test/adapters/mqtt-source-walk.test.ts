import { createHash } from "node:crypto";
import "../property-seed.ts";
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { createPublishWalk, type Published } from "../../adapters/mqtt-source-walk.ts";

const limits = { payloadBytes: 2000, headBytes: 16, controlBytes: 500 };

/** Walks a stream in pieces; `room` messages are wanted before the walk is told to go on. */
function walk(stream: Buffer, sizes: readonly number[], version: 4 | 5 = 4, room = Number.POSITIVE_INFINITY) {
  const published: Published[] = [];
  const passed: Buffer[] = [];
  const problems: string[] = [];
  let left = room;
  const one = createPublishWalk(limits, version, {
    wantsMore: () => left > 0,
    published: (message) => {
      left -= 1;
      published.push({ ...message, payload: Buffer.from(message.payload) });
    },
    passed: (packet) => passed.push(Buffer.from(packet)),
    malformed: (why) => problems.push(why),
  });
  let stops = 0;
  const goOn = (): void => {
    while (one.isStopped()) {
      stops += 1;
      expect(left).toBe(0);
      left = room;
      one.go();
    }
  };
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? stream.length);
    one.feed(Buffer.from(stream.subarray(at, at + size)));
    at += size;
    // Every other piece comes while the walk is stopped, so that it has to look ahead.
    if (i % 2 === 0) goOn();
  }
  goOn();
  expect(one.ahead()).toBe(0);
  return { published, passed, problems, stops };
}

const publish = (id: number, payload: Buffer, topic = "v1/站/m", parts: object = {}): Packet => ({
  cmd: "publish",
  topic,
  payload,
  qos: id === 0 ? 0 : 1,
  dup: false,
  retain: false,
  ...(id === 0 ? {} : { messageId: id }),
  ...parts,
});

const packet = fc.oneof(
  fc
    .tuple(fc.nat(65_535), fc.integer({ min: 0, max: 5000 }), fc.boolean(), fc.boolean())
    .map(([id, length, retain, dup]) =>
      publish(id, Buffer.alloc(length, id), undefined, { retain, dup: dup && id !== 0 }),
    ),
  fc.constantFrom<Packet>(
    { cmd: "pingresp" },
    { cmd: "suback", messageId: 7, granted: [1, 1, 128] },
    { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: true },
  ),
);

describe("the walk over what a broker sends", () => {
  test.each([4, 5] as const)("finds the same in any pieces and at any pace, MQTT version %i", (version) => {
    const options = { protocolVersion: version };
    const pieces = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 20 }),
        pieces,
        fc.integer({ min: 1, max: 4 }),
        (packets, sizes, room) => {
          const stream = Buffer.concat(packets.map((one) => generate(one, options)));
          const { published, passed, problems } = walk(stream, sizes, version, room);
          const messages = packets.filter((one) => one.cmd === "publish");
          const others = packets.filter((one) => one.cmd !== "publish");
          expect(problems).toEqual([]);
          expect(passed.map((one) => one.toString("hex"))).toEqual(
            others.map((one) => generate(one, options).toString("hex")),
          );
          expect(published.map(({ id, topic, retained }) => ({ id, topic, retained }))).toEqual(
            messages.map(({ messageId = 0, topic, retain }) => ({ id: messageId, topic, retained: retain })),
          );
          messages.forEach(({ payload }, i) => {
            const bytes = payload as Buffer;
            const found = published[i]!;
            if (bytes.length <= limits.payloadBytes) {
              expect(found.payload.equals(bytes)).toBe(true);
              expect(found.oversized).toBeUndefined();
            } else {
              const sha256 = createHash("sha256").update(bytes).digest("hex");
              expect(found.oversized).toMatchObject({ length: bytes.length, sha256 });
              expect(found.payload.equals(bytes.subarray(0, limits.headBytes))).toBe(true);
            }
          });
        },
      ),
    );
  });

  test("passes on what is behind a message that is not wanted yet, once", () => {
    const stream = Buffer.concat(
      [publish(1, Buffer.from("a")), publish(2, Buffer.from("b")), { cmd: "pingresp" } as const].map((one) =>
        generate(one),
      ),
    );
    const seen: string[] = [];
    let isWanted = false;
    const one = createPublishWalk(limits, 4, {
      wantsMore: () => isWanted,
      published: ({ id }) => seen.push(`publish ${id}`),
      passed: (packet) => seen.push(`type ${packet[0]! >> 4}`),
      malformed: (why) => seen.push(why),
    });
    for (const byte of stream) one.feed(Buffer.from([byte]));
    expect(seen).toEqual(["type 13"]);
    isWanted = true;
    one.go();
    expect(seen).toEqual(["type 13", "publish 1", "publish 2"]);
  });

  test("skips the properties of MQTT 5", () => {
    const properties = { userProperties: { a: "b".repeat(300) }, contentType: "application/json" };
    const stream = generate(publish(9, Buffer.from("x"), "a", { properties }), { protocolVersion: 5 });
    for (const size of [1, 50, 1000]) {
      const { published } = walk(stream, [size], 5);
      expect(published.map(({ id, payload }) => [id, payload.toString()])).toEqual([[9, "x"]]);
    }
  });

  test("keeps a topic that is longer than any other packet may be", () => {
    const topic = `v1/${"x".repeat(3000)}`;
    const { published } = walk(generate(publish(3, Buffer.alloc(9000), topic)), [100]);
    expect(published).toHaveLength(1);
    expect(published[0]).toMatchObject({ topic, id: 3, oversized: { length: 9000 } });
  });

  test.each([
    ["QoS 2", Buffer.from([0x34, 5, 0, 1, 97, 0, 1]), /QoS 2/],
    ["a topic longer than its packet", Buffer.from([0x30, 4, 0, 9, 97, 97]), /longer than itself/],
    ["a length of five bytes", Buffer.from([0x30, 255, 255, 255, 255, 1]), /more than four bytes/],
    ["a large packet of another kind", Buffer.from([0x90, 255, 255, 3, 0]), /type 9 .*announces 65535/],
  ])("is over at %s, and takes nothing more", (_what, stream, why) => {
    const { problems, published } = walk(
      Buffer.concat([stream, generate(publish(1, Buffer.from("x")))]),
      [3],
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(why);
    expect(published).toEqual([]);
  });
});
