/**
 * The processors at work: consume, settle, recompute, write, commit. The one impure file here: it waits and
 * asks the clock, for what is deferred; figures depend on neither.
 */
import type { BalanceCount } from "../model/balance.ts";
import type {
  Changes,
  DirtyDay,
  EventLog,
  LiveMeter,
  LogBatch,
  LoggedRecord,
  PendingSpan,
  SeriesReader,
} from "../model/ports.ts";
import type { RecomputeRecord, RejectRecord, SiteRecord } from "../model/records.ts";
import type { RejectCode, StoredReject } from "../model/reject.ts";
import { DAY_MS, type DayIndex, type Instant, type Span } from "../model/time.ts";
import { createCache } from "./cache.ts";
import { type Collector, createCollector } from "./changes.ts";
import type { Piece } from "./consumption/pieces.ts";
import { createPending } from "./pending.ts";
import type { MeterPlan, Plan } from "./plan.ts";
import { createRecompute, type Touched } from "./recompute.ts";
import { hull, rejudge } from "./rejudge.ts";
import { createRollup } from "./rollup.ts";
import { groupByMeter, type LoggedReadings, READINGS_CAUSE, settleMeter } from "./step.ts";
import { createSums } from "./sums.ts";

export const CONSUMER = "processors";

/** Months and groups are summed at most this often. */
const ROLLUP_EVERY_MS = 1_000;
const TICK_MS = 50;
/** A batch of at least so many records says that readings are waiting, and for how long that counts. */
const BUSY_RECORDS = 100;
const BUSY_MS = 300;
/** Share of the time that sums may take while readings wait, and while they do not. */
const ROLLUP_SHARE = { busy: 0.1, quiet: 0.6 } as const;

/** For the ledger, where the days' own entries say more: the marks in the store do not say why they were set. */
const EARLIER_CAUSE = "days or members that changed before a restart";
const REPAIR_CAUSE = "repair";

export interface RunnerOptions {
  readonly plan: Plan;
  readonly log: EventLog;
  readonly store: SeriesReader;
  /** Writes changes, then marks the batch as done; one transaction where the stack has one. */
  readonly commit: (batch: LogBatch, changes: Changes) => Promise<void>;
  /** Writes changes that no batch of the log led to. */
  readonly write: (changes: Changes) => Promise<void>;
  readonly now: () => Instant;
}

export interface Runner {
  /** Works until the signal aborts; rejects when the log or the store fails. */
  run(signal: AbortSignal): Promise<void>;
  /** Recomputes everything that waits now. */
  drain(): Promise<void>;
  /** Sums the months and groups of days anew, whatever is stored of them. */
  sumAgain(days: readonly { carrier: string; start: Instant }[]): Promise<void>;
  /** Spans and days that wait to be computed. */
  waiting(): { pending: number; dirty: number };
}

interface Counts {
  received: number;
  accepted: number;
  repeated: number;
  rejected: Partial<Record<RejectCode, number>>;
}

/** Counts by site and day of receipt. */
function createTally(plan: Plan) {
  const days = new Map<DayIndex, Map<string, Counts>>();
  let start = 0;
  let end = 0;
  let sites = new Map<string, Counts>();
  const dayAt = (at: Instant): void => {
    const day = plan.calendar.dayOf(at);
    start = plan.calendar.dayStart(day);
    end = plan.calendar.dayStart(day + 1);
    sites = days.get(day) ?? new Map();
    days.set(day, sites);
  };
  return {
    of(site: string, receivedAt: Instant): Counts {
      if (receivedAt < start || receivedAt >= end) dayAt(receivedAt);
      let row = sites.get(site);
      if (row === undefined) {
        row = { received: 0, accepted: 0, repeated: 0, rejected: {} };
        sites.set(site, row);
      }
      return row;
    },
    counts: (): BalanceCount[] =>
      [...days].flatMap(([day, bySite]) => [...bySite].map(([site, row]) => ({ site, day, ...row }))),
  };
}

export async function createRunner(options: RunnerOptions): Promise<Runner> {
  const { plan, log, store, now } = options;
  const { calendar } = plan;
  const cache = createCache(plan, store);
  const recompute = createRecompute(plan, store, cache);
  const pending = createPending();
  const sums = createSums(plan, createRollup(plan, store, cache));
  const live = new Map<string, LiveMeter>();
  let lastBusy = 0;
  let lastCatchUp = 0;
  let tookMs = 0;
  let soonest = 0;
  let chain: Promise<unknown> = Promise.resolve();

  const reload = async (): Promise<void> => {
    cache.clear();
    pending.load(await store.pending());
    sums.clear();
    sums.load(await store.dirty(), EARLIER_CAUSE);
  };

  /** One thing at a time; after a failure nothing in memory is sure to be stored. */
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const result = chain.then(work).catch(async (error: unknown) => {
      await reload();
      throw error;
    });
    chain = result.catch(() => undefined);
    return result;
  };

  /** A request is noted with the batch, and carried out when the batch's readings are stored. */
  const noteRequest = (record: RecomputeRecord, out: Collector, at: Instant): void => {
    const site = plan.registry.sites.find((one) => one.id === record.site);
    const all = site?.meters.map((meter) => meter.id) ?? [];
    const meters = record.meter === undefined ? all : [record.meter];
    for (const meter of meters) {
      const span = { start: record.from, end: record.to };
      const noted = pending.note(record.site, meter, span, record.cause, at, true);
      out.pendingSet.set(`${record.site}/${meter}`, noted);
    }
  };

  const processReadings = async (batch: LogBatch): Promise<void> => {
    const at = now();
    const tally = createTally(plan);
    const out = createCollector(plan, READINGS_CAUSE, at);
    const readings: LoggedReadings[] = [];
    for (const record of batch.records.map(decode)) {
      if (record.kind === "recompute") noteRequest(record, out, at);
      else {
        tally.of(record.site, record.receivedAt).received += record.received;
        readings.push(record);
      }
    }
    const rejects: StoredReject[] = [];
    const groups = groupByMeter(plan, readings, (record, owner) => {
      const reject = strangerReject(record, owner);
      const { rejected } = tally.of(reject.site, reject.receivedAt);
      rejected[reject.code] = (rejected[reject.code] ?? 0) + reject.values;
      rejects.push(reject);
    });
    const touched: Touched[] = [];
    const state = { plan, reader: store, cache, pending };
    for (const group of groups.values()) {
      const { site } = group.plan.meter;
      const spans = await settleMeter(state, group, at, out, (one, repeated) => {
        const counts = tally.of(site, one.receivedAt);
        if (repeated) counts.repeated += 1;
        else counts.accepted += 1;
      });
      for (const span of spans) touched.push(span);
    }
    await recompute.spans(touched, out);
    await options.commit(batch, { ...out.changes(), rejects, balance: tally.counts() });
    for (const [owner, row] of out.live) keepLive(owner, row);
    sums.note(out, READINGS_CAUSE);
  };

  const keepLive = (owner: string, row: LiveMeter): void => {
    const known = live.get(owner);
    if (known === undefined || row.at >= known.at) live.set(owner, row);
  };

  const processRejects = async (batch: LogBatch): Promise<void> => {
    const tally = createTally(plan);
    const rejects: StoredReject[] = batch.records.map((record) => {
      const { received, reject } = JSON.parse(record.value) as RejectRecord;
      const counts = tally.of(reject.site, reject.receivedAt);
      counts.received += received;
      counts.rejected[reject.code] = (counts.rejected[reject.code] ?? 0) + reject.values;
      return { ...reject, offset: record.offset };
    });
    await options.commit(batch, { rejects, balance: tally.counts() });
  };

  /** A span asked for by name: its meter's verdicts may have changed with the registry, too. */
  const rejudgeSpan = async (span: PendingSpan, owner: MeterPlan, out: Collector): Promise<Touched> => {
    const pieces = new Map<string, readonly Piece[]>();
    let verdicts: Span | undefined;
    let oldest = owner.meter.from;
    for (const gauge of owner.gaugeOf.values()) {
      const judged = await rejudge(store, gauge);
      out.readings(gauge, judged.changed);
      cache.setTail(gauge, undefined);
      pieces.set(gauge.register, judged.pieces);
      verdicts = hull(verdicts, judged.touched);
      oldest = Math.min(oldest, judged.extent?.start ?? oldest);
    }
    // A request may say "from ever": there is nothing before the first reading and the meter's service.
    const asked = { start: Math.max(span.start, oldest - DAY_MS), end: Math.max(span.end, oldest) };
    return { plan: owner, span: hull(verdicts, asked) ?? asked, pieces };
  };

  const recomputeSpans = async (spans: readonly PendingSpan[], out: Collector): Promise<void> => {
    const touched: Touched[] = [];
    for (const span of spans) {
      const owner = plan.meters.get(`${span.site}/${span.meter}`);
      if (owner && span.cause !== READINGS_CAUSE) touched.push(await rejudgeSpan(span, owner, out));
      else if (owner) touched.push({ plan: owner, span, pieces: new Map() });
      if (span.meter !== "") continue;
      const areas = plan.areas.filter((area) => area.site.id === span.site);
      await recompute.areas(areas, calendar.dayOf(span.start), calendar.dayOf(span.end - 1) + 1, out);
    }
    await recompute.spans(touched, out);
  };

  /** Recomputes what is due of one site, so that one step stays short; returns whether there was any. */
  const recomputePending = async (all: boolean): Promise<boolean> => {
    const waiting = pending.due(now(), all);
    const due = waiting.filter((span) => span.site === waiting[0]!.site);
    if (due.length === 0) return false;
    const total = createCollector(plan, READINGS_CAUSE, now());
    const byCause = new Map<string, Collector>();
    for (const cause of new Set(due.map((span) => span.cause))) {
      const out = createCollector(plan, cause, now());
      byCause.set(cause, out);
      await recomputeSpans(
        due.filter((span) => span.cause === cause),
        out,
      );
      total.absorb(out);
    }
    await options.write({ ...total.changes(), pendingDone: due });
    pending.done(due);
    for (const [cause, out] of byCause) sums.note(out, cause);
    return true;
  };

  const sumSome = (): Promise<void> => sums.step(now(), options.write);

  const flushLive = async (): Promise<void> => {
    if (live.size === 0) return;
    const rows = [...live.values()];
    live.clear();
    await options.write({ live: rows });
  };

  /** What was deferred, as far as it is due, for a share of the time. */
  const catchUp = async (): Promise<void> => {
    const started = now();
    const share = started - lastBusy < BUSY_MS ? ROLLUP_SHARE.busy : ROLLUP_SHARE.quiet;
    if (started < soonest || started < lastCatchUp + tookMs / share) return;
    await flushLive();
    const more = await recomputePending(false);
    // While backfills are due, their sites' days would only be summed again and again.
    if (!more) await sumSome();
    lastCatchUp = now();
    tookMs = lastCatchUp - started;
    soonest = more || sums.size() > 0 ? 0 : started + ROLLUP_EVERY_MS;
  };

  const follow = async (
    topic: "readings" | "rejects",
    handle: (batch: LogBatch) => Promise<void>,
    signal: AbortSignal,
  ) => {
    for await (const batch of log.consume(topic, CONSUMER, signal)) {
      await exclusively(async () => {
        if (batch.records.length > 0) {
          await handle(batch);
          if (batch.records.length >= BUSY_RECORDS) lastBusy = now();
        }
        await catchUp();
      });
    }
  };

  /** Wakes what is deferred while no readings come. */
  const tick = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        exclusively(catchUp).catch((error: unknown) => {
          clearInterval(timer);
          reject(error);
        });
      }, TICK_MS);
      signal.addEventListener("abort", () => {
        clearInterval(timer);
        resolve();
      });
    });

  const sumAgain = async (days: readonly { carrier: string; start: Instant }[]): Promise<void> => {
    const marks = days.flatMap(({ carrier, start }) =>
      plan.areas
        .filter((area) => area.carrier === carrier)
        .map((area): DirtyDay => ({ site: area.site.id, carrier, day: calendar.dayOf(start) })),
    );
    await options.write({ dirtySet: marks });
    sums.load(marks, REPAIR_CAUSE);
  };

  const drainAll = async (): Promise<void> => {
    await flushLive();
    while (await recomputePending(true));
    while (sums.size() > 0) await sumSome();
  };

  await reload();
  return {
    async run(signal) {
      const stop = new AbortController();
      signal.addEventListener("abort", () => stop.abort(), { once: true });
      const parts = [
        follow("readings", processReadings, stop.signal),
        follow("rejects", processRejects, stop.signal),
        tick(stop.signal),
      ];
      try {
        await Promise.all(parts);
      } finally {
        stop.abort();
        await Promise.allSettled(parts);
        await exclusively(flushLive).catch(() => undefined);
      }
    },
    drain: () => exclusively(drainAll),
    sumAgain: (days) => exclusively(() => sumAgain(days)),
    waiting: () => ({ pending: pending.size(), dirty: sums.size() }),
  };
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
