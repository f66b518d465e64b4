/** Records of readings → verdicts and figures: the work on one share of the log, one batch or span at a time. */
import type { FigureKey } from "../model/figure.ts";
import type { Changes, LiveMeter, LoggedRecord, LogRecord, ReadAhead } from "../model/ports.ts";
import type { RecomputeRecord, SiteRecord } from "../model/records.ts";
import type { StoredReject } from "../model/reject.ts";
import { type DayIndex, HOUR_MS, type Instant, type Span } from "../model/time.ts";
import { areaKey, type Cache, meterKey } from "./cache.ts";
import { type Collector, createCollector } from "./changes.ts";
import type { Incoming } from "./normalize/merge.ts";
import { createPending } from "./pending.ts";
import type { AreaPlan, MeterPlan, Plan } from "./plan.ts";
import { createRecompute, type Touched } from "./recompute.ts";
import { createSpanWork, type SpanOptions } from "./spans.ts";
import { groupByMeter, type LoggedReadings, type MeterBatch, READINGS_CAUSE, settleMeter } from "./step.ts";
import { addRejected, createTally, type IsCounted } from "./tally.ts";

/** How many intervals before a reading its neighbours are looked for at first; one that lies further back is asked for. */
const AHEAD_INTERVALS = 4;
const AHEAD_LEAST_MS = HOUR_MS;

export interface ReadingsOptions extends SpanOptions {
  /** Has what is about to be read fetched in few questions, until `release`. */
  readonly ahead?: { fetch(wanted: ReadAhead): Promise<void>; release(): void };
  /** Sites worked on here; records of others are sent on. */
  readonly owns: (site: string) => boolean;
  readonly sendOn: (records: readonly LogRecord[]) => Promise<void>;
  /** Looks at a request before it is noted; throws when it is not to be carried out here. */
  readonly admit?: (request: RecomputeRecord) => void;
  readonly isCounted?: IsCounted;
  /** Told the days of receipt of readings before they are counted. */
  readonly expect?: (days: ReadonlySet<DayIndex>) => Promise<void>;
  /** Told what came in of a meter, once it is stored. */
  readonly heard?: (batch: MeterBatch, now: Instant) => void;
}

export interface ReadingsWork {
  /** Works on records; `commit` is given everything they led to. */
  handle(records: readonly LoggedRecord[], commit: (changes: Changes) => Promise<void>): Promise<void>;
  /** Recomputes what is due of one site, so that one step stays short; returns whether there was any. */
  recomputePending(all: boolean): Promise<boolean>;
  /** Writes the newest signs of life. */
  flushLive(): Promise<void>;
  /** Forgets everything and reads what waits from the store. */
  reload(): Promise<void>;
  /** From now on days count as changed wherever they are recomputed, whether their figures differ or not. */
  markAll(on: boolean): void;
  /** Spans that wait. */
  waiting(): number;
}

export function createReadings(options: ReadingsOptions): ReadingsWork {
  const { plan, cache, reader, now } = options;
  const recompute = createRecompute(plan, reader, cache);
  const recomputeSpans = createSpanWork(options, recompute);
  const pending = createPending();
  const live = new Map<string, LiveMeter>();
  let isMarkingAll = false;

  const collector = (cause: string): Collector => createCollector(plan, cause, now(), isMarkingAll);

  /** A request is noted with the batch, and carried out when the batch's readings are stored. */
  const noteRequest = (record: RecomputeRecord, out: Collector, at: Instant): void => {
    options.admit?.(record);
    const site = plan.registry.sites.find((one) => one.id === record.site);
    const all = site?.meters.map((meter) => meter.id) ?? [];
    // What other sites' meters count here is not recomputed with any of its own.
    const hasGuests = plan.areas.some(
      ({ site: { id }, plans }) => id === record.site && plans.some(({ meter }) => meter.site !== id),
    );
    const meters = record.meter === undefined ? [...all, ...(hasGuests ? [""] : [])] : [record.meter];
    for (const meter of meters) {
      const span = { start: record.from, end: record.to };
      const noted = pending.note(record.site, meter, span, record.cause, at, true);
      out.pendingSet.set(`${record.site}/${meter}`, noted);
    }
  };

  /** Fetches the neighbours of readings whose register is not at hand, and the days they lie in. */
  const lookAhead = async (groups: Iterable<MeterBatch>): Promise<void> => {
    if (options.ahead === undefined) return;
    const wanted = wantedOf(plan, cache, groups);
    if (wanted.readings.length + wanted.figures.length > 0) await options.ahead.fetch(wanted);
  };

  /** What records lead to. Apart from writing it: of what it took to compute, nothing is kept meanwhile. */
  const compute = async (records: readonly LoggedRecord[]) => {
    const at = now();
    const tally = createTally(plan, options.isCounted);
    const out = collector(READINGS_CAUSE);
    const readings: LoggedReadings[] = [];
    const decoded = records.map(decode);
    await options.expect?.(daysOf(plan, decoded));
    for (const record of decoded) {
      if (record.kind === "recompute") noteRequest(record, out, at);
      else {
        tally.of(record.site, record.receivedAt, record.offset).received += record.received;
        readings.push(record);
      }
    }
    const rejects: StoredReject[] = [];
    const groups = groupByMeter(plan, readings, (record, owner) => {
      const reject = strangerReject(record, owner);
      addRejected(tally.of(reject.site, reject.receivedAt, record.offset), reject.code, reject.values);
      rejects.push(reject);
    });
    await lookAhead(groups.values());
    const touched: Touched[] = [];
    const state = { plan, reader, cache, pending, notesRejudged: options.isInSteps };
    for (const group of groups.values()) {
      const { site } = group.plan.meter;
      const spans = await settleMeter(state, group, at, out, (one, repeated) => {
        const counts = tally.of(site, one.receivedAt, one.offset);
        if (repeated) counts.repeated += 1;
        else counts.accepted += 1;
      });
      for (const span of spans) touched.push(span);
    }
    await recompute.spans(touched, out);
    const changes: Changes = { ...out.changes(), rejects, balance: tally.counts() };
    return { out, changes, heard: options.heard ? [...groups.values()] : [], at };
  };

  const work = async (
    records: readonly LoggedRecord[],
    commit: (changes: Changes) => Promise<void>,
  ): Promise<void> => {
    const { out, changes, heard, at } = await compute(records);
    options.ahead?.release();
    await commit(changes);
    for (const [owner, row] of out.live) keepLive(owner, row);
    for (const group of heard) options.heard?.(group, at);
    await options.note(out, READINGS_CAUSE);
  };

  const keepLive = (owner: string, row: LiveMeter): void => {
    const known = live.get(owner);
    if (known === undefined || row.at >= known.at) live.set(owner, row);
  };

  return {
    async handle(records, commit) {
      const own = records.filter((record) => options.owns(record.key));
      if (own.length < records.length) {
        await options.sendOn(records.filter((record) => !options.owns(record.key)));
      }
      try {
        await cache.held(() => work(own, commit));
      } finally {
        options.ahead?.release();
      }
    },
    async recomputePending(all) {
      const waiting = pending.due(now(), all);
      const due = waiting.filter((span) => span.site === waiting[0]!.site);
      if (due.length === 0) return false;
      await recomputeSpans(due);
      // Last of all: whoever comes after a crash recomputes the span, and notes its days whatever it finds.
      await options.write({ pendingDone: due });
      pending.done(due);
      return true;
    },
    async flushLive() {
      if (live.size === 0) return;
      const rows = [...live.values()];
      live.clear();
      await options.write({ live: rows });
    },
    async reload() {
      cache.clear();
      live.clear();
      pending.load((await reader.pending()).filter((span) => options.owns(span.site)));
    },
    markAll(on) {
      isMarkingAll = on;
    },
    waiting: () => pending.size(),
  };
}

/** What settling these readings will ask of the store, as far as that can be told beforehand. */
function wantedOf(plan: Plan, cache: Cache, groups: Iterable<MeterBatch>): ReadAhead {
  const { calendar } = plan;
  const readings: { series: { site: string; meter: string; register: string }; from: Instant }[] = [];
  const figures = new Map<string, ReadAhead["figures"][number]>();
  const want = (key: FigureKey, from: Instant, to: Instant): void => {
    const name = `${key.scope} ${key.owner} ${key.carrier}`;
    const known = figures.get(name);
    figures.set(name, { key, from: Math.min(from, known?.from ?? from), to: Math.max(to, known?.to ?? to) });
  };
  const wantDay = (key: FigureKey, day: DayIndex): void =>
    want(key, calendar.dayStart(day), calendar.dayStart(day + 1));
  const areaDays = new Map<AreaPlan, Set<DayIndex>>();
  for (const { plan: owner, byRegister } of groups) {
    for (const [register, incoming] of byRegister) {
      const gauge = owner.gaugeOf.get(register);
      if (gauge === undefined) continue;
      const { start, end } = timesOf(incoming);
      const [first, last] = [calendar.dayOf(start), calendar.dayOf(end)];
      if (cache.tail(gauge) === undefined) {
        const { site, meter } = gauge;
        const from = start - Math.max(AHEAD_LEAST_MS, AHEAD_INTERVALS * gauge.intervalMs);
        readings.push({ series: { site, meter, register }, from });
        want(meterKey(owner), calendar.dayStart(calendar.dayOf(from)), calendar.dayStart(last + 1));
      } else for (let day = first; day <= last; day += 1) cache.beginMeterDay(owner, day);
      for (const area of owner.areas) {
        const days = areaDays.get(area) ?? new Set();
        for (let day = first; day <= last; day += 1) days.add(day);
        areaDays.set(area, days);
      }
    }
  }
  for (const [area, days] of areaDays) {
    const key = areaKey(area);
    for (const day of days) {
      if (cache.knownAreaDay(key, day)) continue;
      wantDay(key, day);
      for (const member of area.plans) {
        cache.beginMeterDay(member, day);
        if (cache.knownMeterDay(member, day) === undefined) wantDay(meterKey(member), day);
      }
    }
  }
  return { readings, figures: [...figures.values()] };
}

function timesOf(incoming: readonly Incoming[]): Span {
  let [start, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at } of incoming) {
    if (at < start) start = at;
    if (at > end) end = at;
  }
  return { start, end };
}

/** Days of receipt of readings; most of a batch have the same. */
function daysOf({ calendar }: Plan, records: readonly SiteRecord[]): Set<DayIndex> {
  const days = new Set<DayIndex>();
  let [start, end] = [0, 0];
  for (const { kind, receivedAt } of records) {
    if (kind === "recompute" || (receivedAt >= start && receivedAt < end)) continue;
    const day = calendar.dayOf(receivedAt);
    [start, end] = [calendar.dayStart(day), calendar.dayStart(day + 1)];
    days.add(day);
  }
  return days;
}

function decode(record: LoggedRecord): SiteRecord & { offset: number } {
  const value = JSON.parse(record.value) as SiteRecord & { offset: number };
  value.offset = record.offset;
  return value;
}

/**
 * Logged readings of a meter or register that the registry no longer has. Their offset is kept negative, so
 * that it cannot meet one of the log of rejects.
 */
function strangerReject(record: LoggedReadings, owner: MeterPlan | undefined): StoredReject {
  const strange = record.readings.filter((one) => owner?.gaugeOf.get(one.register) === undefined);
  const what =
    owner === undefined
      ? `meter ${record.meter}`
      : `register ${strange[0]?.register} of meter ${record.meter}`;
  return {
    code: owner === undefined ? "unknown-meter" : "unknown-register",
    detail: `${record.site}: ${what} was taken out of the registry after its readings were logged; put it back and use "replay rejects"`,
    site: record.site,
    meter: record.meter,
    origin: `log:readings:${record.offset}`,
    receivedAt: record.receivedAt,
    values: strange.length,
    length: 0,
    sha256: "",
    offset: -record.offset,
  };
}
