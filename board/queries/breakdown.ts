/** GET /api/v1/breakdown: what a site's `none` meters say of its amount, and the rest that none of them meters. */
import type { Figure, FigureKey } from "../../model/figure.ts";
import { compare } from "../../model/members.ts";
import type { Meter, Site } from "../../model/registry.ts";
import { type Calendar, type Instant, quarterCeil, type Span } from "../../model/time.ts";
import type { BreakdownAnswer } from "../api/figures.ts";
import { rangeOf } from "../moment.ts";
import type { ParametersOf } from "../parameters.ts";
import { carrierOf, type QueryContext, siteOf } from "./context.ts";
import { meterKey, readFigures } from "./figures.ts";
import { judgedMeters, knowledgeOf, type MeterSum } from "./shares.ts";
import { firstStart, windowEnd, windowStart } from "./windows.ts";

/** Energy that is made or leaves is no part of what the site took in. */
const notTaken: ReadonlySet<string> = new Set(["generation", "export"]);

function isBreakdown(meter: Meter, carrier: string): boolean {
  return (
    meter.carrier === carrier &&
    meter.contributes === "none" &&
    !meter.conversionOutput &&
    !notTaken.has(meter.role)
  );
}

/** [from, to) as quarter-hours, whole days, quarter-hours. */
function piecesOf(calendar: Calendar, { start, end }: Span): [Span, Span, Span] {
  const firstDay = Math.min(firstStart(calendar, "day", start), end);
  const lastDay = Math.max(windowStart(calendar, "day", end), firstDay);
  return [
    { start, end: firstDay },
    { start: firstDay, end: lastDay },
    { start: lastDay, end },
  ];
}

/** Figures that together are [from, to), in time order; months of quarter-hours are never read. */
async function figuresIn(context: QueryContext, keys: readonly FigureKey[], span: Span): Promise<Figure[]> {
  const [before, days, after] = piecesOf(context.calendar, span);
  return [
    ...(await readFigures(context, keys, "15m", before.start, before.end)),
    ...(await readFigures(context, keys, "day", days.start, days.end)),
    ...(await readFigures(context, keys, "15m", after.start, after.end)),
  ];
}

async function sumsOf(
  context: QueryContext,
  keys: readonly FigureKey[],
  span: Span,
): Promise<Map<string, MeterSum>> {
  const sums = new Map<string, MeterSum>();
  for (const figure of await figuresIn(context, keys, span)) {
    const length = windowEnd(context.calendar, figure.window, figure.start) - figure.start;
    const before = sums.get(figure.owner) ?? { amount: 0, measuredMs: 0, estimatedMs: 0 };
    sums.set(figure.owner, {
      amount: before.amount + figure.amount,
      measuredMs: before.measuredMs + Math.round(figure.coverage * length),
      estimatedMs: before.estimatedMs + Math.round(figure.estimated * length),
    });
  }
  return sums;
}

function quarterRange(from: Instant, to: Instant): Span {
  const start = quarterCeil(from);
  return { start, end: Math.max(start, quarterCeil(to)) };
}

function metersOf(context: QueryContext, site: Site, carrier: string) {
  const area = context.areasOfSite.get(site.id)?.find((candidate) => candidate.carrier === carrier);
  const parts = site.meters
    .filter((meter) => isBreakdown(meter, carrier))
    .sort((a, b) => compare(a.id, b.id));
  return { judged: area ? judgedMeters(area) : [], parts };
}

/** The quarter-hours that start in [from, to), summed. `amount` is 0 with coverage 0 where nothing is known. */
export async function breakdown(
  context: QueryContext,
  given: ParametersOf<"breakdown">,
): Promise<BreakdownAnswer> {
  const site = siteOf(context, given.site);
  const carrier = carrierOf(context, given.carrier);
  const { from, to } = rangeOf(context.calendar, given);
  const span = quarterRange(from, to);
  const length = span.end - span.start;
  const { judged, parts } = metersOf(context, site, carrier.id);
  const siteKey: FigureKey = { scope: "site", owner: site.id, carrier: carrier.id };
  const amount = (await sumsOf(context, [siteKey], span)).get(site.id)?.amount ?? 0;
  const sums = await sumsOf(context, [...parts, ...judged].map(meterKey), span);
  const sumFor = (meter: Meter): MeterSum =>
    sums.get(`${meter.site}/${meter.id}`) ?? { amount: 0, measuredMs: 0, estimatedMs: 0 };
  const rows = parts.map((meter) => {
    const sum = sumFor(meter);
    return {
      meter: meter.id,
      role: meter.role,
      amount: sum.amount,
      coverage: length > 0 ? sum.measuredMs / length : 0,
      estimated: length > 0 ? sum.estimatedMs / length : 0,
    };
  });
  const { coverage, estimated } = knowledgeOf(judged, span, sumFor);
  const unmetered = rows.reduce((rest, row) => rest - row.amount, amount);
  return {
    site: site.id,
    carrier: carrier.id,
    unit: carrier.unit,
    amount,
    rows,
    unmetered,
    coverage,
    estimated,
  };
}
