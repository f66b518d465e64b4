/** Collects what a step changed; figures of closed days go to the ledger first. */
import type { Figure, FigureKey, FigureValues, LedgerEntry } from "../model/figure.ts";
import type { Changes, DirtyDay, LiveMeter, PendingSpan } from "../model/ports.ts";
import type { SeriesKey, StoredReading } from "../model/reading.ts";
import type { Instant } from "../model/time.ts";
import type { Plan } from "./plan.ts";

export interface Collector {
  readings(series: SeriesKey, rows: readonly StoredReading[]): void;
  /** @param before what was stored, null where there was nothing */
  figure(figure: Figure, before: FigureValues | null): void;
  readonly dirty: Map<string, DirtyDay>;
  readonly pendingSet: Map<string, PendingSpan>;
  readonly pendingDone: { site: string; meter: string }[];
  readonly live: LiveMeter[];
  figureCount(): number;
  /** Takes over what another collector holds. */
  absorb(other: Collector): void;
  changes(): Changes;
}

/** @param cause why figures of closed days change. @param at when, for the ledger */
export function createCollector(plan: Plan, cause: string, at: Instant): Collector {
  const readings: { series: SeriesKey; rows: readonly StoredReading[] }[] = [];
  const figures: Figure[] = [];
  const ledger: LedgerEntry[] = [];
  const dirty = new Map<string, DirtyDay>();
  const pendingSet = new Map<string, PendingSpan>();
  const pendingDone: { site: string; meter: string }[] = [];
  const live: LiveMeter[] = [];
  const closedEnd = Number.isFinite(plan.closedThrough)
    ? plan.calendar.dayStart(plan.closedThrough + 1)
    : Number.NEGATIVE_INFINITY;
  return {
    dirty,
    pendingSet,
    pendingDone,
    live,
    readings(series, rows) {
      if (rows.length > 0) readings.push({ series, rows });
    },
    figure(figure, before) {
      figures.push(figure);
      if (figure.start >= closedEnd) return;
      const { scope, owner, carrier, window, start, ...after } = figure;
      const key: FigureKey = { scope, owner, carrier };
      ledger.push({ ...key, window, start, before, after, cause, at });
    },
    figureCount: () => figures.length,
    absorb(other) {
      const more = other.changes();
      readings.push(...(more.readings ?? []));
      for (const figure of more.figures ?? []) figures.push(figure);
      for (const entry of more.ledger ?? []) ledger.push(entry);
      for (const [key, mark] of other.dirty) dirty.set(key, mark);
    },
    changes: () => ({
      readings,
      figures,
      ledger,
      live,
      dirtySet: [...dirty.values()],
      pendingSet: [...pendingSet.values()],
      pendingDone,
    }),
  };
}
