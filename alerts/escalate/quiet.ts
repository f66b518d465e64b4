/** Quiet hours, and when one of many notices goes out. */
import type { Duties } from "../../model/duty.ts";
import type { Colour } from "../../model/limit.ts";
import { type Calendar, type Instant, MINUTE_MS } from "../../model/time.ts";

/** The end of the quiet hours that `at` is in; undefined outside them. */
export function quietUntil(
  quiet: Duties["quietHours"],
  at: Instant,
  calendar: Calendar,
): Instant | undefined {
  if (quiet === undefined || quiet.from === quiet.to) return undefined;
  const today = calendar.dayOf(at);
  // Over midnight they may have begun yesterday.
  for (const day of [today - 1, today]) {
    const start = calendar.dayStart(day) + quiet.from * MINUTE_MS;
    const end = calendar.dayStart(quiet.from < quiet.to ? day : day + 1) + quiet.to * MINUTE_MS;
    if (start <= at && at < end) return end;
  }
  return undefined;
}

/** Before the first digest goes, what comes in at the same time is waited for. */
const SETTLE_RED_MS = 5_000;
const SETTLE_MS = 30_000;
/** Digests that tell of red come at most so often. */
const RED_EVERY_MS = MINUTE_MS;

/** What an officer was told of late. */
export interface Recently {
  /** Messages within the digest window. */
  readonly messages: number;
  readonly lastDigestAt?: Instant;
}

/**
 * When an officer is told: `now`, or later. Held back in quiet hours where the colour is; and after the window's
 * number of messages collected for a digest, of which there is one a window, or one a minute for red.
 */
export function whenToTell(
  duties: Pick<Duties, "policies" | "quietHours" | "digest">,
  colour: Colour,
  recently: Recently,
  now: Instant,
  calendar: Calendar,
): Instant {
  const held = duties.policies[colour].isHeldBack ? quietUntil(duties.quietHours, now, calendar) : undefined;
  if (held !== undefined && colour !== "red") return held;
  if (recently.messages < duties.digest.afterNotices) return now;
  const settled = now + (colour === "red" ? SETTLE_RED_MS : SETTLE_MS);
  return Math.max(settled, nextDigestAt(duties, colour, recently));
}

/** Before this moment no other digest goes to an officer whom it would tell of the colour at worst. */
export function nextDigestAt(
  duties: Pick<Duties, "digest">,
  colour: Colour,
  { lastDigestAt }: Recently,
): Instant {
  const every = colour === "red" ? RED_EVERY_MS : duties.digest.windowMinutes * MINUTE_MS;
  return (lastDigestAt ?? Number.NEGATIVE_INFINITY) + every;
}
