/** Numbers for the names of series, owners and factor sets, so that rows are small and lie by number. */
import type { FigureKey } from "../../model/figure.ts";
import type { SeriesKey } from "../../model/reading.ts";
import { type Verdict, verdicts } from "../../model/reading.ts";
import type { Database } from "./driver.ts";

export interface Names {
  seriesId(key: SeriesKey): number | undefined;
  ownerId(key: FigureKey): number | undefined;
  ownerOf(id: number): FigureKey | undefined;
  factorIds(set: number): readonly string[];
}

/** Also gives numbers to names not seen before; for the writer alone, inside its transaction. */
export interface NameGiver extends Names {
  giveSeries(key: SeriesKey): number;
  giveOwner(key: FigureKey): number;
  giveFactorSet(ids: readonly string[]): number;
  /** Forgets numbers that a rollback may have taken back. */
  forget(): void;
}

/** Stored numbers of verdicts. From 4 on a reading is set aside; −1 waits. */
const verdictNumbers: Readonly<Record<Verdict, number>> = {
  pending: -1,
  ok: 0,
  rollover: 1,
  reset: 2,
  "level-shift": 3,
  dip: 4,
  spike: 5,
  overlap: 6,
  implausible: 7,
  superseded: 8,
};
const verdictOfNumber = new Map(verdicts.map((verdict) => [verdictNumbers[verdict], verdict]));

export const verdictNumber = (verdict: Verdict): number => verdictNumbers[verdict];
export const verdictOf = (stored: number): Verdict => verdictOfNumber.get(stored) ?? "pending";

/** Numbers by three names, one map in another, so that no string is joined on the way. */
function createIndex() {
  const first = new Map<string, Map<string, Map<string, number>>>();
  return {
    get: (a: string, b: string, c: string): number | undefined => first.get(a)?.get(b)?.get(c),
    set(a: string, b: string, c: string, id: number): void {
      let second = first.get(a);
      if (second === undefined) {
        second = new Map();
        first.set(a, second);
      }
      let third = second.get(b);
      if (third === undefined) {
        third = new Map();
        second.set(b, third);
      }
      third.set(c, id);
    },
    clear: () => first.clear(),
  };
}

export function createNames(db: Database): NameGiver {
  const id = (row: unknown): number | undefined => (row as { id: number } | undefined)?.id;
  const findSeries = db.prepare("SELECT id FROM series WHERE site=? AND meter=? AND register=?");
  const findOwner = db.prepare("SELECT id FROM owner WHERE scope=? AND owner=? AND carrier=?");
  const readOwner = db.prepare("SELECT scope, owner, carrier FROM owner WHERE id=?");
  const readSet = db.prepare("SELECT ids FROM factor_set WHERE id=?");
  const findSet = db.prepare("SELECT id FROM factor_set WHERE ids=?");
  const series = createIndex();
  const owners = createIndex();
  const knownSeries = (k: SeriesKey): number | undefined => {
    let number = series.get(k.site, k.register, k.meter);
    if (number === undefined) {
      number = id(findSeries.get(k.site, k.meter, k.register));
      if (number !== undefined) series.set(k.site, k.register, k.meter, number);
    }
    return number;
  };
  const knownOwner = (k: FigureKey): number | undefined => {
    let number = owners.get(k.scope, k.carrier, k.owner);
    if (number === undefined) {
      number = id(findOwner.get(k.scope, k.owner, k.carrier));
      if (number !== undefined) owners.set(k.scope, k.carrier, k.owner, number);
    }
    return number;
  };
  const sets = new Map<number, readonly string[]>();
  const setNumbers = new Map<string, number>();
  const ownerKeys = new Map<number, FigureKey>();
  const insert = (sql: string) => db.prepare(`${sql} RETURNING id`);
  // Prepared on first use, so that a read-only connection never prepares a write.
  const lazily = (sql: string) => {
    let statement: ReturnType<typeof insert> | undefined;
    return (...values: string[]): number => {
      statement ??= insert(sql);
      return id(statement.get(...values))!;
    };
  };
  const addSeries = lazily("INSERT INTO series(site, meter, register) VALUES(?,?,?)");
  const addOwner = lazily("INSERT INTO owner(scope, owner, carrier) VALUES(?,?,?)");
  const addSet = lazily("INSERT INTO factor_set(ids) VALUES(?)");
  return {
    seriesId: knownSeries,
    ownerId: knownOwner,
    ownerOf(number) {
      let key = ownerKeys.get(number);
      if (key === undefined) {
        key = readOwner.get(number) as FigureKey | undefined;
        if (key) ownerKeys.set(number, key);
      }
      return key;
    },
    factorIds(set) {
      let ids = sets.get(set);
      if (ids === undefined) {
        const row = readSet.get(set) as { ids: string } | undefined;
        ids = row?.ids ? row.ids.split(",") : [];
        sets.set(set, ids);
      }
      return ids;
    },
    giveSeries(key) {
      let number = knownSeries(key);
      if (number === undefined) {
        number = addSeries(key.site, key.meter, key.register);
        series.set(key.site, key.register, key.meter, number);
      }
      return number;
    },
    giveOwner(key) {
      let number = knownOwner(key);
      if (number === undefined) {
        number = addOwner(key.scope, key.owner, key.carrier);
        owners.set(key.scope, key.carrier, key.owner, number);
      }
      return number;
    },
    giveFactorSet(ids) {
      const joined = ids.join();
      const number = setNumbers.get(joined) ?? id(findSet.get(joined)) ?? addSet(joined);
      setNumbers.set(joined, number);
      return number;
    },
    forget() {
      for (const cache of [series, owners, sets, setNumbers, ownerKeys]) cache.clear();
    },
  };
}
