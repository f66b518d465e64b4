/** Readings as lines: winners, losers of the same-moment rule, and where set-aside ones are to be looked for. */
import type { Changes } from "../../model/ports.ts";
import type { SeriesKey, StoredReading, Verdict } from "../../model/reading.ts";
import type { Calendar, Instant } from "../../model/time.ts";
import { DAY_MS, HOUR_MS } from "../../model/time.ts";
import type { InfluxClient } from "./client.ts";
import { createPoints, nanoTime, tagValue } from "./line.ts";
import { chunksOf, inParallel, oneOf, recordsOf, timeWithin } from "./question.ts";

type ReadingChanges = NonNullable<Changes["readings"]>;

/** Places of losers within their millisecond. */
const PLACES = 1_000_000;
const SERIES_PER_QUESTION = 400;
const WIDTH = 3;

/** True for verdicts that the balance counts as set aside; what waits is not. */
export function isSetAside(verdict: Verdict): boolean {
  return (
    verdict === "dip" ||
    verdict === "spike" ||
    verdict === "overlap" ||
    verdict === "implausible" ||
    verdict === "superseded"
  );
}

export const tagsOfSeries = ({ site, meter, register }: SeriesKey): string =>
  `meter=${tagValue(meter)},register=${tagValue(register)},site=${tagValue(site)}`;

const fieldsOf = (row: StoredReading): string =>
  `value=${row.value},revision=${row.revision},seq=${row.seq},receivedAt=${row.receivedAt},offset=${row.offset},verdict="${row.verdict}",certain=${row.certain ? 1 : 0}`;

/** What tells losers of one moment apart. */
const identityOf = (row: { revision: unknown; value: unknown }): string => `${row.revision}:${row.value}`;

/** FNV-1a, 32 bit. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A place nobody has, the same one every time unless somebody has it. */
function placeFor(identity: string, taken: ReadonlyMap<string, number>): number {
  const occupied = new Set(taken.values());
  let place = hashOf(identity) % PLACES;
  while (occupied.has(place)) place = (place + 1) % PLACES;
  return place;
}

const seriesName = ({ site, meter, register }: SeriesKey): string => `${site} ${meter} ${register}`;
const momentName = (series: SeriesKey, at: Instant): string => `${seriesName(series)} ${at}`;

interface Loser {
  readonly series: SeriesKey;
  readonly row: StoredReading;
}

/** The places that stored losers have, by moment and identity. */
async function takenPlaces(
  client: InfluxClient,
  losers: readonly Loser[],
  lease: AbortSignal | undefined,
): Promise<Map<string, Map<string, number>>> {
  const places = new Map<string, Map<string, number>>();
  // Losers of one day are asked for together: a late one does not widen the range of all the others.
  const byDay = new Map<number, Loser[]>();
  for (const loser of losers) {
    const day = Math.floor(loser.row.at / DAY_MS);
    const list = byDay.get(day);
    if (list) list.push(loser);
    else byDay.set(day, [loser]);
  }
  const chunks = [...byDay.values()].flatMap((list) => chunksOf(list, SERIES_PER_QUESTION));
  await inParallel(chunks, WIDTH, async (chunk) => {
    const pairs = new Map<string, Set<string>>();
    for (const { series } of chunk)
      pairs.set(series.site, (pairs.get(series.site) ?? new Set()).add(series.meter));
    const times = chunk.map(({ row }) => row.at);
    const range = timeWithin(Math.min(...times), Math.max(...times));
    const statement = `SELECT "revision","value","place","site","meter","register" FROM "reading_loser" WHERE ${range}${oneOf("site", "meter", pairs)}`;
    await client.ask(
      [statement],
      (piece) => {
        for (const row of recordsOf(piece)) {
          const moment = momentName(row as unknown as SeriesKey, row.time as number);
          const taken = places.get(moment) ?? new Map<string, number>();
          places.set(moment, taken.set(identityOf(row as never), row.place as number));
        }
      },
      undefined,
      lease,
    );
  });
  return places;
}

/**
 * Winners over losers of the same write, as rows that are kept beside them: a write of a loser that was given up as
 * the winner of its moment may land after all, and take the only place of the reading that has won since. Shadowed
 * by their winner until then, they are said to have lost, so that judging them anew changes and writes them.
 */
function spareWinners(readings: ReadingChanges, losers: readonly Loser[]): Loser[] {
  const lost = new Set(losers.map(({ series }) => seriesName(series)));
  const moments = new Set(losers.map(({ series, row }) => momentName(series, row.at)));
  return readings
    .filter(({ series }) => lost.has(seriesName(series)))
    .flatMap(({ series, rows }) =>
      rows
        .filter((row) => row.verdict !== "superseded" && moments.has(momentName(series, row.at)))
        .map((row) => ({ series, row: { ...row, verdict: "superseded" as const, certain: false } })),
    );
}

/**
 * Lines of losers, and of who won over them. They have no tag of their own, since a plant that corrects every value would make a series of
 * each: several of one moment lie in different nanoseconds of its millisecond.
 */
export async function loserLines(
  client: InfluxClient,
  readings: ReadingChanges,
  lease: AbortSignal | undefined,
): Promise<string[]> {
  const losers: Loser[] = [];
  for (const { series, rows } of readings) {
    for (const row of rows) if (row.verdict === "superseded") losers.push({ series, row });
  }
  if (losers.length === 0) return [];
  const places = await takenPlaces(client, losers, lease);
  return [...losers, ...spareWinners(readings, losers)].map(({ series, row }) => {
    const moment = momentName(series, row.at);
    const taken = places.get(moment) ?? new Map<string, number>();
    places.set(moment, taken);
    const identity = identityOf(row);
    const place = taken.get(identity) ?? placeFor(identity, taken);
    taken.set(identity, place);
    return `reading_loser,${tagsOfSeries(series)} ${fieldsOf(row)},place=${place} ${nanoTime(row.at, place)}`;
  });
}

const prefixes = new WeakMap<SeriesKey, string>();

/** Beginning of a series' lines, joined once for those who give the same object again. */
function prefixOf(series: SeriesKey): string {
  const known = prefixes.get(series);
  if (known !== undefined) return known;
  const prefix = `reading,${tagsOfSeries(series)}`;
  prefixes.set(series, prefix);
  return prefix;
}

/** Lines of readings that won their moment. */
export function winnerLines(readings: ReadingChanges): string[] {
  const points = createPoints();
  for (const { series, rows } of readings) {
    const prefix = prefixOf(series);
    for (const row of rows) if (row.verdict !== "superseded") points.add(prefix, row.at, fieldsOf(row));
  }
  return points.lines();
}

/**
 * Where the balance of a day of receipt has to look for set-aside readings: one point for each hour that held
 * one, at the day's start and as many ms after it as the hour has hours since 1970.
 */
export function asideLines(readings: ReadingChanges, calendar: Calendar): string[] {
  const lines = new Set<string>();
  for (const { series, rows } of readings) {
    for (const row of rows) {
      if (!isSetAside(row.verdict)) continue;
      const hour = Math.floor(row.at / HOUR_MS);
      const time = calendar.dayStart(calendar.dayOf(row.receivedAt)) + hour;
      lines.add(`set_aside,${tagsOfSeries(series)} hour=${hour} ${time}`);
    }
  }
  return [...lines];
}
