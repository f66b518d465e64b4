/** The data directory: its files, and who is working in it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
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

const isBusy = (error: unknown): boolean => /locked|busy/i.test((error as Error).message);

/** Somebody looking whether the directory is taken has a share of its lock for a moment. */
const LOOKING_MS = 1_000;

/** Takes the directory's lock; undefined where another process has it. Ids of processes are given anew, locks are not. */
function takeLock(directory: string): Database | undefined {
  const db = openDatabase(lockFile(directory));
  try {
    db.exec(`PRAGMA busy_timeout=${LOOKING_MS}`);
    db.exec("BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/** Whether another process has the lock; several may look at once. */
function isLocked(directory: string): boolean {
  const db = openDatabase(lockFile(directory));
  try {
    db.exec("SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
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
  if (occupant === undefined || held.has(resolve(directory))) return undefined;
  return isLocked(directory) ? occupant : undefined;
}

/**
 * Claims the directory for this process, and makes it if there is none; or tells of another door to it.
 * @throws UsageError when another process works there
 */
export function occupy(
  directory: string,
  door: { readonly url?: string; readonly token?: string } = {},
): void {
  mkdirSync(directory, { recursive: true });
  if (!held.has(resolve(directory))) {
    const lock = takeLock(directory);
    if (lock === undefined) {
      const pid = readOccupant(directory)?.pid;
      throw new UsageError(
        `${pid === undefined ? "Another process" : `Process ${pid}`} already works in ${directory}. Stop it, or choose another directory by --data.`,
      );
    }
    held.set(resolve(directory), lock);
  }
  writeFileSync(occupantFile(directory), JSON.stringify({ pid: process.pid, ...door }), { mode: 0o600 });
}

/** Gives the directory up; where this process does not have it, nothing happens. */
export function leave(directory: string): void {
  const lock = held.get(resolve(directory));
  if (lock === undefined) return;
  rmSync(occupantFile(directory), { force: true });
  lock.close();
  held.delete(resolve(directory));
}
