/** Messages on their way from the broker to the log: permission, hand-over, acknowledgement, back-pressure. */
import type { PublishPacket } from "aedes";
import type { Refusal, SourceMessage } from "../model/ports.ts";
import type { Admission } from "./aedes-admission.ts";
import { type PacketGuard, packetLimits } from "./packet-guard.ts";

/** A topic that nobody may subscribe to. */
const NOWHERE = "$refused";

export interface Intake {
  /** Takes a connection into account; it is held at once if all others are. */
  add(guard: PacketGuard): void;
  remove(guard: PacketGuard): void;
  /** Hands a message over and calls `done` when the log has it, or with an error when it has not. */
  take(
    guard: PacketGuard,
    packet: PublishPacket,
    admission: Admission,
    accept: (message: SourceMessage) => Promise<void>,
    done: (error?: Error | null) => void,
  ): void;
  countRefusal(code: string): void;
  /** Reads no more, and waits for what is under way, for at most so many milliseconds. */
  finish(timeoutMs: number): Promise<void>;
  stats(): {
    readonly connections: number;
    readonly messages: number;
    readonly acknowledged: number;
    readonly failed: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly unlogged: number;
    readonly isPaused: boolean;
  };
}

/** Creates the intake of one listener; above `limit` messages without a place in the log no socket is read. */
export function createIntake(limit: number): Intake {
  const free = new Set<PacketGuard>();
  /** In the order in which they are to be read again. */
  const held = new Set<PacketGuard>();
  const refused: Record<string, number> = {};
  let messages = 0;
  let acknowledged = 0;
  let failed = 0;
  let unlogged = 0;
  let isFinishing = false;
  let onIdle: (() => void) | undefined;

  const hold = (guard: PacketGuard): void => {
    free.delete(guard);
    held.add(guard);
    guard.hold();
  };
  /** One connection after the other: each may bring as much as it has read already. */
  const release = (): void => {
    for (const guard of held) {
      if (unlogged > limit) return;
      held.delete(guard);
      free.add(guard);
      guard.release();
    }
  };
  const settle = (): void => {
    unlogged -= 1;
    if (unlogged === 0) onIdle?.();
    if (held.size > 0 && !isFinishing && unlogged <= limit / 2) release();
  };
  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve;
    });
  const countRefusal = (code: string): void => {
    refused[code] = (refused[code] ?? 0) + 1;
  };
  return {
    add: (guard) => (held.size > 0 || isFinishing ? hold(guard) : void free.add(guard)),
    remove(guard) {
      free.delete(guard);
      held.delete(guard);
    },
    take(guard, packet, admission, accept, done) {
      const message = messageOf(guard, packet, admission);
      if (message.refused) countRefusal(message.refused.code);
      if (message.refused || packet.retain) divert(packet);
      messages += 1;
      unlogged += 1;
      if (unlogged > limit) for (const other of free) hold(other);
      hand(accept, message).then(
        () => {
          acknowledged += 1;
          settle();
          done(null);
        },
        (error: Error) => {
          failed += 1;
          settle();
          done(error);
        },
      );
    },
    countRefusal,
    async finish(timeoutMs) {
      isFinishing = true;
      for (const guard of free) hold(guard);
      const deadline = Date.now() + timeoutMs;
      do {
        if (unlogged > 0) await Promise.race([idle(), wait(deadline - Date.now())]);
        // The broker acknowledges in the next turns, and takes what it has read already.
        for (let turn = 0; turn < 3; turn++) await wait(0);
      } while (unlogged > 0 && Date.now() < deadline);
    },
    stats: () => {
      const connections = free.size + held.size;
      const isPaused = held.size > 0;
      return { connections, messages, acknowledged, failed, refused: { ...refused }, unlogged, isPaused };
    },
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** A throw is a failure too: one message must not end the process. */
async function hand(accept: (message: SourceMessage) => Promise<void>, message: SourceMessage) {
  await accept(message);
}

function messageOf(guard: PacketGuard, packet: PublishPacket, admission: Admission): SourceMessage {
  const { topic, retain } = packet;
  const { username } = guard;
  const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
  const oversized = guard.takeOversized(payload);
  const forbidden = admission.mayPublish(username, topic) ? undefined : forbiddenTopic(username, topic);
  const whole = oversized && { length: oversized.length, sha256: oversized.sha256 };
  const refused = forbidden ?? (oversized && tooLarge(oversized.length));
  return {
    topic,
    payload: oversized?.head ?? payload,
    retained: retain,
    ...(username === undefined ? {} : { username }),
    receivedAt: Date.now(),
    ...(refused ? { refused: whole ? { ...refused, whole } : refused } : {}),
  };
}

function forbiddenTopic(username: string | undefined, topic: string): Refusal {
  const who = username ?? "anybody";
  const detail = topic.startsWith("$")
    ? "topics that begin with $ are the broker's own; publish to another"
    : `${who} may not publish here; add the topic to the gateway, or mend it`;
  return { code: "forbidden-topic", detail, values: 1 };
}

function tooLarge(length: number): Refusal {
  const detail = `payload of ${length} bytes, at most ${packetLimits.payloadBytes} are taken; send several messages`;
  return { code: "too-large", detail, values: 1 };
}

/** Lets the broker acknowledge a message and deliver it to nobody. */
function divert(packet: PublishPacket): void {
  packet.topic = NOWHERE;
  packet.payload = Buffer.alloc(0);
  packet.retain = false;
}
