/** One series of one rule that is on its way: about to fire, firing, or about to end. */
import type { Rule } from "../../model/rule.ts";
import type { Instant } from "../../model/time.ts";

/** `value`: the rule's condition; `error`: rows that lack its number; `no-data`: no rows at all. */
export type TrackKind = "value" | "error" | "no-data";

export interface Track {
  readonly rule: string;
  readonly kind: TrackKind;
  /** As they were when it began: the alert keeps them, whatever becomes of the rule. */
  readonly labels: Readonly<Record<string, string>>;
  /** Tags of the series. */
  readonly tags: Readonly<Record<string, string>>;
  /** Of the newest row. */
  readonly at: Instant;
  readonly values: Readonly<Record<string, number>>;
  readonly phase: "pending" | "firing" | "ending";
  /** Since when the phase lasts. */
  readonly since: Instant;
  /** When it began to fire. */
  readonly startsAt?: Instant;
}

/** Why an alert ended. */
export type EndReason = "cleared" | "stale" | "removed";

export interface Step {
  /** Undefined: nothing is left of it. */
  readonly track?: Track;
  readonly change?: "firing" | "resolved";
}

/** A rule's patience; an alert that no row came at all has waited long enough by then. */
export type Dwell = Pick<Rule, "forMs" | "keepFiringMs">;

/** What time alone does to a track. */
export function advance(track: Track, { forMs, keepFiringMs }: Dwell, now: Instant): Step {
  const lasted = now - track.since;
  if (track.phase === "pending" && lasted >= forMs)
    return { track: { ...track, phase: "firing", since: now, startsAt: now }, change: "firing" };
  if (track.phase === "ending" && lasted >= keepFiringMs) return { change: "resolved" };
  return { track };
}

/** The condition holds: what was pending goes on, what was about to end fires on. */
export function holding(track: Track, dwell: Dwell, now: Instant): Step {
  if (track.phase !== "ending") return advance(track, dwell, now);
  return { track: { ...track, phase: "firing", since: now } };
}

/** The condition does not hold. */
export function notHolding(track: Track, dwell: Dwell, now: Instant): Step {
  if (track.phase === "pending") return {};
  return advance(track.phase === "ending" ? track : { ...track, phase: "ending", since: now }, dwell, now);
}
