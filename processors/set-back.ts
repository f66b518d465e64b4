/** A clock that was ahead and is put right: what was put off by it would else wait until that time comes again. */
import { type Instant, MINUTE_MS } from "../model/time.ts";

/** Less is how clocks are kept right. */
const TOLERATED_MS = MINUTE_MS;

/** @returns tells, at each look, whether the clock was set back since the look before */
export function createSetBack(): (now: Instant) => boolean {
  let newest = Number.NEGATIVE_INFINITY;
  return (now) => {
    const isSetBack = newest - now > TOLERATED_MS;
    newest = isSetBack ? now : Math.max(newest, now);
    return isSetBack;
  };
}
