/** The write half: phases in the order that a crash between two of them needs, each on disk before the next. */
import type { Changes, LiveMeter } from "../../model/ports.ts";
import type { Calendar, Instant } from "../../model/time.ts";
import { BALANCE_PLACES, balanceLine } from "./balance.ts";
import type { InfluxClient, Precision } from "./client.ts";
import { createFigureLines } from "./figure-lines.ts";
import { ledgerLines } from "./ledger.ts";
import { factLine, liveLine, ownerOf, pendingLines, readLive } from "./notes.ts";
import { observationLines } from "./observations.ts";
import { inParallel } from "./question.ts";
import { asideLines, loserLines, winnerLines } from "./reading-lines.ts";
import { rejectLine } from "./rejects.ts";

const LINES_PER_REQUEST = 5_000;
/** Characters of a request, for the few lines that are long. */
const LONGEST_REQUEST = 4 * 1024 * 1024;
/** Requests of one phase under way at once. */
const IN_FLIGHT = 4;

/** Lines in requests of a bounded size. */
function requestsOf(lines: readonly string[]): string[][] {
  const requests: string[][] = [];
  let request: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (request.length === LINES_PER_REQUEST || (length + line.length > LONGEST_REQUEST && length > 0)) {
      requests.push(request);
      request = [];
      length = 0;
    }
    request.push(line);
    length += line.length;
  }
  if (request.length > 0) requests.push(request);
  return requests;
}

type Lease = AbortSignal | undefined;

/** Writes `live` so that an older reading never takes the place of a newer one. */
function createLiveWriter(
  client: InfluxClient,
  send: (lines: readonly string[], lease: Lease) => Promise<void>,
) {
  /** While a lease runs nobody else writes its meters, so that what is stored need be read once only. */
  const byLease = new WeakMap<AbortSignal, Map<string, Instant>>();
  return async (rows: readonly LiveMeter[], lease: Lease): Promise<void> => {
    if (rows.length === 0) return;
    const known = lease && byLease.get(lease);
    const stored = known ?? new Map((await readLive(client, lease)).map((row) => [ownerOf(row), row.at]));
    // Until the write succeeded nothing is sure: after a failure it is read anew.
    if (lease) byLease.delete(lease);
    const kept = new Map<string, LiveMeter>();
    for (const row of rows) {
      const owner = ownerOf(row);
      if (row.at < (stored.get(owner) ?? Number.NEGATIVE_INFINITY)) continue;
      stored.set(owner, row.at);
      const earlier = kept.get(owner);
      kept.set(owner, row.powerKw === null && earlier ? { ...row, powerKw: earlier.powerKw } : row);
    }
    await send([...kept.values()].map(liveLine), lease);
    if (lease) byLease.set(lease, stored);
  };
}

/** The place of a lease's totals, drawn: two owners of a share on one day hardly ever have the same. */
function createPlaces(): (lease: Lease) => number {
  const places = new WeakMap<AbortSignal, number>();
  return (lease) => {
    if (lease === undefined) return 0;
    const place = places.get(lease) ?? 1 + Math.floor(Math.random() * (BALANCE_PLACES - 1));
    places.set(lease, place);
    return place;
  };
}

/**
 * `write` of the port. @throws Error for `balance`, which can only be added where write and commit are one
 */
export function createWriter(client: InfluxClient, calendar: Calendar) {
  const figureLines = createFigureLines();
  const placeOf = createPlaces();
  const send = (precision: Precision) => async (lines: readonly string[], lease: Lease) => {
    const failures: unknown[] = [];
    await inParallel(requestsOf(lines), IN_FLIGHT, async (request) => {
      if (failures.length > 0) return;
      await client.write(request, precision, lease).catch((error: unknown) => failures.push(error));
    });
    // Not before the others have ended: whoever is told of a failure may write anew, and they would come after.
    if (failures.length > 0) throw failures[0];
  };
  const [inMs, inNs] = [send("ms"), send("ns")];
  const writeLive = createLiveWriter(client, inMs);

  const writeReadings = async ({ readings = [], pendingSet = [] }: Changes, lease: Lease): Promise<void> => {
    // Losers before winners: a reading that has lost must be found under one name or the other.
    await inNs(await loserLines(client, readings, lease), lease);
    // What is to be recomputed because of them, too: once they are stored, nothing else tells how far that reaches.
    await inMs([...asideLines(readings, calendar), ...pendingLines(pendingSet, [])], lease);
    await inMs(winnerLines(readings), lease);
  };

  /** What is counted goes with the figures: done over after a crash, all come again. */
  const writeFigures = async (changes: Changes, lease: Lease): Promise<void> => {
    const { figures = [], balanceTotals = [] } = changes;
    const place = placeOf(lease);
    const totals = balanceTotals.map((total) => balanceLine(total, calendar, place));
    await inMs([...figureLines(figures), ...totals], lease);
  };

  const writeNotes = async (changes: Changes, lease: Lease): Promise<void> => {
    await writeLive(changes.live ?? [], lease);
    await inNs((changes.rejects ?? []).map(rejectLine), lease);
    await inMs(pendingLines([], changes.pendingDone ?? []), lease);
  };

  return async (changes: Changes, lease?: AbortSignal): Promise<void> => {
    if (changes.balance && changes.balance.length > 0)
      throw new Error("InfluxDB keeps totals: give balanceTotals, since counts added twice cannot be told");
    await writeReadings(changes, lease);
    await inNs(await ledgerLines(client, changes.ledger ?? [], lease), lease);
    await writeFigures(changes, lease);
    await inMs(observationLines(changes.observations ?? []), lease);
    await writeNotes(changes, lease);
    // Last of all: a fact such as the configuration computed with must not be known before what it led to.
    await inMs((changes.facts ?? []).map(factLine), lease);
  };
}
