/** Tables of the desk: a file of its own, so that alerts can be kept in the production stack too. */
import type { Database } from "./driver.ts";

/** Rises with every change that an older program could not read. */
const DESK_VERSION = 1;

/** What is looked up by is in columns; the rest is in `body`, as JSON. */
const TABLES = `
CREATE TABLE matter(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, colour TEXT NOT NULL, state TEXT NOT NULL,
  lead TEXT, agencies TEXT NOT NULL, site TEXT, raised_at INTEGER NOT NULL, due_at INTEGER, acknowledged_at INTEGER, closed_at INTEGER,
  next_at INTEGER, nobody INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX matter_subject ON matter(subject, n);
CREATE INDEX matter_next ON matter(next_at) WHERE next_at IS NOT NULL;
CREATE INDEX matter_open ON matter(colour, due_at, acknowledged_at, nobody) WHERE closed_at IS NULL;
CREATE INDEX matter_raised ON matter(raised_at);
CREATE TABLE day_number(day TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE link(fingerprint TEXT NOT NULL, starts_at INTEGER NOT NULL, matter TEXT NOT NULL, colour TEXT NOT NULL, resolved_at INTEGER,
  PRIMARY KEY(fingerprint, starts_at)) WITHOUT ROWID, STRICT;
CREATE INDEX link_open ON link(matter) WHERE resolved_at IS NULL;
CREATE TABLE event(n INTEGER PRIMARY KEY, matter TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, action TEXT NOT NULL,
  actor TEXT NOT NULL, text TEXT NOT NULL, details TEXT NOT NULL, UNIQUE(matter, seq)) STRICT;
CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events of matters are never changed'); END;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events of matters are never deleted'); END;
CREATE TABLE telling(id INTEGER PRIMARY KEY AUTOINCREMENT, officer TEXT NOT NULL, matter TEXT NOT NULL, kind TEXT NOT NULL,
  colour TEXT NOT NULL, at INTEGER NOT NULL, due_at INTEGER NOT NULL) STRICT;
CREATE INDEX telling_due ON telling(due_at);
CREATE INDEX telling_officer ON telling(officer, due_at);
CREATE INDEX telling_matter ON telling(matter);
CREATE TABLE told(officer TEXT NOT NULL, at INTEGER NOT NULL, digest INTEGER NOT NULL) STRICT;
CREATE INDEX told_officer ON told(officer, at);
CREATE TABLE delivery(id TEXT PRIMARY KEY, channel TEXT NOT NULL, state TEXT NOT NULL, next_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
  rank INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX delivery_waiting ON delivery(channel, rank, next_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_sending ON delivery(id) WHERE state = 'sending';
CREATE TABLE delivery_matter(matter TEXT NOT NULL, delivery TEXT NOT NULL, PRIMARY KEY(matter, delivery)) WITHOUT ROWID, STRICT;
CREATE TABLE attempt(n INTEGER PRIMARY KEY, delivery TEXT NOT NULL, channel TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL,
  body TEXT NOT NULL) STRICT;
CREATE INDEX attempt_channel ON attempt(channel, at);
CREATE INDEX attempt_delivery ON attempt(delivery);
CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
`;

/** Prepares the desk's one connection, and makes the tables on first use. @throws Error of another version's file */
export function prepareDesk(db: Database): void {
  db.exec(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=1; PRAGMA busy_timeout=5000; PRAGMA temp_store=MEMORY;",
  );
  // Without it REPLACE would delete an event past its trigger.
  db.exec("PRAGMA recursive_triggers=ON;");
  const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === DESK_VERSION) return;
  if (version !== 0)
    throw new Error(
      `alerts.db was written by another version (schema ${version}, this program reads ${DESK_VERSION}). Use the program that wrote it, or restore a backup of its own.`,
    );
  db.exec(`BEGIN; ${TABLES} PRAGMA user_version=${DESK_VERSION}; COMMIT;`);
}
