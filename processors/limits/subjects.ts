/** Whose figures a limit is compared with: the series of its site or group, and when their meters are in service. */
import type { FigureKey } from "../../model/figure.ts";
import type { Limit } from "../../model/limit.ts";
import { compare } from "../../model/members.ts";
import type { Calendar, Instant, MonthIndex, Span } from "../../model/time.ts";
import type { AreaPlan, Plan } from "../plan.ts";

/** One carrier of a site or group. */
export interface Series {
  readonly key: FigureKey;
  readonly name: string;
  /** When a meter that counts is in service, in time order, apart from each other. */
  readonly service: readonly Span[];
  /** Months inside of which such a meter comes or goes, whose rows know less of the time than their days do. */
  readonly changing: ReadonlySet<MonthIndex>;
  /** Some limit looks at its quarter-hours. */
  hasQuarters: boolean;
}

/** A limit with the series it is compared with, by carrier. */
export interface Subject {
  readonly limit: Limit;
  readonly series: readonly Series[];
}

/** True for limits with a row for each of their periods inside a day. */
export const isShort = ({ period }: Limit): boolean => period === "15m" || period === "hour";

export const seriesName = (scope: FigureKey["scope"], owner: string, carrier: string): string =>
  `${scope} ${owner} ${carrier}`;

/** Spans joined where they touch. */
export function unionOf(spans: readonly Span[]): Span[] {
  const union: { start: Instant; end: Instant }[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = union.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else if (start < end) union.push({ start, end });
  }
  return union;
}

/** Milliseconds of [start, end) inside the spans. */
export function overlapMs(spans: readonly Span[], start: Instant, end: Instant): number {
  let sum = 0;
  for (const span of spans) sum += Math.max(0, Math.min(span.end, end) - Math.max(span.start, start));
  return sum;
}

const areaService = (area: AreaPlan): Span[] =>
  area.judged.map((i) => {
    const { from, to } = area.members[i]!.meter;
    return { start: from, end: to ?? Number.POSITIVE_INFINITY };
  });

/** Service inside the site's time in a class, for groups of a class. */
function memberService(plan: Plan, group: string, area: AreaPlan): Span[] {
  const id = /^class:(.*?)(!national)?$/s.exec(group)?.[1];
  if (id === undefined) return areaService(area);
  const { dayStart } = plan.calendar;
  const times = area.site.classes
    .filter((row) => row.id === id)
    .map(({ from, to }) => ({
      start: dayStart(from),
      end: to === undefined ? Number.POSITIVE_INFINITY : dayStart(to),
    }));
  return areaService(area).flatMap((span) =>
    times
      .map(({ start, end }) => ({ start: Math.max(span.start, start), end: Math.min(span.end, end) }))
      .filter(({ start, end }) => start < end),
  );
}

/** Months that a span begins or ends inside of, and not with. */
function changingMonths(calendar: Calendar, spans: readonly Span[]): Set<MonthIndex> {
  const months = new Set<MonthIndex>();
  for (const moment of spans.flatMap(({ start, end }) => [start, end])) {
    if (!Number.isFinite(moment)) continue;
    const month = calendar.monthOfDay(calendar.dayOf(moment));
    if (moment > calendar.dayStart(calendar.monthFirstDay(month))) months.add(month);
  }
  return months;
}

/** Every limit with its series; series are shared between limits. */
export function subjectsOf(plan: Plan): Subject[] {
  const known = new Map<string, Series>();
  const bySite = new Map<string, AreaPlan[]>();
  for (const area of plan.areas) {
    const list = bySite.get(area.site.id);
    if (list) list.push(area);
    else bySite.set(area.site.id, [area]);
  }
  const series = (scope: "site" | "group", owner: string, areas: readonly AreaPlan[]): Series[] => {
    const carriers = [...new Set(areas.map((area) => area.carrier))].sort(compare);
    return carriers.map((carrier) => {
      const name = seriesName(scope, owner, carrier);
      const before = known.get(name);
      if (before) return before;
      const own = areas.filter((area) => area.carrier === carrier);
      const spans = own.flatMap((area) =>
        scope === "site" ? areaService(area) : memberService(plan, owner, area),
      );
      const made: Series = {
        key: { scope, owner, carrier },
        name,
        service: unionOf(spans),
        changing: changingMonths(plan.calendar, spans),
        hasQuarters: false,
      };
      known.set(name, made);
      return made;
    });
  };
  return plan.registry.limits.map((limit) => {
    const all =
      limit.site !== undefined
        ? series("site", limit.site, bySite.get(limit.site) ?? [])
        : series(
            "group",
            limit.group ?? "",
            (plan.groupSites.get(limit.group ?? "") ?? []).flatMap((site) => bySite.get(site.id) ?? []),
          );
    const own = limit.carrier === undefined ? all : all.filter(({ key }) => key.carrier === limit.carrier);
    if (limit.quantity === "demand" || isShort(limit)) for (const one of own) one.hasQuarters = true;
    return { limit, series: own };
  });
}
