/** Tables of the embedded log and store: one file, so that figures and offsets commit together. */
import type { Database } from "./driver.ts";
import { OBSERVED_SERIES, prepareObserved } from "./observations.ts";

/** Rises with every change that an older program could not read. */
export const SCHEMA_VERSION = 5;

/** Columns of figures of sites and groups after the key. */
export const areaColumns = [
  "amount",
  "coverage",
  "estimated",
  "missing_meters",
  "kgce_calorific",
  "kgce_equivalent",
  "kgco2_location",
  "kgco2_market",
  "output",
  "output_kgce_calorific",
  "output_kgce_equivalent",
  "output_kgco2_location",
  "output_kgco2_market",
  "factors",
] as const;

export const meterColumns = ["amount", "coverage", "estimated"] as const;

/**
 * Quarter-hours are keyed by hour first: what arrives together lies together, which is ten times faster to
 * write than (owner, start). Days and months are few and keyed the same way.
 */
function figureTable(name: string, columns: readonly string[]): string {
  const fields = columns.map((column) => `${column} ${column === "factors" ? "INTEGER" : "REAL"}`).join(", ");
  return `CREATE TABLE ${name}(bucket INTEGER NOT NULL, owner INTEGER NOT NULL, start INTEGER NOT NULL, ${fields},
    PRIMARY KEY(bucket, owner, start)) WITHOUT ROWID, STRICT;`;
}

const LOG_CHANGED =
  "CREATE TABLE log_changed(off INTEGER PRIMARY KEY, site TEXT NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL) STRICT;";

const LOG_ALERTS =
  "CREATE TABLE log_alerts(off INTEGER PRIMARY KEY, site TEXT NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL) STRICT;";

/** What turns a file of an earlier version into one of the next. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: LOG_CHANGED,
  2: "ALTER TABLE dirty ADD COLUMN causes TEXT NOT NULL DEFAULT '';",
  3: OBSERVED_SERIES,
  4: LOG_ALERTS,
};

export const SCHEMA = `
CREATE TABLE log_readings(off INTEGER PRIMARY KEY, site TEXT NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE log_rejects(off INTEGER PRIMARY KEY, site TEXT NOT NULL, received INTEGER NOT NULL, value TEXT NOT NULL) STRICT;
${LOG_CHANGED}
${LOG_ALERTS}
CREATE TABLE log_offset(consumer TEXT NOT NULL, topic TEXT NOT NULL, off INTEGER NOT NULL, PRIMARY KEY(consumer, topic)) WITHOUT ROWID, STRICT;
CREATE TABLE series(id INTEGER PRIMARY KEY, site TEXT NOT NULL, meter TEXT NOT NULL, register TEXT NOT NULL, UNIQUE(site, meter, register)) STRICT;
CREATE TABLE owner(id INTEGER PRIMARY KEY, scope TEXT NOT NULL, owner TEXT NOT NULL, carrier TEXT NOT NULL, UNIQUE(scope, owner, carrier)) STRICT;
CREATE TABLE factor_set(id INTEGER PRIMARY KEY, ids TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE reading(hour INTEGER NOT NULL, series INTEGER NOT NULL, at INTEGER NOT NULL, revision INTEGER NOT NULL, value REAL NOT NULL,
  seq INTEGER NOT NULL, received INTEGER NOT NULL, off INTEGER NOT NULL, verdict INTEGER NOT NULL, certain INTEGER NOT NULL,
  PRIMARY KEY(hour, series, at, revision, value)) WITHOUT ROWID, STRICT;
CREATE INDEX reading_aside ON reading(received, series) WHERE verdict >= 4;
CREATE TABLE reading_day(series INTEGER NOT NULL, day INTEGER NOT NULL, hours INTEGER NOT NULL, PRIMARY KEY(series, day)) WITHOUT ROWID, STRICT;
${figureTable("meter_15m", meterColumns)}
${figureTable("meter_day", meterColumns)}
${figureTable("site_15m", areaColumns)}
${figureTable("site_day", areaColumns)}
${figureTable("site_month", areaColumns)}
${figureTable("group_15m", areaColumns)}
${figureTable("group_day", areaColumns)}
${figureTable("group_month", areaColumns)}
CREATE TABLE live(site TEXT NOT NULL, meter TEXT NOT NULL, at INTEGER NOT NULL, received INTEGER NOT NULL, register TEXT NOT NULL,
  value REAL NOT NULL, power_kw REAL, PRIMARY KEY(site, meter)) WITHOUT ROWID, STRICT;
CREATE TABLE balance(day INTEGER NOT NULL, site TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(day, site, kind)) WITHOUT ROWID, STRICT;
CREATE TABLE reject(off INTEGER PRIMARY KEY, received INTEGER NOT NULL, site TEXT NOT NULL, code TEXT NOT NULL, replayed INTEGER, body TEXT NOT NULL) STRICT;
CREATE INDEX reject_received ON reject(received);
CREATE TABLE ledger(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, owner INTEGER NOT NULL, span TEXT NOT NULL, start INTEGER NOT NULL,
  before TEXT, after TEXT NOT NULL, cause TEXT NOT NULL) STRICT;
CREATE INDEX ledger_figure ON ledger(owner, span, start);
CREATE TABLE pending(site TEXT NOT NULL, meter TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, cause TEXT NOT NULL, PRIMARY KEY(site, meter)) WITHOUT ROWID, STRICT;
CREATE TABLE dirty(site TEXT NOT NULL, carrier TEXT NOT NULL, day INTEGER NOT NULL, causes TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(site, carrier, day)) WITHOUT ROWID, STRICT;
CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
${OBSERVED_SERIES}
`;

function userVersion(db: Database): number {
  return (db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}

/** Settings of every connection. FULL must be said: the builds default WAL to NORMAL, which loses the last commits. */
export function setPragmas(db: Database): void {
  db.exec("PRAGMA busy_timeout=5000; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;");
}

/** Prepares the writer's connection, and makes the tables on first use. */
export function prepareSchema(db: Database): void {
  db.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=1; PRAGMA wal_autocheckpoint=4000;",
  );
  setPragmas(db);
  bringUp(db);
  prepareObserved(db);
}

function bringUp(db: Database): void {
  let version = userVersion(db);
  for (; MIGRATIONS[version] !== undefined; version += 1)
    db.exec(`BEGIN; ${MIGRATIONS[version]} PRAGMA user_version=${version + 1}; COMMIT;`);
  if (version === SCHEMA_VERSION) return;
  if (version !== 0) {
    throw new Error(
      `The data directory was written by another version (schema ${version}, this program reads ${SCHEMA_VERSION}). Use the program that wrote it, or restore a backup of its own.`,
    );
  }
  db.exec(`BEGIN; ${SCHEMA} PRAGMA user_version=${SCHEMA_VERSION}; COMMIT;`);
}
