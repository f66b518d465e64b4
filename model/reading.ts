/** Readings: as received, as logged, and as judged. */
import type { Instant } from "./time.ts";

/** One value a meter's register showed at a moment, in the register's own unit, before any multiplier. */
export interface Reading {
  readonly register: string;
  readonly at: Instant;
  readonly value: number;
  /** A correction of an earlier value; 0 when the meter does not say. */
  readonly revision: number;
  /** The meter's message counter; −1 when it does not say. */
  readonly seq: number;
}

/**
 * What the judge made of a reading.
 * `ok`, `rollover`, `reset` and `level-shift` stand and say how a reading joins the one before it; the
 * others are set aside and carry no energy.
 */
export const verdicts = [
  "ok",
  "rollover",
  "reset",
  "level-shift",
  "dip",
  "spike",
  "pending",
  "overlap",
  "implausible",
  "superseded",
] as const;
export type Verdict = (typeof verdicts)[number];

/** True when a reading with this verdict carries energy to its neighbours. */
export function stands(verdict: Verdict): boolean {
  return verdict === "ok" || verdict === "rollover" || verdict === "reset" || verdict === "level-shift";
}

/** A reading in the store. Its identity is (meter, register, at, revision, value). */
export interface StoredReading extends Reading {
  readonly receivedAt: Instant;
  /** Offset in the log of the record that first brought it. */
  readonly offset: number;
  readonly verdict: Verdict;
  /** Judging can restart here: it stands, and nothing before it is undecided. */
  readonly certain: boolean;
}

/** Names the readings of one register. */
export interface SeriesKey {
  readonly site: string;
  readonly meter: string;
  readonly register: string;
}
