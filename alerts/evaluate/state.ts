/** What the evaluator knows between two looks, and its text for the store. */
import type { Instant } from "../../model/time.ts";
import type { Track } from "./track.ts";

export interface EvaluatorState {
  /** When it last looked, and since when it has looked without a break. */
  lastNow?: Instant;
  awakeSince?: Instant;
  /** Only series that are pending, firing or ending. */
  readonly tracks: Map<string, Track>;
  /** Time of the newest row of each series whose rows are rewritten. */
  readonly newest: Map<string, Instant>;
  /** Time of the newest row, by rule, for those that mind when none comes. */
  readonly seen: Map<string, Instant>;
}

/**
 * The clock had been ahead, perhaps by months: what was noted meanwhile is taken as of now, lest nothing be old enough
 * or new enough until the time noted has come.
 */
export function setBack(state: EvaluatorState, now: Instant): void {
  state.lastNow = now;
  state.awakeSince = now;
  for (const [key, track] of state.tracks) {
    const [at, since] = [Math.min(track.at, now), Math.min(track.since, now)];
    state.tracks.set(key, { ...track, at, since });
  }
  for (const times of [state.newest, state.seen])
    for (const [key, at] of times) times.set(key, Math.min(at, now));
}

const VERSION = 1;

export function emptyState(): EvaluatorState {
  return { tracks: new Map(), newest: new Map(), seen: new Map() };
}

/** The state as text. */
export function writeState({ lastNow, awakeSince, tracks, newest, seen }: EvaluatorState): string {
  return JSON.stringify({
    version: VERSION,
    lastNow,
    awakeSince,
    tracks: [...tracks],
    newest: [...newest],
    seen: [...seen],
  });
}

/** @throws Error when the text is not one of `writeState`'s */
export function readState(text: string): EvaluatorState {
  const stored = JSON.parse(text);
  if (stored?.version !== VERSION)
    throw new Error(`evaluator state has version ${stored?.version}, not ${VERSION}: start without it`);
  const { lastNow, awakeSince } = stored;
  return {
    ...(lastNow === undefined ? {} : { lastNow, awakeSince }),
    tracks: new Map(stored.tracks),
    newest: new Map(stored.newest),
    seen: new Map(stored.seen),
  };
}
