/** Judged readings → pieces of time with the energy that flowed in each. */
import type { Instant } from "../../model/time.ts";
import { energyOf, type Gauge, multiplierAt, multiplierChanges, type Point, travelOf } from "./gauge.ts";
import type { Judged } from "./judge.ts";

/** Energy that flowed evenly over [start, end); `start === end` only for two readings of one moment. */
export interface Piece {
  readonly start: Instant;
  readonly end: Instant;
  /** In the carrier's canonical unit. */
  readonly energy: number;
  readonly quality: "measured" | "estimated";
  readonly how: "joined" | "rollover" | "reset" | "interval";
  readonly from: Point;
  readonly to: Point;
}

/** Neighbours at most this many intervals apart are measured; further apart, estimated. */
const MEASURED_INTERVALS = 1.5;

/** A piece of even travel, cut where the multiplier changes; a cut piece is estimated on both sides. */
function cutByMultiplier(gauge: Gauge, whole: Piece, travel: number): Piece[] {
  const changes = multiplierChanges(gauge, whole.start, whole.end);
  if (changes.length === 0) return [whole];
  const pieces: Piece[] = [];
  let start = whole.start;
  for (const end of [...changes.map((row) => row.from), whole.end]) {
    const part = travel * ((end - start) / (whole.end - whole.start));
    pieces.push({
      ...whole,
      start,
      end,
      quality: "estimated",
      energy: part * gauge.unitFactor * multiplierAt(gauge, start),
    });
    start = end;
  }
  return pieces;
}

function joinedPieces(gauge: Gauge, from: Point, judged: Judged): Piece[] {
  const to = judged.point;
  const start = from.at;
  const end = to.at;
  if (judged.verdict === "reset") {
    const energy = to.value * gauge.unitFactor * multiplierAt(gauge, end);
    return [{ start, end, energy, quality: "estimated", how: "reset", from, to }];
  }
  const rollover = judged.verdict === "rollover";
  const travel = travelOf(gauge, from, to, rollover ? "rollover" : "ok");
  const measured = end - start <= MEASURED_INTERVALS * gauge.intervalMs;
  const how = rollover ? "rollover" : "joined";
  const whole: Piece = {
    start,
    end,
    energy: energyOf(gauge, start, end, travel),
    quality: measured ? "measured" : "estimated",
    how,
    from,
    to,
  };
  return cutByMultiplier(gauge, whole, travel);
}

function intervalPieces(gauge: Gauge, to: Point): Piece[] {
  const start = to.at - gauge.intervalMs;
  const energy = to.value * gauge.unitFactor * multiplierAt(gauge, start);
  const from = { at: start, value: 0 };
  const whole: Piece = { start, end: to.at, energy, quality: "measured", how: "interval", from, to };
  return cutByMultiplier(gauge, whole, to.value);
}

/** Pieces of a point that joins the standing one before it. */
export function piecesBetween(gauge: Gauge, standing: Point, judged: Judged): Piece[] {
  return gauge.kind === "interval"
    ? intervalPieces(gauge, judged.point)
    : joinedPieces(gauge, standing, judged);
}

/** Pieces in time, from judged points in time. */
export function piecesOf(gauge: Gauge, judged: readonly Judged[]): Piece[] {
  const pieces: Piece[] = [];
  let standing: Point | undefined;
  for (const one of judged) {
    const sets = one.verdict;
    if (sets !== "ok" && sets !== "rollover" && sets !== "reset" && sets !== "level-shift") continue;
    if (one.joins) {
      // An interval's register tells its energy by itself.
      const from = standing ?? (gauge.kind === "interval" ? one.point : undefined);
      if (from) pieces.push(...piecesBetween(gauge, from, one));
    }
    standing = one.point;
  }
  return pieces;
}
