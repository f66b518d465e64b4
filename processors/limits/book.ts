/**
 * What limits need of stored figures: days, whole months, and how far a day is known. All of it can be read back
 * from the store; what a change makes stale is read anew, many series in one question.
 */
import type { Figure, FigureKey } from "../../model/figure.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { type Calendar, type DayIndex, type Instant, type MonthIndex, QUARTER_MS } from "../../model/time.ts";
import { type Detail, detailOf, emptyQuarters, type Quarters, type Row, rowOf, WHOLE } from "./rows.ts";
import type { Series } from "./subjects.ts";

/** Days and months kept, 150 bytes each. */
const ROWS_KEPT = 600_000;
/** Days of which is kept how far they are known. */
const DETAILS_KEPT = 300_000;
/** Asked for with its quarter-hours. */
const KEEPS = 1;
/** Days after which no figure is looked for: a hundred years. */
const FAR = 36_500;

export interface Book {
  /** Stored rows of the series on that day may be others now; without quarter-hours, any of them. */
  changed(series: Series, day: DayIndex, quarters?: ReadonlySet<number>): void;
  /** Has days [from, to) at hand. */
  wantDays(series: Series, from: DayIndex, to: DayIndex): void;
  /** Has months [from, to) at hand. */
  wantMonths(series: Series, from: MonthIndex, to: MonthIndex): void;
  /** Has at hand how far a day is known, with its quarter-hours if it `keeps` them. */
  wantDetail(series: Series, day: DayIndex, keeps?: boolean): void;
  /** Has the newest day with a row at hand: looked for from `first` on, and not before `last` once it is known. */
  wantNewest(series: Series, first: DayIndex, last: DayIndex): void;
  /** Reads what is wanted and not at hand. */
  load(): Promise<void>;
  day(series: Series, day: DayIndex): Row | undefined;
  month(series: Series, month: MonthIndex): Row | undefined;
  detail(series: Series, day: DayIndex): Detail | undefined;
  newest(series: Series): DayIndex | undefined;
  /** Forgets everything when it is much: between two loads. */
  trim(): void;
  clear(): void;
}

interface Kept {
  /** null: there is no row. */
  readonly days: Map<DayIndex, Row | null>;
  readonly months: Map<MonthIndex, Row | null>;
  readonly details: Map<DayIndex, Detail>;
  newest?: DayIndex;
}

/** Asks for the same range of many series at once. */
interface Asked {
  readonly from: number;
  readonly to: number;
  readonly series: Set<Series>;
}

function ask(into: Map<string, Asked>, series: Series, from: number, to: number): void {
  const name = `${from} ${to}`;
  const known = into.get(name);
  if (known) known.series.add(series);
  else into.set(name, { from, to, series: new Set([series]) });
}

export function createBook(calendar: Calendar, reader: Pick<SeriesReader, "figures">): Book {
  const kept = new Map<string, Kept>();
  let rows = 0;
  let details = 0;
  const days = new Map<string, Asked>();
  const months = new Map<string, Asked>();
  const newest = new Map<string, Asked>();
  const detailed = new Map<string, Asked>();
  /** Quarter-hours of details at hand that may be others now. */
  const stale = new Map<Series, Map<DayIndex, Set<number>>>();

  const keptOf = (series: Series): Kept => {
    let own = kept.get(series.name);
    if (own === undefined) {
      own = { days: new Map(), months: new Map(), details: new Map() };
      kept.set(series.name, own);
    }
    return own;
  };

  /** Days before the newest change seldom: their quarter-hours are read again when they do. */
  const advance = (own: Kept, day: DayIndex): void => {
    if (own.newest !== undefined && day <= own.newest) return;
    own.newest = day;
    for (const [past, { asOf, peakKw, quarters }] of own.details)
      if (quarters && past < day - 1) own.details.set(past, { asOf, peakKw });
  };

  const nameOf = ({ scope, owner, carrier }: FigureKey): string => `${scope} ${owner} ${carrier}`;

  /** A question is of one scope: sites and groups are kept apart. */
  const read = async (
    series: Iterable<Series>,
    window: Figure["window"],
    start: Instant,
    end: Instant,
  ): Promise<Figure[]> => {
    const keys = [...series].map((one) => one.key);
    const parts = (["site", "group"] as const)
      .map((scope) => keys.filter((key) => key.scope === scope))
      .filter((some) => some.length > 0);
    return (await Promise.all(parts.map((some) => reader.figures(some, window, start, end)))).flat();
  };

  const readDays = async ({ from, to, series }: Asked): Promise<void> => {
    const found = await read(series, "day", calendar.dayStart(from), calendar.dayStart(to));
    for (const one of series) {
      const own = keptOf(one).days;
      for (let day = from; day < to; day += 1) {
        if (!own.has(day)) rows += 1;
        own.set(day, null);
      }
    }
    for (const figure of found) {
      const row = rowOf(figure);
      if (row === undefined) continue;
      const own = kept.get(nameOf(figure))!;
      const day = calendar.dayOf(figure.start);
      own.days.set(day, row);
      if (own.newest !== undefined) advance(own, day);
    }
  };

  const readMonths = async ({ from, to, series }: Asked): Promise<void> => {
    const start = calendar.dayStart(calendar.monthFirstDay(from));
    const found = await read(series, "month", start, calendar.dayStart(calendar.monthFirstDay(to)));
    for (const one of series) {
      const own = keptOf(one).months;
      for (let month = from; month < to; month += 1) {
        if (!own.has(month)) rows += 1;
        own.set(month, null);
      }
    }
    for (const figure of found) {
      const row = rowOf(figure);
      if (row) kept.get(nameOf(figure))!.months.set(calendar.monthOfDay(calendar.dayOf(figure.start)), row);
    }
  };

  const readNewest = async ({ from, series }: Asked): Promise<void> => {
    for (const figure of await read(series, "day", calendar.dayStart(from), calendar.dayStart(from + FAR))) {
      if (rowOf(figure) === undefined) continue;
      const own = kept.get(nameOf(figure))!;
      own.newest = Math.max(own.newest ?? from, calendar.dayOf(figure.start));
    }
    for (const one of series) keptOf(one).newest ??= from;
  };

  const dayLength = (day: DayIndex): number =>
    Math.round((calendar.dayStart(day + 1) - calendar.dayStart(day)) / QUARTER_MS);

  /** Quarter-hours [from, to) of a day, on top of what is at hand of it. */
  const readDetails = async (
    day: DayIndex,
    series: readonly Series[],
    from: number,
    to: number,
    keeps: boolean,
  ) => {
    const start = calendar.dayStart(day);
    const made = new Map<string, Quarters & { vanished: Set<number> }>();
    for (const one of series) {
      const quarters = keptOf(one).details.get(day)?.quarters ?? emptyQuarters(dayLength(day));
      const vanished = new Set([...quarters.vanished].filter((i) => i < from || i >= to));
      quarters.amount.fill(Number.NaN, from, to);
      quarters.known.fill(0, from, to);
      quarters.whole.fill(0, from, to);
      made.set(one.name, { ...quarters, vanished });
    }
    const found = await read(series, "15m", start + from * QUARTER_MS, start + to * QUARTER_MS);
    for (const figure of found) {
      const own = made.get(nameOf(figure))!;
      const i = (figure.start - start) / QUARTER_MS;
      const known = Math.min(1, figure.coverage + figure.estimated);
      if (rowOf(figure) === undefined || known === 0) {
        own.vanished.add(i);
        continue;
      }
      own.amount[i] = figure.amount;
      own.known[i] = known;
      own.whole[i] = Number(figure.missingMeters === 0 && known >= WHOLE);
    }
    for (const one of series) {
      const own = keptOf(one);
      if (!own.details.has(day)) details += 1;
      const isNewest = own.newest !== undefined && day >= own.newest - 1;
      own.details.set(day, detailOf(start, made.get(one.name)!, keeps || isNewest));
    }
  };

  const loadDetails = async (): Promise<void> => {
    for (const { from: day, to, series } of detailed.values()) {
      const full: Series[] = [];
      for (const one of series) {
        const known = keptOf(one).details.get(day);
        if (known?.quarters || (known && to !== KEEPS)) continue;
        const row = keptOf(one).days.get(day);
        // A day known through and through ends with the day: its quarter-hours need not be read for that.
        if (row && row.known >= WHOLE && !one.hasQuarters) {
          details += 1;
          keptOf(one).details.set(day, { asOf: calendar.dayStart(day + 1), peakKw: Number.NaN });
        } else full.push(one);
      }
      if (full.length > 0) await readDetails(day, full, 0, dayLength(day), to === KEEPS);
    }
    detailed.clear();
  };

  /** What changed of details at hand: series of the same day and quarter-hours in one question. */
  const refreshDetails = async (): Promise<void> => {
    const groups = new Map<DayIndex, { series: Series[]; from: number; to: number }>();
    for (const [series, byDay] of stale) {
      for (const [day, quarters] of byDay) {
        const own = keptOf(series).details;
        // A later day has become the newest meanwhile, and this one's quarter-hours are no longer kept.
        if (own.get(day)?.quarters === undefined && own.delete(day)) details -= 1;
        if (!own.has(day) || quarters.size === 0) continue;
        const group = groups.get(day) ?? { series: [], from: dayLength(day), to: 0 };
        group.series.push(series);
        group.from = Math.min(group.from, ...quarters);
        group.to = Math.max(group.to, Math.max(...quarters) + 1);
        groups.set(day, group);
      }
    }
    stale.clear();
    for (const [day, { series, from, to }] of groups) await readDetails(day, series, from, to, true);
  };

  const clear = (): void => {
    kept.clear();
    stale.clear();
    for (const asked of [days, months, newest, detailed]) asked.clear();
    rows = 0;
    details = 0;
  };

  return {
    changed(series, day, quarters) {
      const own = kept.get(series.name);
      if (own === undefined) return;
      if (own.days.delete(day)) rows -= 1;
      if (own.months.delete(calendar.monthOfDay(day))) rows -= 1;
      const before = own.details.get(day);
      if (before === undefined) return;
      if (quarters === undefined || before.quarters === undefined) {
        own.details.delete(day);
        details -= 1;
        return;
      }
      const byDay = stale.get(series) ?? new Map<DayIndex, Set<number>>();
      const known = byDay.get(day) ?? new Set<number>();
      for (const quarter of quarters) known.add(quarter);
      byDay.set(day, known);
      stale.set(series, byDay);
    },
    wantDays(series, from, to) {
      const own = keptOf(series).days;
      let first = from;
      let end = to;
      while (first < end && own.has(first)) first += 1;
      while (first < end && own.has(end - 1)) end -= 1;
      if (first < end) ask(days, series, first, end);
    },
    wantMonths(series, from, to) {
      const own = keptOf(series).months;
      let first = from;
      let end = to;
      while (first < end && own.has(first)) first += 1;
      while (first < end && own.has(end - 1)) end -= 1;
      if (first < end) ask(months, series, first, end);
    },
    wantDetail(series, day, keeps = false) {
      const own = keptOf(series);
      if (!own.days.has(day)) ask(days, series, day, day + 1);
      const detail = own.details.get(day);
      if (detail === undefined || (keeps && detail.quarters === undefined))
        ask(detailed, series, day, keeps ? KEEPS : 0);
    },
    wantNewest(series, first, last) {
      const own = keptOf(series);
      if (own.newest === undefined) ask(newest, series, first, first + 1);
      else advance(own, last);
    },
    async load() {
      for (const asked of newest.values()) await readNewest(asked);
      for (const asked of days.values()) await readDays(asked);
      for (const asked of months.values()) await readMonths(asked);
      for (const asked of [newest, days, months]) asked.clear();
      await refreshDetails();
      await loadDetails();
    },
    day: (series, day) => kept.get(series.name)?.days.get(day) ?? undefined,
    month: (series, month) => kept.get(series.name)?.months.get(month) ?? undefined,
    detail: (series, day) => kept.get(series.name)?.details.get(day),
    newest: (series) => kept.get(series.name)?.newest,
    trim() {
      if (rows > ROWS_KEPT || details > DETAILS_KEPT) clear();
    },
    clear,
  };
}
