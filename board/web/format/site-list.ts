/** Narrowing down and ordering the list of sites. */
import type { ApiSite } from "../../api/sites.ts";
import { siteState, siteStates } from "./site-state.ts";

/** Absent or empty: any. `class: national` picks the nationally listed projects. */
export interface SiteFilter {
  readonly text?: string;
  readonly category?: string;
  readonly town?: string;
  readonly class?: string;
  readonly state?: string;
}

export const sortKeys = ["name", "state", "category", "power", "tce"] as const;
export type SortKey = (typeof sortKeys)[number];

function holds(site: ApiSite, text: string): boolean {
  const sought = text.trim().toLowerCase();
  return [site.id, site.name.zh, site.name.en, site.industry ?? ""].some((one) =>
    one.toLowerCase().includes(sought),
  );
}

/** Sites that meet every condition. */
export function filterSites(all: readonly ApiSite[], filter: SiteFilter): ApiSite[] {
  return all.filter(
    (site) =>
      (!filter.text || holds(site, filter.text)) &&
      (!filter.category || site.category === filter.category) &&
      (!filter.town || site.town === filter.town) &&
      (!filter.state || siteState(site.live) === filter.state) &&
      (!filter.class ||
        (filter.class === "national"
          ? site.nationalList
          : site.classes.some((one) => one.id === filter.class))),
  );
}

/** The unknown last, the most first. */
function byMost(a: number | null, b: number | null): number {
  return (b ?? -Infinity) - (a ?? -Infinity) || 0;
}

/** Ordered by one key, then by name in the viewer's language; `state` puts the worst first. */
export function sortSites(
  all: readonly ApiSite[],
  key: SortKey,
  lang: "zh" | "en",
  kgceOf: (site: ApiSite) => number | null,
): ApiSite[] {
  const names = new Intl.Collator(lang === "zh" ? "zh-CN" : "en", { numeric: true });
  const state = (site: ApiSite) => siteStates.indexOf(siteState(site.live));
  const compare: Record<SortKey, (a: ApiSite, b: ApiSite) => number> = {
    name: () => 0,
    state: (a, b) => state(b) - state(a),
    category: (a, b) => names.compare(a.category, b.category),
    power: (a, b) => byMost(a.live.powerKw, b.live.powerKw),
    tce: (a, b) => byMost(kgceOf(a), kgceOf(b)),
  };
  return [...all].sort((a, b) => compare[key](a, b) || names.compare(a.name[lang], b.name[lang]));
}
