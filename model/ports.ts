/** The rim of the program. Each port has a real and an embedded adapter; no vendor's type crosses one. */
import type { BalanceCount, BalanceTotal } from "./balance.ts";
import type { Figure, FigureKey, FigureWindow, LedgerEntry } from "./figure.ts";
import type { Observation, ObservationQuery } from "./observation.ts";
import type { SeriesKey, StoredReading } from "./reading.ts";
import type { Topic } from "./records.ts";
import type { RejectCode, StoredReject } from "./reject.ts";
import type { DayIndex, Instant, Span } from "./time.ts";

/** A record to append; `key` is the site. */
export interface LogRecord {
  readonly key: string;
  readonly value: string;
}

/** A record of the log. Offsets rise by at least one within a partition. */
export interface LoggedRecord extends LogRecord {
  readonly offset: number;
}

/** Records of one share, in order. */
export interface LogBatch {
  readonly records: readonly LoggedRecord[];
  /** Marks the whole batch as done, after what it led to was written. */
  commit(): Promise<void>;
}

/**
 * The part of a topic that this process works on: a partition, or the whole of an embedded log. One process has
 * it at a time, for as long as its lease runs.
 */
export interface LogShare {
  /** Tells shares apart; the embedded log has only 0. */
  readonly partition: number;
  /** Whether records of the site belong to this share; those that do not are sent on by a new append. */
  owns(site: string): boolean;
  /**
   * Aborts as soon as this process can no longer be sure to have the share: it was taken away, or its owner
   * has not been heard of for too long (a paused process finds it aborted when it wakes). Every write made for
   * the share is given this signal.
   */
  readonly lease: AbortSignal;
  /** Batches from the last committed one on, until the lease ends. An empty one says that the end was reached. */
  batches(): AsyncIterable<LogBatch>;
}

/** The durable, replayable log. */
export interface EventLog {
  /** Resolves when the records are durable; their order per key is kept. */
  append(topic: Topic, records: readonly LogRecord[]): Promise<void>;
  /** Shares of the topic as `group` gains them here, at least once each record, until the signal aborts. */
  consume(topic: Topic, group: string, signal: AbortSignal): AsyncIterable<LogShare>;
  close(): Promise<void>;
}

/** A span that waits to be recomputed, so that a backfill is computed once. */
export interface PendingSpan extends Span {
  readonly site: string;
  /** Empty: the site's own rows from its meters' as they are, for a changed factor. */
  readonly meter: string;
  /** When the span was first noted, and when a reading last fell into it; 0: due at once. */
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** For the ledger. */
  readonly cause: string;
}

/** A day of a site whose months and groups are yet to be summed. */
export interface DirtyDay {
  readonly site: string;
  readonly carrier: string;
  readonly day: DayIndex;
  /** Why it changed, for the ledger; absent where nobody can tell. Causes of one day add up. */
  readonly causes?: readonly string[];
}

/** The newest sign of life of a meter. */
export interface LiveMeter {
  readonly site: string;
  readonly meter: string;
  /** Time of its newest reading. */
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly register: string;
  readonly value: number;
  readonly powerKw: number | null;
}

/** Everything one step of the processors changed. Writing it twice is the same as writing it once. */
export interface Changes {
  readonly readings?: readonly { readonly series: SeriesKey; readonly rows: readonly StoredReading[] }[];
  /** Written before the figures they speak of. */
  readonly ledger?: readonly LedgerEntry[];
  readonly figures?: readonly Figure[];
  readonly live?: readonly LiveMeter[];
  readonly rejects?: readonly StoredReject[];
  /** Counts of records not seen before; only given where the write and the commit are one. */
  readonly balance?: readonly BalanceCount[];
  /** Totals instead of counts, where write and commit are two. */
  readonly balanceTotals?: readonly BalanceTotal[];
  readonly pendingSet?: readonly PendingSpan[];
  /** With the spans, where somebody may have to ask for them once more because the write is in doubt. */
  readonly pendingDone?: readonly (Pick<PendingSpan, "site" | "meter"> & Partial<Span>)[];
  readonly dirtySet?: readonly DirtyDay[];
  readonly dirtyDone?: readonly DirtyDay[];
  /** How things stand; a row written again takes the place of the one before it. */
  readonly observations?: readonly Observation[];
  /** Small facts kept by name, such as the configuration last computed with. */
  readonly facts?: readonly { readonly name: string; readonly value: string }[];
}

/** Rows of one day of receipt. */
export interface BalanceRow extends BalanceCount {
  /** Accepted values that the judge set aside, read from the current verdicts. */
  readonly setAside: number;
}

export interface RejectQuery {
  readonly from: Instant;
  readonly to: Instant;
  readonly site?: string;
  readonly code?: RejectCode;
  readonly limit: number;
  /** Only those with an offset below, for paging: newest first. */
  readonly before?: number;
}

/** The read half of the store; what the board may use. */
export interface SeriesReader {
  /** Readings with from ≤ at ≤ to, set-aside ones included, by (at, revision, value). */
  readings(series: SeriesKey, from: Instant, to: Instant): Promise<StoredReading[]>;
  /** The newest certain reading at or before `at`. */
  certainAtOrBefore(series: SeriesKey, at: Instant): Promise<StoredReading | undefined>;
  /** The oldest certain reading at or after `at`. */
  certainAtOrAfter(series: SeriesKey, at: Instant): Promise<StoredReading | undefined>;
  /** First and last moment that the series has readings of. */
  extent(series: SeriesKey): Promise<Span | undefined>;
  /** Figures whose windows start in [from, to), by start, then owner. Vanished rows are included. */
  figures(keys: readonly FigureKey[], window: FigureWindow, from: Instant, to: Instant): Promise<Figure[]>;
  live(): Promise<LiveMeter[]>;
  balance(day: DayIndex, site?: string): Promise<BalanceRow[]>;
  rejects(query: RejectQuery): Promise<StoredReject[]>;
  ledger(
    keys: readonly FigureKey[] | undefined,
    from: Instant,
    to: Instant,
    limit: number,
  ): Promise<LedgerEntry[]>;
  pending(): Promise<PendingSpan[]>;
  dirty(): Promise<DirtyDay[]>;
  observations(query: ObservationQuery): Promise<Observation[]>;
  fact(name: string): Promise<string | undefined>;
}

/** What a step is about to read, so that a store behind a network can fetch it in few questions. */
export interface ReadAhead {
  /** Series whose readings at or after `from` are wanted. */
  readonly readings: readonly { readonly series: SeriesKey; readonly from: Instant }[];
  /** Figures whose quarter-hours and days with from ≤ start < to are wanted. */
  readonly figures: readonly { readonly key: FigureKey; readonly from: Instant; readonly to: Instant }[];
}

/** The store of readings and figures. */
export interface SeriesStore extends SeriesReader {
  /**
   * Resolves when everything is durable and can be read back; `pendingSet` first, then readings, the ledger, figures.
   * Rejects as soon as `lease` aborts, without another try; what was under way may then be stored or not.
   */
  write(changes: Changes, lease?: AbortSignal): Promise<void>;
  /**
   * A reader that has what is asked for in memory, and asks the store for the rest. Good until the next write.
   * Absent where single reads cost nothing to speak of.
   */
  ahead?(wanted: ReadAhead): Promise<SeriesReader>;
  /** Totals of a share for one day of receipt; absent where counts are added in the commit. */
  balanceTotals?(topic: Topic, partition: number, day: DayIndex): Promise<BalanceTotal[]>;
  close(): Promise<void>;
}

/** Why a source refused what came in: it is logged as a reject and never decoded. */
export interface Refusal {
  readonly code: RejectCode;
  /** What is wrong, where, and what to do. */
  readonly detail: string;
  /** Values it counts for in the balance: 1, or more where refusals of the same kind were merged. */
  readonly values: number;
  /** Length and SHA-256 (hex) of the whole payload, where `payload` is only its beginning. */
  readonly whole?: { readonly length: number; readonly sha256: string };
}

/** A message as a source delivers it. */
export interface SourceMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** User the sender authenticated as; absent where anyone is let in. */
  readonly username?: string;
  readonly receivedAt: Instant;
  /** Present when the source refused the message. */
  readonly refused?: Refusal;
}

/** A source of messages. `accept` resolves when the message is durable; only then is the sender told. */
export interface MessageSource {
  start(accept: (message: SourceMessage) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}
