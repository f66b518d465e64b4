/** The read half of the embedded store, on a connection of its own. */
import type { Figure, FigureKey, FigureValues, FigureWindow, LedgerEntry } from "../../model/figure.ts";
import type {
  BalanceRow,
  DirtyDay,
  LiveMeter,
  PendingSpan,
  RejectQuery,
  SeriesReader,
} from "../../model/ports.ts";
import type { SeriesKey, StoredReading } from "../../model/reading.ts";
import type { RejectCode, StoredReject } from "../../model/reject.ts";
import type { Calendar } from "../../model/time.ts";
import { DAY_MS, HOUR_MS, type Instant, type Span } from "../../model/time.ts";
import type { Database, SqlValue, Statement } from "./driver.ts";
import { type NameGiver, verdictOf } from "./names.ts";
import { createObservationReader, type ObservationReader } from "./observations.ts";
import { areaColumns, meterColumns } from "./schema.ts";

export const hourOf = (at: Instant): number => Math.floor(at / HOUR_MS);

/** Bucket of a figure's key: the hour of a quarter-hour, the start itself of a day or month. */
export function bucketOf(window: FigureWindow, start: Instant): number {
  return window === "15m" ? hourOf(start) : start;
}

const READING = "r.at, r.value, r.revision, r.seq, r.received, r.off, r.verdict, r.certain";
/** More owners than this, and a whole bucket is read in one go. */
const FEW_OWNERS = 40;

type Row = SqlValue[];

function readingOf(register: string, row: Row): StoredReading {
  return {
    register,
    at: row[0] as number,
    value: row[1] as number,
    revision: row[2] as number,
    seq: row[3] as number,
    receivedAt: row[4] as number,
    offset: row[5] as number,
    verdict: verdictOf(row[6] as number),
    certain: row[7] === 1,
  };
}

const NO_EFFECTS = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
const NO_FACTORS: readonly string[] = [];

// Written out, since spreading objects takes several times as long as all the rest of a read.
function meterFigureOf(key: FigureKey, window: FigureWindow, start: Instant, row: Row): Figure {
  return {
    scope: key.scope,
    owner: key.owner,
    carrier: key.carrier,
    window,
    start,
    amount: row[2] as number,
    coverage: row[3] as number,
    estimated: row[4] as number,
    missingMeters: 0,
    kgceCalorific: null,
    kgceEquivalent: null,
    kgCo2Location: null,
    kgCo2Market: null,
    output: 0,
    outputEffects: NO_EFFECTS,
    factors: NO_FACTORS,
  };
}

function areaFigureOf(
  key: FigureKey,
  window: FigureWindow,
  start: Instant,
  row: Row,
  factors: readonly string[],
): Figure {
  return {
    scope: key.scope,
    owner: key.owner,
    carrier: key.carrier,
    window,
    start,
    amount: row[2] as number,
    coverage: row[3] as number,
    estimated: row[4] as number,
    missingMeters: row[5] as number,
    kgceCalorific: row[6] as number | null,
    kgceEquivalent: row[7] as number | null,
    kgCo2Location: row[8] as number | null,
    kgCo2Market: row[9] as number | null,
    output: row[10] as number,
    outputEffects: {
      kgceCalorific: row[11] as number | null,
      kgceEquivalent: row[12] as number | null,
      kgCo2Location: row[13] as number | null,
      kgCo2Market: row[14] as number | null,
    },
    factors,
  };
}

/** Prepares a statement once, giving rows as arrays. */
function preparer(db: Database): (sql: string) => Statement {
  const known = new Map<string, Statement>();
  return (sql) => {
    let statement = known.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statement.setReturnArrays(true);
      known.set(sql, statement);
    }
    return statement;
  };
}

/** The port's reader, which also knows in what order observations were written. */
export interface SqliteReader extends SeriesReader, ObservationReader {}

export function createSqliteReader(db: Database, names: NameGiver, calendar: Calendar): SqliteReader {
  const prepare = preparer(db);

  /** Hours, ascending, in which a series has readings within [from, to]. */
  const hoursWithReadings = (series: number, from: Instant, to: Instant): number[] => {
    const sql = "SELECT day, hours FROM reading_day WHERE series=? AND day BETWEEN ? AND ? ORDER BY day";
    const rows = prepare(sql).all(series, dayNumber(from), dayNumber(to)) as [number, number][];
    const hours: number[] = [];
    const first = hourOf(from);
    const last = hourOf(to);
    for (const [day, bits] of rows) {
      for (let h = 0; h < 24; h += 1) {
        const hour = day * 24 + h;
        if (bits & (1 << h) && hour >= first && hour <= last) hours.push(hour);
      }
    }
    return hours;
  };

  const readings = (key: SeriesKey, from: Instant, to: Instant): StoredReading[] => {
    const series = names.seriesId(key);
    if (series === undefined) return [];
    const hours = hoursWithReadings(series, from, to);
    // CROSS JOIN holds the loop order: a look-up for each hour, never a scan.
    const sql = `SELECT ${READING} FROM json_each(?) h CROSS JOIN reading r
      WHERE r.hour=CAST(h.value AS INTEGER) AND r.series=? AND r.at BETWEEN ? AND ?`;
    const rows = prepare(sql).all(JSON.stringify(hours), series, from, to) as Row[];
    return rows.map((row) => readingOf(key.register, row));
  };

  /** The nearest certain reading, walking the days that hold readings away from `at`. */
  const nearestCertain = (key: SeriesKey, at: Instant, back: boolean): StoredReading | undefined => {
    const series = names.seriesId(key);
    if (series === undefined) return undefined;
    const order = back ? "DESC" : "ASC";
    const compare = back ? "<=" : ">=";
    const days = prepare(
      `SELECT day, hours FROM reading_day WHERE series=? AND day${compare}? ORDER BY day ${order} LIMIT 32`,
    );
    const find = prepare(
      `SELECT ${READING} FROM reading r WHERE r.hour=? AND r.series=? AND r.at${compare}? AND r.certain=1 ORDER BY r.at ${order} LIMIT 1`,
    );
    const limit = hourOf(at);
    let from = dayNumber(at);
    for (;;) {
      const rows = days.all(series, from) as [number, number][];
      for (const [day, bits] of rows) {
        for (let i = 0; i < 24; i += 1) {
          const h = back ? 23 - i : i;
          const hour = day * 24 + h;
          if (!(bits & (1 << h)) || (back ? hour > limit : hour < limit)) continue;
          const row = find.get(hour, series, at) as Row | undefined;
          if (row) return readingOf(key.register, row);
        }
      }
      const last = rows.at(-1);
      if (rows.length < 32 || last === undefined) return undefined;
      from = back ? last[0] - 1 : last[0] + 1;
    }
  };

  const rowsOfBucket = (table: string, columns: readonly string[]) =>
    prepare(
      `SELECT owner, start, ${columns.join(", ")} FROM ${table} WHERE bucket BETWEEN ? AND ? AND start BETWEEN ? AND ? ORDER BY bucket, owner, start`,
    );
  const rowsOfOwner = (table: string, columns: readonly string[]) =>
    prepare(`SELECT f.owner, f.start, ${columns.map((c) => `f.${c}`).join(", ")} FROM json_each(?) b CROSS JOIN ${table} f
      WHERE f.bucket=CAST(b.value AS INTEGER) AND f.owner=? AND f.start BETWEEN ? AND ?`);

  const bucketsOf = (window: FigureWindow, from: Instant, to: Instant): number[] => {
    const buckets: number[] = [];
    if (window === "15m") {
      for (let hour = hourOf(from); hour <= hourOf(to - 1); hour += 1) buckets.push(hour);
      return buckets;
    }
    const first = calendar.dayOf(from);
    for (let day = first; calendar.dayStart(day) < to; day += 1) {
      const isMonth = window === "month" && calendar.monthFirstDay(calendar.monthOfDay(day)) !== day;
      if (!isMonth && calendar.dayStart(day) >= from) buckets.push(calendar.dayStart(day));
    }
    return buckets;
  };

  const figures = (
    keys: readonly FigureKey[],
    window: FigureWindow,
    from: Instant,
    to: Instant,
  ): Figure[] => {
    const byId = new Map<number, FigureKey>();
    for (const { scope, owner, carrier } of keys) {
      const id = names.ownerId({ scope, owner, carrier });
      if (id !== undefined) byId.set(id, { scope, owner, carrier });
    }
    const scope = keys[0]?.scope;
    if (scope === undefined || byId.size === 0 || from >= to) return [];
    const columns = scope === "meter" ? meterColumns : areaColumns;
    const table = `${scope}_${window}`;
    const few = byId.size <= FEW_OWNERS;
    let rows: Row[];
    if (few) {
      const buckets = JSON.stringify(bucketsOf(window, from, to));
      rows = [...byId.keys()].flatMap(
        (id) => rowsOfOwner(table, columns).all(buckets, id, from, to - 1) as Row[],
      );
    } else {
      const all = rowsOfBucket(table, columns).all(
        bucketOf(window, from),
        bucketOf(window, to - 1),
        from,
        to - 1,
      );
      rows = (all as Row[]).filter((row) => byId.has(row[0] as number));
    }
    const result = rows.map((row) => {
      const key = byId.get(row[0] as number)!;
      if (scope === "meter") return meterFigureOf(key, window, row[1] as number, row);
      return areaFigureOf(key, window, row[1] as number, row, names.factorIds(row[15] as number));
    });
    return few && byId.size === 1
      ? result
      : result.sort((a, b) => a.start - b.start || (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0));
  };

  const ledgerRow = (row: Row): LedgerEntry => {
    const key = names.ownerOf(row[1] as number)!;
    return {
      scope: key.scope,
      owner: key.owner,
      carrier: key.carrier,
      window: row[2] as FigureWindow,
      start: row[3] as number,
      before: row[4] === null ? null : (JSON.parse(row[4] as string) as FigureValues),
      after: JSON.parse(row[5] as string) as FigureValues,
      cause: row[6] as string,
      at: row[0] as number,
    };
  };
  const LEDGER = "SELECT at, owner, span, start, before, after, cause FROM ledger";

  return {
    ...createObservationReader(prepare),
    readings: async (key, from, to) => readings(key, from, to),
    certainAtOrBefore: async (key, at) => nearestCertain(key, at, true),
    certainAtOrAfter: async (key, at) => nearestCertain(key, at, false),
    async extent(key) {
      const series = names.seriesId(key);
      if (series === undefined) return undefined;
      const days = prepare("SELECT min(day), max(day) FROM reading_day WHERE series=?").get(series) as [
        number | null,
        number | null,
      ];
      if (days[0] === null || days[1] === null) return undefined;
      const first = readings(key, days[0] * DAY_MS, (days[0] + 1) * DAY_MS - 1)[0]!;
      const last = readings(key, days[1] * DAY_MS, (days[1] + 1) * DAY_MS - 1).at(-1)!;
      return { start: first.at, end: last.at } satisfies Span;
    },
    figures: async (keys, window, from, to) => figures(keys, window, from, to),
    async live() {
      const rows = prepare(
        "SELECT site, meter, at, received, register, value, power_kw FROM live",
      ).all() as Row[];
      return rows.map(
        (row): LiveMeter => ({
          site: row[0] as string,
          meter: row[1] as string,
          at: row[2] as number,
          receivedAt: row[3] as number,
          register: row[4] as string,
          value: row[5] as number,
          powerKw: row[6] as number | null,
        }),
      );
    },
    async balance(day, site) {
      const where = site === undefined ? "" : " AND site=?";
      const rest = site === undefined ? [] : [site];
      const counts = prepare(
        `SELECT site, kind, count FROM balance WHERE day=?${where} ORDER BY site, kind`,
      ).all(day, ...rest) as [string, string, number][];
      const aside = prepare(
        `SELECT s.site, count(*) FROM reading r JOIN series s ON s.id=r.series
         WHERE r.verdict >= 4 AND r.received >= ? AND r.received < ? GROUP BY s.site`,
      ).all(calendar.dayStart(day), calendar.dayStart(day + 1)) as [string, number][];
      return balanceRows(day, counts, new Map(aside));
    },
    async rejects(query) {
      return rejectRows(prepare, query);
    },
    async ledger(keys, from, to, limit) {
      if (keys === undefined) {
        const rows = prepare(`${LEDGER} WHERE start >= ? AND start < ? ORDER BY id DESC LIMIT ?`).all(
          from,
          to,
          limit,
        ) as Row[];
        return rows.map(ledgerRow);
      }
      const ids = keys.map((key) => names.ownerId(key)).filter((id) => id !== undefined);
      const rows = prepare(
        `${LEDGER} WHERE owner IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND start >= ? AND start < ? ORDER BY id DESC LIMIT ?`,
      ).all(JSON.stringify(ids), from, to, limit) as Row[];
      return rows.map(ledgerRow);
    },
    async pending() {
      const rows = prepare(
        "SELECT site, meter, start, end, first, last, cause FROM pending ORDER BY site, meter",
      ).all() as Row[];
      return rows.map((row): PendingSpan => {
        const [site, meter, start, end, firstAt, lastAt, cause] = row as [
          string,
          string,
          number,
          number,
          number,
          number,
          string,
        ];
        return { site, meter, start, end, firstAt, lastAt, cause };
      });
    },
    async dirty() {
      const rows = prepare(
        "SELECT site, carrier, day, causes FROM dirty ORDER BY day, site, carrier",
      ).all() as [string, string, number, string][];
      return rows.map(([site, carrier, day, causes]): DirtyDay => {
        const mark = { site, carrier, day };
        return causes === "" ? mark : { ...mark, causes: causes.split("\n") };
      });
    },
    async fact(name) {
      return (prepare("SELECT value FROM fact WHERE name=?").get(name) as [string] | undefined)?.[0];
    },
  };
}

/** UTC day of an instant, which the reading index is kept by. */
export function dayNumber(at: Instant): number {
  return Math.floor(at / DAY_MS);
}

function balanceRows(
  day: number,
  counts: readonly [string, string, number][],
  aside: ReadonlyMap<string, number>,
): BalanceRow[] {
  const rows = new Map<
    string,
    { received: number; accepted: number; repeated: number; rejected: Partial<Record<RejectCode, number>> }
  >();
  for (const [site, kind, count] of counts) {
    const row = rows.get(site) ?? { received: 0, accepted: 0, repeated: 0, rejected: {} };
    rows.set(site, row);
    if (kind === "received" || kind === "accepted" || kind === "repeated") row[kind] = count;
    else row.rejected[kind as RejectCode] = count;
  }
  return [...rows].map(([site, row]) => ({ site, day, ...row, setAside: aside.get(site) ?? 0 }));
}

function rejectRows(prepare: (sql: string) => Statement, query: RejectQuery): StoredReject[] {
  const clauses = ["received >= ?", "received < ?"];
  const values: SqlValue[] = [query.from, query.to];
  if (query.site !== undefined) {
    clauses.push("site=?");
    values.push(query.site);
  }
  if (query.code !== undefined) {
    clauses.push("code=?");
    values.push(query.code);
  }
  if (query.before !== undefined) {
    clauses.push("off < ?");
    values.push(query.before);
  }
  const sql = `SELECT off, replayed, body FROM reject WHERE ${clauses.join(" AND ")} ORDER BY off DESC LIMIT ?`;
  const rows = prepare(sql).all(...values, query.limit) as [number, number | null, string][];
  return rows.map(([offset, replayed, body]) => ({
    ...(JSON.parse(body) as StoredReject),
    offset,
    ...(replayed === null ? {} : { replayedAt: replayed }),
  }));
}
