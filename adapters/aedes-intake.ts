/** Messages on their way from the broker to the log: permission, hand-over, acknowledgement, back-pressure. */
import type { PublishPacket } from "aedes";
import type { Refusal, SourceMessage } from "../model/ports.ts";
import type { Admission } from "./aedes-admission.ts";
import { type PacketGuard, packetLimits } from "./packet-guard.ts";

/** A topic that nobody may subscribe to. */
const NOWHERE = "$refused";
/** Longest wait for the log when stopping. */
const FINISH_MS = 10_000;

export interface Intake {
  /** Hands a message over and calls `done` when the log has it, or with an error when it has not. */
  take(
    guard: PacketGuard,
    packet: PublishPacket,
    admission: Admission,
    accept: (message: SourceMessage) => Promise<void>,
    done: (error?: Error | null) => void,
  ): void;
  countRefusal(code: string): void;
  /** Reads no more, and waits for what is under way. */
  finish(): Promise<void>;
  stats(): {
    readonly messages: number;
    readonly acknowledged: number;
    readonly failed: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly unlogged: number;
    readonly isPaused: boolean;
  };
}

/** Creates the intake of one listener; above `limit` messages without a place in the log no socket is read. */
export function createIntake(guards: ReadonlySet<PacketGuard>, limit: number): Intake {
  const refused: Record<string, number> = {};
  let messages = 0;
  let acknowledged = 0;
  let failed = 0;
  let unlogged = 0;
  let isPaused = false;
  let isFinishing = false;
  let onIdle: (() => void) | undefined;

  const pause = (): void => {
    isPaused = true;
    for (const guard of guards) guard.hold();
  };
  const settle = (): void => {
    unlogged -= 1;
    if (unlogged === 0) onIdle?.();
    if (!isPaused || isFinishing || unlogged > limit / 2) return;
    isPaused = false;
    for (const guard of guards) guard.release();
  };
  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve;
    });
  const countRefusal = (code: string): void => {
    refused[code] = (refused[code] ?? 0) + 1;
  };
  return {
    take(guard, packet, admission, accept, done) {
      const message = messageOf(guard, packet, admission);
      if (message.refused) countRefusal(message.refused.code);
      if (message.refused || packet.retain) divert(packet);
      messages += 1;
      unlogged += 1;
      if (!isPaused && unlogged > limit) pause();
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
    async finish() {
      isFinishing = true;
      pause();
      const deadline = Date.now() + FINISH_MS;
      do {
        if (unlogged > 0) await Promise.race([idle(), wait(deadline - Date.now())]);
        // The broker acknowledges in the next turns, and takes what it has read already.
        for (let turn = 0; turn < 3; turn++) await wait(0);
      } while (unlogged > 0 && Date.now() < deadline);
    },
    stats: () => ({ messages, acknowledged, failed, refused: { ...refused }, unlogged, isPaused }),
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
