/** One batch of the log → what it changes. */
import type { SeriesReader } from "../model/ports.ts";
import type { ReadingsRecord } from "../model/records.ts";
import { DAY_MS, type Instant, quarterStart, type Span } from "../model/time.ts";
import type { Cache } from "./cache.ts";
import type { Collector } from "./changes.ts";
import { loadContext } from "./consumption/context.ts";
import type { Gauge } from "./consumption/gauge.ts";
import { extend, type Settled, settle } from "./consumption/settle.ts";
import type { Incoming } from "./normalize/merge.ts";
import type { Pending } from "./pending.ts";
import type { MeterPlan, Plan } from "./plan.ts";
import type { Touched } from "./recompute.ts";

/** A record of readings with its place in the log. */
export type LoggedReadings = ReadingsRecord & { offset: number };

/** Incoming readings of one meter, by register. */
export interface MeterBatch {
  readonly plan: MeterPlan;
  readonly byRegister: Map<string, Incoming[]>;
  powerKw: number | null;
  newest: Incoming | undefined;
}

/** Counts of one site's day of receipt while a batch is worked on. */
export interface Tally {
  received: number;
  accepted: number;
  repeated: number;
}

/** Readings further apart than this are settled apart, so that a scattered batch reads little. */
const CLUSTER_GAP_MS = DAY_MS / 4;
/** How much further a context reaches when its end turned out to be undecided. */
const WIDEN_MS = [0, DAY_MS / 4, 4 * DAY_MS, 64 * DAY_MS, 36_500 * DAY_MS];

/** Groups readings records by meter, in the order they came; `stranger` gets those of no known meter or register. */
export function groupByMeter(
  plan: Plan,
  records: readonly LoggedReadings[],
  stranger: (record: LoggedReadings, owner: MeterPlan | undefined) => void,
): Map<string, MeterBatch> {
  const groups = new Map<string, MeterBatch>();
  for (const record of records) {
    const owner = `${record.site}/${record.meter}`;
    let group = groups.get(owner);
    if (group === undefined) {
      const meterPlan = plan.meters.get(owner);
      if (meterPlan === undefined) {
        stranger(record, undefined);
        continue;
      }
      group = { plan: meterPlan, byRegister: new Map(), powerKw: null, newest: undefined };
      groups.set(owner, group);
    }
    let isStrange = false;
    for (const reading of record.readings) {
      if (group.plan.gaugeOf.has(reading.register)) addReading(group, record, reading);
      else isStrange = true;
    }
    if (isStrange) stranger(record, group.plan);
  }
  return groups;
}

/** A reactive register is no sign of how much flows; it is shown only where there is nothing else. */
function isNewer({ plan }: MeterBatch, newest: Incoming, incoming: Incoming): boolean {
  if (newest.register !== incoming.register) {
    const isCounted = (one: Incoming) => plan.gauges.some((gauge) => gauge.register === one.register);
    const [was, is] = [isCounted(newest), isCounted(incoming)];
    if (was !== is) return is;
  }
  return incoming.at >= newest.at;
}

function addReading(
  group: MeterBatch,
  record: LoggedReadings,
  reading: ReadingsRecord["readings"][number],
): void {
  const { register, at, value, revision, seq } = reading;
  const incoming: Incoming = {
    register,
    at,
    value,
    revision,
    seq,
    receivedAt: record.receivedAt,
    offset: record.offset,
  };
  const list = group.byRegister.get(register);
  if (list) list.push(incoming);
  else group.byRegister.set(register, [incoming]);
  if (group.newest !== undefined && !isNewer(group, group.newest, incoming)) return;
  if (group.newest?.at !== incoming.at || record.powerKw !== undefined)
    group.powerKw = record.powerKw ?? null;
  group.newest = incoming;
}

/** After late readings the cached tail still holds, unless they reach into its quarter-hour. */
function keepTail(cache: Cache, gauge: Gauge, settled: readonly Settled[]): void {
  const newest = settled.at(-1);
  if (newest === undefined) return;
  const tail = cache.tail(gauge);
  if (newest.atEnd) cache.setTail(gauge, newest.tail);
  else if (tail && newest.touched.end > quarterStart(tail.last.at)) cache.setTail(gauge, undefined);
}

/** Sorted readings in groups that are settled together. */
function clustersOf(sorted: readonly Incoming[]): Incoming[][] {
  const clusters: Incoming[][] = [];
  for (const one of sorted) {
    const cluster = clusters.at(-1);
    if (cluster && one.at - cluster.at(-1)!.at <= CLUSTER_GAP_MS) cluster.push(one);
    else clusters.push([one]);
  }
  return clusters;
}

async function settleCluster(
  reader: SeriesReader,
  gauge: Gauge,
  incoming: readonly Incoming[],
  reach: number,
) {
  const span = { start: incoming[0]!.at, end: incoming.at(-1)!.at };
  const context = await loadContext(reader, gauge, span, reach);
  return { context, settled: settle(gauge, context, incoming) };
}

/**
 * Settles readings by what is stored around them. Readings that fall into the context of others are settled
 * with them, since their verdicts depend on each other.
 */
async function settleStored(
  reader: SeriesReader,
  gauge: Gauge,
  sorted: readonly Incoming[],
): Promise<Settled[]> {
  const results: Settled[] = [];
  const clusters = clustersOf(sorted);
  for (let i = 0; i < clusters.length; i += 1) {
    let cluster = clusters[i]!;
    for (let attempt = 0; ; ) {
      const { context, settled } = await settleCluster(reader, gauge, cluster, WIDEN_MS[attempt]!);
      const end = context.toEnd ? Number.POSITIVE_INFINITY : context.rows.at(-1)!.at;
      const next = clusters[i + 1];
      if (next !== undefined && next[0]!.at <= end) {
        cluster = [...cluster, ...next];
        i += 1;
      } else if (settled !== undefined) {
        results.push(settled);
        break;
      } else if (attempt < WIDEN_MS.length - 1) attempt += 1;
      else return [await settleWhole(reader, gauge, sorted)];
    }
  }
  return results;
}

/**
 * Settles readings with all that is stored of their register. Verdicts may change before what comes in, too: where
 * the registry changed, and the request to judge anew lies behind these readings in the log.
 */
async function settleWhole(
  reader: SeriesReader,
  gauge: Gauge,
  sorted: readonly Incoming[],
): Promise<Settled> {
  const rows = await reader.readings(gauge, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const settled = settle(gauge, { rows, fromStart: true, toEnd: true }, sorted);
  if (settled === undefined)
    throw new Error(
      `${gauge.site}/${gauge.meter}/${gauge.register}: readings could not be settled; this is a bug`,
    );
  return settled;
}

/** As below, where nothing has to be looked up; undefined where something has. */
function extendRegister(
  cache: Cache,
  gauge: Gauge,
  incoming: readonly Incoming[],
  out: Collector,
  count: (one: Incoming, repeated: boolean) => void,
): Settled[] | undefined {
  const tail = cache.tail(gauge);
  const extended = tail && extend(gauge, tail, incoming);
  if (extended === undefined) return undefined;
  cache.setTail(gauge, extended.tail);
  out.readings(gauge, extended.changed);
  for (const one of incoming) count(one, false);
  return [extended];
}

/** Settles one register's readings, and notes the changed rows and what was repeated. */
async function settleRegister(
  reader: SeriesReader,
  cache: Cache,
  gauge: Gauge,
  incoming: Incoming[],
  out: Collector,
  count: (one: Incoming, repeated: boolean) => void,
): Promise<Settled[]> {
  const sorted = incoming.length === 1 ? incoming : [...incoming].sort((a, b) => a.at - b.at);
  const settled = await settleStored(reader, gauge, sorted);
  keepTail(cache, gauge, settled);
  let k = 0;
  for (const one of settled) {
    out.readings(gauge, one.changed);
    for (const repeated of one.repeated) {
      count(sorted[k]!, repeated);
      k += 1;
    }
  }
  return settled;
}

const overlaps = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** Readings more than a day apart were joined: a backfill is likely to fill what lies between. */
function isBackfill(settled: Settled): boolean {
  const { start, end } = settled.touched;
  return settled.pieces.some((piece) => piece.end - piece.start > DAY_MS && overlaps(piece, { start, end }));
}

export interface StepState {
  readonly plan: Plan;
  readonly reader: SeriesReader;
  readonly cache: Cache;
  readonly pending: Pending;
  /**
   * Spans in which verdicts change are noted before these are stored. Where readings and figures are not written
   * as one, nothing else tells after a crash how far the change reached: the verdicts are as they should be.
   */
  readonly notesRejudged: boolean;
}

/** Whether a span is noted to be computed later: at once, or when nothing has fallen into it for a while. */
function waitOf(state: StepState, owner: MeterPlan, settled: Settled): "at-once" | "quiet" | undefined {
  const { site, id } = owner.meter;
  if (isBackfill(settled)) return "quiet";
  // Registers of one meter are read together, and the others' new rows are not stored yet.
  if (owner.gauges.length > 1) return "at-once";
  if (state.pending.covers(site, id, settled.touched)) return "quiet";
  return state.notesRejudged && settled.rejudged ? "at-once" : undefined;
}

/** Why figures change when readings arrive. */
export const READINGS_CAUSE = "readings";

/** Settles a meter's readings; returns the spans to recompute now, the others being noted as pending. */
export async function settleMeter(
  state: StepState,
  batch: MeterBatch,
  now: Instant,
  out: Collector,
  count: (one: Incoming, repeated: boolean) => void,
): Promise<Touched[]> {
  const touched: Touched[] = [];
  const { plan: owner } = batch;
  for (const [register, incoming] of batch.byRegister) {
    const gauge = owner.gaugeOf.get(register);
    if (gauge === undefined) continue;
    const settled =
      extendRegister(state.cache, gauge, incoming, out, count) ??
      (await settleRegister(state.reader, state.cache, gauge, incoming, out, count));
    if (!owner.gauges.includes(gauge)) continue;
    for (const one of settled) {
      const wait = waitOf(state, owner, one);
      if (wait !== undefined) {
        const { site, id } = owner.meter;
        out.pendingSet.set(
          owner.owner,
          state.pending.note(site, id, one.touched, READINGS_CAUSE, now, wait === "at-once"),
        );
      } else touched.push({ plan: owner, span: one.touched, pieces: new Map([[register, one.pieces]]) });
    }
  }
  if (batch.newest) {
    const { at, receivedAt, register, value } = batch.newest;
    out.live.set(owner.owner, {
      site: owner.meter.site,
      meter: owner.meter.id,
      at,
      receivedAt,
      register,
      value,
      powerKw: batch.powerKw,
    });
  }
  return touched;
}
