/** Readings of a register, found by the index of its days. */
import type { SeriesReader } from "../../model/ports.ts";
import type { SeriesKey, StoredReading } from "../../model/reading.ts";
import { DAY_MS, type Instant, type Span } from "../../model/time.ts";
import { dayNumber, hourOf } from "./buckets.ts";
import { type NameGiver, verdictOf } from "./names.ts";
import type { Prepare, Row } from "./prepare.ts";

type Readings = Pick<SeriesReader, "readings" | "certainAtOrBefore" | "certainAtOrAfter" | "extent">;

const READING = "r.at, r.value, r.revision, r.seq, r.received, r.off, r.verdict, r.certain";

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

export function createReadingReader(prepare: Prepare, names: NameGiver): Readings {
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

  return {
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
  };
}
