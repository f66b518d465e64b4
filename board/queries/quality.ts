/** GET /api/v1/quality: how much of a day is known, and what keeps the rest from being known. */
import type { Figure } from "../../model/figure.ts";
import type { Meter, Site } from "../../model/registry.ts";
import { type Instant, MINUTE_MS, type Span } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type { QualityAnswer } from "../api/records.ts";
import { momentForms } from "../moment.ts";
import type { ParametersOf } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { factorGaps } from "./factor-gaps.ts";
import { meterKey, readFigures } from "./figures.ts";
import { countMeters, type LiveMeters, lastAtOf, readLive } from "./live.ts";
import { type KnownTime, serviceMs } from "./shares.ts";

type SiteRow = QualityAnswer["sites"][number];

/** Time of a site's contributing meters: in service so far, and known of it. */
interface DayTime {
  readonly serviceMs: number;
  readonly measuredMs: number;
  readonly estimatedMs: number;
  readonly missingMeters: number;
}

/** The day a request names. @throws ProblemError 400 */
export function dayOf(context: QueryContext, text: string | undefined): number {
  const { calendar, now } = context;
  if (text === undefined) return calendar.dayOf(now);
  const day = calendar.parseDate(text);
  if (day !== undefined) return day;
  throw new ProblemError(400, `parameter 'day' is '${text}': give ${momentForms[0]}`, {
    code: "bad-day",
    parameter: "day",
    value: text,
    allowed: [momentForms[0]],
  });
}

function knownTime(figures: readonly Figure[], length: number): Map<string, KnownTime> {
  return new Map(
    figures.map((figure) => [
      figure.owner,
      {
        measuredMs: Math.round(figure.coverage * length),
        estimatedMs: Math.round(figure.estimated * length),
      },
    ]),
  );
}

/** A meter has missing time once more than two of its intervals of the time passed are unknown at the end. */
function isMissing(meter: Meter, passed: Span, now: Instant, known: KnownTime): boolean {
  const grace = passed.end === now ? 2 * meter.intervalMinutes * MINUTE_MS : 0;
  const due = serviceMs(meter, passed) - grace;
  return known.measuredMs + known.estimatedMs < due;
}

function dayTimeOf(
  meters: readonly Meter[],
  passed: Span,
  now: Instant,
  known: ReadonlyMap<string, KnownTime>,
): DayTime {
  let time = { serviceMs: 0, measuredMs: 0, estimatedMs: 0, missingMeters: 0 };
  for (const meter of meters) {
    const service = serviceMs(meter, passed);
    if (service === 0) continue;
    const own = known.get(`${meter.site}/${meter.id}`) ?? { measuredMs: 0, estimatedMs: 0 };
    time = {
      serviceMs: time.serviceMs + service,
      measuredMs: time.measuredMs + Math.min(own.measuredMs, service),
      estimatedMs: time.estimatedMs + Math.min(own.estimatedMs, service),
      missingMeters: time.missingMeters + Number(isMissing(meter, passed, now, own)),
    };
  }
  return time;
}

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const contributing = (site: Site): Meter[] => site.meters.filter((meter) => meter.contributes !== "none");

function siteRow(context: QueryContext, site: Site, time: DayTime, live: LiveMeters): SiteRow {
  const { online, total } = countMeters([site], live, context.now);
  const lastAt = lastAtOf(site, live);
  return {
    site: site.id,
    online,
    meters: total,
    completeness: share(time.measuredMs, time.serviceMs),
    estimated: share(time.estimatedMs, time.serviceMs),
    missingMeters: time.missingMeters,
    ...(lastAt === undefined ? {} : { lastAt: context.calendar.iso(lastAt) }),
  };
}

/**
 * Completeness is the measured share of the contributing meters' service time on that day, so far as it has
 * passed; null where none has. While the day lasts, a meter's last two intervals are not yet missing.
 */
export async function quality(context: QueryContext, given: ParametersOf<"quality">): Promise<QualityAnswer> {
  const { calendar, now, reader, registry } = context;
  const day = dayOf(context, given.day);
  const start = calendar.dayStart(day);
  const end = calendar.dayStart(day + 1);
  const passed = { start, end: Math.max(start, Math.min(end, now)) };
  const keys = registry.sites.flatMap(contributing).map(meterKey);
  const known = knownTime(await readFigures(context, keys, "day", start, end), end - start);
  const live = await readLive(context);
  const times = registry.sites.map((site) => dayTimeOf(contributing(site), passed, now, known));
  const sum = (of: (time: DayTime) => number): number => times.reduce((all, time) => all + of(time), 0);
  const counts = countMeters(registry.sites, live, now);
  const pending = await reader.pending();
  return {
    day: calendar.dateOf(day),
    onlineRate: share(counts.online, counts.total),
    completeness: share(
      sum((time) => time.measuredMs),
      sum((time) => time.serviceMs),
    ),
    sites: registry.sites.map((site, i) => siteRow(context, site, times[i]!, live)),
    factorGaps: factorGaps(context, start),
    pending: pending.map((span) => ({
      site: span.site,
      meter: span.meter,
      from: calendar.iso(span.start),
      to: calendar.iso(span.end),
      cause: span.cause,
    })),
  };
}
