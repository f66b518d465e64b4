/**
 * How much of a summed window each meter knows: the shares of windows that are not stored. A site's coverage is
 * its worst meter's (design §4, "Site rows"), which cannot be had from the site's own shorter windows.
 */
import type { FigureWindow } from "../../model/figure.ts";
import type { SiteCarrier } from "../../model/members.ts";
import type { Meter } from "../../model/registry.ts";
import type { Instant, Span } from "../../model/time.ts";
import type { ApiWindow } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { meterKey, readFigures } from "./figures.ts";
import { windowEnd, windowStart } from "./windows.ts";

/** Milliseconds of a window's time. */
export interface KnownTime {
  readonly measuredMs: number;
  readonly estimatedMs: number;
}

/** A meter's energy of one window, and the time it is known of. */
export interface MeterSum extends KnownTime {
  readonly amount: number;
}

/** What the meters in service during a window know of it. */
export interface Knowledge {
  /** The worst measured and the worst estimated share of the whole window. */
  readonly coverage: number;
  readonly estimated: number;
  /** Meters with missing time within their service. */
  readonly missingMeters: number;
}

const NOTHING: MeterSum = { amount: 0, measuredMs: 0, estimatedMs: 0 };

/** Milliseconds of a meter's service inside a span. */
export function serviceMs(meter: Meter, { start, end }: Span): number {
  return Math.max(0, Math.min(end, meter.to ?? end) - Math.max(start, meter.from));
}

/** Meters whose time is the site's: those that add or subtract, or else those of conversion output. */
export function judgedMeters(area: SiteCarrier): Meter[] {
  const contributing = area.members.filter((member) => member.sign !== 0);
  return (contributing.length > 0 ? contributing : area.members).map((member) => member.meter);
}

/** The worst shares over the meters in service during the span. */
export function knowledgeOf(
  meters: readonly Meter[],
  span: Span,
  knownOf: (meter: Meter) => KnownTime | undefined,
): Knowledge {
  const length = span.end - span.start;
  const inService = meters.filter((meter) => serviceMs(meter, span) > 0);
  let coverage = inService.length > 0 ? 1 : 0;
  let estimated = 0;
  let missingMeters = 0;
  for (const meter of inService) {
    const { measuredMs, estimatedMs } = knownOf(meter) ?? NOTHING;
    coverage = Math.min(coverage, measuredMs / length);
    estimated = Math.max(estimated, estimatedMs / length);
    if (measuredMs + estimatedMs < serviceMs(meter, span)) missingMeters += 1;
  }
  return { coverage, estimated, missingMeters };
}

/** Sums of meters by window start; the inner map is by `site/meter`. */
export type MeterSums = ReadonlyMap<Instant, ReadonlyMap<string, MeterSum>>;

/** Adds each meter's stored windows in [from, to) up to the windows asked for, in time order. */
export async function sumMeters(
  context: QueryContext,
  meters: readonly Meter[],
  stored: Extract<FigureWindow, "15m" | "day">,
  window: ApiWindow,
  from: Instant,
  to: Instant,
): Promise<MeterSums> {
  const { calendar } = context;
  const sums = new Map<Instant, Map<string, MeterSum>>();
  for (const figure of await readFigures(context, meters.map(meterKey), stored, from, to)) {
    const start = windowStart(calendar, window, figure.start);
    const length = windowEnd(calendar, stored, figure.start) - figure.start;
    const meterSums = sums.get(start) ?? new Map<string, MeterSum>();
    const before = meterSums.get(figure.owner) ?? NOTHING;
    meterSums.set(figure.owner, {
      amount: before.amount + figure.amount,
      measuredMs: before.measuredMs + Math.round(figure.coverage * length),
      estimatedMs: before.estimatedMs + Math.round(figure.estimated * length),
    });
    sums.set(start, meterSums);
  }
  return sums;
}
