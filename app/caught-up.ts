/** Waiting for the processors to be done with what is in the log now, while more keeps coming. */
import type { PendingSpan } from "../model/ports.ts";

/** How far a partition is worked off: all but `records` before its `end`. */
export interface PartitionState {
  readonly partition: number;
  readonly records: number;
  readonly end: number;
}

export type FollowedTopic = "readings" | "rejects" | "changed";

export interface CaughtUpParts {
  /** As of now, nothing older. */
  readonly stateOf: (topic: FollowedTopic) => Promise<readonly PartitionState[]>;
  /** Spans that wait to be recomputed, as stored. */
  readonly pending: () => Promise<readonly PendingSpan[]>;
  readonly pause: () => Promise<void>;
}

/** True when every partition is worked off up to where it ended then. */
export function hasReached(ends: readonly PartitionState[], now: readonly PartitionState[]): boolean {
  const wanted = new Map(ends.map(({ partition, end }) => [partition, end]));
  // A log made anew ends before where it did.
  return now.every(
    ({ partition, records, end }) => records === 0 || end - records >= (wanted.get(partition) ?? 0),
  );
}

/** True while one of the spans is to be recomputed at once; one that was done and noted again is another. */
export function isStillWaiting(noted: readonly PendingSpan[], now: readonly PendingSpan[]): boolean {
  const nameOf = ({ site, meter, firstAt }: PendingSpan): string => `${site}/${meter} ${firstAt}`;
  const names = new Set(now.map(nameOf));
  return noted.some((span) => span.lastAt === 0 && names.has(nameOf(span)));
}

async function untilReached(
  { stateOf, pause }: CaughtUpParts,
  topics: readonly FollowedTopic[],
): Promise<void> {
  await Promise.all(
    topics.map(async (topic) => {
      const ends = await stateOf(topic);
      for (let now = ends; !hasReached(ends, now); now = await stateOf(topic)) await pause();
    }),
  );
}

/**
 * Resolves when figures, months and groups are those of everything that was appended before. Backfills that wait
 * for their sender to go quiet are not waited for.
 */
export async function untilCaughtUp(parts: CaughtUpParts): Promise<void> {
  await untilReached(parts, ["readings", "rejects"]);
  // Requests that are sent on to other sites' owners come to their end before the record they came from.
  await untilReached(parts, ["readings"]);
  const noted = await parts.pending();
  for (let now = noted; isStillWaiting(noted, now); now = await parts.pending()) await parts.pause();
  // The notice of changed days follows the figures.
  await untilReached(parts, ["changed"]);
}
