/** What the log's topics hold: the JSON of these, keyed by site. */
import type { Alert, MatterEvent } from "./alert.ts";
import type { Reading } from "./reading.ts";
import type { Reject } from "./reject.ts";
import type { DayIndex, Instant } from "./time.ts";

/**
 * `readings` and `rejects` hold what ingest took in. `changed` holds the days of sites whose months and groups
 * are to be summed by their one owner; where log and store commit as one, the store keeps them instead. `alerts` tells
 * other programs what becomes of matters; nothing here reads it.
 */
export const topics = ["readings", "rejects", "changed", "alerts"] as const;
export type Topic = (typeof topics)[number];

/** Readings of one meter that came in one message. */
export interface ReadingsRecord {
  readonly kind: "readings";
  readonly site: string;
  readonly meter: string;
  readonly receivedAt: Instant;
  readonly gateway?: string;
  /** How many of the values received these are: each is counted with the record, and under the site, that it is in. */
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
  /** The configuration that asks for it; processors with an earlier one must not carry it out. */
  readonly config?: ConfigVersion;
}

/** A configuration as processors registered it: the higher number is the newer. */
export interface ConfigVersion {
  readonly number: number;
  /** Hash of everything that figures depend on. */
  readonly version: string;
}

export type SiteRecord = ReadingsRecord | RecomputeRecord;

/** A refused message or value. `received` as in `ReadingsRecord`. */
export interface RejectRecord {
  readonly received: number;
  readonly reject: Reject;
}

/** A site's day that changed; keyed by one key, so that one process has them all. */
export interface ChangedRecord {
  readonly site: string;
  readonly carrier: string;
  readonly day: DayIndex;
  /** Indices of the changed quarter-hours of the day; absent: all. */
  readonly quarters?: readonly number[];
  readonly cause: string;
  readonly config?: ConfigVersion;
  /** What is at hand of the sums may not be what is stored. */
  readonly reread?: boolean;
}

/**
 * What was done with a matter, keyed by its site, at least once each and in order: `number` rises by one with each,
 * and is the same over repeats.
 */
export interface AlertRecord {
  readonly number: number;
  readonly event: MatterEvent;
  /** What the matter is about. */
  readonly alert: Pick<
    Alert,
    | "rule"
    | "colour"
    | "domain"
    | "site"
    | "group"
    | "meter"
    | "gateway"
    | "limit"
    | "fingerprint"
    | "startsAt"
  >;
  readonly lead?: string;
}
