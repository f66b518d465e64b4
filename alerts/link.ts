/** Links by which officers answer a notice: signed, so that nobody makes one up, and good for a time. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { DAY_MS, type Instant } from "../model/time.ts";

/** How long a link is good for where nobody says otherwise. */
export const LINK_LIFE_MS = 7 * DAY_MS;

/** A key has at least 256 bits. */
export const LEAST_KEY_BYTES = 32;

/** What a link lets its holder do: answer for one of these officers in one matter. */
export interface AnswerLink {
  readonly matter: string;
  /** One; several where one message reached several, and the page asks who is answering. Never empty. */
  readonly officers: readonly string[];
  readonly expiresAt: Instant;
}

/** `forged`: no link of ours, or changed on its way. `other`: good, and for another matter than asked. */
export type LinkCheck =
  | { readonly status: "ok" | "expired" | "other"; readonly link: AnswerLink }
  | { readonly status: "forged" };

/** The signature covers what it is for, so that no other signed text of ours passes for a link. */
const PURPOSE = "energy answer link 1\n";
const MOST_CHARACTERS = 4_096;

const macOf = (payload: string, key: Uint8Array): Buffer =>
  createHmac("sha256", key).update(PURPOSE).update(payload).digest();

/**
 * The token of a link: `<payload>.<signature>`, both base64url, for the path `/a/<token>`.
 * @throws RangeError for a key under 256 bits or a link without officers
 */
export function signLink({ matter, officers, expiresAt }: AnswerLink, key: Uint8Array): string {
  if (key.byteLength < LEAST_KEY_BYTES) throw new RangeError("the key of links needs at least 32 bytes");
  if (officers.length === 0) throw new RangeError("a link needs at least one officer");
  const payload = Buffer.from(JSON.stringify([matter, officers, expiresAt])).toString("base64url");
  return `${payload}.${macOf(payload, key).toString("base64url")}`;
}

function linkOf(payload: string): AnswerLink | undefined {
  const [matter, officers, expiresAt] = JSON.parse(
    Buffer.from(payload, "base64url").toString("utf8"),
  ) as unknown[];
  const isLink =
    typeof matter === "string" &&
    Array.isArray(officers) &&
    officers.length > 0 &&
    officers.every((one) => typeof one === "string") &&
    typeof expiresAt === "number";
  return isLink ? { matter, officers, expiresAt } : undefined;
}

/**
 * Checks a token from an address. `matter` is the one that the holder means to answer, where he says it. The
 * signature is compared in constant time, and nothing is read before it holds.
 */
export function verifyLink(token: string, key: Uint8Array, now: Instant, matter?: string): LinkCheck {
  if (token.length > MOST_CHARACTERS) return { status: "forged" };
  const [, payload, signature] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  if (payload === undefined || signature === undefined) return { status: "forged" };
  const given = Buffer.from(signature, "base64url");
  const mac = macOf(payload, key);
  // The last character carries two bits of nothing: only its plain spelling counts.
  const isSame = given.length === mac.length && timingSafeEqual(given, mac);
  if (!isSame || mac.toString("base64url") !== signature) return { status: "forged" };
  const link = linkOf(payload);
  if (!link) return { status: "forged" };
  if (matter !== undefined && matter !== link.matter) return { status: "other", link };
  return { status: now < link.expiresAt ? "ok" : "expired", link };
}

/** Path of a link's page on the board. */
export function linkPath(token: string): string {
  return `/a/${token}`;
}
