/** The data directory: its files, and who is working in it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../model/errors.ts";
import { type Database, openDatabase } from "./sqlite/driver.ts";

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

const lockFile = (directory: string): string => join(directory, "running.lock");

/** Locks that this process holds, by directory. The system lets go of them with the process, however it ends. */
const held = new Map<string, Database>();

/** Takes the directory's lock; undefined where another process has it. Ids of processes are given anew, locks are not. */
function takeLock(directory: string, waitMs: number): Database | undefined {
  const db = openDatabase(lockFile(directory));
  try {
    db.exec(`PRAGMA busy_timeout=${waitMs}`);
    db.exec("BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db.close();
    if (/locked|busy/i.test((error as Error).message)) return undefined;
    throw error;
  }
}

function readOccupant(directory: string): Occupant | undefined {
  try {
    return JSON.parse(readFileSync(occupantFile(directory), "utf8")) as Occupant;
  } catch {
    return undefined;
  }
}

/** The other process that works in the directory; what a killed one left behind does not count. */
export function occupantOf(directory: string): Occupant | undefined {
  const occupant = readOccupant(directory);
  if (occupant === undefined || held.has(directory)) return undefined;
  const lock = takeLock(directory, 0);
  lock?.close();
  return lock ? undefined : occupant;
}

/** Somebody looking whether the directory is taken has its lock for a moment. */
const LOOKING_MS = 1_000;

/**
 * Claims the directory for this process, and makes it if there is none; or tells of another door to it.
 * @throws UsageError when another process works there
 */
export function occupy(
  directory: string,
  door: { readonly url?: string; readonly token?: string } = {},
): void {
  mkdirSync(directory, { recursive: true });
  if (!held.has(directory)) {
    const lock = takeLock(directory, LOOKING_MS);
    if (lock === undefined) {
      const pid = readOccupant(directory)?.pid;
      throw new UsageError(
        `${pid === undefined ? "Another process" : `Process ${pid}`} already works in ${directory}. Stop it, or choose another directory by --data.`,
      );
    }
    held.set(directory, lock);
  }
  writeFileSync(occupantFile(directory), JSON.stringify({ pid: process.pid, ...door }), { mode: 0o600 });
}

export function leave(directory: string): void {
  rmSync(occupantFile(directory), { force: true });
  held.get(directory)?.close();
  held.delete(directory);
}
