/** Tokens of machines: random, so that a plain hash of one gives nothing away; kept as `sha256$` and 64 hex digits. */
import { createHash, randomBytes } from "node:crypto";

const hashForm = /^sha256\$[0-9a-f]{64}$/;
/** 256 random bits in base64url are 43 characters; a shorter text was thought up by somebody and opens nothing. */
const LEAST_CHARACTERS = 43;
const MOST_CHARACTERS = 256;

/** True when a text is a hash as `hashToken` makes it. */
export function isTokenHash(text: string): boolean {
  return hashForm.test(text);
}

/** The hash of a token for the secrets file; undefined for a text too short or too long to be one. */
export function hashToken(token: string): string | undefined {
  if (token.length < LEAST_CHARACTERS || token.length > MOST_CHARACTERS) return undefined;
  return `sha256$${createHash("sha256").update(token).digest("hex")}`;
}

/** A new token of 256 random bits, and its hash for the secrets file. */
export function makeToken(): { readonly token: string; readonly hash: string } {
  const token = randomBytes(32).toString("base64url");
  return { token, hash: hashToken(token)! };
}
