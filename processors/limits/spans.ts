/** Sums of spans of days, and how much of their time is known, from the days and months at hand. */
import { type DaySpan, piecesOf } from "../../model/period.ts";
import { type Calendar, type DayIndex, type Instant, monthFirstDay, monthOfDay } from "../../model/time.ts";
import type { Book } from "./book.ts";
import type { Row } from "./rows.ts";
import { overlapMs, type Series, unionOf } from "./subjects.ts";

/** What spans are read from. */
export interface Shelf {
  readonly calendar: Calendar;
  readonly book: Book;
}

/** A row of a day or a month. */
export interface Piece extends DaySpan {
  readonly row: Row;
}

function* daysOf({ book }: Shelf, series: Series, span: DaySpan): Generator<Piece> {
  for (let day: DayIndex = span.from; day < span.to; day += 1) {
    const row = book.day(series, day);
    if (row) yield { row, from: day, to: day + 1 };
  }
}

/** The days and months that make up a span, of one series, in time order. */
export function* rowsOf(shelf: Shelf, series: Series, span: DaySpan): Generator<Piece> {
  const { before, months, after } = piecesOf(span);
  yield* daysOf(shelf, series, before);
  for (let month = months[0]; month < months[1]; month += 1) {
    const row = shelf.book.month(series, month);
    if (row) yield { row, from: monthFirstDay(month), to: monthFirstDay(month + 1) };
  }
  yield* daysOf(shelf, series, after);
}

/**
 * As above, to tell what is known: a month's row has the worst of its meters over all of the month, also of one that
 * was in service for a part of it. Of such months the days.
 */
function* knownRowsOf(shelf: Shelf, series: Series, span: DaySpan): Generator<Piece> {
  for (const piece of rowsOf(shelf, series, span)) {
    if (series.changing.has(monthOfDay(piece.from))) yield* daysOf(shelf, series, piece);
    else yield piece;
  }
}

/** Asks for the days and months that make up a span, and the days of months that are known by their days. */
export function wantSpan({ book }: Shelf, series: Series, span: DaySpan): void {
  if (span.to <= span.from) return;
  const { before, months, after } = piecesOf(span);
  book.wantDays(series, before.from, before.to);
  book.wantMonths(series, months[0], months[1]);
  book.wantDays(series, after.from, after.to);
  for (const month of series.changing) {
    const isWhole = month >= months[0] && month < months[1];
    if (isWhole) book.wantDays(series, monthFirstDay(month), monthFirstDay(month + 1));
  }
}

/** Sum of one series; undefined where there is no row, NaN where something is unknown. */
export function sumSeries(shelf: Shelf, series: Series, span: DaySpan, field: number): number | undefined {
  let sum: number | undefined;
  for (const { row } of rowsOf(shelf, series, span)) sum = (sum ?? 0) + row.net[field]!;
  return sum;
}

/** What the known time of a span is read from; `days` where months are not at hand. */
export type Grain = "months" | "days";

function knownMs(shelf: Shelf, series: Series, span: DaySpan, grain: Grain): number {
  const { dayStart } = shelf.calendar;
  const pieces = grain === "days" ? daysOf(shelf, series, span) : knownRowsOf(shelf, series, span);
  let known = 0;
  for (const { row, from, to } of pieces) known += row.known * (dayStart(to) - dayStart(from));
  return known;
}

/**
 * Share of [start, end) that is known: of the carrier of which least of its meters' time of service is, times the
 * share in which any meter was in service. A carrier that came later is not unknown before it came.
 */
export function coverageOf(
  shelf: Shelf,
  series: readonly Series[],
  span: DaySpan,
  end: Instant,
  grain: Grain = "months",
): number {
  const start = shelf.calendar.dayStart(span.from);
  if (end <= start) return 0;
  let worst = 1;
  for (const one of series) {
    const due = overlapMs(one.service, start, end);
    if (due > 0) worst = Math.min(worst, knownMs(shelf, one, span, grain) / due);
  }
  const served = overlapMs(unionOf(series.flatMap((one) => one.service)), start, end);
  return Math.min(1, worst * (served / (end - start)));
}
