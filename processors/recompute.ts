/** Touched spans of meters → their quarter-hours and days, and those of the sites they count at. */
import type { SeriesReader } from "../model/ports.ts";
import type { DayIndex } from "../model/time.ts";
import { QUARTER_MS, quarterCeil, quarterStart, type Span } from "../model/time.ts";
import { areaKey, type Cache, meterKey } from "./cache.ts";
import type { Collector } from "./changes.ts";
import { type AreaDay, areaFigure, GONE_ROW, sameRow, valuesOf } from "./consumption/area-day.ts";
import { loadContext } from "./consumption/context.ts";
import type { Gauge } from "./consumption/gauge.ts";
import {
  dayFigure,
  type MeterDay,
  quarterFigure,
  sumMeterDay,
  takeQuarters,
} from "./consumption/meter-day.ts";
import type { Piece } from "./consumption/pieces.ts";
import { piecesOfContext } from "./consumption/settle.ts";
import { siteQuarter, siteTotal } from "./consumption/site.ts";
import { emptyQuarters, spread } from "./consumption/spread.ts";
import { createAvoided } from "./emissions/avoided.ts";
import type { AreaPlan, MeterPlan, Plan } from "./plan.ts";

/** A span of a meter to recompute, with the pieces at hand, by register; others are read. */
export interface Touched {
  readonly plan: MeterPlan;
  readonly span: Span;
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
}

/** Whole quarter-hours that a span touches. */
export function quartersOf(span: Span): Span {
  return { start: quarterStart(span.start), end: quarterCeil(span.end) };
}

async function piecesAt(reader: SeriesReader, gauge: Gauge, span: Span): Promise<readonly Piece[]> {
  return piecesOfContext(gauge, await loadContext(reader, gauge, span));
}

/** Touched quarter-hours of the areas to recompute, by area and day. */
class TouchedAreas {
  readonly byArea = new Map<AreaPlan, Map<DayIndex, Set<number>>>();
  add(area: AreaPlan, day: DayIndex, first: number, end: number): void {
    let days = this.byArea.get(area);
    if (days === undefined) {
      days = new Map();
      this.byArea.set(area, days);
    }
    let quarters = days.get(day);
    if (quarters === undefined) {
      quarters = new Set();
      days.set(day, quarters);
    }
    for (let i = first; i < end; i += 1) quarters.add(i);
  }
}

const storedAmount = (figure: ReturnType<typeof quarterFigure>, had: boolean) => {
  if (!had) return null;
  const { scope: _s, owner: _o, carrier: _c, window: _w, start: _t, ...values } = figure;
  return values;
};

export function createRecompute(plan: Plan, reader: SeriesReader, cache: Cache) {
  const { calendar } = plan;
  const avoided = createAvoided(plan);

  /** Writes a meter's day after new quarter-hours were taken over. */
  const takeIntoDay = (
    target: MeterDay,
    owner: MeterPlan,
    quarters: ReturnType<typeof emptyQuarters>,
    span: Span,
    out: Collector,
  ): void => {
    const key = meterKey(owner);
    const closed = target.day <= plan.closedThrough;
    const before = closed
      ? {
          ...target,
          amount: target.amount.slice(),
          measuredMs: target.measuredMs.slice(),
          estimatedMs: target.estimatedMs.slice(),
          total: { ...target.total },
        }
      : target;
    for (const i of takeQuarters(target, quarters, span)) {
      const was = closed
        ? storedAmount(quarterFigure(key, before, i), !Number.isNaN(before.amount[i]!))
        : null;
      out.figure(quarterFigure(key, target, i), was);
    }
    const { measuredMs, estimatedMs } = target.total;
    if (sumMeterDay(target)) {
      cache.adjustMonth(owner, target.day, {
        measuredMs: target.total.measuredMs - measuredMs,
        estimatedMs: target.total.estimatedMs - estimatedMs,
      });
      const was = closed ? storedAmount(dayFigure(key, before), !Number.isNaN(before.total.amount)) : null;
      out.figure(dayFigure(key, target), was);
      // A site's month has the worst of its meters over the month, which need not be the worst of any day.
      for (const area of owner.areas) out.dirty(area, target.day);
    }
    // Changed or not: a crash may have come between the figures and these.
    out.observe(avoided.of(owner.meter, target));
  };

  const recomputeMeter = async (
    { plan: owner, span, pieces }: Touched,
    areas: TouchedAreas,
    out: Collector,
  ): Promise<void> => {
    const range = quartersOf(span);
    if (range.start >= range.end) return;
    const quarters = emptyQuarters(range.start, range.end);
    for (const [g, gauge] of owner.gauges.entries()) {
      const known = pieces.get(gauge.register) ?? (await piecesAt(reader, gauge, span));
      if (g === 0) spread(known, quarters);
      else addRegister(known, quarters);
    }
    for (let day = calendar.dayOf(range.start); calendar.dayStart(day) < range.end; day += 1) {
      const target = cache.knownMeterDay(owner, day) ?? (await cache.meterDay(owner, day));
      takeIntoDay(target, owner, quarters, range, out);
      const first = (Math.max(range.start, target.start) - target.start) / QUARTER_MS;
      const end = (Math.min(range.end, target.end) - target.start) / QUARTER_MS;
      for (const area of owner.areas) areas.add(area, day, first, end);
    }
  };

  /** Site rows of touched quarter-hours, and the day's sum. */
  const recomputeArea = (
    area: AreaPlan,
    target: AreaDay,
    days: readonly MeterDay[],
    touched: Iterable<number>,
    out: Collector,
  ): void => {
    const key = areaKey(area);
    for (const i of touched) {
      const row = siteQuarter(area, days, i);
      const was = target.quarters[i]!;
      const isSame = sameRow(row, was);
      if (!isSame || (out.marksAll && (row.present || was === GONE_ROW))) out.dirty(area, target.day, i);
      if (isSame) continue;
      target.quarters[i] = row.present ? row : GONE_ROW;
      out.figure(
        areaFigure(key, "15m", target.start + i * QUARTER_MS, row),
        was.present ? valuesOf(was) : null,
      );
    }
    const total = siteTotal(area, target, days);
    if (!sameRow(total, target.total)) {
      const was = target.total;
      target.total = total.present ? total : GONE_ROW;
      out.dirty(area, target.day);
      const before = was.present ? valuesOf(was) : null;
      out.figure(areaFigure(key, "day", target.start, total), before);
    }
  };

  const recomputeAreas = async (areas: TouchedAreas, out: Collector): Promise<void> => {
    for (const [area, byDay] of areas.byArea) {
      for (const [day, touched] of byDay) {
        const days: MeterDay[] = [];
        for (const member of area.plans)
          days.push(cache.knownMeterDay(member, day) ?? (await cache.meterDay(member, day)));
        const target = await cache.areaDay(areaKey(area), day);
        recomputeArea(area, target, days, touched, out);
      }
    }
  };

  /** Recomputes meters one by one, and then, by `finish`, the areas they count at. */
  const steps = (out: Collector) => {
    const areas = new TouchedAreas();
    return {
      meter: (touched: Touched) => recomputeMeter(touched, areas, out),
      finish: () => recomputeAreas(areas, out),
    };
  };

  return {
    steps,
    /** Recomputes touched spans from the readings, and puts what changed into `out`. */
    async spans(touched: readonly Touched[], out: Collector): Promise<void> {
      const { meter, finish } = steps(out);
      for (const one of touched) await meter(one);
      await finish();
    },
    /** Recomputes a site's rows of whole days, for a changed factor or role. */
    async areas(list: readonly AreaPlan[], from: DayIndex, to: DayIndex, out: Collector): Promise<void> {
      const areas = new TouchedAreas();
      for (const area of list) {
        for (let day = from; day < to; day += 1) {
          const count = (calendar.dayStart(day + 1) - calendar.dayStart(day)) / QUARTER_MS;
          areas.add(area, day, 0, count);
        }
      }
      await recomputeAreas(areas, out);
      for (const { site, carrier } of list) {
        for (const one of avoided.at(site.id, carrier)) {
          for (let day = from; day < to; day += 1) {
            const target = await cache.meterDay(one, day);
            if (!Number.isNaN(target.total.amount)) out.observe(avoided.of(one.meter, target));
          }
        }
      }
    },
  };
}

export type Recompute = ReturnType<typeof createRecompute>;

/** Adds a further register: amounts add up, known time is the less of the two. */
function addRegister(pieces: readonly Piece[], into: ReturnType<typeof emptyQuarters>): void {
  const own = emptyQuarters(into.start, into.start + into.amount.length * QUARTER_MS);
  spread(pieces, own);
  for (let i = 0; i < own.amount.length; i += 1) {
    const known = into.measuredMs[i]! + into.estimatedMs[i]!;
    const also = own.measuredMs[i]! + own.estimatedMs[i]!;
    const a = into.amount[i]!;
    const b = own.amount[i]!;
    const amount = Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b;
    into.measuredMs[i] = Math.min(into.measuredMs[i]!, own.measuredMs[i]!);
    into.estimatedMs[i] = Math.max(0, Math.min(known, also) - into.measuredMs[i]!);
    // Nothing, of which nothing is known, would be read back as no row.
    into.amount[i] = amount === 0 && Math.min(known, also) === 0 ? Number.NaN : amount;
  }
}
