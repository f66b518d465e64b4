/** GET /api/v1/overview: the county now. Asked about every second, so it reads today's rows and little else. */
import { type Instant, quarterStart } from "../../model/time.ts";
import type { ConsumptionRow, OverviewAnswer, Totals } from "../api/figures.ts";
import type { ParametersOf } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { ownerKey, readFigures, rowOf, sumParts } from "./figures.ts";
import { countMeters, type LiveMeters, powerOf, readLive } from "./live.ts";
import { restatedIn } from "./restated.ts";
import { groupSeries, type Series } from "./series.ts";
import { totalsOf } from "./totals.ts";
import { windowRows } from "./window-rows.ts";
import { windowEnd, windowStart } from "./windows.ts";

interface Summed {
  rows: ConsumptionRow[];
  totals: Totals;
}

function summed(rows: ConsumptionRow[]): Summed {
  return { rows, totals: totalsOf(rows) };
}

/** One row per carrier: the quarter-hours of [from, to) together. */
async function quartersTogether(
  context: QueryContext,
  { owner, carriers }: Series,
  from: Instant,
  to: Instant,
): Promise<ConsumptionRow[]> {
  if (from >= to) return [];
  const { calendar } = context;
  const keys = carriers.map((carrier) => ownerKey(owner, carrier));
  const quarters = await readFigures(context, keys, "15m", from, to);
  const isRestated = await restatedIn(context, keys, "day", from, to);
  const span = { start: from, end: to };
  return carriers.flatMap((carrier) => {
    const parts = quarters
      .filter((figure) => figure.carrier === carrier)
      .map((values) => ({
        carrier,
        start: values.start,
        end: windowEnd(calendar, "15m", values.start),
        values,
      }));
    const values = sumParts(parts, span);
    return values
      ? [rowOf(context, owner, { carrier, ...span, values }, undefined, isRestated(carrier, from))]
      : [];
  });
}

/** The county's totals with signs of life already read. */
export async function overviewOf(
  context: QueryContext,
  include: boolean,
  live: LiveMeters,
): Promise<OverviewAnswer> {
  const { calendar, now } = context;
  const series = groupSeries(context, "county", include);
  const sites = context.registry.sites.filter((site) => include || !site.nationalList);
  const midnight = windowStart(calendar, "day", now);
  const yesterday = windowStart(calendar, "day", midnight - 1);
  const soFar = Math.min(yesterday + (quarterStart(now) - midnight), midnight);
  const month = windowStart(calendar, "month", now);
  return {
    asOf: calendar.iso(now),
    today: summed(await windowRows(context, series, "day", midnight, now + 1)),
    yesterdaySoFar: summed(await quartersTogether(context, series, yesterday, soFar)),
    yesterday: summed(await windowRows(context, series, "day", yesterday, midnight)),
    month: summed(await windowRows(context, series, "month", month, now + 1)),
    meters: countMeters(sites, live, now),
    ...powerOf(context, sites, live, now),
  };
}

/** The county today, yesterday and this month, with or without nationally listed sites. */
export async function overview(
  context: QueryContext,
  given: ParametersOf<"overview">,
): Promise<OverviewAnswer> {
  return overviewOf(context, given.nationalList !== "exclude", await readLive(context));
}
