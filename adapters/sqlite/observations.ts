/** Observations: a table for each kind, with the columns that the model names. */
import {
  byTagsThenTime,
  checkObservation,
  type Observation,
  type ObservationQuery,
  type ObservedName,
  observed,
  observedNames,
} from "../../model/observation.ts";
import { type Bulk, createBulk } from "./bulk.ts";
import type { Database, SqlValue } from "./driver.ts";
import type { Prepare } from "./prepare.ts";

/** Series have their tags as JSON, in the order of the model. */
export const OBSERVED_SERIES = `CREATE TABLE observed_series(id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL,
  UNIQUE(measurement, tags)) STRICT;
CREATE INDEX observed_site ON observed_series(measurement, json_extract(tags, '$.site'));`;

const quoted = (name: string): string => `"${name}"`;
const columnsOf = (kind: ObservedName): string[] => [...observed[kind].numbers, ...observed[kind].texts];
const definition = (kind: ObservedName, column: string): string =>
  (observed[kind].texts as readonly string[]).includes(column)
    ? `${quoted(column)} TEXT NOT NULL DEFAULT ''`
    : `${quoted(column)} REAL`;

function createTable(db: Database, kind: ObservedName): void {
  const columns = columnsOf(kind).map((column) => definition(kind, column));
  db.exec(`CREATE TABLE ${kind}(series INTEGER NOT NULL, at INTEGER NOT NULL, changed INTEGER NOT NULL, ${columns.join(", ")},
    PRIMARY KEY(series, at)) WITHOUT ROWID, STRICT;
    CREATE INDEX ${kind}_changed ON ${kind}(changed);`);
}

/**
 * Makes the tables of kinds that are not there, and adds columns that the model has got since: an older program
 * reads and writes such a file as before.
 */
export function prepareObserved(db: Database): void {
  const missing = observedNames.flatMap((kind) => {
    const rows = db.prepare(`PRAGMA table_info(${kind})`).all() as { name: string }[];
    const there = new Set(rows.map((row) => row.name));
    if (there.size === 0) return [() => createTable(db, kind)];
    return columnsOf(kind)
      .filter((column) => !there.has(column))
      .map((column) => () => db.exec(`ALTER TABLE ${kind} ADD COLUMN ${definition(kind, column)}`));
  });
  if (missing.length === 0) return;
  db.exec("BEGIN");
  for (const make of missing) make();
  db.exec("COMMIT");
}

/** Tags in the order of the model, so that a series has one text. */
function tagsText({ measurement, tags }: Observation): string {
  const known = observed[measurement].tags as readonly string[];
  return JSON.stringify(Object.fromEntries(known.flatMap((tag) => (tags[tag] ? [[tag, tags[tag]]] : []))));
}

function bulkOf(db: Database, kind: ObservedName): Bulk {
  const columns = columnsOf(kind).map(quoted);
  const updates = ["changed", ...columns].map((column) => `${column}=excluded.${column}`);
  return createBulk(
    db,
    `INSERT INTO ${kind}(series, at, changed, ${columns.join(", ")}) VALUES`,
    3 + columns.length,
    `ON CONFLICT DO UPDATE SET ${updates.join(", ")}`,
  );
}

/** Highest number that a row was written under, by kind: as of one moment, being one statement. */
const LAST_CHANGES = observedNames
  .map((kind) => `SELECT '${kind}' AS kind, coalesce(max(changed), 0) AS n FROM ${kind}`)
  .join(" UNION ALL ");

/** Writes inside the caller's transaction; each row gets the next number, a row that is overwritten too. */
export function observationWriter(db: Database) {
  const bulks = new Map(observedNames.map((kind) => [kind, bulkOf(db, kind)]));
  const find = db.prepare("SELECT id FROM observed_series WHERE measurement=? AND tags=?");
  const add = db.prepare("INSERT INTO observed_series(measurement, tags) VALUES(?,?) RETURNING id");
  const series = new Map<string, number>();
  let changed = Math.max(...(db.prepare(LAST_CHANGES).all() as { n: number }[]).map(({ n }) => n));
  const seriesOf = (row: Observation): number => {
    const tags = tagsText(row);
    const name = `${row.measurement} ${tags}`;
    let id = series.get(name);
    if (id === undefined) {
      const found = find.get(row.measurement, tags) ?? add.get(row.measurement, tags);
      id = (found as { id: number }).id;
      series.set(name, id);
    }
    return id;
  };
  return {
    write(rows: readonly Observation[]): void {
      for (const row of rows) {
        checkObservation(row);
        const bulk = bulks.get(row.measurement)!;
        const { numbers, texts } = observed[row.measurement];
        changed += 1;
        bulk.queue.push(seriesOf(row), row.at, changed);
        for (const name of numbers) bulk.queue.push(row.numbers[name] ?? null);
        for (const name of texts) bulk.queue.push(row.texts[name] ?? "");
        bulk.added();
      }
      for (const bulk of bulks.values()) bulk.flush();
    },
    /** After a rollback no series is sure to be stored; numbers that were given stay given. */
    forget(): void {
      series.clear();
      for (const bulk of bulks.values()) bulk.discard();
    },
  };
}

type Row = SqlValue[];
/** Columns before those of the kind. */
const FIRST = 3;

function observationOf(measurement: ObservedName, row: Row): Observation {
  const { numbers, texts } = observed[measurement];
  const number = (name: string, i: number) => [name, row[FIRST + i] as number | null] as const;
  const text = (name: string, i: number) => [name, row[FIRST + numbers.length + i] as string] as const;
  return {
    measurement,
    tags: JSON.parse(row[1] as string) as Record<string, string>,
    at: row[2] as number,
    numbers: Object.fromEntries(numbers.map(number)),
    texts: Object.fromEntries((texts as readonly string[]).map(text)),
  };
}

const selection = (kind: ObservedName): string =>
  ["o.changed", "s.tags", "o.at", ...columnsOf(kind).map((column) => `o.${quoted(column)}`)].join(", ");

/** Observations written after a point, in the order they were written. */
export interface ObservedSince {
  readonly rows: readonly Observation[];
  /** Where to go on; not beyond the last row, as a cursor is that outlived the file, restored from a backup. */
  readonly cursor: number;
}

export interface ObservationReader {
  observations(query: ObservationQuery): Promise<Observation[]>;
  /** At most `limit` rows written after `cursor` (0: ever). A row that was overwritten comes once, as it is now. */
  observedAfter(cursor: number, limit: number): Promise<ObservedSince>;
}

/** @param prepare gives statements whose rows are arrays */
export function createObservationReader(prepare: Prepare): ObservationReader {
  const rowsOf = (query: ObservationQuery): Row[] => {
    const { measurement: kind, tags = {}, from, to, newest = false } = query;
    const wanted = Object.entries(tags);
    // The names are the model's: a tag it has not is in no row.
    if (wanted.some(([tag]) => !(observed[kind].tags as readonly string[]).includes(tag))) return [];
    const conditions = wanted.map(([tag]) => `AND json_extract(s.tags, '$.${tag}')=?`).join(" ");
    const last = `o.at=(SELECT max(at) FROM ${kind} WHERE series=s.id AND at BETWEEN ? AND ?)`;
    const sql = `SELECT ${selection(kind)} FROM observed_series s CROSS JOIN ${kind} o
      WHERE s.measurement=? ${conditions} AND o.series=s.id AND ${newest ? last : "o.at BETWEEN ? AND ?"}`;
    return prepare(sql).all(kind, ...wanted.map(([, value]) => value), from, to - 1) as Row[];
  };
  const between = (kind: ObservedName, cursor: number, upTo: number, limit: number) => {
    const sql = `SELECT ${selection(kind)} FROM ${kind} o CROSS JOIN observed_series s ON s.id=o.series
      WHERE o.changed > ? AND o.changed <= ? ORDER BY o.changed LIMIT ?`;
    return (prepare(sql).all(cursor, upTo, limit) as Row[]).map((row) => ({ row, kind }));
  };
  return {
    async observations(query) {
      if (query.from >= query.to) return [];
      return rowsOf(query)
        .map((row) => observationOf(query.measurement, row))
        .sort(byTagsThenTime);
    },
    async observedAfter(cursor, limit) {
      // What is written between two of these questions waits for the next look: else a row of a kind that was asked
      // for before would be passed over by a later one of another kind.
      const newest = prepare(LAST_CHANGES).all() as [ObservedName, number][];
      const upTo = Math.max(...newest.map(([, n]) => n));
      const all = newest.flatMap(([kind, n]) => (n > cursor ? between(kind, cursor, upTo, limit) : []));
      all.sort((a, b) => (a.row[0] as number) - (b.row[0] as number));
      const first = all.slice(0, limit);
      return {
        rows: first.map(({ kind, row }) => observationOf(kind, row)),
        cursor: (first.at(-1)?.row[0] as number | undefined) ?? Math.min(cursor, upTo),
      };
    },
  };
}
