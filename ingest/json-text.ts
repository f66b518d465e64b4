/** JSON as meters send it, without the two things that JSON.parse lets pass: repeated keys and endless nesting. */
import { cut, type Fault } from "./fault.ts";

/** Levels of nesting that a payload may have. */
const DEEPEST = 32;

const QUOTE = 34;
const BACKSLASH = 92;

/** A parsed payload. */
export type Parsed = { readonly fault: Fault } | { readonly value: unknown; readonly fault?: undefined };

/**
 * Parses a payload. An object that names a key twice is refused, since two parsers may well read two
 * different values out of it (RFC 7493 §2.3 forbids it); so is nesting below 32 levels.
 */
export function parseJson(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = text.length === 0 ? "the payload is empty" : cut((error as Error).message, 160);
    return { fault: { code: "malformed-json", detail: `payload is no JSON: ${why}; send a whole document` } };
  }
  const written = countWrittenKeys(text);
  if (written < 0)
    return { fault: { code: "wrong-shape", detail: `payload nests deeper than ${DEEPEST} levels` } };
  if (written !== countKeys(value)) {
    return {
      fault: { code: "malformed-json", detail: "an object names a key twice; send each key once (RFC 7493)" },
    };
  }
  return { value };
}

/** Keys written in a well-formed JSON text; −1 when it nests too deep. */
function countWrittenKeys(text: string): number {
  let keys = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = endOfString(text, i);
    } else if (c === 58) {
      keys += 1;
    } else if (c === 123 || c === 91) {
      depth += 1;
      if (depth > DEEPEST) return -1;
    } else if (c === 125 || c === 93) {
      depth -= 1;
    }
  }
  return keys;
}

/** Place of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - 1 - before) % 2 === 1;
}

/** Keys that survived parsing. The depth was bounded before. */
function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item);
    return keys;
  }
  for (const key in value) keys += 1 + countKeys((value as Record<string, unknown>)[key]);
  return keys;
}
