/** SQLite by `node:sqlite` where Node has a safe one, else by the same API from a package with prebuilt binaries. */
import { createRequire } from "node:module";

/** A value of a row. Booleans are 0 and 1. */
export type SqlValue = number | string | Uint8Array | null;

export interface Statement {
  run(...values: SqlValue[]): unknown;
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
  setReturnArrays(on: boolean): void;
}

/** The part of the `DatabaseSync` API in use. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface Driver {
  readonly DatabaseSync: new (path: string, options?: { readOnly?: boolean }) => Database;
}

/** First release without the WAL-reset bug that could corrupt a database (fixed in SQLite 3.51.3). */
const SAFE_VERSION = [3, 51, 3] as const;

function isSafe(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (let i = 0; i < SAFE_VERSION.length; i += 1) {
    const difference = (parts[i] ?? 0) - SAFE_VERSION[i]!;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const require = createRequire(import.meta.url);

function versionOf(driver: Driver): string {
  const db = new driver.DatabaseSync(":memory:");
  const row = db.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  db.close();
  return row.version;
}

function builtIn(): Driver | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 13)) return undefined;
  const driver = require("node:sqlite") as Driver;
  return isSafe(versionOf(driver)) ? driver : undefined;
}

let chosen: Driver | undefined;

/** The driver in use; chosen once for the process. */
function driver(): Driver {
  chosen ??= builtIn() ?? (require("@photostructure/sqlite") as Driver);
  return chosen;
}

export function openDatabase(path: string, options: { readOnly?: boolean } = {}): Database {
  const { DatabaseSync } = driver();
  return options.readOnly ? new DatabaseSync(path, { readOnly: true }) : new DatabaseSync(path);
}

/**
 * Copies a database that may be in use to a new file, whole and consistent: one snapshot, however long the
 * writer goes on meanwhile.
 */
export function copyDatabase(from: string, to: string): void {
  const source = openDatabase(from, { readOnly: true });
  try {
    source.exec(`VACUUM INTO '${to.replaceAll("'", "''")}'`);
  } finally {
    source.close();
  }
}

/** Files that SQLite keeps beside a database; left behind they would be taken for parts of another one. */
export const besideDatabase = (path: string): string[] =>
  ["-wal", "-shm", "-journal"].map((ending) => path + ending);

function firstTrouble(db: Database): string | undefined {
  // A copy that was broken off at its beginning is a database without anything in it.
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get() as { n: number };
  if (tables.n === 0) return "it is empty";
  const rows = db.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
  const found = rows[0]?.integrity_check;
  return found === "ok" ? undefined : (found ?? "no answer");
}

/** Looks a database over; the first trouble found, or undefined. */
export function troubleIn(path: string): string | undefined {
  const db = openDatabase(path, { readOnly: true });
  try {
    return firstTrouble(db);
  } catch (error) {
    return (error as Error).message;
  } finally {
    db.close();
  }
}
