/** The pairs of readings whose energy reaches into a span. */
import type { SeriesReader } from "../../model/ports.ts";
import { DAY_MS, type Instant, type Span } from "../../model/time.ts";
import { loadContext } from "../consumption/context.ts";
import { type Gauge, multiplierAt, type Point } from "../consumption/gauge.ts";
import type { Piece } from "../consumption/pieces.ts";
import { piecesOfContext } from "../consumption/settle.ts";
import { shareOf } from "../consumption/spread.ts";

/** Time whose readings are held in memory at once. */
const CHUNK_MS = 31 * DAY_MS;

/** Two neighbouring readings; energies in the carrier's canonical unit. */
export interface Pair {
  readonly gauge: Gauge;
  readonly from: Point;
  readonly to: Point;
  readonly how: Piece["how"];
  readonly quality: Piece["quality"];
  /** The parts with different multipliers, as shares of the pair's time; one where there is no change. */
  readonly parts: readonly { readonly share: number; readonly multiplier: number }[];
  readonly energy: number;
  /** The energy inside the span. */
  readonly inside: number;
  /** True when all of it lies inside. */
  readonly isWhole: boolean;
}

/** Half-open; two readings of one moment lie in the span that begins with them. */
function overlaps(start: Instant, end: Instant, span: Span): boolean {
  return start < span.end && (end > span.start || (start === end && start >= span.start));
}

function insideOf(piece: Piece, span: Span): number {
  if (!overlaps(piece.start, piece.end, span)) return 0;
  return shareOf(piece, Math.max(piece.start, span.start), Math.min(piece.end, span.end));
}

function pairOf(gauge: Gauge, pieces: readonly Piece[], span: Span): Pair {
  const { from, to, how, quality } = pieces[0]!;
  const length = to.at - from.at;
  return {
    gauge,
    from,
    to,
    how,
    quality,
    parts: pieces.map(({ start, end }) => ({
      share: length === 0 ? 1 : (end - start) / length,
      multiplier: multiplierAt(gauge, how === "reset" ? end : start),
    })),
    energy: pieces.reduce((sum, piece) => sum + piece.energy, 0),
    inside: pieces.reduce((sum, piece) => sum + insideOf(piece, span), 0),
    isWhole: from.at >= span.start && to.at <= span.end,
  };
}

/** Pieces cut where the multiplier changes belong to one pair. */
function grouped(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const before = group?.[0];
    if (group && before?.from === piece.from && before.to === piece.to) group.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

/** Pairs of one register that reach into the span, in time, read a month at once. */
export async function pairsIn(reader: SeriesReader, gauge: Gauge, span: Span): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let start = span.start; start < span.end; start += CHUNK_MS) {
    const chunk = { start, end: Math.min(start + CHUNK_MS, span.end) };
    const isNew = (at: Instant): boolean => start === span.start || at >= start;
    for (const pieces of grouped(piecesOfContext(gauge, await loadContext(reader, gauge, chunk)))) {
      const { from, to } = pieces[0]!;
      if (overlaps(from.at, to.at, chunk) && isNew(from.at)) pairs.push(pairOf(gauge, pieces, span));
    }
  }
  return pairs;
}

/** Share of a pair's energy inside the span; of its time where it has no energy. */
export function shareInside(pair: Pair, span: Span): number {
  if (pair.isWhole) return 1;
  if (pair.energy !== 0) return pair.inside / pair.energy;
  return (Math.min(pair.to.at, span.end) - Math.max(pair.from.at, span.start)) / (pair.to.at - pair.from.at);
}
