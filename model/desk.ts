/** What the desk keeps of alerts, matters and notices: the port to its own store, one file in either stack. */
import type { Matter, MatterEvent } from "./alert.ts";
import type { Colour } from "./limit.ts";
import type { NoticeKind } from "./notice.ts";
import type { Instant } from "./time.ts";

/** A matter as it is kept, with what only the desk needs to know of it. */
export interface DeskMatter extends Matter {
  /** Same subject and purpose, whatever the colour. */
  readonly subject: string;
  /** When the ladder began: raised, or worsened last. */
  readonly clockFrom: Instant;
  /** When its next rung is due; absent once somebody answered, and above the last rung. */
  readonly nextAt?: Instant;
  /** Rungs gone up since `clockFrom`; `escalations` counts all. */
  readonly rung: number;
  /** Everybody who was told so far: those who hear of the end. */
  readonly told: readonly string[];
}

/** A firing of one series that a matter is about: of each colour that it crossed, and of each start. */
export interface AlertLink {
  readonly fingerprint: string;
  readonly startsAt: Instant;
  readonly matter: string;
  readonly colour: Colour;
  readonly resolvedAt?: Instant;
}

/** That an officer is to be told something later: in quiet hours, or as one of many. */
export interface Telling {
  readonly id: number;
  readonly officer: string;
  readonly matter: string;
  readonly kind: NoticeKind;
  readonly colour: Colour;
  readonly at: Instant;
  readonly dueAt: Instant;
}

/** A row of the outbox; `body` is its JSON, the rest what it is looked up by. */
export interface StoredDelivery {
  readonly id: string;
  readonly channel: string;
  readonly state: string;
  readonly nextAt: Instant;
  readonly createdAt: Instant;
  readonly colour: Colour;
  readonly matters: readonly string[];
  readonly body: string;
}

/** A try of a delivery, kept for good. */
export interface StoredAttempt {
  readonly delivery: string;
  readonly channel: string;
  readonly at: Instant;
  readonly status: string;
  readonly matters: readonly string[];
  readonly body: string;
}

export interface MatterQuery {
  readonly state: "open" | "closed" | "all";
  readonly site?: string;
  readonly colour?: Colour;
  /** Leads, or is beside who leads. */
  readonly agency?: string;
  readonly limit: number;
  /** Only those raised before this matter. */
  readonly before?: string;
}

/** Open matters. */
export interface OpenCounts {
  readonly open: Readonly<Record<Colour, number>>;
  /** Not acknowledged in time. */
  readonly overdue: number;
  /** With nobody to tell. */
  readonly unassigned: number;
  /** Id of the matter raised last. */
  readonly newest?: string;
}

/** Matters raised in a span, by leading agency; `agency` is empty where nobody leads. */
export interface AgencySummary {
  readonly agency: string;
  readonly raised: number;
  readonly answeredInTime: number;
  readonly overdue: number;
  readonly closed: number;
}

/** An event, its place in the order of all events, and its matter as it is now. */
export interface NumberedEvent {
  readonly number: number;
  readonly event: MatterEvent;
  readonly matter: DeskMatter;
}

/**
 * The desk's store. Every call returns when what it wrote is as durable as the transaction it is in: the outermost
 * transaction is on disk when `transaction` returns. Events are never changed and never deleted.
 */
export interface DeskStore {
  /** All or nothing. May be nested; the outermost one commits. */
  transaction<T>(work: () => T): T;
  /** 1, 2, 3 … of the matters of a day such as `20261123`. */
  nextNumber(day: string): number;
  matter(id: string): DeskMatter | undefined;
  /** The matter of a subject that was raised last. */
  newestOf(subject: string): DeskMatter | undefined;
  putMatter(matter: DeskMatter): void;
  /** Newest first. */
  matters(query: MatterQuery): DeskMatter[];
  counts(now: Instant): OpenCounts;
  summary(from: Instant, to: Instant, now: Instant): AgencySummary[];
  /** Matters whose next rung is due, the longest due first. */
  dueMatters(now: Instant, limit: number): DeskMatter[];
  link(fingerprint: string, startsAt: Instant): AlertLink | undefined;
  /** Links of a matter that have not ended. */
  openLinks(matter: string): AlertLink[];
  putLink(link: AlertLink): void;
  /** Adds the matter's next event and returns it with its number. */
  addEvent(event: Omit<MatterEvent, "seq">): MatterEvent;
  events(matter: string): MatterEvent[];
  /** Events after a number, of all matters, in order. */
  eventsSince(number: number, limit: number): NumberedEvent[];
  addTelling(telling: Omit<Telling, "id">): void;
  /** What is due of the officer who has waited longest; empty when nothing is due. */
  dueTellings(now: Instant, limit: number): Telling[];
  dropTellings(ids: readonly number[]): void;
  tellingsOf(matter: string): Telling[];
  /** Counts a message to an officer, for the digests. */
  addTold(officer: string, at: Instant, isDigest: boolean): void;
  /** Messages to an officer after `since`, and when the last digest among all went. */
  toldSince(officer: string, since: Instant): { readonly messages: number; readonly lastDigestAt?: Instant };
  putDelivery(delivery: StoredDelivery): void;
  /** Waiting and due by a channel: red first, then orange, then yellow, each by nextAt, then id. */
  dueDeliveries(channel: string, now: Instant, limit: number): StoredDelivery[];
  waitingDeliveries(channel: string): number;
  nextDeliveryAt(channel: string): Instant | undefined;
  waitingChannels(): string[];
  deliveriesIn(state: string): StoredDelivery[];
  deliveriesOf(matter: string): StoredDelivery[];
  addAttempt(attempt: StoredAttempt): void;
  attemptsOf(matter: string): StoredAttempt[];
  /** When tries by a channel with one of these statuses began, at or after `since`. */
  attemptsSince(channel: string, since: Instant, statuses: readonly string[]): Instant[];
  /** When the oldest row that is not carried yet was made. */
  oldestWaiting(): Instant | undefined;
  /** Earliest moment at which a rung or a telling is due. */
  nextDueAt(): Instant | undefined;
  fact(name: string): string | undefined;
  putFact(name: string, value: string): void;
  close(): void;
}
