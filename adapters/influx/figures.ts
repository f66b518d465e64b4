/** Figures read back, many series in one question. */
import type { Figure, FigureKey, FigureScope, FigureWindow } from "../../model/figure.ts";
import type { Instant } from "../../model/time.ts";
import type { Cell, InfluxClient } from "./client.ts";
import { measurementOf, tagsOf } from "./figure-lines.ts";
import { chunksByGroup, inParallel, metersOf, name, namesOf, oneOf, timeWithin } from "./question.ts";

/** Series named in one question: beyond, the time to plan it grows faster than their number. */
const SERIES_PER_QUESTION = 400;
/** Questions asked at once. */
const WIDTH = 3;

const METER_FIELDS = ["amount", "coverage", "estimated"] as const;
const AREA_FIELDS = [
  ...METER_FIELDS,
  "missingMeters",
  "kgceCalorific",
  "kgceEquivalent",
  "kgCo2Location",
  "kgCo2Market",
  "output",
  "outputKgceCalorific",
  "outputKgceEquivalent",
  "outputKgCo2Location",
  "outputKgCo2Market",
  "factors",
  "unknown",
] as const;
/** Places of what is not a plain number. */
const FACTORS = 1 + AREA_FIELDS.indexOf("factors");
const UNKNOWN = 1 + AREA_FIELDS.indexOf("unknown");

const NO_EFFECTS = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
const NO_FACTORS: readonly string[] = [];

// Written out, since spreading objects takes several times as long as all the rest of a read.
function meterFigure(key: FigureKey, window: FigureWindow, row: readonly Cell[]): Figure {
  return {
    scope: key.scope,
    owner: key.owner,
    carrier: key.carrier,
    window,
    start: row[0] as number,
    amount: row[1] as number,
    coverage: row[2] as number,
    estimated: row[3] as number,
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

function areaFigure(
  key: FigureKey,
  window: FigureWindow,
  row: readonly Cell[],
  factors: readonly string[],
): Figure {
  const unknown = (row[UNKNOWN] as number | null) ?? 0;
  const effect = (at: number, bit: number): number | null =>
    unknown & (1 << bit) ? null : (row[at] as number | null);
  return {
    scope: key.scope,
    owner: key.owner,
    carrier: key.carrier,
    window,
    start: row[0] as number,
    amount: row[1] as number,
    coverage: row[2] as number,
    estimated: row[3] as number,
    missingMeters: row[4] as number,
    kgceCalorific: effect(5, 0),
    kgceEquivalent: effect(6, 1),
    kgCo2Location: effect(7, 2),
    kgCo2Market: effect(8, 3),
    output: row[9] as number,
    outputEffects: {
      kgceCalorific: effect(10, 4),
      kgceEquivalent: effect(11, 5),
      kgCo2Location: effect(12, 6),
      kgCo2Market: effect(13, 7),
    },
    factors,
  };
}

/** Places of what may be unknown, in the order of their bits. */
const EFFECTS = [5, 6, 7, 8, 10, 11, 12, 13];
/** Places of what every row of an area has. */
const ALWAYS = [1, 2, 3, 4, 9, FACTORS];

/**
 * Whether a row is seen in part: fields of a point that is being written come to light one after the other. It is
 * not there yet, as a moment before, and whoever writes it says when it is.
 */
function isPartial(scope: FigureScope, row: readonly Cell[]): boolean {
  if (scope === "meter") return row[1] === null || row[2] === null || row[3] === null;
  if (ALWAYS.some((place) => row[place] === null)) return true;
  const unknown = row[UNKNOWN];
  if (typeof unknown !== "number") return false;
  return EFFECTS.some((place, bit) => row[place] === null && (unknown & (1 << bit)) === 0);
}

/** Lists of factor ids by how they are stored; there are few, and thousands of rows share one. */
function createFactorLists() {
  const lists = new Map<string, readonly string[]>([["", NO_FACTORS]]);
  return (stored: string): readonly string[] => {
    let list = lists.get(stored);
    if (list === undefined) {
      list = stored.split(",");
      lists.set(stored, list);
    }
    return list;
  };
}

/** Where a scope's tags stand: the one that answers are grouped by, and the one that varies within. */
const TAGS: Readonly<Record<FigureScope, { first: string; second: string; asked: readonly string[] }>> = {
  meter: { first: "site", second: "meter", asked: ["meter", "carrier"] },
  site: { first: "site", second: "carrier", asked: ["carrier"] },
  group: { first: "group", second: "carrier", asked: ["carrier"] },
};

/** Keys of a scope by their first tag, then by the tags asked for as columns. */
function indexOf(keys: readonly FigureKey[]) {
  const index = new Map<string, Map<string, FigureKey>>();
  for (const { scope, owner, carrier } of keys) {
    const tags = tagsOf({ scope, owner, carrier });
    const first = tags[TAGS[scope].first]!;
    const rest = scope === "meter" ? `${tags.meter} ${carrier}` : carrier;
    let inner = index.get(first);
    if (inner === undefined) {
      inner = new Map();
      index.set(first, inner);
    }
    inner.set(rest, { scope, owner, carrier });
  }
  return index;
}

function statementOf(
  scope: FigureScope,
  window: FigureWindow,
  keys: readonly FigureKey[],
  from: Instant,
  to: Instant,
): string {
  const { first, second, asked } = TAGS[scope];
  const pairs = new Map<string, Set<string>>();
  for (const key of keys) {
    const tags = tagsOf(key);
    const value = tags[first]!;
    const seconds = pairs.get(value) ?? new Set();
    seconds.add(tags[second]!);
    pairs.set(value, seconds);
  }
  const fields = scope === "meter" ? METER_FIELDS : AREA_FIELDS;
  const condition = scope === "meter" ? metersOf(pairs) : oneOf(first, second, pairs);
  // Answers grouped by the first tag, with the others as columns, come a fifth faster than by series.
  return `SELECT ${namesOf(fields)},${namesOf(asked)} FROM ${name(measurementOf(scope, window))} WHERE ${timeWithin(from, to - 1)}${condition} GROUP BY ${name(first)}`;
}

export interface FigureQuestion {
  readonly keys: readonly FigureKey[];
  readonly window: FigureWindow;
  readonly from: Instant;
  readonly to: Instant;
}

export type ReadFigures = (question: FigureQuestion, take: (figure: Figure) => void) => Promise<void>;

/** Reads figures in no order; each series' come by time. */
export function createFigureReader(client: InfluxClient): ReadFigures {
  const listOf = createFactorLists();
  const readChunk = async (
    scope: FigureScope,
    keys: readonly FigureKey[],
    { window, from, to }: FigureQuestion,
    take: (figure: Figure) => void,
  ): Promise<void> => {
    const index = indexOf(keys);
    const fields = scope === "meter" ? METER_FIELDS.length : AREA_FIELDS.length;
    let found: Figure[] = [];
    const { first } = TAGS[scope];
    await client.ask(
      [statementOf(scope, window, keys, from, to)],
      ({ tags, values }) => {
        const inner = index.get(tags?.[first] ?? "");
        if (inner === undefined) return;
        for (const row of values) {
          const rest = scope === "meter" ? `${row[fields + 1]} ${row[fields + 2]}` : String(row[fields + 1]);
          const key = inner.get(rest);
          if (key === undefined || isPartial(scope, row)) continue;
          found.push(
            scope === "meter"
              ? meterFigure(key, window, row)
              : areaFigure(key, window, row, listOf((row[FACTORS] as string | null) ?? "")),
          );
        }
      },
      () => {
        found = [];
      },
    );
    for (const figure of found) take(figure);
  };
  return async (question, take) => {
    if (question.from >= question.to) return;
    const chunks: { scope: FigureScope; keys: FigureKey[] }[] = [];
    for (const scope of ["meter", "site", "group"] as const) {
      const keys = question.keys.filter((key) => key.scope === scope);
      if (scope === "meter" && question.window === "month") continue;
      const groupOf = (key: FigureKey): string => tagsOf(key)[TAGS[scope].first]!;
      for (const chunk of chunksByGroup(keys, groupOf, SERIES_PER_QUESTION))
        chunks.push({ scope, keys: chunk });
    }
    await inParallel(chunks, WIDTH, (chunk) => readChunk(chunk.scope, chunk.keys, question, take));
  };
}

/** By start, then owner. */
export function byStartAndOwner(a: Figure, b: Figure): number {
  return a.start - b.start || (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0);
}

interface Waiting {
  readonly keys: readonly FigureKey[];
  readonly resolve: (figures: Figure[]) => void;
  readonly reject: (error: unknown) => void;
}

const seriesName = ({ scope, owner, carrier }: FigureKey): string => `${scope} ${carrier} ${owner}`;

/** Shares out the figures of one question among those who asked for parts of it. */
function shareOut(waiting: readonly Waiting[], found: readonly Figure[]): void {
  if (waiting.length === 1) {
    waiting[0]!.resolve([...found].sort(byStartAndOwner));
    return;
  }
  const bySeries = new Map<string, Figure[]>();
  for (const figure of found) {
    const series = seriesName(figure);
    const list = bySeries.get(series);
    if (list) list.push(figure);
    else bySeries.set(series, [figure]);
  }
  for (const one of waiting) {
    const mine = new Set(one.keys.map(seriesName));
    const figures = [...mine].flatMap((series) => bySeries.get(series) ?? []);
    one.resolve(mine.size === 1 ? figures : figures.sort(byStartAndOwner));
  }
}

/** `figures` of the port: calls of one tick with the same window and range are asked as one. */
export function createFigureQuestions(read: ReadFigures) {
  let waiting = new Map<string, { question: FigureQuestion; list: Waiting[] }>();
  const send = (): void => {
    const all = waiting;
    waiting = new Map();
    for (const { question, list } of all.values()) {
      const keys = new Map(list.flatMap((one) => one.keys.map((key) => [seriesName(key), key])));
      const found: Figure[] = [];
      read({ ...question, keys: [...keys.values()] }, (figure) => found.push(figure)).then(
        () => shareOut(list, found),
        (error) => {
          for (const one of list) one.reject(error);
        },
      );
    }
  };
  return (
    keys: readonly FigureKey[],
    window: FigureWindow,
    from: Instant,
    to: Instant,
  ): Promise<Figure[]> => {
    if (keys.length === 0 || from >= to) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (waiting.size === 0) setImmediate(send);
      const id = `${window} ${from} ${to}`;
      const known = waiting.get(id);
      const one = { keys, resolve, reject };
      if (known) known.list.push(one);
      else waiting.set(id, { question: { keys, window, from, to }, list: [one] });
    });
  };
}
