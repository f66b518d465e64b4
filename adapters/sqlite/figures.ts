/** Rows of figures, by owner or by bucket, whichever reads less. */
import type { Figure, FigureKey, FigureWindow } from "../../model/figure.ts";
import type { SeriesReader } from "../../model/ports.ts";
import type { Calendar, Instant } from "../../model/time.ts";
import { bucketOf, hourOf } from "./buckets.ts";
import type { NameGiver } from "./names.ts";
import type { Prepare, Row } from "./prepare.ts";
import { areaColumns, meterColumns } from "./schema.ts";

/** More owners than this, and a whole bucket is read in one go. */
const FEW_OWNERS = 40;

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

export function createFigureReader(
  prepare: Prepare,
  names: NameGiver,
  calendar: Calendar,
): Pick<SeriesReader, "figures"> {
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

  return { figures: async (keys, window, from, to) => figures(keys, window, from, to) };
}
