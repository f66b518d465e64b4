/** Where an alert is: the names of sites, groups, meters and gateways. */
import type { Alert } from "../../model/alert.ts";
import { WITHOUT_NATIONAL } from "../../model/groups.ts";
import type { DeskRegistry, NamedSite } from "../../model/registry.ts";
import { type Language, words } from "./words.ts";

const namesOf = new WeakMap<DeskRegistry, ReadonlyMap<string, NamedSite>>();

/** Sites by id, gathered once: a county may have thousands. */
function sitesOf(registry: DeskRegistry): ReadonlyMap<string, NamedSite> {
  const known = namesOf.get(registry);
  if (known) return known;
  const sites = new Map(registry.sites.map((site) => [site.id, site]));
  namesOf.set(registry, sites);
  return sites;
}

/** A group's name from its key, such as `town:gaoting` or `county!national`; the key itself where it is unknown. */
export function groupName(group: string, registry: DeskRegistry, language: Language): string {
  const { places, categories } = words[language];
  const isWithout = group.endsWith(WITHOUT_NATIONAL);
  const key = isWithout ? group.slice(0, -WITHOUT_NATIONAL.length) : group;
  const [kind = "", id = ""] = key.split(/:(.*)/s);
  const listed = kind === "town" ? registry.county.towns : kind === "sector" ? registry.county.sectors : [];
  const name =
    key === "county"
      ? registry.county.name[language]
      : (listed.find((one) => one.id === id)?.name[language] ??
        (kind === "category" ? (categories as Record<string, string>)[id] : undefined) ??
        (kind === "class" ? places.classed(id) : undefined) ??
        key);
  return isWithout ? `${name}${places.brackets(places.withoutNational)}` : name;
}

/** Site or group with what is inside it. */
export function placeText(alert: Alert, registry: DeskRegistry, language: Language): string {
  const { places } = words[language];
  const site = alert.site === undefined ? undefined : sitesOf(registry).get(alert.site);
  const town = registry.county.towns.find(({ id }) => id === site?.town)?.name[language];
  const siteText = site
    ? site.name[language] + (town === undefined ? "" : places.brackets(town))
    : alert.site;
  const meter = site?.meters.find(({ id }) => id === alert.meter)?.name[language] ?? alert.meter;
  const parts = [
    siteText,
    alert.group === undefined ? undefined : groupName(alert.group, registry, language),
    alert.gateway === undefined ? undefined : places.gateway(alert.gateway),
    meter === undefined ? undefined : places.meter(meter),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? places.system : parts.join(places.between);
}
