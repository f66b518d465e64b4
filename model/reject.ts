/** What is refused, and the closed list of reasons. */
import type { Instant } from "./time.ts";

export const rejectCodes = [
  "malformed-json",
  "malformed-csv",
  "wrong-shape",
  "too-large",
  "unknown-topic",
  "unknown-site",
  "unknown-meter",
  "unknown-register",
  "unit-mismatch",
  "bad-time",
  "no-zone",
  "future",
  "before-service",
  "after-service",
  "not-a-number",
  "not-finite",
  "out-of-range",
  "forbidden-topic",
  "forbidden-client-id",
  "bad-credentials",
  "retained",
  "will",
] as const;
export type RejectCode = (typeof rejectCodes)[number];

/** Site under which rejects are kept that name no known site. */
export const UNKNOWN_SITE = "_unknown";

/** A message, or one value of it, that was refused; nothing of it is lost. */
export interface Reject {
  readonly code: RejectCode;
  /** What is wrong, where, and what to do. */
  readonly detail: string;
  readonly site: string;
  readonly meter?: string;
  readonly register?: string;
  readonly gateway?: string;
  /** MQTT topic, or file and line of an import. */
  readonly origin: string;
  readonly profile?: string;
  readonly receivedAt: Instant;
  /** Values it counts for in the balance. */
  readonly values: number;
  /** The payload, as base64; cut to 1 KiB when over 256 KiB, absent when over the day's quota. */
  readonly payload?: string;
  /** Bytes of the whole payload. */
  readonly length: number;
  /** SHA-256 of the whole payload, hex. */
  readonly sha256: string;
}

/** A reject as stored, with its place in the log. */
export interface StoredReject extends Reject {
  readonly offset: number;
  /** When `replay rejects` brought it in after all. */
  readonly replayedAt?: Instant;
}
