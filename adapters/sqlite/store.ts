/** The embedded store's write half: one connection, one thread, everything in upserts. */
import { type Figure, figureScopes, figureWindows, type LedgerEntry } from "../../model/figure.ts";
import type { Changes, SeriesStore } from "../../model/ports.ts";
import type { Calendar } from "../../model/time.ts";
import { bucketOf, dayNumber, hourOf } from "./buckets.ts";
import { type Bulk, createBulk } from "./bulk.ts";
import type { Database } from "./driver.ts";
import { createNames, type NameGiver, verdictNumber } from "./names.ts";
import { observationWriter } from "./observations.ts";
import { createSqliteReader, type SqliteReader } from "./reader.ts";
import { areaColumns, meterColumns, prepareSchema } from "./schema.ts";

const DAY_HOURS = 24;

/** Upsert of a figure table: every write carries every field. */
function figureBulk(db: Database, table: string, columns: readonly string[]): Bulk {
  const updates = columns.map((column) => `${column}=excluded.${column}`).join(", ");
  const head = `INSERT INTO ${table}(bucket, owner, start, ${columns.join(", ")}) VALUES`;
  return createBulk(db, head, 3 + columns.length, `ON CONFLICT DO UPDATE SET ${updates}`);
}

function figureWriter(db: Database, names: NameGiver) {
  const bulks = new Map<string, Bulk>();
  for (const scope of figureScopes) {
    for (const window of figureWindows) {
      if (scope === "meter" && window === "month") continue;
      const columns = scope === "meter" ? meterColumns : areaColumns;
      bulks.set(scope + window, figureBulk(db, `${scope}_${window}`, columns));
    }
  }
  const add = (figure: Figure): void => {
    const bulk = bulks.get(figure.scope + figure.window)!;
    const bucket = bucketOf(figure.window, figure.start);
    const owner = names.giveOwner(figure);
    const { start, amount, coverage, estimated } = figure;
    if (figure.scope === "meter") {
      bulk.queue.push(bucket, owner, start, amount, coverage, estimated);
      bulk.added();
      return;
    }
    const out = figure.outputEffects;
    bulk.queue.push(
      bucket,
      owner,
      start,
      amount,
      coverage,
      estimated,
      figure.missingMeters,
      figure.kgceCalorific,
      figure.kgceEquivalent,
      figure.kgCo2Location,
      figure.kgCo2Market,
      figure.output,
      out.kgceCalorific,
      out.kgceEquivalent,
      out.kgCo2Location,
      out.kgCo2Market,
      names.giveFactorSet(figure.factors),
    );
    bulk.added();
  };
  const write = (figures: readonly Figure[]): void => {
    for (const figure of figures) add(figure);
    for (const bulk of bulks.values()) bulk.flush();
  };
  const forget = (): void => {
    for (const bulk of bulks.values()) bulk.discard();
  };
  return { write, forget };
}

function readingWriter(db: Database, names: NameGiver) {
  const rows = createBulk(
    db,
    "INSERT INTO reading(hour, series, at, revision, value, seq, received, off, verdict, certain) VALUES",
    10,
    `ON CONFLICT DO UPDATE SET seq=excluded.seq, received=excluded.received, off=excluded.off,
     verdict=excluded.verdict, certain=excluded.certain`,
  );
  const days = createBulk(
    db,
    "INSERT INTO reading_day(series, day, hours) VALUES",
    3,
    "ON CONFLICT DO UPDATE SET hours = hours | excluded.hours",
  );
  /** The hours last noted for a series, so that the index is written once an hour and not with each reading. */
  const noted = new Map<number, { day: number; hours: number }>();
  const note = (series: number, day: number, hour: number): void => {
    const bit = 1 << hour;
    const known = noted.get(series);
    if (known?.day === day) {
      if (known.hours & bit) return;
      known.hours |= bit;
    } else noted.set(series, { day, hours: bit });
    days.queue.push(series, day, bit);
    days.added();
  };
  return {
    write(changes: NonNullable<Changes["readings"]>): void {
      for (const { series, rows: list } of changes) {
        const id = names.giveSeries(series);
        for (const row of list) {
          const hour = hourOf(row.at);
          const verdict = verdictNumber(row.verdict);
          rows.queue.push(
            hour,
            id,
            row.at,
            row.revision,
            row.value,
            row.seq,
            row.receivedAt,
            row.offset,
            verdict,
            row.certain ? 1 : 0,
          );
          rows.added();
          note(id, dayNumber(row.at), hour - dayNumber(row.at) * DAY_HOURS);
        }
      }
      rows.flush();
      days.flush();
    },
    /** After a rollback nothing that was noted is sure to be stored. */
    forget(): void {
      noted.clear();
      rows.discard();
      days.discard();
    },
  };
}

/** Of a mark that does not tell. */
const NO_CAUSES = [""];

/** Writers of the small tables. */
function noteWriters(db: Database, names: NameGiver) {
  const ledger = createBulk(db, "INSERT INTO ledger(at, owner, span, start, before, after, cause) VALUES", 7);
  const live = createBulk(
    db,
    "INSERT INTO live(site, meter, at, received, register, value, power_kw) VALUES",
    7,
    `ON CONFLICT DO UPDATE SET at=excluded.at, received=excluded.received, register=excluded.register,
     value=excluded.value, power_kw=coalesce(excluded.power_kw, power_kw) WHERE excluded.at >= at`,
  );
  const balance = createBulk(
    db,
    "INSERT INTO balance(day, site, kind, count) VALUES",
    4,
    "ON CONFLICT DO UPDATE SET count = count + excluded.count",
  );
  const reject = createBulk(
    db,
    "INSERT INTO reject(off, received, site, code, replayed, body) VALUES",
    6,
    "ON CONFLICT DO UPDATE SET replayed=coalesce(excluded.replayed, replayed)",
  );
  const pending = createBulk(
    db,
    "INSERT INTO pending(site, meter, start, end, first, last, cause) VALUES",
    7,
    `ON CONFLICT DO UPDATE SET start=excluded.start, end=excluded.end, first=excluded.first, last=excluded.last,
     cause=excluded.cause`,
  );
  // A line a cause; one that is there already changes nothing.
  const dirty = createBulk(
    db,
    "INSERT INTO dirty(site, carrier, day, causes) VALUES",
    4,
    `ON CONFLICT DO UPDATE SET causes = trim(causes || char(10) || excluded.causes, char(10))
     WHERE instr(char(10) || causes || char(10), char(10) || excluded.causes || char(10)) = 0`,
  );
  const fact = createBulk(
    db,
    "INSERT INTO fact(name, value) VALUES",
    2,
    "ON CONFLICT DO UPDATE SET value=excluded.value",
  );
  const endPending = db.prepare("DELETE FROM pending WHERE site=? AND meter=?");
  const endDirty = db.prepare("DELETE FROM dirty WHERE site=? AND carrier=? AND day=?");
  const addLedger = (entry: LedgerEntry): void => {
    const before = entry.before === null ? null : JSON.stringify(entry.before);
    const owner = names.giveOwner(entry);
    ledger.queue.push(
      entry.at,
      owner,
      entry.window,
      entry.start,
      before,
      JSON.stringify(entry.after),
      entry.cause,
    );
    ledger.added();
  };
  const bulks = [ledger, live, balance, reject, pending, dirty, fact];
  const write = (changes: Changes): void => {
    for (const entry of changes.ledger ?? []) addLedger(entry);
    for (const row of changes.live ?? []) {
      live.queue.push(row.site, row.meter, row.at, row.receivedAt, row.register, row.value, row.powerKw);
      live.added();
    }
    for (const count of changes.balance ?? []) {
      for (const kind of ["received", "accepted", "repeated"] as const) {
        if (count[kind] !== 0) {
          balance.queue.push(count.day, count.site, kind, count[kind]);
          balance.added();
        }
      }
      for (const [code, n] of Object.entries(count.rejected)) {
        balance.queue.push(count.day, count.site, code, n);
        balance.added();
      }
    }
    for (const row of changes.rejects ?? []) {
      const { offset, replayedAt, ...body } = row;
      reject.queue.push(offset, row.receivedAt, row.site, row.code, replayedAt ?? null, JSON.stringify(body));
      reject.added();
    }
    for (const span of changes.pendingSet ?? []) {
      pending.queue.push(span.site, span.meter, span.start, span.end, span.firstAt, span.lastAt, span.cause);
      pending.added();
    }
    for (const { site, carrier, day, causes = NO_CAUSES } of changes.dirtySet ?? []) {
      for (const cause of causes) {
        dirty.queue.push(site, carrier, day, cause);
        dirty.added();
      }
    }
    for (const { name, value } of changes.facts ?? []) {
      fact.queue.push(name, value);
      fact.added();
    }
    for (const bulk of bulks) bulk.flush();
    for (const { site, meter } of changes.pendingDone ?? []) endPending.run(site, meter);
    for (const { site, carrier, day } of changes.dirtyDone ?? []) endDirty.run(site, carrier, day);
  };
  const forget = (): void => {
    for (const bulk of bulks) bulk.discard();
  };
  return { write, forget };
}

/** The embedded store with a way to write within a transaction that is already open. */
export interface SqliteStore extends SeriesStore, SqliteReader {
  /** Writes inside the caller's transaction. */
  writeInside(changes: Changes): void;
  /** Runs `work` in one transaction; rolls back when it throws. */
  transaction(work: () => void): void;
}

/** @param db the writer's connection; its tables are made if there are none */
export function createSqliteStore(db: Database, calendar: Calendar): SqliteStore {
  prepareSchema(db);
  const names = createNames(db);
  const figures = figureWriter(db, names);
  const readings = readingWriter(db, names);
  const notes = noteWriters(db, names);
  const observations = observationWriter(db);
  const writeInside = (changes: Changes): void => {
    if (changes.readings) readings.write(changes.readings);
    notes.write(changes);
    if (changes.figures) figures.write(changes.figures);
    if (changes.observations) observations.write(changes.observations);
  };
  const transaction = (work: () => void): void => {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      for (const part of [names, figures, readings, notes, observations]) part.forget();
      db.exec("ROLLBACK");
      throw error;
    }
  };
  return {
    ...createSqliteReader(db, names, calendar),
    writeInside,
    transaction,
    write: async (changes) => transaction(() => writeInside(changes)),
    close: async () => db.close(),
  };
}
