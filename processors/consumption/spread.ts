/** Pieces → quarter-hours: energy is linear in time, and a window gets its share. */
import { type Instant, QUARTER_MS, quarterStart } from "../../model/time.ts";
import type { Piece } from "./pieces.ts";

/** Energy and known time of consecutive quarter-hours; `amount` is NaN where nothing is known. */
export interface Quarters {
  readonly start: Instant;
  readonly amount: Float64Array | number[];
  readonly measuredMs: Int32Array | number[];
  readonly estimatedMs: Int32Array | number[];
}

export function emptyQuarters(start: Instant, end: Instant): Quarters {
  const count = Math.max(0, Math.round((end - start) / QUARTER_MS));
  return {
    start,
    amount: new Array<number>(count).fill(Number.NaN),
    measuredMs: new Array<number>(count).fill(0),
    estimatedMs: new Array<number>(count).fill(0),
  };
}

/** Share of a piece's energy inside [from, to). */
export function shareOf(piece: Piece, from: Instant, to: Instant): number {
  if (piece.end === piece.start) return piece.energy;
  return piece.energy * ((to - from) / (piece.end - piece.start));
}

/**
 * Adds pieces, in time, to quarter-hours; what lies outside them is left out. The order of addition is the
 * order in time, so that the same readings give the same bits however they arrived.
 */
export function spread(pieces: readonly Piece[], quarters: Quarters): void {
  const { start, amount, measuredMs, estimatedMs } = quarters;
  const end = start + amount.length * QUARTER_MS;
  for (const piece of pieces) {
    if (piece.end < start || piece.start >= end) continue;
    const known = piece.quality === "measured" ? measuredMs : estimatedMs;
    const first = Math.max(quarterStart(piece.start), start);
    for (let at = first; at < end && (at < piece.end || at === first); at += QUARTER_MS) {
      const from = Math.max(piece.start, at);
      const to = Math.min(piece.end, at + QUARTER_MS);
      if (to < from || (to === from && piece.end > piece.start)) continue;
      const i = (at - start) / QUARTER_MS;
      const share = shareOf(piece, from, to);
      amount[i] = Number.isNaN(amount[i]!) ? share : amount[i]! + share;
      known[i]! += to - from;
    }
  }
}
