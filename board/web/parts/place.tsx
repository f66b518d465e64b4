/** What a matter or a limit is of: a site or a group, perhaps a meter or a gateway, by name. */
import { WITHOUT_NATIONAL } from "../../../model/groups.ts";
import { code, named, t } from "../i18n/text.ts";
import { registry, siteById } from "../state/county.ts";
import { href } from "../state/route.ts";

export interface Of {
  readonly site?: string;
  readonly group?: string;
  readonly meter?: string;
  readonly gateway?: string;
}

/** A group without regard to nationally listed projects. */
function wholeName(key: string): string {
  const [kind = "", id = ""] = key.split(":", 2);
  const { county, towns, sectors } = registry.value ?? {};
  if (kind === "county") return county ? named(county.name) : key;
  const listed = { town: towns, sector: sectors }[kind]?.find((one) => one.id === id);
  return listed ? named(listed.name) : code(kind, id);
}

/** A group's key such as `town:gaoting` or `county!national` in words. */
function groupName(key: string): string {
  const [whole = "", rest] = key.split(WITHOUT_NATIONAL, 2);
  return rest === undefined ? wholeName(whole) : `${wholeName(whole)} · ${t("national.exclude")}`;
}

/** Name of the site or the group, or that it is about the monitoring itself. */
export function placeName({ site, group }: Of): string {
  if (site !== undefined) {
    const known = siteById.value.get(site);
    return known ? named(known.name) : site;
  }
  return group === undefined ? t("place.system") : groupName(group);
}

/** Meter or gateway within the site; undefined where it is about the whole of it. */
export function partName({ site, meter, gateway }: Of): string | undefined {
  if (meter !== undefined) {
    const known = siteById.value.get(site ?? "")?.meters.find((one) => one.id === meter);
    return known ? named(known.name) : meter;
  }
  return gateway === undefined ? undefined : `${t("gateway")} ${gateway}`;
}

/** The place with its link, where it has a page. */
export function Place(of: Of) {
  const part = partName(of);
  return (
    <>
      {of.site !== undefined && siteById.value.has(of.site) ? (
        <a href={href("site", of.site)}>{placeName(of)}</a>
      ) : (
        <span>{placeName(of)}</span>
      )}
      {part !== undefined && <span class="part"> · {part}</span>}
    </>
  );
}
