/** Reads one YAML file; what cannot be read is a problem with its line, never an exception. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import type { Problem } from "../model/errors.ts";

/** Keys of all objects inside a value. */
function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const member of Object.values(value)) keys += countKeys(member);
  return keys;
}

/**
 * JSON is YAML, and a generated registry of 100,000 meters is read a hundred times faster as JSON. Falls back
 * to YAML, which names the line, on a syntax error, and on a key given twice, which JSON.parse passes over.
 */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    let keys = 0;
    for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (match[1] !== undefined) keys += 1;
    return keys === countKeys(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseYaml(file: string, text: string, problems: Problem[]): unknown {
  const document = parseDocument(text);
  for (const error of [...document.errors, ...document.warnings]) {
    const [start] = error.linePos ?? [];
    const message = (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
    const path = start === undefined ? "" : `line ${start.line}, column ${start.col}`;
    problems.push({ file, path, message: `is no YAML: ${message}`, severity: "error" });
  }
  if (document.errors.length + document.warnings.length > 0) return undefined;
  try {
    return document.toJS() as unknown;
  } catch (cause) {
    problems.push({ file, path: "", message: `is no YAML: ${(cause as Error).message}`, severity: "error" });
    return undefined;
  }
}

/** The value a text holds; undefined after adding what is wrong to `problems`. */
export function parseText(file: string, text: string, problems: Problem[]): unknown {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const json = /^\s*\{/.test(plain) ? parseJson(plain) : undefined;
  return json ?? parseYaml(file, plain, problems) ?? undefined;
}

/** The value of a file; undefined after adding what is wrong to `problems`. */
export async function readYaml(directory: string, file: string, problems: Problem[]): Promise<unknown> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(directory, file));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = code === "ENOENT" ? "is missing" : `cannot be read (${code})`;
    problems.push({ file, path: "", message, severity: "error" });
    return undefined;
  }
  const before = problems.length;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const value = parseText(file, text, problems);
    if (value === undefined && problems.length === before)
      problems.push({ file, path: "", message: "is empty", severity: "error" });
    return value;
  } catch {
    problems.push({ file, path: "", message: "is not UTF-8: save it as UTF-8", severity: "error" });
    return undefined;
  }
}
