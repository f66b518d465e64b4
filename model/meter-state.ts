/** Signs of life: whether a meter is in service, and whether it is heard of. */
import type { MeterStateName } from "./observation.ts";
import type { Meter } from "./registry.ts";
import { DAY_MS, type Instant, MINUTE_MS } from "./time.ts";

/** True while the meter is in service. */
export function inService({ from, to }: Pick<Meter, "from" | "to">, now: Instant): boolean {
  return from <= now && (to === undefined || now < to);
}

/** How long a meter is online after a reading: two of its intervals. */
export function onlineMs({ intervalMinutes }: Pick<Meter, "intervalMinutes">): number {
  return 2 * intervalMinutes * MINUTE_MS;
}

/**
 * Age of the newest reading: up to two intervals online, up to a day late, else silent.
 * @param at time of the newest reading; undefined where there is none
 */
export function meterStateAt(
  meter: Pick<Meter, "intervalMinutes">,
  at: Instant | undefined,
  now: Instant,
): MeterStateName {
  if (at === undefined) return "never";
  const age = now - at;
  if (age <= onlineMs(meter)) return "online";
  return age <= DAY_MS ? "late" : "silent";
}

/** When a meter's state changes if nothing more is heard of it; undefined where it does not. */
export function stateEndsAt(
  meter: Pick<Meter, "intervalMinutes">,
  at: Instant,
  now: Instant,
): Instant | undefined {
  const state = meterStateAt(meter, at, now);
  if (state === "online") return at + onlineMs(meter) + 1;
  return state === "late" ? at + DAY_MS + 1 : undefined;
}
