/** Spans that waited → verdicts judged anew, and figures: of one site at a time, for all causes at once, in slices. */
import type { Changes, PendingSpan, SeriesReader } from "../model/ports.ts";
import { DAY_MS, type DayIndex, type Instant, type Span } from "../model/time.ts";
import type { Cache } from "./cache.ts";
import { type Collector, createCollector } from "./changes.ts";
import type { Piece } from "./consumption/pieces.ts";
import type { AreaPlan, MeterPlan, Plan } from "./plan.ts";
import type { Recompute, Touched } from "./recompute.ts";
import { hull, rejudge } from "./rejudge.ts";
import { READINGS_CAUSE } from "./step.ts";

/** What the pending spans of one site and cause ask for. */
interface Asked {
  readonly cause: string;
  readonly site: string;
  readonly touched: readonly Touched[];
  /** Spans of the site's own rows, from its meters' as they are. */
  readonly areas: readonly Span[];
  readonly out: Collector;
}

const overlapOf = (a: Span, b: Span): Span => ({
  start: Math.max(a.start, b.start),
  end: Math.min(a.end, b.end),
});

export interface SpanOptions {
  readonly plan: Plan;
  readonly cache: Cache;
  readonly reader: SeriesReader;
  /**
   * Readings, figures and the notice of them are stored one after the other, and a crash may come in between. Then
   * spans in which verdicts change are noted first, and days of spans that waited count as changed even where they
   * did not; see `markAll`.
   */
  readonly isInSteps: boolean;
  readonly write: (changes: Changes) => Promise<void>;
  /** Takes note of the days that changed, and why. */
  readonly note: (out: Collector, cause: string) => void | Promise<void>;
  /** Between two slices of a long recompute, for whatever else the thread has to do. */
  readonly pause?: () => Promise<void>;
  readonly now: () => Instant;
}

/** @returns recomputes spans of one site, and writes what changed */
export function createSpanWork(
  options: SpanOptions,
  recompute: Recompute,
): (due: readonly PendingSpan[]) => Promise<void> {
  const { plan, cache, reader, now } = options;
  const areasOf = (site: string): AreaPlan[] => plan.areas.filter((area) => area.site.id === site);

  /** A span asked for by name: its meter's verdicts may have changed with the registry, too. */
  const rejudgeSpan = async (span: PendingSpan, owner: MeterPlan, out: Collector): Promise<Touched> => {
    const pieces = new Map<string, readonly Piece[]>();
    let verdicts: Span | undefined;
    let oldest = owner.meter.from;
    let start = span.start;
    for (const gauge of owner.gaugeOf.values()) {
      // What changes at a moment changes the energy since the reading before it.
      const before = await reader.certainAtOrBefore(gauge, span.start - 1);
      const reach = gauge.kind === "interval" ? gauge.intervalMs : 0;
      start = Math.min(start, (before?.at ?? start) - reach);
      const judged = await rejudge(reader, gauge);
      out.readings(gauge, judged.changed);
      cache.setTail(gauge, undefined);
      pieces.set(gauge.register, judged.pieces);
      verdicts = hull(verdicts, judged.touched);
      oldest = Math.min(oldest, judged.extent?.start ?? oldest);
    }
    // A request may say "from ever": there is nothing before the first reading and the meter's service.
    const first = oldest - DAY_MS;
    const asked = { start: Math.max(start, first), end: Math.max(span.end, oldest) };
    const whole = hull(verdicts, asked) ?? asked;
    // Once the verdicts are stored, only the note tells how far they reached, and which reading was the one before.
    if (whole.start < Math.max(span.start, first) || whole.end > asked.end)
      out.pendingSet.set(owner.owner, { ...span, ...whole });
    return { plan: owner, span: whole, pieces };
  };

  let earliest = Number.POSITIVE_INFINITY;
  for (const { meter } of plan.meters.values()) earliest = Math.min(earliest, meter.from);

  /** A request may say "from ever": nothing is stored of before the first meter of all. */
  const sinceService = ({ start, end }: PendingSpan): Span => ({
    start: Math.min(end, Math.max(start, earliest)),
    end,
  });

  /** What spans of one cause ask for; `out` has the verdicts that changed. */
  const askedBy = async (spans: readonly PendingSpan[], cause: string, out: Collector): Promise<Asked> => {
    const touched: Touched[] = [];
    const areas: Span[] = [];
    for (const span of spans) {
      const owner = plan.meters.get(`${span.site}/${span.meter}`);
      if (owner && cause !== READINGS_CAUSE) touched.push(await rejudgeSpan(span, owner, out));
      else if (owner) touched.push({ plan: owner, span, pieces: new Map() });
      if (span.meter === "") areas.push(sinceService(span));
    }
    return { cause, site: spans[0]!.site, touched, areas, out };
  };

  /** Recomputes the days [from, to) of what was asked for. */
  const recomputeDays = async (asked: Asked, from: DayIndex, to: DayIndex, out: Collector): Promise<void> => {
    const { calendar } = plan;
    const days = { start: calendar.dayStart(from), end: calendar.dayStart(to) };
    const areas = areasOf(asked.site);
    for (const span of asked.areas) {
      const { start, end } = overlapOf(span, days);
      if (start < end) await recompute.areas(areas, calendar.dayOf(start), calendar.dayOf(end - 1) + 1, out);
    }
    const touched = asked.touched.map((one) => ({ ...one, span: overlapOf(one.span, days) }));
    await recompute.spans(
      touched.filter(({ span }) => span.start < span.end),
      out,
    );
  };

  /** Recomputes some days of what was asked for, for all causes at once, so that each row is written once. */
  const recomputeSlice = async (jobs: readonly Asked[], from: DayIndex, to: DayIndex, isFirst: boolean) => {
    const total = createCollector(plan, READINGS_CAUSE, now());
    const byCause = new Map<string, Collector>();
    for (const job of jobs) {
      const out = isFirst ? job.out : createCollector(plan, job.cause, now(), options.isInSteps);
      byCause.set(job.cause, out);
      await recomputeDays(job, from, to, out);
      total.absorb(out);
    }
    await options.write(total.changes());
    for (const [cause, out] of byCause) await options.note(out, cause);
  };

  /** The days that spans of a site touch, in slices that one write may hold. */
  function* slicesOf(jobs: readonly Asked[]): Generator<readonly [DayIndex, DayIndex]> {
    const { calendar } = plan;
    const spans = jobs.flatMap(({ touched, areas }) => [...touched.map(({ span }) => span), ...areas]);
    const whole = spans.reduce<Span | undefined>(hull, undefined);
    if (whole === undefined || whole.start >= whole.end) {
      yield [0, 0];
      return;
    }
    const sites = new Set(jobs.map(({ site }) => site));
    const meters = new Set(jobs.flatMap(({ touched }) => touched.map((one) => one.plan)));
    for (const area of plan.areas) if (sites.has(area.site.id)) for (const one of area.plans) meters.add(one);
    for (const owner of [...meters])
      for (const area of owner.areas) for (const one of area.plans) meters.add(one);
    const length = Math.max(1, Math.floor(cache.stepMeterDays / Math.max(1, meters.size)));
    const end = calendar.dayOf(whole.end - 1) + 1;
    for (let day = calendar.dayOf(whole.start); day < end; day += length)
      yield [day, Math.min(end, day + length)];
  }

  /** Sites with rows that depend on the spans. */
  const sitesOf = (spans: readonly PendingSpan[]): Set<string> => {
    const sites = new Set(spans.map((span) => span.site));
    for (const span of spans) {
      const areas = plan.meters.get(`${span.site}/${span.meter}`)?.areas ?? [];
      for (const area of areas) sites.add(area.site.id);
    }
    return sites;
  };

  return async (due) => {
    // Whoever asks by name may have found the stored rows to be others than those at hand. Before all else:
    // what is recomputed for one cause is not stored yet when the next one's turn comes.
    if (due.some((span) => span.cause !== READINGS_CAUSE))
      for (const site of sitesOf(due)) cache.forgetSite(site);
    const jobs: Asked[] = [];
    for (const cause of new Set(due.map((span) => span.cause))) {
      const out = createCollector(plan, cause, now(), options.isInSteps);
      const own = due.filter((span) => span.cause === cause);
      jobs.push(await askedBy(own, cause, out));
    }
    let isFirst = true;
    for (const [from, to] of slicesOf(jobs)) {
      if (!isFirst) await options.pause?.();
      await cache.held(() => recomputeSlice(jobs, from, to, isFirst));
      isFirst = false;
    }
  };
}
