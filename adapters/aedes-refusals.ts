/** Refused connections as messages, merged so that guessing passwords in a loop cannot fill the disk. */
import type { SourceMessage } from "../model/ports.ts";
import type { RejectCode } from "../model/reject.ts";

/** A refused connection: whose it claims to be, and why. */
export interface RefusedConnection {
  readonly code: RejectCode;
  readonly detail: string;
  /** Where it came from, or the will's topic. */
  readonly topic: string;
  readonly payload: Uint8Array;
  /** User it claims to be, where that is a gateway we know. */
  readonly gateway: string | undefined;
}

export interface Refusals {
  note(connection: RefusedConnection): void;
  /** Hands over what is still counted. */
  stop(): Promise<void>;
}

interface Counted {
  latest: RefusedConnection;
  count: number;
}

/**
 * Hands over the first refusal of a gateway and code at once, and then, every `everyMs`, one message for all
 * that came since; every one is counted. What the log does not take is counted on.
 */
export function createRefusals(accept: (message: SourceMessage) => Promise<void>, everyMs: number): Refusals {
  const counted = new Map<string, Counted>();
  const underWay = new Set<Promise<void>>();
  const hand = (key: string, waiting: Counted): void => {
    const { count, latest } = waiting;
    waiting.count = 0;
    const sent = Promise.resolve(messageOf(latest, count))
      .then(accept)
      .catch(() => {
        waiting.count += count;
        counted.set(key, waiting);
      })
      .finally(() => underWay.delete(sent));
    underWay.add(sent);
  };
  const timer = setInterval(() => {
    for (const [key, waiting] of counted) {
      if (waiting.count === 0) counted.delete(key);
      else hand(key, waiting);
    }
  }, everyMs);
  return {
    note(connection) {
      const key = `${connection.code} ${connection.gateway ?? ""}`;
      const waiting = counted.get(key);
      if (waiting) {
        waiting.count += 1;
        waiting.latest = connection;
        return;
      }
      const first = { latest: connection, count: 1 };
      counted.set(key, first);
      hand(key, first);
    },
    async stop() {
      clearInterval(timer);
      for (const [key, waiting] of counted) if (waiting.count > 0) hand(key, waiting);
      await Promise.all(underWay);
    },
  };
}

function messageOf(
  { code, detail, topic, payload, gateway }: RefusedConnection,
  values: number,
): SourceMessage {
  return {
    topic,
    payload,
    retained: false,
    ...(gateway === undefined ? {} : { username: gateway }),
    receivedAt: Date.now(),
    refused: { code, detail, values },
  };
}
