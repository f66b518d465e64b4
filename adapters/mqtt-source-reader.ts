/**
 * Reads the messages of one connection, as fast as the log takes them, and writes their PUBACKs. Two bounds hold
 * what may come again after a kill: what is not logged yet, and what is logged but whose PUBACK the broker may
 * not have read.
 */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createAckOrder, createConfirmations, type Load } from "./mqtt-source-load.ts";
import { createPublishWalk, type Published } from "./mqtt-source-walk.ts";
import { packetLimits } from "./packet-guard.ts";

export interface ReaderSink {
  readonly load: Load;
  /** Hands a message over; resolves when it is durable. */
  take(message: Published): Promise<void>;
  acknowledged(messages: number): void;
  /** The broker dropped so many messages since its start. */
  dropped(messages: number): void;
}

/** Mosquitto's count of messages it dropped because a queue was full, published when it changed. */
export const DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped";

export interface Reader {
  /** What mqtt.js sees of the connection: everything but messages. */
  readonly wire: Duplex;
  isPaused(): boolean;
  /** True while a message waits for the log. */
  isBusy(): boolean;
  /** Reads on if there is room. */
  readOn(): void;
  /** Hands over no more messages. */
  hold(): void;
  /** Throws away messages that still come, so that the broker reads our PUBACKs to the end. */
  discard(): void;
  ping(): void;
  onFailure(call: () => void): void;
  /** Why the log did not take a message. */
  failure(): Error | undefined;
  /** Why the connection broke. */
  trouble(): Error | undefined;
  /** Whether bytes came in since the last call, or would if we read them. */
  isAlive(): boolean;
}

const PINGREQ = Buffer.from([0xc0, 0]);
const PINGRESP = 0xd0;
/** Bytes that are read ahead of the messages that are wanted, to find the answers to our pings. */
const AHEAD_BYTES = 4 * 1024 * 1024;

/** Creates the reader of a connection on which nothing was read yet. */
export function createReader(
  socket: Socket,
  { protocolVersion, messageLimit }: { readonly protocolVersion: 4 | 5; readonly messageLimit: number },
  sink: ReaderSink,
): Reader {
  const { load } = sink;
  const confirmations = createConfirmations(messageLimit / 8);
  let isHeld = false;
  let isSocketPaused = false;
  let isDiscarding = false;
  let bytesSeen = 0;
  let failure: Error | undefined;
  let trouble: Error | undefined;
  let failed: () => void = () => undefined;

  const acks = createAckOrder({
    logged(messages, pubacks) {
      const isPingWanted = confirmations.add(pubacks.length / 4);
      if (socket.writable && pubacks.length > 0)
        socket.write(isPingWanted ? Buffer.concat([pubacks, PINGREQ]) : pubacks);
      sink.acknowledged(messages);
    },
    failed(error) {
      failure = error instanceof Error ? error : new Error(String(error));
      isHeld = true;
      failed();
    },
    settled: (messages, bytes) => load.remove(messages, bytes),
  });
  const walk = createPublishWalk(packetLimits, protocolVersion, {
    wantsMore() {
      if (isDiscarding) return true;
      if (isHeld || load.isFull()) return false;
      return load.messages() + confirmations.count() < messageLimit;
    },
    published(message) {
      if (isDiscarding) return;
      if (message.topic === DROPPED_TOPIC) return sink.dropped(Number(message.payload.toString()) || 0);
      const { length } = message.payload;
      load.add(length);
      acks.add(handOver(sink, message), message.id, length);
    },
    passed(packet) {
      if (packet[0] === PINGRESP) confirmations.answered();
      wire.push(packet);
    },
    malformed(why) {
      trouble = new Error(`what came is no MQTT: ${why}`);
      socket.destroy();
    },
  });
  const send = (bytes: Buffer, done: (error?: Error | null) => void): void => {
    if (bytes.length === 2 && bytes[0] === PINGREQ[0]) confirmations.pinged();
    socket.write(bytes, done);
  };
  const wire = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    writev: (chunks: { chunk: Buffer }[], done) =>
      send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final(done) {
      socket.end();
      done();
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  const flow = (): void => {
    if (walk.isStopped() && walk.ahead() > AHEAD_BYTES) {
      isSocketPaused = true;
      socket.pause();
    } else if (isSocketPaused) {
      isSocketPaused = false;
      socket.resume();
    }
  };
  /** Not for every message that leaves, but once there is room for many. */
  const readOn = (): void => {
    if (!walk.isStopped() || isHeld || isDiscarding) return;
    // The answer to a ping may be behind more than we read ahead: then it cannot be waited for.
    if (isSocketPaused && load.messages() === 0) confirmations.forgo();
    if (load.messages() + confirmations.count() > messageLimit / 2) return;
    walk.go();
    flow();
  };
  socket.on("data", (chunk: Buffer) => {
    bytesSeen += chunk.length;
    walk.feed(chunk);
    flow();
    readOn();
  });
  socket.on("error", (error) => {
    trouble ??= error;
  });
  socket.on("close", () => wire.destroy());
  return {
    wire,
    isPaused: walk.isStopped,
    isBusy: () => !acks.isEmpty(),
    readOn,
    hold() {
      isHeld = true;
    },
    discard() {
      isDiscarding = true;
      walk.go();
      flow();
    },
    ping() {
      confirmations.pinged();
      socket.write(PINGREQ);
    },
    onFailure(call) {
      failed = call;
      if (failure) call();
    },
    failure: () => failure,
    trouble: () => trouble,
    isAlive() {
      const seen = bytesSeen > 0;
      bytesSeen = 0;
      return seen || isSocketPaused;
    },
  };
}

/** A throw is a failure too: one message must not end the process. */
function handOver(sink: ReaderSink, message: Published): Promise<void> {
  try {
    return sink.take(message);
  } catch (error) {
    return Promise.reject(error);
  }
}
