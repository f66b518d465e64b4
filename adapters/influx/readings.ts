/** Readings read back. */
import type { SeriesKey, StoredReading, Verdict } from "../../model/reading.ts";
import { DAY_MS, type Instant, type Span } from "../../model/time.ts";
import type { AnswerSeries, Cell, InfluxClient } from "./client.ts";
import { chunksByGroup, chunksOf, inParallel, metersOf, tagsAre, timeWithin } from "./question.ts";

const SERIES_PER_QUESTION = 400;
const WIDTH = 3;
const FIELDS = `"value","revision","seq","receivedAt","offset","verdict","certain"`;
/** How far from a moment a certain reading is looked for, one after the other: it spares opening years of shards. */
const REACHES_MS = [2 * DAY_MS, 64 * DAY_MS, Number.POSITIVE_INFINITY];

/** Order of storage: by time, then revision, then value. */
function byIdentity(a: StoredReading, b: StoredReading): number {
  return a.at - b.at || a.revision - b.revision || a.value - b.value;
}

function readingOf(register: string, row: readonly Cell[]): StoredReading {
  return {
    register,
    at: row[0] as number,
    value: row[1] as number,
    revision: row[2] as number,
    seq: row[3] as number,
    receivedAt: row[4] as number,
    offset: row[5] as number,
    verdict: row[6] as Verdict,
    certain: row[7] === 1,
  };
}

/** Winners by time, with losers among them; a loser that has become the winner, or a winner kept among them, is shadowed by it. */
function withLosers(winners: StoredReading[], losers: readonly StoredReading[]): StoredReading[] {
  if (losers.length === 0) return winners;
  const won = new Map(winners.map((row) => [row.at, row]));
  const rest = losers.filter((loser) => {
    const winner = won.get(loser.at);
    return winner === undefined || winner.revision !== loser.revision || winner.value !== loser.value;
  });
  return rest.length === 0 ? winners : [...winners, ...rest].sort(byIdentity);
}

export interface SeriesRange {
  readonly series: SeriesKey;
  readonly from: Instant;
  readonly to: Instant;
}

export interface ReadingReader {
  readings(series: SeriesKey, from: Instant, to: Instant): Promise<StoredReading[]>;
  certainAtOrBefore(series: SeriesKey, at: Instant): Promise<StoredReading | undefined>;
  certainAtOrAfter(series: SeriesKey, at: Instant): Promise<StoredReading | undefined>;
  extent(series: SeriesKey): Promise<Span | undefined>;
  /**
   * Readings of many series, each by itself and complete within its range.
   * @param take is called once for each series that has any
   */
  many(
    ranges: readonly SeriesRange[],
    take: (series: SeriesKey, rows: StoredReading[]) => void,
  ): Promise<void>;
  /** Those of the series whose meter never had a reading, as far as the index of names tells. */
  neverRead(series: readonly SeriesKey[]): Promise<SeriesKey[]>;
}

/** Ranges that begin near each other together, so that one that reaches far back does not widen the others. */
function questionsOf(ranges: readonly SeriesRange[]): SeriesRange[][] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const groups: SeriesRange[][] = [];
  for (const range of sorted) {
    const group = groups.at(-1);
    if (group && range.from - group[0]!.from <= DAY_MS) group.push(range);
    else groups.push([range]);
  }
  return groups.flatMap((group) => chunksByGroup(group, ({ series }) => series.site, SERIES_PER_QUESTION));
}

/** Questions about one site each, in one request. */
const SITES_PER_REQUEST = 100;

/** Asks the index, which has no times: however long ago a meter was read last, it costs the same. */
async function neverReadOf(client: InfluxClient, series: readonly SeriesKey[]): Promise<SeriesKey[]> {
  const sites = [...new Set(series.map(({ site }) => site))];
  const known = new Map<string, Set<unknown>>();
  await inParallel(chunksOf(sites, SITES_PER_REQUEST), WIDTH, async (chunk) => {
    const found = chunk.map(() => new Set<unknown>());
    await client.ask(
      chunk.map(
        (site) =>
          `SHOW TAG VALUES FROM "reading","reading_loser" WITH KEY = "meter" WHERE ${tagsAre({ site })}`,
      ),
      ({ values }, statement) => {
        for (const [, meter] of values) found[statement]!.add(meter);
      },
    );
    for (const [i, site] of chunk.entries()) known.set(site, found[i]!);
  });
  return series.filter(({ site, meter }) => !known.get(site)!.has(meter));
}

const seriesName = (meter: unknown, register: unknown): string => `${meter} ${register}`;

/** Readings of a question's series while its answer comes in: winners and losers by site, then by meter. */
function createGathering(chunk: readonly SeriesRange[]) {
  const bySite = new Map<string, Map<string, { range: SeriesRange; rows: StoredReading[][] }>>();
  for (const range of chunk) {
    const { site, meter, register } = range.series;
    const inner = bySite.get(site) ?? new Map();
    inner.set(seriesName(meter, register), { range, rows: [[], []] });
    bySite.set(site, inner);
  }
  const all = () => [...bySite.values()].flatMap((inner) => [...inner.values()]);
  return {
    clear(): void {
      for (const one of all()) one.rows = [[], []];
    },
    take({ tags, values }: AnswerSeries, statement: number): void {
      const inner = bySite.get(tags?.site ?? "");
      if (inner === undefined) return;
      for (const row of values) {
        const one = inner.get(seriesName(row[8], row[9]));
        const at = row[0] as number;
        if (one === undefined || at < one.range.from || at > one.range.to) continue;
        one.rows[statement]!.push(readingOf(row[9] as string, row));
      }
    },
    all,
  };
}

export function createReadingReader(client: InfluxClient): ReadingReader {
  const ask = async (statements: string[], series: SeriesKey): Promise<StoredReading[][]> => {
    let found: StoredReading[][] = [];
    await client.ask(
      statements,
      ({ values }, statement) => {
        for (const row of values) found[statement]!.push(readingOf(series.register, row));
      },
      () => {
        found = statements.map(() => []);
      },
    );
    return found;
  };

  const select = (from: string, series: SeriesKey, condition: string, order = ""): string => {
    const { site, meter, register } = series;
    return `SELECT ${FIELDS} FROM "${from}" WHERE ${condition}${tagsAre({ site, meter, register })}${order}`;
  };

  const readings: ReadingReader["readings"] = async (series, from, to) => {
    if (from > to) return [];
    const range = timeWithin(from, to);
    const [winners, losers] = await ask(
      [select("reading", series, range), select("reading_loser", series, range)],
      series,
    );
    return withLosers(winners!, losers!);
  };

  const nearest = async (
    series: SeriesKey,
    at: Instant,
    from: Instant,
    to: Instant,
    order: "ASC" | "DESC",
  ): Promise<StoredReading | undefined> => {
    const certain = `"certain"=1 AND `;
    const find = async (first: Instant, last: Instant) => {
      const range = timeWithin(first, last) + certain;
      return (
        await ask([select("reading", series, range, ` ORDER BY time ${order} LIMIT 1`)], series)
      )[0]![0];
    };
    for (const reach of REACHES_MS) {
      const found = await find(Math.max(from, at - reach), Math.min(to, at + reach));
      if (found) return found;
    }
    return undefined;
  };

  const many: ReadingReader["many"] = async (ranges, take) => {
    await inParallel(questionsOf(ranges), WIDTH, async (chunk) => {
      const pairs = new Map<string, Set<string>>();
      for (const { series } of chunk)
        pairs.set(series.site, (pairs.get(series.site) ?? new Set()).add(series.meter));
      const from = Math.min(...chunk.map((range) => range.from));
      const to = Math.max(...chunk.map((range) => range.to));
      const rest = `WHERE ${timeWithin(from, to)}${metersOf(pairs)} GROUP BY "site"`;
      const gathering = createGathering(chunk);
      const statements = ["reading", "reading_loser"].map(
        (measurement) => `SELECT ${FIELDS},"meter","register" FROM "${measurement}" ${rest}`,
      );
      await client.ask(statements, gathering.take, gathering.clear);
      for (const { range, rows } of gathering.all()) {
        const [winners, losers] = rows;
        if (winners!.length + losers!.length > 0) take(range.series, withLosers(winners!, losers!));
      }
    });
  };

  return {
    readings,
    many,
    neverRead: (series) => neverReadOf(client, series),
    certainAtOrBefore: (series, at) => nearest(series, at, Number.MIN_SAFE_INTEGER, at, "DESC"),
    certainAtOrAfter: (series, at) => nearest(series, at, at, Number.MAX_SAFE_INTEGER, "ASC"),
    async extent(series) {
      // The time is all that is needed: one field is a seventh of the work.
      const { site, meter, register } = series;
      const question = `SELECT "value" FROM "reading" WHERE ${tagsAre({ site, meter, register })}`;
      const times: Instant[] = [];
      await client.ask(
        ["ASC", "DESC"].map((order) => `${question} ORDER BY time ${order} LIMIT 1`),
        ({ values }, statement) => {
          times[statement] = values[0]![0] as number;
        },
      );
      const [start, end] = times;
      return start === undefined || end === undefined ? undefined : { start, end };
    },
  };
}
