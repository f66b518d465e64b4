/** New readings among those already stored: repeats, corrections and conflicts at the same moment. */
import type { Reading, StoredReading, Verdict } from "../../model/reading.ts";
import type { Instant } from "../../model/time.ts";

/** A reading as it comes from the log. */
export interface Incoming extends Reading {
  readonly receivedAt: Instant;
  readonly offset: number;
}

/** A stored reading while its verdict is being worked out. */
export interface Row {
  readonly register: string;
  readonly at: Instant;
  readonly value: number;
  readonly revision: number;
  seq: number;
  receivedAt: Instant;
  offset: number;
  verdict: Verdict;
  certain: boolean;
  /** As stored; undefined for a new row. */
  readonly stored: StoredReading | undefined;
}

/** Order of storage: by time, then revision, then value. */
export function byIdentity(a: Row, b: Row): number {
  return a.at - b.at || a.revision - b.revision || a.value - b.value;
}

/** The higher revision wins, then the higher seq, then the smaller value. */
function wins(a: Row, b: Row): boolean {
  if (a.revision !== b.revision) return a.revision > b.revision;
  if (a.seq !== b.seq) return a.seq > b.seq;
  return a.value < b.value;
}

export function rowOf(stored: StoredReading): Row {
  const { register, at, value, revision, seq, receivedAt, offset, verdict, certain } = stored;
  return { register, at, value, revision, seq, receivedAt, offset, verdict, certain, stored };
}

function newRow(incoming: Incoming): Row {
  const { register, at, value, revision, seq, receivedAt, offset } = incoming;
  return {
    register,
    at,
    value,
    revision,
    seq,
    receivedAt,
    offset,
    verdict: "pending",
    certain: false,
    stored: undefined,
  };
}

export interface Merged {
  /** By identity. */
  readonly rows: Row[];
  /** For each incoming reading, whether its row was there before, from another record. */
  readonly repeated: boolean[];
}

/** A repeat keeps the first offset and the highest seq, so that the order of arrival leaves no trace. */
function absorb(row: Row, incoming: Incoming): void {
  if (incoming.seq > row.seq) row.seq = incoming.seq;
  if (incoming.offset < row.offset) {
    row.offset = incoming.offset;
    row.receivedAt = incoming.receivedAt;
  }
}

/** Puts incoming readings among `rows` (by identity). */
export function merge(rows: Row[], incoming: readonly Incoming[]): Merged {
  const repeated: boolean[] = [];
  const last = rows.at(-1);
  const ordered = incoming.every(
    (one, i) => one.at > (i === 0 ? (last?.at ?? Number.NEGATIVE_INFINITY) : incoming[i - 1]!.at),
  );
  if (ordered) {
    for (const one of incoming) {
      rows.push(newRow(one));
      repeated.push(false);
    }
    return { rows, repeated };
  }
  const known = new Map<string, Row>();
  const redone = new Set<Row>();
  for (const row of rows) known.set(`${row.at} ${row.revision} ${row.value}`, row);
  for (const one of incoming) {
    const identity = `${one.at} ${one.revision} ${one.value}`;
    const row = known.get(identity);
    // A record that is worked on again after a crash finds its own row.
    const isOwn = row?.stored?.offset === one.offset && !redone.has(row);
    if (row && isOwn) redone.add(row);
    repeated.push(row !== undefined && !isOwn);
    if (row) absorb(row, one);
    else {
      const fresh = newRow(one);
      known.set(identity, fresh);
      rows.push(fresh);
    }
  }
  return { rows: rows.sort(byIdentity), repeated };
}

/** One row for each moment, by time; the others lose and are marked `superseded`. */
export function winners(rows: readonly Row[]): Row[] {
  const won: Row[] = [];
  for (const row of rows) {
    const rival = won.at(-1);
    if (rival === undefined || rival.at !== row.at) won.push(row);
    else if (wins(row, rival)) {
      supersede(rival);
      won[won.length - 1] = row;
    } else supersede(row);
  }
  return won;
}

function supersede(row: Row): void {
  row.verdict = "superseded";
  row.certain = false;
}

/** True when what is to be stored of a row differs from what is stored. */
export function isChanged(row: Row): boolean {
  const was = row.stored;
  return (
    was === undefined ||
    was.verdict !== row.verdict ||
    was.certain !== row.certain ||
    was.seq !== row.seq ||
    was.offset !== row.offset
  );
}

export function storedOf(row: Row): StoredReading {
  const { register, at, value, revision, seq, receivedAt, offset, verdict, certain } = row;
  return { register, at, value, revision, seq, receivedAt, offset, verdict, certain };
}
