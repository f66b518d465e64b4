/** The broker's side of a connection: a stream that lets through what the packet walk lets through. */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createPacketWalk, type Oversized, type WalkLimits } from "./packet-walk.ts";

/** Payloads up to 256 KiB pass; 1 KiB is kept of larger ones; other packets have up to 64 KiB. */
export const packetLimits: WalkLimits = {
  payloadBytes: 256 * 1024,
  headBytes: 1024,
  controlBytes: 64 * 1024,
};

/** Bytes of an oversized payload that count as a sign of life. */
const PROGRESS_BYTES = 16 * 1024;
const TOKEN_BYTES = 16;
/** Bytes for the peer that are kept; more than the largest packet on top of a full stream. */
const UNREAD_BYTES = 512 * 1024;

type Written = (error: Error | null | undefined) => void;

/**
 * Wraps a socket. An oversized PUBLISH reaches the broker as a small stand-in under its own topic and packet
 * id, so that permissions, acknowledgement and order stay the broker's; `takeOversized` tells what it stands
 * for. What a client sends behind CONNECT waits until the broker has answered.
 */
export class PacketGuard extends Duplex {
  /** Address of the sender. */
  readonly remote: string;
  /** User the sender authenticated as. */
  username: string | undefined;
  /** Called at every 16 KiB of an oversized packet. */
  onProgress: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #walk: (piece: Buffer) => void;
  /** Stand-ins carry this, so that no sender can make one. */
  readonly #token = randomBytes(TOKEN_BYTES);
  readonly #oversized = new Map<number, Oversized>();
  #made = 0;
  #progress = 0;
  #behindConnect: Buffer | undefined;
  #isAnswered = false;
  #isEnded = false;
  #isWanted = true;
  #isHeld = false;

  constructor(socket: Socket, limits: WalkLimits = packetLimits) {
    super({ allowHalfOpen: false, writableHighWaterMark: 64 * 1024 });
    this.#socket = socket;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#walk = createPacketWalk(limits, {
      pass: (bytes) => this.#pass(bytes),
      connected: (behind) => this.#wait(behind),
      oversized: (message, firstByte, header) => this.#pass(this.#standIn(message, firstByte, header)),
      progress: (bytes) => this.#count(bytes),
      malformed: (why) => this.destroy(new Error(why)),
    });
    socket.on("data", (chunk: Buffer) => this.#walk(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** Gives the broker nothing more to read until `release`; the socket fills up and stops by itself. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets the broker read on; it does so before this returns. */
  release(): void {
    this.#isHeld = false;
    this.emit("readable");
  }

  /** The oversized message that a payload stands for; undefined for every other payload. */
  takeOversized(payload: Uint8Array): Oversized | undefined {
    if (this.#oversized.size === 0 || payload.length !== TOKEN_BYTES + 4) return undefined;
    const bytes = Buffer.from(payload);
    if (!bytes.subarray(0, TOKEN_BYTES).equals(this.#token)) return undefined;
    const number = bytes.readUInt32BE(TOKEN_BYTES);
    const found = this.#oversized.get(number);
    this.#oversized.delete(number);
    return found;
  }

  override read(size?: number): Buffer | null {
    return this.#isHeld ? null : super.read(size);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#flow();
  }

  /**
   * Never asks the broker to wait: it would make publishers wait for a subscriber that does not read. Who
   * leaves too much unread is cut off.
   */
  override write(chunk: unknown, second?: BufferEncoding | Written, done?: Written): boolean {
    if (typeof second === "string") super.write(chunk, second, done);
    else super.write(chunk, second);
    if (this.writableLength > UNREAD_BYTES) this.destroy(new Error("the peer does not read"));
    return true;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#behindConnect = undefined;
    this.#oversized.clear();
    this.#socket.destroy();
    done(error);
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
    if (this.#isAnswered) return;
    // The first packet a broker sends is its answer to CONNECT.
    this.#isAnswered = true;
    const behind = this.#behindConnect;
    this.#behindConnect = undefined;
    if (behind) this.#walk(behind);
    if (this.#isEnded) this.push(null);
    this.#flow();
  }

  #wait(behind: Buffer): void {
    this.#behindConnect = behind;
    this.#socket.pause();
  }

  #flow(): void {
    if (this.#isWanted && !this.#behindConnect) this.#socket.resume();
  }

  #end(): void {
    this.#isEnded = true;
    if (!this.#behindConnect) this.push(null);
  }

  #pass(bytes: Buffer): void {
    if (bytes.length === 0 || this.push(bytes)) return;
    this.#isWanted = false;
    this.#socket.pause();
  }

  #count(bytes: number): void {
    this.#progress += bytes;
    if (this.#progress < PROGRESS_BYTES) return;
    this.#progress = 0;
    this.onProgress?.();
  }

  /** A PUBLISH of the same flags, topic and packet id, whose payload is the token and a number. */
  #standIn(message: Oversized, firstByte: number, header: Buffer): Buffer {
    const number = this.#made++;
    this.#oversized.set(number, message);
    const payload = Buffer.alloc(TOKEN_BYTES + 4);
    this.#token.copy(payload);
    payload.writeUInt32BE(number, TOKEN_BYTES);
    const length = header.length + payload.length;
    // Fits two bytes of length, since the header is at most 4 KiB.
    const fixed = length < 128 ? [firstByte, length] : [firstByte, 128 | (length & 127), length >> 7];
    return Buffer.concat([Buffer.from(fixed), header, payload]);
  }
}
