/** What the log's topics hold: the JSON of these, keyed by site. */
import type { Reading } from "./reading.ts";
import type { Reject } from "./reject.ts";
import type { Instant } from "./time.ts";

export const topics = ["readings", "rejects"] as const;
export type Topic = (typeof topics)[number];

/** Readings of one meter that came in one message. */
export interface ReadingsRecord {
  readonly kind: "readings";
  readonly site: string;
  readonly meter: string;
  readonly receivedAt: Instant;
  readonly gateway?: string;
  /** Values the message held, those refused included; on the message's first record only, else 0. */
  readonly received: number;
  readonly readings: readonly Reading[];
  /** Power the meter showed with its newest reading; shown, never integrated. */
  readonly powerKw?: number;
}

/** Asks the owner of a site to recompute a span from the readings: repairs, replays, changed configuration. */
export interface RecomputeRecord {
  readonly kind: "recompute";
  readonly site: string;
  /** Absent: every meter of the site. Empty: no meter, just the site's own rows (a changed factor). */
  readonly meter?: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly cause: string;
  readonly receivedAt: Instant;
}

export type SiteRecord = ReadingsRecord | RecomputeRecord;

/** A refused message or value. `received` as in `ReadingsRecord`. */
export interface RejectRecord {
  readonly received: number;
  readonly reject: Reject;
}
