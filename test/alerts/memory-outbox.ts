/** An outbox in memory that keeps the promises of the stored one, and a journal of everything written. */
import type { Attempt, Delivery, Outbox, OutboxChanges } from "../../alerts/deliver/outbox.ts";
import { colours } from "../../model/limit.ts";

export interface MemoryOutbox extends Outbox {
  readonly rows: Map<string, Delivery>;
  readonly attempts: Attempt[];
  add(...rows: readonly Delivery[]): void;
}

/** @param onWrite may throw, as a full disk would */
export function memoryOutbox(
  rows: readonly Delivery[] = [],
  onWrite: (changes: OutboxChanges) => void = () => undefined,
): MemoryOutbox {
  const all = new Map(rows.map((row) => [row.id, row]));
  const attempts: Attempt[] = [];
  const waitingBy = (channel: string): Delivery[] =>
    [...all.values()].filter((row) => row.channel === channel && row.state === "waiting");
  const rank = ({ notice }: Delivery): number => -colours.indexOf(notice.content.colour);
  return {
    rows: all,
    attempts,
    add: (...more) => {
      for (const row of more) all.set(row.id, row);
    },
    due: (channel, now, limit) =>
      waitingBy(channel)
        .filter(({ nextAt }) => nextAt <= now)
        .sort((a, b) => rank(a) - rank(b) || a.nextAt - b.nextAt || (a.id < b.id ? -1 : 1))
        .slice(0, limit),
    waiting: (channel) => waitingBy(channel).length,
    nextAt: (channel) => {
      const waiting = waitingBy(channel);
      return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ nextAt }) => nextAt));
    },
    waitingChannels: () => [
      ...new Set([...all.values()].filter(({ state }) => state === "waiting").map(({ channel }) => channel)),
    ],
    sending: () => [...all.values()].filter(({ state }) => state === "sending"),
    triedSince: (channel, since) =>
      attempts
        .filter((one) => one.channel === channel && one.at >= since)
        .filter(({ status }) => status !== "given-up" && status !== "unknown")
        .map(({ at }) => at),
    write: (changes) => {
      onWrite(changes);
      // As a database would: what is read later is another object.
      for (const row of changes.rows) all.set(row.id, structuredClone(row));
      attempts.push(...changes.attempts);
    },
  };
}
