/** Time for the drivers; the fleet itself knows no clock. */
import { setTimeout as delay } from "node:timers/promises";
import type { Instant } from "../model/time.ts";

/** The present, and a way to wait for a later one. */
export interface Clock {
  now(): Instant;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
};
