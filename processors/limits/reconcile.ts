/** Recomputes rows of limits from the stored figures, and tells those that are stored otherwise. */
import type { Observation } from "../../model/observation.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { type DayIndex, type Instant, monthFirstDay, monthOfDay, type Span } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { createBook } from "./book.ts";
import { isValidOn, madeFrom } from "./changed-limits.ts";
import { outputMonths } from "./outputs.ts";
import { shortRows } from "./short.ts";
import { type Ground, standingOf, wantStanding } from "./standing.ts";
import { isShort, type Subject, subjectsOf } from "./subjects.ts";
import { usageRow } from "./usage.ts";

export interface LimitDifference {
  readonly limit: string;
  readonly carrier: string;
  readonly start: Instant;
  /** JSON of the numbers; null where there is no row. */
  readonly stored: string | null;
  readonly recomputed: string | null;
}

const textOf = (row: Observation | undefined): string | null =>
  row === undefined || (row.numbers.used === null && row.numbers.coverage === 0)
    ? null
    : JSON.stringify({ ...row.numbers, ...row.texts });

const nameOf = ({ tags, at }: Observation): string =>
  [tags.limit, tags.purpose, tags.site ?? "", tags.group ?? "", at].join("\n");

function rowsOf(ground: Ground, subject: Subject, day: DayIndex): Observation[] {
  if (isShort(subject.limit)) return shortRows(ground, subject, day, undefined);
  const standing = standingOf(ground, subject, day);
  return standing ? [usageRow(subject.limit, standing)] : [];
}

/** Differences of rows in the span, as far back as limits are made anew when they change. */
export async function limitDifferences(
  plan: Plan,
  reader: Pick<SeriesReader, "figures" | "observations">,
  span: Span,
): Promise<LimitDifference[]> {
  const { calendar } = plan;
  const subjects = subjectsOf(plan).filter(({ series }) => series.length > 0);
  const book = createBook(calendar, reader);
  const ground: Ground = { calendar, book, outputs: outputMonths(plan.registry.outputs) };
  const served = subjects.flatMap(({ series }) => series.map((one) => one.service[0]?.start ?? span.end));
  const first = calendar.dayOf(Math.max(span.start, Math.min(span.end, ...served)));
  for (const { series } of subjects) for (const one of series) book.wantNewest(one, first, first);
  await book.load();
  const newest = Math.max(first, ...subjects.flatMap(({ series }) => series.map((one) => book.newest(one)!)));
  const starts = new Map(subjects.map(({ limit }) => [limit.id, Math.max(first, madeFrom(limit, newest))]));
  const from = Math.min(...starts.values());
  const to = Math.min(newest + 1, calendar.dayOf(span.end - 1) + 1);
  const found: LimitDifference[] = [];
  for (let day = from; day < to; ) {
    const end = Math.min(to, monthFirstDay(monthOfDay(day) + 1));
    found.push(...(await differencesOf(ground, reader, plan, subjects, starts, day, end)));
    book.trim();
    day = end;
  }
  return found;
}

async function differencesOf(
  ground: Ground,
  reader: Pick<SeriesReader, "observations">,
  plan: Plan,
  subjects: readonly Subject[],
  starts: ReadonlyMap<string, DayIndex>,
  from: DayIndex,
  to: DayIndex,
): Promise<LimitDifference[]> {
  const { dayStart } = ground.calendar;
  const carriers = new Map(subjects.map(({ limit, series }) => [limit.id, series[0]!.key.carrier]));
  const recomputed = new Map<string, Observation>();
  for (let day = from; day < to; day += 1) {
    const own = subjects.filter(({ limit }) => day >= starts.get(limit.id)! && isValidOn(plan, limit, day));
    for (const subject of own) wantStanding(ground, subject, day);
    await ground.book.load();
    for (const row of own.flatMap((subject) => rowsOf(ground, subject, day)))
      recomputed.set(nameOf(row), row);
  }
  const stored = new Map<string, Observation>();
  const query = { measurement: "limit_usage", from: dayStart(from), to: dayStart(to) } as const;
  for (const row of await reader.observations(query)) {
    const start = starts.get(row.tags.limit!);
    if (start !== undefined && row.at >= dayStart(start)) stored.set(nameOf(row), row);
  }
  return [...new Set([...stored.keys(), ...recomputed.keys()])].flatMap((name): LimitDifference[] => {
    const row = recomputed.get(name) ?? stored.get(name)!;
    const texts = { stored: textOf(stored.get(name)), recomputed: textOf(recomputed.get(name)) };
    if (texts.stored === texts.recomputed) return [];
    const limit = row.tags.limit!;
    return [{ limit, carrier: carriers.get(limit)!, start: row.at, ...texts }];
  });
}
