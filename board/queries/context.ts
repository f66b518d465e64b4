/** What every query works with: the store, the registry looked up by name, and the time it is. */
import { allGroupKeysOf, groupsWithNational } from "../../model/groups.ts";
import { compare, type SiteCarrier, siteCarriersOf } from "../../model/members.ts";
import type { SeriesReader } from "../../model/ports.ts";
import {
  type Carrier,
  type County,
  type Meter,
  type Registry,
  type Site,
  siteCategories,
} from "../../model/registry.ts";
import { type Calendar, calendarOf, type Instant } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type { ExplainAnswer } from "../api/records.ts";
import type { ApiWindow } from "../parameters.ts";

/** One figure to explain; `at` is any moment inside its window. */
export interface ExplainRequest {
  readonly site: string;
  readonly carrier: string;
  readonly window: ApiWindow;
  readonly at: Instant;
}

/** Where a figure comes from; made by the processors, who know the arithmetic. */
export type Explain = (request: ExplainRequest, now: Instant) => Promise<ExplainAnswer>;

/** The registry as the queries need it; the same for every request. */
export interface BoardIndex {
  readonly registry: Registry;
  readonly county: County;
  readonly calendar: Calendar;
  readonly sites: ReadonlyMap<string, Site>;
  readonly carriers: ReadonlyMap<string, Carrier>;
  /** Place of a carrier in the registry's list, which is the order of rows. */
  readonly carrierRank: ReadonlyMap<string, number>;
  readonly areas: readonly SiteCarrier[];
  readonly areasOfSite: ReadonlyMap<string, readonly SiteCarrier[]>;
  /** Carriers by group key, in rank order; every known group has an entry. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly withNational: ReadonlySet<string>;
}

export interface QueryContext extends BoardIndex {
  readonly reader: SeriesReader;
  readonly explain: Explain;
  readonly now: Instant;
}

function groupedBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) {
      const list = groups.get(key);
      if (list) list.push(item);
      else groups.set(key, [item]);
    }
  }
  return groups;
}

/** Every group of the county with its carriers; a town, sector or category without sites is a group with none. */
function carriersOfGroups(
  registry: Registry,
  areas: readonly SiteCarrier[],
  rank: ReadonlyMap<string, number>,
): Map<string, string[]> {
  const groups = new Map<string, string[]>([["county", []]]);
  for (const category of siteCategories) groups.set(`category:${category}`, []);
  for (const town of registry.county.towns) groups.set(`town:${town.id}`, []);
  for (const sector of registry.county.sectors) groups.set(`sector:${sector.id}`, []);
  for (const site of registry.sites) for (const key of allGroupKeysOf(site)) groups.set(key, []);
  for (const [key, members] of groupedBy(areas, (area) => allGroupKeysOf(area.site))) {
    groups.set(key, byRank([...new Set(members.map((area) => area.carrier))], rank));
  }
  return groups;
}

/** Carriers in the registry's order. */
export function byRank(carriers: readonly string[], rank: ReadonlyMap<string, number>): string[] {
  const place = (carrier: string): number => rank.get(carrier) ?? rank.size;
  return [...carriers].sort((a, b) => place(a) - place(b) || compare(a, b));
}

/** Looks the registry up once, for every request that follows. */
export function indexRegistry(registry: Registry): BoardIndex {
  const areas = siteCarriersOf(registry);
  const carrierRank = new Map(registry.carriers.map((carrier, i) => [carrier.id, i]));
  return {
    registry,
    county: registry.county,
    calendar: calendarOf(registry.county.zone),
    sites: new Map(registry.sites.map((site) => [site.id, site])),
    carriers: new Map(registry.carriers.map((carrier) => [carrier.id, carrier])),
    carrierRank,
    areas,
    areasOfSite: groupedBy(areas, (area) => [area.site.id]),
    groups: carriersOfGroups(registry, areas, carrierRank),
    withNational: groupsWithNational(registry),
  };
}

function unknown(what: string, parameter: string, value: string, where: string): ProblemError {
  return new ProblemError(404, `parameter '${parameter}' is '${value}': no such ${what}; ${where}`, {
    code: `unknown-${what}`,
    parameter,
    value,
  });
}

/** The site of that id. @throws ProblemError 404 */
export function siteOf(context: BoardIndex, id: string): Site {
  const site = context.sites.get(id);
  if (site) return site;
  throw unknown("site", "site", id, "/api/v1/sites lists them");
}

/** The meter of that id at the site. @throws ProblemError 404 */
export function meterOf(site: Site, id: string): Meter {
  const meter = site.meters.find((candidate) => candidate.id === id);
  if (meter) return meter;
  throw unknown("meter", "meter", id, `site '${site.id}' has ${listed(site.meters.map((m) => m.id))}`);
}

/** The carrier of that id. @throws ProblemError 404 */
export function carrierOf(context: BoardIndex, id: string): Carrier {
  const carrier = context.carriers.get(id);
  if (carrier) return carrier;
  throw unknown("carrier", "carrier", id, `there are ${listed([...context.carriers.keys()])}`);
}

/** Ids in a row, cut where there are very many. */
export function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, 50);
  const rest = ids.length - shown.length;
  return shown.length === 0 ? "none" : `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
