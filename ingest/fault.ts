/** What is wrong with a message, a reading or a value, before it is known whose it is. */
import type { RejectCode } from "../model/reject.ts";

export interface Fault {
  readonly code: RejectCode;
  /** What is wrong, where, and what to do. */
  readonly detail: string;
}

/** Longest part of a received text that a detail repeats. */
const LONGEST_SHOWN = 80;

/** A received value as details show it: JSON, cut short. */
export function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(cutDeep(value)) ?? "nothing");
  return cut(text, LONGEST_SHOWN);
}

/** Text of at most `length` characters. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function cutDeep(value: unknown): unknown {
  if (typeof value === "string") return cut(value, LONGEST_SHOWN);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return value;
}
