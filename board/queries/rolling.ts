/** GET /api/v1/rolling: standard coal of each site over the twelve calendar months before a day. */
import type { Figure, FigureKey } from "../../model/figure.ts";
import { compare } from "../../model/members.ts";
import { addKnown, netEffects, sumOfCarriers } from "../../model/net.ts";
import { type Pieces, piecesOf, twelveMonthsBefore } from "../../model/period.ts";
import type { Site } from "../../model/registry.ts";
import { type Calendar, type DayIndex, monthFirstDay } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type { RollingAnswer } from "../api/figures.ts";
import { momentOf } from "../moment.ts";
import type { ParametersOf } from "../parameters.ts";
import { listed, type QueryContext } from "./context.ts";
import { readFigures } from "./figures.ts";
import { windowEnd } from "./windows.ts";

const KGCE_PER_TCE = 1000;

/** Figures of the pieces in time order: days, whole months, days. */
async function readPieces(
  context: QueryContext,
  keys: readonly FigureKey[],
  { before, months, after }: Pieces,
): Promise<Figure[]> {
  const { calendar } = context;
  const read = (window: "day" | "month", from: DayIndex, to: DayIndex): Promise<Figure[]> =>
    readFigures(context, keys, window, calendar.dayStart(from), calendar.dayStart(to));
  return [
    ...(await read("day", before.from, before.to)),
    ...(await read("month", monthFirstDay(months[0]), monthFirstDay(months[1]))),
    ...(await read("day", after.from, after.to)),
  ];
}

/** Days on which anything is known of a site, by site id. */
type DaysOfSites = ReadonlyMap<string, ReadonlySet<DayIndex>>;

/**
 * A month of which less than a day's time is unknown has data on each of its days; the days of every other
 * month are read and counted. Coverage and estimated, each the worst over the meters, never add up to more
 * than the known time of one of them.
 */
async function daysWithData(context: QueryContext, figures: readonly Figure[]): Promise<DaysOfSites> {
  const { calendar } = context;
  const days = new Map<string, Set<DayIndex>>();
  const daysOf = (site: string): Set<DayIndex> => {
    const known = days.get(site) ?? new Set<DayIndex>();
    days.set(site, known);
    return known;
  };
  const uncertain = new Map<number, FigureKey[]>();
  for (const figure of figures) {
    const first = calendar.dayOf(figure.start);
    if (figure.window === "day") {
      daysOf(figure.owner).add(first);
      continue;
    }
    const count = calendar.dayOf(windowEnd(calendar, "month", figure.start)) - first;
    if (figure.coverage + figure.estimated > 1 - 0.9 / count) {
      for (let day = first; day < first + count; day += 1) daysOf(figure.owner).add(day);
    } else {
      const keys = uncertain.get(figure.start) ?? [];
      keys.push(figure);
      uncertain.set(figure.start, keys);
    }
  }
  for (const [start, keys] of uncertain) {
    const plain = keys.map(({ scope, owner, carrier }) => ({ scope, owner, carrier }));
    const end = windowEnd(calendar, "month", start);
    for (const figure of await readFigures(context, plain, "day", start, end)) {
      daysOf(figure.owner).add(calendar.dayOf(figure.start));
    }
  }
  return days;
}

function coverageOf(calendar: Calendar, figures: readonly Figure[], length: number): number {
  const covered = figures.reduce(
    (sum, { coverage, window, start }) => sum + coverage * (windowEnd(calendar, window, start) - start),
    0,
  );
  return covered / length;
}

function isInClass(site: Site, id: string, day: DayIndex): boolean {
  return site.classes.some(
    (row) => row.id === id && row.from <= day && (row.to === undefined || day < row.to),
  );
}

function rollingRow(
  context: QueryContext,
  site: Site,
  byCarrier: ReadonlyMap<string, readonly Figure[]>,
  pieces: Pieces,
  days: number,
): RollingAnswer["rows"][number] {
  const { calendar } = context;
  const length = calendar.dayStart(pieces.to) - calendar.dayStart(pieces.from);
  const all = [...byCarrier.values()].flat();
  const tce = (basis: "kgceCalorific" | "kgceEquivalent"): number | null => {
    if (all.length === 0) return null;
    const sums = [...byCarrier.values()]
      .filter((figures) => figures.length > 0)
      .map((figures) =>
        figures.reduce<number | null>((sum, figure) => addKnown(sum, netEffects(figure)[basis]), 0),
      );
    const kgce = sumOfCarriers(sums);
    return kgce === null ? null : kgce / KGCE_PER_TCE;
  };
  const shares = [...byCarrier.values()].map((figures) => coverageOf(calendar, figures, length));
  return {
    site: site.id,
    twoHigh: isInClass(site, "two-high", pieces.to),
    tceCalorific: tce("kgceCalorific"),
    tceEquivalent: tce("kgceEquivalent"),
    ...(site.approved ? { approved: site.approved } : {}),
    coverage: shares.length === 0 ? 0 : Math.min(...shares),
    daysWithData: days,
  };
}

function sitesOfClass(context: QueryContext, id: string | undefined, day: DayIndex): readonly Site[] {
  const { sites } = context.registry;
  if (id === undefined) return sites;
  const known = [...new Set(sites.flatMap((site) => site.classes.map((row) => row.id)))].sort(compare);
  if (known.includes(id)) return sites.filter((site) => isInClass(site, id, day));
  throw new ProblemError(404, `parameter 'class' is '${id}': no such class; there are ${listed(known)}`, {
    code: "unknown-class",
    parameter: "class",
    value: id,
    allowed: known,
  });
}

/**
 * Coal of [D − 12 calendar months, D), all carriers, net of metered conversion output: tce = Σ (kgce − output
 * kgce) / 1000. Null where a carrier had no factor, or nothing is known of the site.
 */
export async function rolling(context: QueryContext, given: ParametersOf<"rolling">): Promise<RollingAnswer> {
  const { calendar, now } = context;
  const to = calendar.dayOf(given.at === undefined ? now : momentOf(calendar, "at", given.at));
  const pieces = piecesOf({ from: twelveMonthsBefore(to), to });
  const sites = sitesOfClass(context, given.class, to);
  const areas = sites.flatMap((site) => context.areasOfSite.get(site.id) ?? []);
  const keys = areas.map(({ site, carrier }) => ({ scope: "site" as const, owner: site.id, carrier }));
  const figures = await readPieces(context, keys, pieces);
  const days = await daysWithData(context, figures);
  const bySite = new Map(areas.map(({ site }) => [site.id, new Map<string, Figure[]>()]));
  for (const { site, carrier } of areas) bySite.get(site.id)?.set(carrier, []);
  for (const figure of figures) bySite.get(figure.owner)?.get(figure.carrier)?.push(figure);
  return {
    from: calendar.dateOf(pieces.from),
    to: calendar.dateOf(pieces.to),
    rows: sites.map((site) =>
      rollingRow(context, site, bySite.get(site.id) ?? new Map(), pieces, days.get(site.id)?.size ?? 0),
    ),
  };
}
