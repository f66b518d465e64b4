/** Publishers and clocks of our own, for the tests of the drivers. */
import type { Clock } from "../../demo/clock.ts";
import type { Publisher } from "../../demo/outbox.ts";
import type { Instant } from "../../model/time.ts";

export interface Sent {
  readonly topic: string;
  readonly payload: string;
  readonly sentAt: Instant;
}

/** Keeps everything; fails for good after `failAfter` messages. */
export function recorder(
  options: { failAfter?: number; now?: () => Instant } = {},
): Publisher & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    async publish(topic, payload) {
      if (sent.length >= (options.failAfter ?? Number.POSITIVE_INFINITY)) throw new Error("the line is dead");
      sent.push({ topic, payload, sentAt: options.now?.() ?? 0 });
    },
  };
}

export interface SentReading {
  readonly meter: string;
  readonly at: Instant;
  readonly values: Readonly<Record<string, number>>;
  readonly seq?: number;
  readonly powerKw?: number;
}

/** Decoded readings of a message, in its order; undefined when it is no JSON. */
export function readingsOf({ topic, payload }: Sent): SentReading[] | undefined {
  const parts = /^v1\/sites\/([^/]+)\/meters\/([^/]+)\/readings$/.exec(topic);
  if (!parts) throw new Error(`not a native topic: ${topic}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    return undefined;
  }
  return [parsed].flat().map((value) => {
    const { at, registers, ...rest } = value as { at: number | string; registers: Record<string, number> };
    const instant = typeof at === "number" ? at : Date.parse(at);
    return { meter: `${parts[1]}/${parts[2]}`, at: instant, values: registers, ...rest };
  });
}

/** A clock that jumps over every sleep; `until` aborts the signal when it is reached. */
export function jumpingClock(start: Instant, until: Instant): Clock & { readonly signal: AbortSignal } {
  const stop = new AbortController();
  let now = start;
  return {
    signal: stop.signal,
    now: () => now,
    async sleep(ms) {
      now += ms;
      if (now >= until) stop.abort();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
