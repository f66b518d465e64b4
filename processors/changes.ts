/** Collects what a step changed; figures of closed days go to the ledger first. */
import type { Figure, FigureKey, FigureValues, LedgerEntry } from "../model/figure.ts";
import type { Observation } from "../model/observation.ts";
import type { Changes, DirtyDay, LiveMeter, PendingSpan } from "../model/ports.ts";
import type { SeriesKey, StoredReading } from "../model/reading.ts";
import { type DayIndex, type Instant, QUARTER_MS } from "../model/time.ts";
import type { AreaPlan, Plan } from "./plan.ts";

export interface Collector {
  readings(series: SeriesKey, rows: readonly StoredReading[]): void;
  /** @param before what was stored, null where there was nothing */
  figure(figure: Figure, before: FigureValues | null): void;
  /** Rows that follow from a day's figures. */
  observe(rows: readonly Observation[]): void;
  /** A quarter-hour of a site changed, or its day's sum alone (no `quarter`). */
  dirty(area: AreaPlan, day: DayIndex, quarter?: number): void;
  /** Days with rows count as changed wherever they are recomputed: their sums may not have followed a change. */
  readonly marksAll: boolean;
  /** Changed quarter-hours by area and day. */
  readonly dirtyDays: Map<AreaPlan, Map<DayIndex, Set<number>>>;
  readonly pendingSet: Map<string, PendingSpan>;
  /** By `site/meter`. */
  readonly live: Map<string, LiveMeter>;
  /** Takes over what another collector has to be written; what is to be noted stays with it. */
  absorb(other: Collector): void;
  changes(): Changes;
}

/** @param cause why figures of closed days change. @param at when, for the ledger */
export function createCollector(plan: Plan, cause: string, at: Instant, marksAll = false): Collector {
  const readings: { series: SeriesKey; rows: readonly StoredReading[] }[] = [];
  const figures: Figure[] = [];
  const ledger: LedgerEntry[] = [];
  const observations: Observation[] = [];
  const dirtyDays = new Map<AreaPlan, Map<DayIndex, Set<number>>>();
  /** Marks of absorbed collectors, which know their own causes. */
  const absorbed: DirtyDay[] = [];
  const pendingSet = new Map<string, PendingSpan>();
  const live = new Map<string, LiveMeter>();
  // Without a finite day either nothing is closed or, for a reconciliation, everything.
  const closedEnd = Number.isFinite(plan.closedThrough)
    ? plan.calendar.dayStart(plan.closedThrough + 1)
    : plan.closedThrough;
  /** A month that is closed in part is open: its closed days have entries of their own. */
  const endOf = ({ window, start }: Figure): Instant => {
    if (window === "15m") return start + QUARTER_MS;
    const { calendar } = plan;
    const day = calendar.dayOf(start);
    if (window === "day") return calendar.dayStart(day + 1);
    return calendar.dayStart(calendar.monthFirstDay(calendar.monthOfDay(day) + 1));
  };
  return {
    marksAll,
    dirtyDays,
    pendingSet,
    live,
    dirty(area, day, quarter) {
      let days = dirtyDays.get(area);
      if (days === undefined) {
        days = new Map();
        dirtyDays.set(area, days);
      }
      let quarters = days.get(day);
      if (quarters === undefined) {
        quarters = new Set();
        days.set(day, quarters);
      }
      if (quarter !== undefined) quarters.add(quarter);
    },
    readings(series, rows) {
      if (rows.length > 0) readings.push({ series, rows });
    },
    observe(rows) {
      for (const row of rows) observations.push(row);
    },
    figure(figure, before) {
      figures.push(figure);
      if (endOf(figure) > closedEnd) return;
      const { scope, owner, carrier, window, start, ...after } = figure;
      const key: FigureKey = { scope, owner, carrier };
      ledger.push({ ...key, window, start, before, after, cause, at });
    },
    absorb(other) {
      const more = other.changes();
      for (const one of more.readings ?? []) readings.push(one);
      for (const figure of more.figures ?? []) figures.push(figure);
      for (const entry of more.ledger ?? []) ledger.push(entry);
      for (const row of more.observations ?? []) observations.push(row);
      for (const [owner, span] of other.pendingSet) pendingSet.set(owner, span);
      for (const day of more.dirtySet ?? []) absorbed.push(day);
    },
    changes: () => ({
      readings,
      figures,
      ledger,
      ...(observations.length > 0 ? { observations } : {}),
      dirtySet: [...dirtyMarks(dirtyDays, [cause]), ...absorbed],
      pendingSet: [...pendingSet.values()],
    }),
  };
}

function dirtyMarks(dirtyDays: Collector["dirtyDays"], causes: readonly string[]): DirtyDay[] {
  const marks: DirtyDay[] = [];
  for (const [area, days] of dirtyDays) {
    for (const day of days.keys()) marks.push({ site: area.site.id, carrier: area.carrier, day, causes });
  }
  return marks;
}
