/** Takes out of what is logged whatever opens something. */
import type { Facts } from "../model/log.ts";

const HIDDEN = "[hidden]";
/** A shorter value would hide half of every line; passwords and tokens have more. */
const LEAST_HIDDEN = 6;
const MOST_DEPTH = 6;
const MOST_CHARACTERS = 4_000;

const secretName =
  /pass(word|wd|phrase)?$|secret|token|cookie|authorization|credential|api-?key|private-?key|^hash$/i;

/** What a secret looks like, wherever it stands. */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/\b(scrypt|sha256)\$[\w$-]+/g, `$1$${HIDDEN}`],
  [/\b(basic|bearer) +[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\b(token) +[\w.~+/=-]{20,}/gi, `$1 ${HIDDEN}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^/?#\s"']+@/gi, `$1${HIDDEN}@`],
  [/([?&](?:access_token|token|key|secret|password|sign|signature)=)[^&\s"']+/gi, `$1${HIDDEN}`],
  [/((?:__Host-)?energy-session=)[\w-]+/g, `$1${HIDDEN}`],
  // A notice's link, by which its officer answers without signing in.
  [/(\/a\/)[\w-]{16,}\.[\w-]{16,}/g, `$1${HIDDEN}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
];

/** The spellings in which a secret may turn up. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("base64"), bytes.toString("base64url")];
}

function errorFacts(error: Error): Record<string, unknown> {
  const { message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    message,
    ...(code === undefined ? {} : { code }),
    stack,
    ...(cause === undefined ? {} : { cause }),
  };
}

/** A copy of facts without secrets, by their names, their looks, and the values in `hide`. */
export function createScrub(hide: readonly string[]): (facts: Facts) => Record<string, unknown> {
  const known = [...new Set(hide.filter((one) => one.length >= LEAST_HIDDEN).flatMap(spellings))]
    // The longest first: one secret may be part of another.
    .sort((a, b) => b.length - a.length);
  const cleanText = (text: string): string => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [form, instead] of secretForms) clean = clean.replace(form, instead);
    return clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS)}…` : clean;
  };
  const clean = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return cleanText(value);
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MOST_DEPTH) return "…";
    if (value instanceof Error) return cleanEntries(errorFacts(value), depth);
    if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1));
    if (value instanceof Date) return value.toISOString();
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    return cleanEntries(value as Record<string, unknown>, depth);
  };
  const cleanEntries = (value: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        cleanText(name),
        secretName.test(name) ? HIDDEN : clean(one, depth + 1),
      ]),
    );
  return (facts) => cleanEntries(facts, 0);
}
