/** GET /api/v1/ranking: sites by standard coal of a day or a month, most first. */
import type { Figure } from "../../model/figure.ts";
import { compare, type SiteCarrier } from "../../model/members.ts";
import { addKnown, netEffects } from "../../model/net.ts";
import type { Site } from "../../model/registry.ts";
import type { Span } from "../../model/time.ts";
import type { RankingAnswer } from "../api/figures.ts";
import { momentOf } from "../moment.ts";
import type { ParametersOf } from "../parameters.ts";
import { carrierOf, type QueryContext } from "./context.ts";
import { readFigures } from "./figures.ts";
import { judgedMeters, serviceMs } from "./shares.ts";
import { windowEnd, windowStart } from "./windows.ts";

type Row = RankingAnswer["rows"][number];
type FigureOf = ReadonlyMap<string, Figure>;

/** The only carrier whose canonical unit is kWh by definition. */
const ELECTRICITY = "electricity";

const nameOf = (owner: string, carrier: string): string => `${owner}\n${carrier}`;

async function figuresOf(
  context: QueryContext,
  areas: readonly SiteCarrier[],
  window: "day" | "month",
  { start, end }: Span,
): Promise<FigureOf> {
  const keys = areas.map(({ site, carrier }) => ({ scope: "site" as const, owner: site.id, carrier }));
  const figures = await readFigures(context, keys, window, start, end);
  return new Map(figures.map((figure) => [nameOf(figure.owner, figure.carrier), figure]));
}

function sumOf(figures: readonly Figure[], of: (figure: Figure) => number | null): number | null {
  if (figures.length === 0) return null;
  return figures.reduce<number | null>((sum, figure) => addKnown(sum, of(figure)), 0);
}

function rankingRow(site: Site, areas: readonly SiteCarrier[], now: FigureOf, before: FigureOf): Row {
  const found = (figures: FigureOf): Figure[] =>
    areas.flatMap(({ carrier }) => figures.get(nameOf(site.id, carrier)) ?? []);
  const figures = found(now);
  const shares = areas.map(({ carrier }) => now.get(nameOf(site.id, carrier))?.coverage ?? 0);
  return {
    site: site.id,
    category: site.category,
    kgceCalorific: sumOf(figures, (figure) => figure.kgceCalorific),
    kgCo2Location: sumOf(figures, (figure) => figure.kgCo2Location),
    electricityKwh: now.get(nameOf(site.id, ELECTRICITY))?.amount ?? null,
    coverage: Math.min(...shares),
    previousKgceCalorific: sumOf(found(before), (figure) => figure.kgceCalorific),
    netKgceCalorific: sumOf(figures, (figure) => netEffects(figure).kgceCalorific),
  };
}

function byCoal(a: Row, b: Row): number {
  const [coalA, coalB] = [a.kgceCalorific, b.kgceCalorific];
  if (coalA === null || coalB === null) {
    return Number(coalA === null) - Number(coalB === null) || compare(a.site, b.site);
  }
  return coalB - coalA || compare(a.site, b.site);
}

/**
 * Every site with a meter in service during the window; those whose coal is unknown come last. `coverage` is
 * the worst carrier's, 0 where one has no row; `previous` is the whole window before.
 */
export async function ranking(context: QueryContext, given: ParametersOf<"ranking">): Promise<RankingAnswer> {
  const { calendar, now } = context;
  const { window } = given;
  const asked = given.carrier === undefined ? undefined : carrierOf(context, given.carrier).id;
  const start = windowStart(
    calendar,
    window,
    given.at === undefined ? now : momentOf(calendar, "at", given.at),
  );
  const span = { start, end: windowEnd(calendar, window, start) };
  const before = { start: windowStart(calendar, window, start - 1), end: start };
  const areas = context.areas.filter(
    (area) =>
      (asked === undefined || area.carrier === asked) &&
      judgedMeters(area).some((meter) => serviceMs(meter, span) > 0),
  );
  const current = await figuresOf(context, areas, window, span);
  const previous = await figuresOf(context, areas, window, before);
  const rows = context.registry.sites.flatMap((site) => {
    const own = areas.filter((area) => area.site.id === site.id);
    return own.length === 0 ? [] : [rankingRow(site, own, current, previous)];
  });
  return { rows: rows.sort(byCoal) };
}
