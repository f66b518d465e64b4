/** What the configuration's files look like, said in words that name the field, its value and what to do. */
import type { z } from "zod";
import type { Problem } from "../model/errors.ts";

/** A path inside a file, such as `meters[2].multipliers[0].value`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text;
}

/** A value as it is shown in a message. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function typeMessage(expected: string, value: unknown): string {
  const what = expected === "int" ? "whole number" : expected;
  if (value === undefined) return `is missing: give a ${what}`;
  const quote = expected === "string" && typeof value === "number" ? `: put it in quotes, "${value}"` : "";
  return `expected a ${what}, got ${show(value)}${quote}`;
}

function sizeMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, value: unknown): string {
  const least = issue.code === "too_small";
  const bound = least ? issue.minimum : issue.maximum;
  if (typeof value !== "number") {
    const noun = typeof value === "string" ? "characters" : "entries";
    return `needs ${least ? "at least" : "at most"} ${bound} ${noun}`;
  }
  const word = issue.inclusive ? (least ? "at least" : "at most") : least ? "above" : "below";
  return `must be ${word} ${bound}, got ${value}`;
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return typeMessage(issue.expected, value);
    case "invalid_value": {
      const values = issue.values.map(String).join(", ");
      return value === undefined
        ? `is missing: give one of ${values}`
        : `${show(value)} is none of ${values}`;
    }
    case "too_small":
    case "too_big":
      return sizeMessage(issue, value);
    case "invalid_format":
    case "custom":
      return `${show(value)}: ${issue.message}`;
    default:
      return `${show(value)}: ${issue.message}`;
  }
}

function problemsOf(file: string, issue: z.core.$ZodIssue, input: unknown): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      file,
      path: pathText([...issue.path, key]),
      message: issue.message,
      severity: "error",
    }));
  }
  const message = messageOf(issue, valueAt(input, issue.path));
  return [{ file, path: pathText(issue.path), message, severity: "error" }];
}

/** The value in its checked form with defaults filled in; undefined after adding what is wrong to `problems`. */
export function parseShape<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  value: unknown,
  problems: Problem[],
): z.output<Schema> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(...problemsOf(file, issue, value));
  return undefined;
}
