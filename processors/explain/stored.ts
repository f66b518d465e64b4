/** What is stored of a meter over a span: whole days from the days' rows, the rest from quarter-hours. */
import type { Figure, FigureKey, FigureWindow } from "../../model/figure.ts";
import type { SeriesReader } from "../../model/ports.ts";
import type { Meter } from "../../model/registry.ts";
import { type Calendar, QUARTER_MS, quarterCeil, quarterStart, type Span } from "../../model/time.ts";
import { isVanished } from "../consumption/meter-day.ts";

/** Energy in the carrier's canonical unit, and known time. `present` false where there is no row at all. */
export interface Stored {
  amount: number;
  measuredMs: number;
  estimatedMs: number;
  present: boolean;
}

/** The part of a span whose quarter-hours count at a site: those in which the meter was in service. */
export function inService(meter: Meter, span: Span): Span {
  const start = Math.max(span.start, quarterStart(meter.from));
  const end = meter.to === undefined ? span.end : Math.min(span.end, quarterCeil(meter.to));
  return { start, end: Math.max(start, end) };
}

/** Sums the stored rows of a meter whose windows start in the span. */
export async function storedOf(
  reader: SeriesReader,
  calendar: Calendar,
  key: FigureKey,
  span: Span,
): Promise<Stored> {
  const sum: Stored = { amount: 0, measuredMs: 0, estimatedMs: 0, present: false };
  const add = (row: Figure, length: number): void => {
    if (isVanished(row)) return;
    sum.amount += row.amount;
    sum.measuredMs += Math.round(row.coverage * length);
    sum.estimatedMs += Math.round(row.estimated * length);
    sum.present = true;
  };
  const rows = (window: FigureWindow, start: number, end: number): Promise<Figure[]> =>
    start < end ? reader.figures([key], window, start, end) : Promise.resolve([]);
  const startDay = calendar.dayOf(span.start);
  const firstDay = calendar.dayStart(startDay) === span.start ? startDay : startDay + 1;
  const first = calendar.dayStart(firstDay);
  const last = calendar.dayStart(calendar.dayOf(span.end));
  const hasDays = first < last;
  for (const row of await rows("15m", span.start, hasDays ? first : span.end)) add(row, QUARTER_MS);
  if (!hasDays) return sum;
  for (const row of await rows("day", first, last)) {
    add(row, calendar.dayStart(calendar.dayOf(row.start) + 1) - row.start);
  }
  for (const row of await rows("15m", last, span.end)) add(row, QUARTER_MS);
  return sum;
}
