/** Days of sites → their months, and the groups' quarter-hours, days and months. One owner does this. */
import type { Figure, FigureKey } from "../model/figure.ts";
import type { DirtyDay, SeriesReader } from "../model/ports.ts";
import type { Site } from "../model/registry.ts";
import { type DayIndex, type MonthIndex, QUARTER_MS, type Span } from "../model/time.ts";
import { areaKey, type Cache, type KnownTime } from "./cache.ts";
import type { Collector } from "./changes.ts";
import {
  type AreaRow,
  areaFigure,
  GONE_ROW,
  NO_ROW,
  orNone,
  rowOfFigure,
  sameRow,
  sumRows,
  valuesOf,
} from "./consumption/area-day.ts";
import { serviceMs } from "./consumption/meter-day.ts";
import { knowledgeOf } from "./consumption/site.ts";
import type { AreaPlan, MeterPlan, Plan } from "./plan.ts";

function inService(area: AreaPlan, window: Span): number {
  let count = 0;
  for (const i of area.judged) {
    if (serviceMs(area.members[i]!.meter, window.start, window.end) > 0) count += 1;
  }
  return count;
}

/** Coverage of a group's window: the mean over its sites in service; a site without a row counts 0. */
function groupKnowledge(
  sites: readonly AreaPlan[],
  window: Span,
  rows: ReadonlyMap<string, AreaRow>,
  into: AreaRow,
): void {
  let sitesInService = 0;
  into.coverage = 0;
  into.estimated = 0;
  into.missingMeters = 0;
  for (const area of sites) {
    const members = inService(area, window);
    if (members === 0) continue;
    sitesInService += 1;
    const row = rows.get(area.site.id);
    into.coverage += row?.coverage ?? 0;
    into.estimated += row?.estimated ?? 0;
    into.missingMeters += row?.missingMeters ?? members;
  }
  if (sitesInService === 0) return;
  into.coverage /= sitesInService;
  into.estimated /= sitesInService;
}

type RowsByStart = Map<number, Map<string, AreaRow>>;

function byStart(figures: readonly Figure[]): RowsByStart {
  const result: RowsByStart = new Map();
  for (const figure of figures) {
    const row = rowOfFigure(figure);
    if (!row.present) continue;
    let rows = result.get(figure.start);
    if (rows === undefined) {
      rows = new Map();
      result.set(figure.start, rows);
    }
    rows.set(figure.owner, row);
  }
  return result;
}

/** Lists of a group's members on a day that are kept. */
const MEMBER_LISTS = 2_000;

const NO_ROWS: ReadonlyMap<string, AreaRow> = new Map();

/** Changed days of one carrier, in three parts that build on each other; each part is written before the next. */
export interface Rollup {
  /**
   * The groups' quarter-hours and days.
   * @param quartersOf the quarter-hours of a day that changed; undefined: any may have
   */
  groupDays(
    dirty: readonly DirtyDay[],
    quartersOf: (day: DayIndex) => ReadonlySet<number> | undefined,
    out: Collector,
  ): Promise<void>;
  siteMonths(dirty: readonly DirtyDay[], out: Collector): Promise<void>;
  /** @param all of every group, as one may have lost its last member; else of those the days' sites are in */
  groupMonths(dirty: readonly DirtyDay[], all: boolean, out: Collector): Promise<void>;
}

/** @param meterMonth known time of a meter in a month: the sum of its days' rows */
export function createRollup(
  plan: Plan,
  reader: SeriesReader,
  cache: Pick<Cache, "areaDay">,
  meterMonth: (owner: MeterPlan, month: MonthIndex) => Promise<KnownTime>,
): Rollup {
  const { calendar } = plan;
  const areasByCarrier = new Map<string, AreaPlan[]>();
  for (const area of plan.areas) {
    const list = areasByCarrier.get(area.carrier);
    if (list) list.push(area);
    else areasByCarrier.set(area.carrier, [area]);
  }

  const knownMembers = new Map<string, readonly AreaPlan[]>();

  /** Areas of a group's sites for a carrier, by site id, as the group stands on a day. */
  const membersOf = (group: string, carrier: string, day: DayIndex): readonly AreaPlan[] => {
    const name = `${group}\n${carrier}\n${day}`;
    let members = knownMembers.get(name);
    if (members === undefined) {
      members = findMembers(group, carrier, day);
      if (knownMembers.size > MEMBER_LISTS) knownMembers.clear();
      knownMembers.set(name, members);
    }
    return members;
  };

  const findMembers = (group: string, carrier: string, day: DayIndex): AreaPlan[] => {
    const sites = new Set(
      (plan.groupSites.get(group) ?? []).filter((site) => plan.groupsOf(site, day).includes(group)),
    );
    return (areasByCarrier.get(carrier) ?? []).filter((area) => sites.has(area.site));
  };

  const write = (
    key: FigureKey,
    window: Figure["window"],
    start: number,
    row: AreaRow,
    was: AreaRow,
    out: Collector,
  ): boolean => {
    if (sameRow(row, was)) return false;
    const before = was.present ? valuesOf(was) : null;
    out.figure(areaFigure(key, window, start, row), before);
    return true;
  };

  const storedRow = async (key: FigureKey, window: Figure["window"], start: number): Promise<AreaRow> => {
    const [figure] = await reader.figures([key], window, start, start + 1);
    return figure ? rowOfFigure(figure) : NO_ROW;
  };

  const monthSpan = (month: MonthIndex): Span => ({
    start: calendar.dayStart(calendar.monthFirstDay(month)),
    end: calendar.dayStart(calendar.monthFirstDay(month + 1)),
  });

  const siteMonth = async (area: AreaPlan, month: MonthIndex, out: Collector): Promise<void> => {
    const span = monthSpan(month);
    const key = areaKey(area);
    const row = sumRows((await reader.figures([key], "day", span.start, span.end)).map(rowOfFigure));
    if (row.present) {
      const known = await Promise.all(area.plans.map((member) => meterMonth(member, month)));
      const { coverage, estimated, missingMeters } = knowledgeOf(area, span, (i) => known[i]!);
      Object.assign(row, { coverage, estimated, missingMeters });
    }
    write(key, "month", span.start, orNone(row), await storedRow(key, "month", span.start), out);
  };

  /** A group's changed quarter-hours of a day, and the day's sum. */
  const groupDay = async (
    group: string,
    carrier: string,
    day: DayIndex,
    quarters: Iterable<number>,
    rows: { quarters: RowsByStart; days: RowsByStart },
    out: Collector,
  ) => {
    const key: FigureKey = { scope: "group", owner: group, carrier };
    const members = membersOf(group, carrier, day);
    const target = await cache.areaDay(key, day);
    for (const i of quarters) {
      const start = target.start + i * QUARTER_MS;
      const bySite = rows.quarters.get(start) ?? NO_ROWS;
      const sum = sumRows(members.flatMap((area) => bySite.get(area.site.id) ?? []));
      if (sum.present) groupKnowledge(members, { start, end: start + QUARTER_MS }, bySite, sum);
      const row = orNone(sum);
      if (write(key, "15m", start, row, target.quarters[i]!, out))
        target.quarters[i] = row.present ? row : GONE_ROW;
    }
    const sum = sumRows(target.quarters);
    if (sum.present) groupKnowledge(members, target, rows.days.get(target.start) ?? NO_ROWS, sum);
    const total = orNone(sum);
    if (write(key, "day", target.start, total, target.total, out))
      target.total = total.present ? total : GONE_ROW;
  };

  const groupMonth = async (
    group: string,
    carrier: string,
    month: MonthIndex,
    out: Collector,
  ): Promise<void> => {
    const key: FigureKey = { scope: "group", owner: group, carrier };
    const span = monthSpan(month);
    const row = sumRows((await reader.figures([key], "day", span.start, span.end)).map(rowOfFigure));
    if (row.present) {
      const members = membersOf(group, carrier, calendar.monthFirstDay(month + 1) - 1);
      const stored = byStart(await reader.figures(members.map(areaKey), "month", span.start, span.start + 1));
      groupKnowledge(members, span, stored.get(span.start) ?? NO_ROWS, row);
    }
    write(key, "month", span.start, orNone(row), await storedRow(key, "month", span.start), out);
  };

  const runDay = async (
    carrier: string,
    day: DayIndex,
    sites: readonly Site[],
    quarters: ReadonlySet<number> | undefined,
    out: Collector,
  ) => {
    // Where anything may have changed, a group may have lost its last member.
    const groups = quarters
      ? new Set(sites.flatMap((site) => plan.groupsOf(site, day)))
      : plan.groupSites.keys();
    const start = calendar.dayStart(day);
    const end = calendar.dayStart(day + 1);
    const touched = quarters ?? new Set(Array.from({ length: (end - start) / QUARTER_MS }, (_, i) => i));
    const keys = (areasByCarrier.get(carrier) ?? []).map(areaKey);
    const from = start + Math.min(...touched) * QUARTER_MS;
    const to = start + (Math.max(...touched) + 1) * QUARTER_MS;
    const rows = {
      quarters: touched.size > 0 ? byStart(await reader.figures(keys, "15m", from, to)) : new Map(),
      days: byStart(await reader.figures(keys, "day", start, start + 1)),
    };
    // Side by side: a store behind a network answers what all of them ask in few questions.
    await Promise.all([...groups].map((group) => groupDay(group, carrier, day, touched, rows, out)));
  };

  /** Distinct months of areas, or of what `namesOf` gives for them. */
  const monthsOf = <T>(
    dirty: readonly DirtyDay[],
    namesOf: (area: AreaPlan, day: DayIndex) => readonly (readonly [string, T])[],
  ) => {
    const months = new Map<string, { item: T; month: MonthIndex; carrier: string }>();
    for (const { site, carrier, day } of dirty) {
      const area = plan.areaOf.get(`${site}\n${carrier}`);
      if (area === undefined) continue;
      const month = calendar.monthOfDay(day);
      for (const [name, item] of namesOf(area, day)) months.set(`${name} ${month}`, { item, month, carrier });
    }
    return months.values();
  };

  return {
    async groupDays(dirty, quartersOf, out) {
      const sitesByDay = new Map<DayIndex, Site[]>();
      for (const { site, carrier, day } of dirty) {
        const area = plan.areaOf.get(`${site}\n${carrier}`);
        if (area === undefined) continue;
        const sites = sitesByDay.get(day);
        if (sites) sites.push(area.site);
        else sitesByDay.set(day, [area.site]);
      }
      const carrier = dirty[0]?.carrier ?? "";
      for (const [day, sites] of sitesByDay) await runDay(carrier, day, sites, quartersOf(day), out);
    },
    async siteMonths(dirty, out) {
      const months = monthsOf(dirty, (area) => [[area.site.id, area]]);
      await Promise.all([...months].map(({ item, month }) => siteMonth(item, month, out)));
    },
    async groupMonths(dirty, all, out) {
      const months = monthsOf(dirty, (area, day) =>
        (all ? [...plan.groupSites.keys()] : plan.groupsOf(area.site, day)).map(
          (group) => [`${group} ${area.carrier}`, group] as const,
        ),
      );
      await Promise.all([...months].map(({ item, month, carrier }) => groupMonth(item, carrier, month, out)));
    },
  };
}
