/** Rejects: what is kept of a message that was refused, within a day's quota. */
import { type Reject, type RejectCode, UNKNOWN_SITE } from "../model/reject.ts";
import type { Calendar, DayIndex, Instant } from "../model/time.ts";
import { cut } from "./fault.ts";

/** Payloads are kept whole up to this many bytes. */
export const LARGEST_PAYLOAD = 256 * 1024;
/** Bytes kept of a larger one. */
export const HEAD_BYTES = 1024;
/** Bytes of payloads kept per sender and local day. */
export const DAILY_QUOTA_BYTES = 10 * 1024 * 1024;
/** Longest topic that a reject repeats. */
const LONGEST_ORIGIN = 1024;

/** What the platform has to compute for us. */
export interface PayloadBytes {
  /** SHA-256 as hex. */
  sha256(bytes: Uint8Array): string;
  base64(bytes: Uint8Array): string;
  fromBase64(text: string): Uint8Array;
}

/** The message that a reject speaks of. */
export interface Envelope {
  /** MQTT topic, or file and line. */
  readonly origin: string;
  readonly payload: Uint8Array;
  readonly receivedAt: Instant;
  readonly gateway: string | undefined;
  /** Whose quota keeps the payload: ids of gateways are their site's alone. Else the gateway's, else `_anonymous`. */
  readonly payer?: string | undefined;
  readonly profile: string | undefined;
  /** Length and SHA-256 of the whole payload, where `payload` is only its beginning. */
  readonly whole?: { readonly length: number; readonly sha256: string };
}

/** The reason, and how many values of whom it struck. */
export interface Reason {
  readonly code: RejectCode;
  readonly detail: string;
  readonly site: string;
  readonly meter?: string | undefined;
  readonly register?: string | undefined;
  readonly values: number;
}

/**
 * Makes the rejects of one message. The payload is kept on the first only; the others are joined to it by
 * `receivedAt`, `origin` and `sha256`. Beyond the quota none is kept.
 */
export type RejectWriter = (envelope: Envelope, reasons: readonly Reason[]) => Reject[];

/** A writer that counts kept bytes per sender and local day; messages without one share `_anonymous`. */
export function createRejectWriter(
  bytes: PayloadBytes,
  calendar: Calendar,
  quotaBytes = DAILY_QUOTA_BYTES,
): RejectWriter {
  let today: DayIndex | undefined;
  const used = new Map<string, number>();
  const grant = (payer: string, receivedAt: Instant, size: number): boolean => {
    const day = calendar.dayOf(receivedAt);
    if (day !== today) {
      today = day;
      used.clear();
    }
    const before = used.get(payer) ?? 0;
    if (before + size > quotaBytes) return false;
    used.set(payer, before + size);
    return true;
  };
  return (envelope, reasons) => {
    const { payload, whole } = envelope;
    const kept = payload.length > LARGEST_PAYLOAD ? payload.subarray(0, HEAD_BYTES) : payload;
    const payer = envelope.payer ?? envelope.gateway ?? "_anonymous";
    const isKept = grant(payer, envelope.receivedAt, kept.length);
    const length = whole?.length ?? payload.length;
    const sha256 = whole?.sha256 ?? bytes.sha256(payload);
    return reasons.map((reason, i) => ({
      ...common(envelope, reason),
      ...(i === 0 && isKept ? { payload: bytes.base64(kept) } : {}),
      length,
      sha256,
    }));
  };
}

function common(envelope: Envelope, reason: Reason): Omit<Reject, "length" | "sha256"> {
  const { meter, register, values } = reason;
  const { gateway, profile } = envelope;
  return {
    code: reason.code,
    detail: values > 1 ? `${reason.detail} (${values} values; the first is shown)` : reason.detail,
    site: reason.site,
    ...(meter === undefined ? {} : { meter }),
    ...(register === undefined ? {} : { register }),
    ...(gateway === undefined ? {} : { gateway }),
    origin: cut(envelope.origin, LONGEST_ORIGIN),
    ...(profile === undefined ? {} : { profile }),
    receivedAt: envelope.receivedAt,
    values,
  };
}

/** Site a message is booked under that was refused before its own was read: a known one, else `_unknown`. */
export function knownSite(
  sites: ReadonlyMap<string, unknown>,
  ...candidates: readonly (string | undefined)[]
): string {
  return candidates.find((site) => site !== undefined && sites.has(site)) ?? UNKNOWN_SITE;
}
