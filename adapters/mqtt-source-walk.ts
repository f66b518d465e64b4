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

/** What the walk leads to, in the order of the stream. */
export interface PublishSink {
  /** Asked before every PUBLISH; false stops the walk until `go`. */
  wantsMore(): boolean;
  published(message: Published): void;
  /** Any other packet, whole. */
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

/** A PUBLISH's packet, its beginning and what is behind its fixed header. */
interface Frame {
  readonly flags: number;
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
  let isStopped = false;
  let isOver = false;
  let swallowed: Swallowed | undefined;

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
  const publish = ({ flags, body, end }: Frame): boolean => {
    const isWhole = end <= held.length;
    const isLarge = end - body > limits.payloadBytes;
    if (!isWhole && !(isLarge && held.length - body >= limits.controlBytes)) return false;
    if (!sink.wantsMore()) {
      isStopped = true;
      return false;
    }
    const qos = (flags >> 1) & 3;
    if (qos > 1) return malformed(`a PUBLISH of QoS ${qos}, although QoS 1 was asked for`);
    const topicEnd = body + 2 + ((held[body]! << 8) | held[body + 1]!);
    const idEnd = topicEnd + (qos === 0 ? 0 : 2);
    const from = protocolVersion === 5 ? propertiesEnd(held, idEnd) : idEnd;
    if (!(from <= end)) return malformed("a PUBLISH whose topic or properties are longer than itself");
    if (from > held.length) return false;
    const topic = held.toString("utf8", body + 2, topicEnd);
    const id = qos === 0 ? 0 : (held[topicEnd]! << 8) | held[topicEnd + 1]!;
    const retained = (flags & 1) === 1;
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
    if (at + 2 > held.length) return false;
    let length = held[at + 1]!;
    let body = at + 2;
    for (let factor = 128; length >= factor; factor *= 128, body += 1) {
      if (factor > 128 ** 3) return malformed("a length of more than four bytes");
      const byte = held[body];
      if (byte === undefined) return false;
      length += (byte - 1) * factor;
    }
    const end = body + length;
    const kind = held[at]! >> 4;
    if (kind === PUBLISH) return publish({ flags: held[at]! & 15, body, end });
    if (length > limits.controlBytes)
      return malformed(`a packet of type ${kind} that announces ${length} bytes`);
    if (end > held.length) return false;
    const packet = held.subarray(at, end);
    at = end;
    sink.passed(packet);
    return true;
  };
  const go = (): void => {
    isStopped = false;
    while (!isOver && at < held.length && step());
    if (at === held.length) held = EMPTY;
    else if (at > 0) held = held.subarray(at);
    at = 0;
  };
  return {
    feed(chunk) {
      if (isOver) return;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      if (!isStopped) go();
    },
    go,
    isStopped: () => isStopped,
  };
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
