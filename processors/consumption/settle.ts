/** New readings of one register → verdicts that changed, and the span whose energy may have changed. */
import { type StoredReading, stands } from "../../model/reading.ts";
import { type Instant, quarterCeil, quarterStart, type Span } from "../../model/time.ts";
import {
  byIdentity,
  type Incoming,
  isChanged,
  merge,
  type Row,
  rowOf,
  storedOf,
  winners,
} from "../normalize/merge.ts";
import { type Gauge, type Point, type RegistryPoint, relate } from "./gauge.ts";
import { type Judged, judgeOf } from "./judge.ts";
import { type Piece, piecesBetween, piecesOf } from "./pieces.ts";

/** Stored readings around a moment, from a certain one (or the first of all) on. */
export interface Context {
  readonly rows: readonly StoredReading[];
  /** Nothing is stored before `rows[0]`. */
  readonly fromStart: boolean;
  /** Nothing is stored after the last row. */
  readonly toEnd: boolean;
}

/** What is kept of a register whose newest reading is certain, so that the next one needs no look-up. */
export interface Tail {
  readonly last: StoredReading;
  /** Pieces that reach into the quarter-hour of `last`. */
  readonly pieces: readonly Piece[];
}

export interface Settled {
  /** Rows to store: new ones, and those whose verdict changed. */
  readonly changed: StoredReading[];
  /** Some of them were stored before, with another verdict. */
  readonly rejudged: boolean;
  /** For each incoming reading: it was stored before. */
  readonly repeated: boolean[];
  /** Time whose energy may have changed; empty (start = end) for a lone reading. */
  readonly touched: Span;
  /** Pieces that cover the quarter-hours of `touched`. */
  readonly pieces: readonly Piece[];
  /** The context reached to the newest reading. */
  readonly atEnd: boolean;
  /** Only at the end, and only when the newest reading is certain. */
  readonly tail: Tail | undefined;
}

type Judgement = Judged<Row | RegistryPoint>;

const isRow = (point: Point): point is Row => "certain" in point;

/** Rows and the registry's points in time; at one moment a swap, then the reading, then a mark. */
function inTime(gauge: Gauge, rows: readonly Row[], context: Context): (Row | RegistryPoint)[] {
  if (gauge.points.length === 0) return [...rows];
  const first = context.fromStart ? Number.NEGATIVE_INFINITY : (rows[0]?.at ?? Number.NEGATIVE_INFINITY);
  const end = context.toEnd ? Number.POSITIVE_INFINITY : (rows.at(-1)?.at ?? Number.POSITIVE_INFINITY);
  const points = gauge.points.filter((p) =>
    p.kind === "mark" ? p.at >= first && p.at < end : p.at > first && p.at <= end,
  );
  const rank = (p: Row | RegistryPoint): number => (isRow(p) ? 1 : p.kind === "mark" ? 2 : 0);
  return [...points, ...rows].sort((a, b) => a.at - b.at || rank(a) - rank(b));
}

/** Judges a context's rows, and writes verdicts into them; the anchor keeps its own. */
function judge(gauge: Gauge, won: readonly Row[], context: Context): Judgement[] {
  const { feed } = judgeOf<Row | RegistryPoint>(gauge);
  const judged = inTime(gauge, won, context).map((point) =>
    feed(point, isRow(point) ? undefined : point.kind),
  );
  judged.forEach((one, i) => {
    if (!isRow(one.point) || (i === 0 && !context.fromStart)) return;
    one.point.verdict = one.verdict;
    one.point.certain = one.certain;
  });
  return judged;
}

/** Pieces of what is stored: the context is judged anew and gives the same verdicts. */
export function piecesOfContext(gauge: Gauge, context: Context): Piece[] {
  const rows = context.rows.map(rowOf);
  return piecesOf(gauge, judge(gauge, winners(rows), context));
}

/** Verdicts of a whole series, from its beginning. */
export function judgeAll(gauge: Gauge, rows: readonly StoredReading[]): { rows: Row[]; pieces: Piece[] } {
  const context = { rows, fromStart: true, toEnd: true };
  const all = rows.map(rowOf).sort(byIdentity);
  const pieces = piecesOf(gauge, judge(gauge, winners(all), context));
  return { rows: all, pieces };
}

/** The pieces that matter for the quarter-hours which [from, ∞) touches. */
function piecesFrom(pieces: readonly Piece[], from: Instant): Piece[] {
  const start = quarterStart(from);
  return pieces.filter((piece) => piece.end > start || (piece.end === start && piece.start === start));
}

function tailOf(
  won: readonly Row[],
  judged: readonly Judgement[],
  pieces: readonly Piece[],
  context: Context,
) {
  const last = won.at(-1);
  const newest = judged.at(-1)?.point;
  if (!context.toEnd || last === undefined || !last.certain || newest !== last) return undefined;
  return { last: storedOf(last), pieces: piecesFrom(pieces, last.at) };
}

/** From the certain reading before the first difference to the certain one after the last. */
function touchedSpan(
  gauge: Gauge,
  won: readonly Row[],
  judged: readonly Judgement[],
  isDifferent: (at: Instant) => boolean,
) {
  const different = won.filter((row) => isDifferent(row.at));
  const first = different[0];
  const last = different.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const restart = won.findLast((row) => row.at < first.at && row.certain);
  const stop = won.find((row) => row.at > last.at && row.certain);
  const reach = gauge.kind === "interval" ? gauge.intervalMs : 0;
  const earliest = judged[0]!.point.at - reach;
  const start = restart ? Math.min(restart.at, first.at - reach) : earliest;
  return { span: { start, end: stop?.at ?? judged.at(-1)!.point.at }, closed: stop !== undefined };
}

/**
 * Settles incoming readings within their context. Returns undefined when the context is too small: it must
 * reach from a certain reading at or before the first touched quarter-hour to one at or after the last.
 */
export function settle(gauge: Gauge, context: Context, incoming: readonly Incoming[]): Settled | undefined {
  const { rows, repeated } = merge(context.rows.map(rowOf), incoming);
  const won = winners(rows);
  const judged = judge(gauge, won, context);
  const changed = rows.filter(isChanged);
  const moments = new Set<Instant>(incoming.map((one) => one.at));
  for (const row of changed) moments.add(row.at);
  const touched = touchedSpan(gauge, won, judged, (at) => moments.has(at));
  if (touched === undefined) return undefined;
  if (!touched.closed && !context.toEnd) return undefined;
  const { span } = touched;
  const before = context.fromStart || context.rows[0]!.at <= quarterStart(span.start);
  const after = context.toEnd || context.rows.at(-1)!.at >= quarterCeil(span.end);
  if (!before || !after) return undefined;
  const pieces = piecesOf(gauge, judged);
  return {
    changed: changed.map(storedOf),
    rejudged: changed.some(
      ({ stored, verdict, certain }) =>
        stored !== undefined && (stored.verdict !== verdict || stored.certain !== certain),
    ),
    repeated,
    touched: span,
    pieces,
    atEnd: context.toEnd,
    tail: tailOf(won, judged, pieces, context),
  };
}

/** A reading that simply joins the last, with the pieces between the two; undefined where it does anything else. */
function joinNext(
  gauge: Gauge,
  last: StoredReading,
  incoming: Incoming,
): { stored: StoredReading; pieces: Piece[] } | undefined {
  if (incoming.at <= last.at) return undefined;
  const lastPoint = gauge.points.at(-1);
  if (lastPoint !== undefined && lastPoint.at >= last.at) return undefined;
  const verdict =
    gauge.kind === "interval" ? intervalVerdict(gauge, last, incoming) : relate(gauge, last, incoming);
  if (verdict !== "ok" && verdict !== "rollover") return undefined;
  const { at, value, revision, seq, receivedAt, offset } = incoming;
  const stored: StoredReading = {
    // The registry's own, since it is kept: that of the record is a text of its own.
    register: gauge.register,
    at,
    value,
    revision,
    seq,
    receivedAt,
    offset,
    verdict,
    certain: true,
  };
  const pieces = piecesBetween(gauge, last, { point: stored, verdict, joins: true, certain: true });
  return { stored, pieces };
}

/**
 * The common case: readings, each newer than all before, that simply join the last. Gives exactly what `settle`
 * gives, without looking anything up; undefined where the case is any other.
 */
export function extend(gauge: Gauge, tail: Tail, incoming: readonly Incoming[]): Settled | undefined {
  const pieces: Piece[] = [...tail.pieces];
  const changed: StoredReading[] = [];
  let { last } = tail;
  for (const one of incoming) {
    const joined = joinNext(gauge, last, one);
    if (joined === undefined) return undefined;
    for (const piece of joined.pieces) pieces.push(piece);
    changed.push(joined.stored);
    last = joined.stored;
  }
  return {
    changed,
    rejudged: false,
    repeated: incoming.map(() => false),
    touched: { start: tail.last.at, end: last.at },
    pieces,
    atEnd: true,
    tail: { last, pieces: piecesFrom(pieces, last.at) },
  };
}

function intervalVerdict(gauge: Gauge, last: StoredReading, incoming: Incoming) {
  if (incoming.at - gauge.intervalMs < last.at) return "break";
  return judgeOf(gauge).feed(incoming).verdict === "ok" ? "ok" : "break";
}

/** Readings that carry energy. */
export function standing(rows: readonly StoredReading[]): StoredReading[] {
  return rows.filter((row) => stands(row.verdict));
}
