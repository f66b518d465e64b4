/** The data directory: its files, and who is working in it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../model/errors.ts";

/** The process that works in a data directory, and where it can be asked. */
export interface Occupant {
  readonly pid: number;
  /** Address at which it answers commands; absent while a command works there alone. */
  readonly url?: string;
  /** What a command must show; the file is readable by its owner alone. */
  readonly token?: string;
}

export function databaseFile(directory: string): string {
  return join(directory, "energy.db");
}

/** The desk's own file, in either stack. */
export function alertsFile(directory: string): string {
  return join(directory, "alerts.db");
}

const occupantFile = (directory: string): string => join(directory, "running.json");

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The living process that works in the directory; what a killed one left behind does not count. */
export function occupantOf(directory: string): Occupant | undefined {
  try {
    const occupant = JSON.parse(readFileSync(occupantFile(directory), "utf8")) as Occupant;
    return isAlive(occupant.pid) ? occupant : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Claims the directory for this process, and makes it if there is none.
 * @throws UsageError when another process works there
 */
export function occupy(
  directory: string,
  door: { readonly url?: string; readonly token?: string } = {},
): void {
  mkdirSync(directory, { recursive: true });
  const other = occupantOf(directory);
  if (other) {
    throw new UsageError(
      `Process ${other.pid} already works in ${directory}. Stop it, or choose another directory by --data.`,
    );
  }
  writeFileSync(occupantFile(directory), JSON.stringify({ pid: process.pid, ...door }), { mode: 0o600 });
}

export function leave(directory: string): void {
  rmSync(occupantFile(directory), { force: true });
}
