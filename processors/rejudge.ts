/** Judges a whole series anew, when its registry entry changed or its verdicts are in doubt. */
import type { SeriesReader } from "../model/ports.ts";
import { type StoredReading, stands } from "../model/reading.ts";
import type { Instant, Span } from "../model/time.ts";
import type { Gauge } from "./consumption/gauge.ts";
import type { Piece } from "./consumption/pieces.ts";
import { judgeAll } from "./consumption/settle.ts";
import { isChanged, storedOf } from "./normalize/merge.ts";

export interface Rejudged {
  readonly changed: StoredReading[];
  readonly pieces: readonly Piece[];
  /** What the changed verdicts touch; undefined when none changed. */
  readonly touched: Span | undefined;
  /** First and last reading. */
  readonly extent: Span | undefined;
}

export async function rejudge(reader: SeriesReader, gauge: Gauge): Promise<Rejudged> {
  const stored = await reader.readings(gauge, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const { rows, pieces } = judgeAll(gauge, stored);
  const changed = rows.filter(isChanged);
  const first = rows[0];
  const last = rows.at(-1);
  const extent = first && last ? { start: first.at, end: last.at } : undefined;
  return { changed: changed.map(storedOf), pieces, touched: reachOf(rows, changed), extent };
}

/** From the standing reading before the first change to the standing one after the last. */
function reachOf(
  rows: readonly { at: Instant; verdict: StoredReading["verdict"] }[],
  changed: readonly { at: Instant }[],
) {
  const first = changed[0];
  const last = changed.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const before = rows.findLast((row) => row.at < first.at && stands(row.verdict));
  const after = rows.find((row) => row.at > last.at && stands(row.verdict));
  return { start: (before ?? first).at, end: (after ?? last).at };
}

/** The least span that holds both, of those that are there. */
export function hull(a: Span | undefined, b: Span | undefined): Span | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}
