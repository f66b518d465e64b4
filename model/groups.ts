/** The groups whose totals are kept: the county, its towns, sectors, categories and classes. */
import type { Registry, Site } from "./registry.ts";
import type { DayIndex } from "./time.ts";

/** Suffix of a group's key for the variant that leaves out nationally listed sites (不含国家单列). */
export const WITHOUT_NATIONAL = "!national";

/** Keys of the groups a site belongs to on a day, nationally listed sites included. */
export function groupKeysOf(site: Site, day: DayIndex): string[] {
  const keys = ["county", `category:${site.category}`];
  if (site.town !== undefined) keys.push(`town:${site.town}`);
  if (site.sector !== undefined) keys.push(`sector:${site.sector}`);
  for (const row of site.classes) {
    const inForce = row.from <= day && (row.to === undefined || day < row.to);
    if (inForce && !keys.includes(`class:${row.id}`)) keys.push(`class:${row.id}`);
  }
  return keys;
}

/** Every group key that a site has at any time. */
export function allGroupKeysOf(site: Site): string[] {
  const keys = groupKeysOf(site, -1e9);
  for (const row of site.classes) if (!keys.includes(`class:${row.id}`)) keys.push(`class:${row.id}`);
  return keys;
}

/**
 * Groups that hold a nationally listed site, so that the variant without it is kept apart; everywhere else
 * the two are the same rows.
 */
export function groupsWithNational(registry: Pick<Registry, "sites">): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const site of registry.sites) {
    if (site.nationalList) for (const key of allGroupKeysOf(site)) keys.add(key);
  }
  return keys;
}

/** The key under which a group's figures are stored. */
export function storedGroupKey(withNational: ReadonlySet<string>, group: string, include: boolean): string {
  return include || !withNational.has(group) ? group : `${group}${WITHOUT_NATIONAL}`;
}
