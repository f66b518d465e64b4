/**
 * Walks the packets of an MQTT stream (3.1.1 §2.2) by their fixed headers alone, so that no announced length
 * is ever answered with memory. What may pass is passed as it came; a PUBLISH over the limit is hashed and
 * forgotten as it comes in.
 */
import { createHash, type Hash } from "node:crypto";

/** What is left of a PUBLISH whose payload was over the limit. */
export interface Oversized {
  /** The payload's beginning. */
  readonly head: Buffer;
  /** Bytes of the whole payload. */
  readonly length: number;
  /** SHA-256 of the whole payload, hex. */
  readonly sha256: string;
}

export interface WalkLimits {
  /** Largest payload of a PUBLISH that is passed, in bytes. */
  readonly payloadBytes: number;
  /** Bytes kept of a larger one. */
  readonly headBytes: number;
  /** Largest packet of any other kind, in bytes. */
  readonly controlBytes: number;
}

/** What the walk leads to, in the order of the stream. */
export interface WalkSink {
  pass(bytes: Buffer): void;
  /** The first packet, CONNECT, was passed whole; `behind` came with it. Nothing is taken until then. */
  connected(behind: Buffer): void;
  /** An oversized PUBLISH ended; `header` is its topic and packet id as received. */
  oversized(message: Oversized, firstByte: number, header: Buffer): void;
  /** Part of an oversized PUBLISH came in. */
  progress(bytes: number): void;
  /** The stream is no MQTT, or announces what nobody may send; nothing more is taken. */
  malformed(why: string): void;
}

const CONNECT = 1;
const PUBLISH = 3;
/** Longest topic and packet id of a PUBLISH that is over the limit. */
const LONGEST_HEADER = 4096;

/** A packet's fixed header. */
interface Fixed {
  readonly kind: number;
  /** Bytes of the fixed header, and behind it. */
  readonly size: number;
  readonly length: number;
}

interface Swallowed {
  readonly firstByte: number;
  readonly header: Buffer;
  readonly length: number;
  readonly hash: Hash;
  readonly head: Buffer;
  seen: number;
}

type Step = (chunk: Buffer, at: number) => number;

/** Creates a walk; it is to be given every byte of the stream in order. */
export function createPacketWalk(limits: WalkLimits, sink: WalkSink): (piece: Buffer) => void {
  /** Beginning of a packet that does not tell yet what it is. */
  let carried: Buffer | undefined;
  let passing = 0;
  let packets = 0;
  let swallowed: Swallowed | undefined;
  let isOver = false;

  const malformed = (why: string): undefined => {
    isOver = true;
    sink.malformed(why);
  };
  const swallow: Step = (chunk, at) => {
    const packet = swallowed!;
    const bytes = chunk.subarray(at, at + packet.length - packet.seen);
    packet.hash.update(bytes);
    if (packet.seen < packet.head.length) bytes.copy(packet.head, packet.seen);
    packet.seen += bytes.length;
    sink.progress(bytes.length);
    if (packet.seen === packet.length) {
      swallowed = undefined;
      const { head, length, hash, firstByte, header } = packet;
      sink.oversized({ head, length, sha256: hash.digest("hex") }, firstByte, header);
    }
    return at + bytes.length;
  };
  /** Judges the packet that begins at `at`; undefined when more bytes are needed, or none will be taken. */
  const begin = (chunk: Buffer, at: number): Fixed | undefined => {
    const fixed = readFixed(chunk, at);
    if (typeof fixed === "string") return malformed(fixed);
    if (!fixed) return undefined;
    const { kind, length, size } = fixed;
    if (kind === 0 || kind === 15) return malformed(`a packet of type ${kind}`);
    if ((packets === 0) !== (kind === CONNECT))
      return malformed(`packet ${packets + 1} is of type ${kind}; send CONNECT first and once`);
    if (kind !== PUBLISH && length > limits.controlBytes)
      return malformed(
        `a packet of type ${kind} announces ${length} bytes; send ${limits.controlBytes} at most`,
      );
    if (kind === PUBLISH && length > limits.payloadBytes) {
      const header = readHeader(chunk, at, fixed);
      if (typeof header === "string") return malformed(header);
      if (!header) return undefined;
      const payload = length - header.length;
      if (payload > limits.payloadBytes) {
        const head = Buffer.alloc(limits.headBytes);
        const firstByte = chunk[at]!;
        swallowed = { firstByte, header, length: payload, hash: createHash("sha256"), head, seen: 0 };
        return { kind, size: size + header.length, length: 0 };
      }
    }
    passing = size + length;
    return fixed;
  };
  return (piece) => {
    if (isOver) return;
    const chunk = carried ? Buffer.concat([carried, piece]) : piece;
    carried = undefined;
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (swallowed) {
        at = swallow(chunk, at);
        start = at;
        continue;
      }
      if (passing === 0) {
        const fixed = begin(chunk, at);
        if (!fixed) break;
        packets += 1;
        if (swallowed) {
          sink.pass(chunk.subarray(start, at));
          at += fixed.size;
          start = at;
          continue;
        }
      }
      const step = Math.min(passing, chunk.length - at);
      passing -= step;
      at += step;
      if (passing === 0 && packets === 1) {
        sink.pass(chunk.subarray(start, at));
        return sink.connected(chunk.subarray(at));
      }
    }
    if (at < chunk.length && !isOver) carried = Buffer.from(chunk.subarray(at));
    if (at > start) sink.pass(chunk.subarray(start, at));
  };
}

/** The fixed header at `at`; undefined when it is not all there, a text when it is none. */
function readFixed(chunk: Buffer, at: number): Fixed | string | undefined {
  let length = 0;
  let factor = 1;
  for (let size = 1; size <= 4; size++) {
    const byte = chunk[at + size];
    if (byte === undefined) return undefined;
    length += (byte & 127) * factor;
    if (byte < 128) return { kind: chunk[at]! >> 4, size: size + 1, length };
    factor *= 128;
  }
  return "a length of more than four bytes";
}

/** Topic and packet id of a PUBLISH; undefined when they are not all there, a text when they cannot be. */
function readHeader(chunk: Buffer, at: number, { size, length }: Fixed): Buffer | string | undefined {
  const from = at + size;
  if (from + 2 > chunk.length) return undefined;
  const hasId = (chunk[at]! & 0b0110) !== 0;
  const bytes = 2 + chunk.readUInt16BE(from) + (hasId ? 2 : 0);
  if (bytes > length) return "a PUBLISH whose topic is longer than itself";
  if (bytes > LONGEST_HEADER) return `a large PUBLISH with a topic of more than ${LONGEST_HEADER} bytes`;
  return from + bytes > chunk.length ? undefined : Buffer.from(chunk.subarray(from, from + bytes));
}
