/** Notices: what an officer is told, and the channels that carry it. */
import type { Colour } from "./limit.ts";
import type { Instant } from "./time.ts";

export const noticeKinds = ["raised", "worsened", "escalated", "resolved", "digest", "reminder"] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** How a channel reaches an officer: a mobile number, user id, address or URL, as the channel wants it. */
export interface Recipient {
  readonly officer: string;
  readonly name: string;
  readonly address: string;
}

/** Plain text throughout: a channel escapes it for its own format. */
export interface NoticeContent {
  readonly language: "zh" | "en";
  readonly kind: NoticeKind;
  readonly colour: Colour;
  readonly title: string;
  /** What, where, how much, against which limit, since when. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** Of a digest: one line a matter, the worst first. There may be more than lines. */
  readonly lines: readonly string[];
  /** Of a digest: how many of which colour, and how many that are over. */
  readonly counts?: Readonly<Partial<Record<Colour | "resolved", number>>>;
  /** Link to the panel, link to answer. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
}

export interface Notice {
  /** Stays the same over repeats, so that a receiver can tell them. */
  readonly id: string;
  /** May have been delivered before: the process ended between sending and noting it. */
  readonly isRepeat: boolean;
  readonly at: Instant;
  readonly matters: readonly string[];
  /** All are reached by one message where the channel can (a robot in a group with at-mentions). */
  readonly recipients: readonly Recipient[];
  readonly content: NoticeContent;
}

/** A channel failed in a way that another try will not mend: a wrong address, a refused signature. */
export class ChannelRefused extends Error {
  override readonly name = "ChannelRefused";
  /** Officers whose addresses are why; absent where it is not about addresses. */
  readonly officers: readonly string[] | undefined;
  constructor(message: string, officers?: readonly string[]) {
    super(message);
    this.officers = officers;
  }
}

/** A channel did not take the notice this time: it is down, slow or has had too much. Another try is due. */
export class ChannelFailed extends Error {
  override readonly name = "ChannelFailed";
  /** How long the other side asks to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** The notice was on its way when it failed: the next try may be a repeat. */
  readonly mayHaveArrived: boolean;
  constructor(message: string, options: { retryAfterMs?: number; mayHaveArrived?: boolean } = {}) {
    super(message);
    this.retryAfterMs = options.retryAfterMs;
    this.mayHaveArrived = options.mayHaveArrived ?? false;
  }
}

/** A channel. Resolves once the other side has taken the notice. */
export interface Notifier {
  readonly id: string;
  /** @throws ChannelRefused when another try is no use; anything else is tried again */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
