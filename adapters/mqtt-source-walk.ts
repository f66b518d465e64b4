/**
 * Takes the PUBLISH packets out of what a broker sends (MQTT 3.1.1 §3.3, 5 §3.3), message by message and only
 * as fast as they are wanted; all other packets are passed on as they came. No announced length is answered with
 * memory: a payload over the limit is hashed and forgotten as it comes in.
 */
import { createHash, type Hash } from "node:crypto";
import type { Oversized, WalkLimits } from "./packet-walk.ts";

/** A PUBLISH as received; `payload` is part of the chunk it came in. */
export interface Published {
  readonly topic: string;
  readonly payload: Buffer;
  /** Packet id; 0 for QoS 0, which wants no PUBACK. */
  readonly id: number;
  readonly retained: boolean;
  /** Present when the payload was over the limit; `payload` is then its beginning. */
  readonly oversized?: Oversized;
}

/** What the walk leads to: messages in the order of the stream, and so all other packets. */
export interface PublishSink {
  /** Asked before every PUBLISH; false stops the walk until `go`. */
  wantsMore(): boolean;
  published(message: Published): void;
  /** Any other packet, whole; also from behind the message at which the walk stopped. */
  passed(packet: Buffer): void;
  /** The stream is no MQTT, or holds what was not asked for; nothing more is taken. */
  malformed(why: string): void;
}

export interface PublishWalk {
  /** Adds what came in, and walks as far as it is wanted. */
  feed(chunk: Buffer): void;
  /** Walks on after a stop. */
  go(): void;
  /** True while the walk is stopped in front of a PUBLISH. */
  isStopped(): boolean;
  /** Bytes that came in and are not walked yet. */
  ahead(): number;
}

const PUBLISH = 3;
const EMPTY = Buffer.alloc(0);

interface Swallowed {
  readonly topic: string;
  readonly id: number;
  readonly retained: boolean;
  readonly length: number;
  readonly hash: Hash;
  readonly head: Buffer;
  seen: number;
}

/** Where a packet's fixed header and the packet itself end. */
interface Frame {
  readonly first: number;
  readonly body: number;
  readonly end: number;
}

/** Creates a walk of one connection; it is to be given every byte of the stream in order. */
export function createPublishWalk(
  limits: WalkLimits,
  protocolVersion: 4 | 5,
  sink: PublishSink,
): PublishWalk {
  let held: Buffer = EMPTY;
  let at = 0;
  /** Packets before it that are no PUBLISH were passed on already, while the walk was stopped before them. */
  let passedTo = 0;
  let isStopped = false;
  let isOver = false;
  let swallowed: Swallowed | undefined;

  /** Room behind `held`, which is then the end of its used part; nothing handed out is ever written over. */
  let room: Buffer = EMPTY;
  const append = (chunk: Buffer): Buffer => {
    const length = held.length + chunk.length;
    const isBehind = held.buffer === room.buffer && held.byteOffset + held.length === room.byteOffset;
    if (isBehind && chunk.length <= room.length) {
      chunk.copy(room);
      room = room.subarray(chunk.length);
      return Buffer.from(held.buffer, held.byteOffset, length);
    }
    const larger = Buffer.allocUnsafeSlow(2 * length);
    held.copy(larger);
    chunk.copy(larger, held.length);
    room = larger.subarray(length);
    return larger.subarray(0, length);
  };

  const malformed = (why: string): false => {
    isOver = true;
    held = EMPTY;
    at = 0;
    sink.malformed(why);
    return false;
  };
  const swallow = (packet: Swallowed): boolean => {
    const bytes = held.subarray(at, at + packet.length - packet.seen);
    packet.hash.update(bytes);
    if (packet.seen < packet.head.length) bytes.copy(packet.head, packet.seen);
    packet.seen += bytes.length;
    at += bytes.length;
    if (packet.seen < packet.length) return false;
    swallowed = undefined;
    const { topic, id, retained, head, length, hash } = packet;
    sink.published({
      topic,
      payload: head,
      id,
      retained,
      oversized: { head, length, sha256: hash.digest("hex") },
    });
    return true;
  };
  /** One PUBLISH; false when more bytes are needed, or it is not wanted yet. */
  const publish = ({ first, body, end }: Frame): boolean => {
    const isWhole = end <= held.length;
    const isLarge = end - body > limits.payloadBytes;
    if (!isWhole && !(isLarge && held.length - body >= limits.controlBytes)) return false;
    if (!sink.wantsMore()) {
      isStopped = true;
      return false;
    }
    const qos = (first >> 1) & 3;
    if (qos > 1) return malformed(`a PUBLISH of QoS ${qos}, although QoS 1 was asked for`);
    const topicEnd = body + 2 + ((held[body]! << 8) | held[body + 1]!);
    const idEnd = topicEnd + (qos === 0 ? 0 : 2);
    const from = protocolVersion === 5 ? propertiesEnd(held, idEnd) : idEnd;
    if (!(from <= end)) return malformed("a PUBLISH whose topic or properties are longer than itself");
    if (from > held.length) return false;
    const topic = held.toString("utf8", body + 2, topicEnd);
    const id = qos === 0 ? 0 : (held[topicEnd]! << 8) | held[topicEnd + 1]!;
    const retained = (first & 1) === 1;
    if (end - from > limits.payloadBytes) {
      const head = Buffer.alloc(limits.headBytes);
      swallowed = { topic, id, retained, length: end - from, hash: createHash("sha256"), head, seen: 0 };
      at = from;
      return true;
    }
    if (!isWhole) return false;
    at = end;
    sink.published({ topic, payload: held.subarray(from, end), id, retained });
    return true;
  };
  /** One packet; false when more bytes are needed, or it is not wanted yet. */
  const step = (): boolean => {
    if (swallowed) return swallow(swallowed);
    const frame = frameAt(held, at);
    if (frame === undefined) return false;
    if (frame === "endless") return malformed("a length of more than four bytes");
    const { first, body, end } = frame;
    if (first >> 4 === PUBLISH) return publish(frame);
    if (end - body > limits.controlBytes)
      return malformed(`a packet of type ${first >> 4} that announces ${end - body} bytes`);
    if (end > held.length) return false;
    const packet = held.subarray(at, end);
    at = end;
    if (at > passedTo) sink.passed(packet);
    return true;
  };
  const go = (): void => {
    isStopped = false;
    while (!isOver && at < held.length && step());
    if (at === held.length) held = EMPTY;
    else if (at > 0) held = held.subarray(at);
    passedTo = Math.max(0, passedTo - at);
    at = 0;
  };
  /** Passes on what is no PUBLISH behind the one that is not wanted yet. */
  const lookAhead = (): void => {
    let next = Math.max(at, passedTo);
    for (let frame = frameAt(held, next); typeof frame === "object"; frame = frameAt(held, next)) {
      if (frame.end > held.length) break;
      if (frame.first >> 4 !== PUBLISH) sink.passed(held.subarray(next, frame.end));
      next = frame.end;
      passedTo = next;
    }
  };
  return {
    feed(chunk) {
      if (isOver) return;
      held = held.length === 0 ? chunk : append(chunk);
      if (!isStopped) go();
      if (isStopped) lookAhead();
    },
    go,
    isStopped: () => isStopped,
    ahead: () => held.length,
  };
}

/** The packet that begins at `at`; undefined when its fixed header is not all there. */
function frameAt(bytes: Buffer, at: number): Frame | "endless" | undefined {
  if (at + 2 > bytes.length) return undefined;
  let length = bytes[at + 1]!;
  let body = at + 2;
  for (let factor = 128; length >= factor; factor *= 128, body += 1) {
    if (factor > 128 ** 3) return "endless";
    const byte = bytes[body];
    if (byte === undefined) return undefined;
    length += (byte - 1) * factor;
  }
  return { first: bytes[at]!, body, end: body + length };
}

/** Where the properties of an MQTT 5 PUBLISH end; behind all bytes when they are not there, NaN when they cannot. */
function propertiesEnd(bytes: Buffer, at: number): number {
  let length = 0;
  for (let size = 0; size < 4; size++) {
    const byte = bytes[at + size];
    if (byte === undefined) return at + size + 1;
    length += (byte & 127) * 128 ** size;
    if (byte < 128) return at + size + 1 + length;
  }
  return Number.NaN;
}
