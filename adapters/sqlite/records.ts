/** What is kept beside readings and figures: balance, rejects, ledger, and what waits. */
import type { FigureValues, FigureWindow, LedgerEntry } from "../../model/figure.ts";
import type {
  BalanceRow,
  DirtyDay,
  LiveMeter,
  PendingSpan,
  RejectQuery,
  SeriesReader,
} from "../../model/ports.ts";
import type { RejectCode, StoredReject } from "../../model/reject.ts";
import type { Calendar } from "../../model/time.ts";
import type { SqlValue } from "./driver.ts";
import type { NameGiver } from "./names.ts";
import type { Prepare, Row } from "./prepare.ts";

type Records = Pick<SeriesReader, "live" | "balance" | "rejects" | "ledger" | "pending" | "dirty" | "fact">;

const LEDGER = "SELECT at, owner, span, start, before, after, cause FROM ledger";

function ledgerRow(names: NameGiver, row: Row): LedgerEntry {
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

function rejectRows(prepare: Prepare, query: RejectQuery): StoredReject[] {
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

export function createRecordReader(prepare: Prepare, names: NameGiver, calendar: Calendar): Records {
  return {
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
        return rows.map((row) => ledgerRow(names, row));
      }
      const ids = keys.map((key) => names.ownerId(key)).filter((id) => id !== undefined);
      const rows = prepare(
        `${LEDGER} WHERE owner IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND start >= ? AND start < ? ORDER BY id DESC LIMIT ?`,
      ).all(JSON.stringify(ids), from, to, limit) as Row[];
      return rows.map((row) => ledgerRow(names, row));
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
