/** Runs scripts/make-secrets.sh into a directory of a test's own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./compose-file.ts";

export interface SecretsRun {
  readonly status: number | null;
  readonly made: readonly string[];
  readonly complaints: string;
}

export function makeSecrets(directory: string, ...options: readonly string[]): SecretsRun {
  const script = join(root, "scripts/make-secrets.sh");
  const run = spawnSync("sh", [script, ...options, directory], { encoding: "utf8" });
  const made = run.stdout.split("\n").flatMap((line) => (line.startsWith("made ") ? [line.slice(5)] : []));
  return { status: run.status, made, complaints: run.stderr };
}

/** A fresh directory and how to remove it. */
export function freshDirectory(name: string): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `energy-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
