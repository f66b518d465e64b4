/** The outbox: what waits to be carried to officers, and what became of each try. Rows are plain data. */
import type { Notice, NoticeContent } from "../../model/notice.ts";
import type { Instant } from "../../model/time.ts";

/** A way to an officer, in the order they are tried. */
export interface Way {
  readonly channel: string;
  /** A mobile number, user id, address or URL, as the channel wants it. */
  readonly address: string;
}

/** An officer whom one message reaches, and his ways. */
export interface Addressee {
  readonly officer: string;
  readonly name: string;
  /** Never empty. */
  readonly ways: readonly Way[];
  /** Which of the ways is tried now. */
  readonly way: number;
  /** Channels that refused this officer: no use to try again. */
  readonly refused: readonly string[];
}

/**
 * `waiting` for `nextAt`; `sending`: handed to the channel and not yet noted; `delivered`; `failed`: every way
 * refused it, or it grew too old; `replaced`: by rows of other channels, or by a digest, under the ids in `into`.
 */
export const deliveryStates = ["waiting", "sending", "delivered", "failed", "replaced"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** A row of the outbox: one message by one channel to those whom it reaches together. */
export interface Delivery {
  /** Key of the row; a row that takes its place has another. */
  readonly id: string;
  /** What the channel is told; its id stays the same over tries, channels and restarts. */
  readonly notice: Pick<Notice, "id" | "at" | "matters" | "content">;
  /** All at their current way, which is this channel. Never empty. */
  readonly addressees: readonly Addressee[];
  readonly channel: string;
  readonly state: DeliveryState;
  readonly createdAt: Instant;
  /** When it is due; red goes first among those that are. */
  readonly nextAt: Instant;
  /** Ended tries by this channel, and by all. */
  readonly tries: number;
  readonly allTries: number;
  /** An earlier try may have arrived. */
  readonly isRepeat: boolean;
  /** Of `sending`. */
  readonly startedAt?: Instant;
  readonly into?: readonly string[];
}

/** What became of one try; kept for good, shown with the matter. */
export interface Attempt {
  readonly delivery: string;
  readonly notice: string;
  readonly matters: readonly string[];
  readonly kind: NoticeContent["kind"];
  readonly channel: string;
  readonly officers: readonly string[];
  readonly at: Instant;
  readonly tookMs: number;
  /** 1, 2, 3 … over all channels. */
  readonly try: number;
  /**
   * `delivered`; `refused`: no use to try this channel again; `failed`: tried again; `unknown`: the process ended
   * while sending; `given-up`: nobody is left to try, or too old.
   */
  readonly status: "delivered" | "refused" | "failed" | "unknown" | "given-up";
  readonly isRepeat: boolean;
  /** What the channel said, without secrets. */
  readonly error?: string;
}

/** What one step changed: stored in one transaction. Rows take the place of those with the same id. */
export interface OutboxChanges {
  readonly rows: readonly Delivery[];
  readonly attempts: readonly Attempt[];
}

/** The stored outbox, as the deliverer uses it. The desk adds rows in the transaction of the event that made them. */
export interface Outbox {
  /** Rows `waiting` with nextAt ≤ now by one channel: red first, then orange, then yellow, each by nextAt, then id. */
  due(channel: string, now: Instant, limit: number): readonly Delivery[];
  /** Rows `waiting` by one channel, due or not. */
  waiting(channel: string): number;
  /** The earliest nextAt of what waits by one channel. */
  nextAt(channel: string): Instant | undefined;
  /** Channels that have rows `waiting`, those the configuration no longer has among them. */
  waitingChannels(): readonly string[];
  /** Rows `sending`: of a process that ended, when read at the start. */
  sending(): readonly Delivery[];
  /** Starts of tries by the channel at or after `since`, for the rate limit; `given-up` and `unknown` left out. */
  triedSince(channel: string, since: Instant): readonly Instant[];
  /** Returns when it is durable. */
  write(changes: OutboxChanges): void | Promise<void>;
}
