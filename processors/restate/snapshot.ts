/** A site as it is kept to be compared with what it becomes. */
import type { Meter, Site } from "../../model/registry.ts";

/** What a site's figures depend on. */
export interface SiteSnapshot {
  readonly category: string;
  readonly town: string | null;
  /** Absent in what was stored before there were sectors. */
  readonly sector?: string | null;
  readonly classes: Site["classes"];
  readonly nationalList: boolean;
  readonly meters: readonly Meter[];
}

export function snapshotOf(site: Site): SiteSnapshot {
  const { category, town = null, sector = null, classes, nationalList } = site;
  const meters = site.meters.map((meter) => ({ ...meter, name: { zh: "", en: "" } }));
  return { category, town, sector, classes, nationalList, meters };
}

/** A site as it was when it was in the registry last: in the one before this, or `left` when it was taken out of it. */
export function lastOf(stored: string | undefined): {
  known?: SiteSnapshot | undefined;
  left?: SiteSnapshot | undefined;
} {
  const last =
    stored === undefined ? null : (JSON.parse(stored) as SiteSnapshot | { removed?: SiteSnapshot } | null);
  if (last === null) return {};
  return "meters" in last ? { known: last } : { left: last.removed };
}

/** A site as it is without its meters. */
export const without = (site: SiteSnapshot | undefined): SiteSnapshot | undefined =>
  site ? { ...site, meters: [] } : undefined;

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
