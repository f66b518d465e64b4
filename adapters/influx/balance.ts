/** The daily balance: totals of each share, and what the current verdicts set aside. */
import type { BalanceTotal } from "../../model/balance.ts";
import { rejectedField } from "../../model/measurements.ts";
import type { BalanceRow } from "../../model/ports.ts";
import type { SeriesKey } from "../../model/reading.ts";
import type { Topic } from "../../model/records.ts";
import { type RejectCode, rejectCodes } from "../../model/reject.ts";
import { type Calendar, type DayIndex, HOUR_MS } from "../../model/time.ts";
import type { Cell, InfluxClient } from "./client.ts";
import { tagValue } from "./line.ts";
import { namesOf, recordsOf, tagsAre, timeWithin } from "./question.ts";
import { isSetAside } from "./reading-lines.ts";
import type { ReadingReader } from "./readings.ts";

const COUNTS = ["received", "accepted", "repeated"] as const;

/** Places of a day's totals: each owner of a share writes to its own. */
export const BALANCE_PLACES = 1_000;

/**
 * The line of a total, with a field for every code: 0 where there were none.
 * @param place of its writer, below `BALANCE_PLACES`: what a former owner writes late takes no newer total's place
 */
export function balanceLine(total: BalanceTotal, calendar: Calendar, place: number): string {
  const { site, topic, partition, day, upTo } = total;
  const fields = [
    ...COUNTS.map((count) => `${count}=${total[count]}`),
    ...rejectCodes.map((code) => `${rejectedField(code)}=${total.rejected[code] ?? 0}`),
    `upTo=${upTo}`,
  ];
  const tags = `partition=${partition},site=${tagValue(site)},topic=${topic}`;
  return `balance,${tags} ${fields.join(",")} ${calendar.dayStart(day) + place}`;
}

function totalOf(row: Readonly<Record<string, Cell>>, day: DayIndex): BalanceTotal {
  const rejected: Partial<Record<RejectCode, number>> = {};
  for (const code of rejectCodes) {
    const count = Number(row[rejectedField(code)] ?? 0);
    if (count !== 0) rejected[code] = count;
  }
  return {
    site: row.site as string,
    day,
    topic: row.topic as Topic,
    partition: Number(row.partition),
    upTo: row.upTo as number,
    received: row.received as number,
    accepted: row.accepted as number,
    repeated: row.repeated as number,
    rejected,
  };
}

/** Of each site and share the total that reaches furthest. */
function furthest(totals: readonly BalanceTotal[]): BalanceTotal[] {
  const found = new Map<string, BalanceTotal>();
  for (const total of totals) {
    const name = `${total.topic} ${total.partition} ${total.site}`;
    if (total.upTo >= (found.get(name)?.upTo ?? total.upTo)) found.set(name, total);
  }
  return [...found.values()];
}

/** Totals of a day of receipt where the tags have these values, by site. */
export async function readTotals(
  client: InfluxClient,
  calendar: Calendar,
  day: DayIndex,
  tags: Readonly<Record<string, string>>,
): Promise<BalanceTotal[]> {
  const at = calendar.dayStart(day);
  const fields = namesOf([
    ...COUNTS,
    ...rejectCodes.map(rejectedField),
    "upTo",
    "site",
    "topic",
    "partition",
  ]);
  const condition = Object.keys(tags).length === 0 ? `"upTo">=-1` : tagsAre(tags);
  let totals: BalanceTotal[] = [];
  await client.ask(
    [`SELECT ${fields} FROM "balance" WHERE ${timeWithin(at, at + BALANCE_PLACES - 1)}${condition}`],
    (piece) => totals.push(...recordsOf(piece).map((row) => totalOf(row, day))),
    () => {
      totals = [];
    },
  );
  return furthest(totals).sort((a, b) =>
    a.site < b.site ? -1 : a.site > b.site ? 1 : a.partition - b.partition,
  );
}

/** Series that had set-aside readings received on the day, with the hours of theirs. */
async function candidates(client: InfluxClient, from: number, to: number, site: string | undefined) {
  const found = new Map<string, { series: SeriesKey; from: number; to: number }>();
  const condition = site === undefined ? `"hour">=0` : tagsAre({ site });
  await client.ask(
    [
      `SELECT "hour","site","meter","register" FROM "set_aside" WHERE ${timeWithin(from, to - 1)}${condition}`,
    ],
    (piece) => {
      for (const row of recordsOf(piece)) {
        const series = row as unknown as SeriesKey;
        const id = `${series.site} ${series.meter} ${series.register}`;
        const first = (row.hour as number) * HOUR_MS;
        const known = found.get(id) ?? { series, from: first, to: first };
        found.set(id, {
          series: known.series,
          from: Math.min(known.from, first),
          to: Math.max(known.to, first + HOUR_MS - 1),
        });
      }
    },
  );
  return [...found.values()];
}

/**
 * Readings received on the day whose verdict sets them aside now, by site. Costs reading the series that ever had
 * one received on that day, from the first such hour to the last.
 */
async function setAsideBySite(
  client: InfluxClient,
  reader: ReadingReader,
  calendar: Calendar,
  day: DayIndex,
  site: string | undefined,
): Promise<Map<string, number>> {
  const from = calendar.dayStart(day);
  const to = calendar.dayStart(day + 1);
  const counts = new Map<string, number>();
  await reader.many(await candidates(client, from, to, site), (series, rows) => {
    for (const row of rows) {
      if (!isSetAside(row.verdict) || row.receivedAt < from || row.receivedAt >= to) continue;
      counts.set(series.site, (counts.get(series.site) ?? 0) + 1);
    }
  });
  return counts;
}

/** The day's balance by site: totals of all topics and partitions added up. */
export async function readBalance(
  client: InfluxClient,
  reader: ReadingReader,
  calendar: Calendar,
  day: DayIndex,
  site: string | undefined,
): Promise<BalanceRow[]> {
  const [totals, aside] = await Promise.all([
    readTotals(client, calendar, day, site === undefined ? {} : { site }),
    setAsideBySite(client, reader, calendar, day, site),
  ]);
  const rows = new Map<string, BalanceRow>();
  for (const total of totals) {
    const row = rows.get(total.site);
    const rejected: Partial<Record<RejectCode, number>> = { ...row?.rejected };
    for (const code of rejectCodes) {
      const count = total.rejected[code] ?? 0;
      if (count !== 0) rejected[code] = (rejected[code] ?? 0) + count;
    }
    rows.set(total.site, {
      site: total.site,
      day,
      received: (row?.received ?? 0) + total.received,
      accepted: (row?.accepted ?? 0) + total.accepted,
      repeated: (row?.repeated ?? 0) + total.repeated,
      rejected,
      setAside: aside.get(total.site) ?? 0,
    });
  }
  return [...rows.values()];
}
