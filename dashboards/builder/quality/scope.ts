/** What the panels of this dashboard choose by. */
import { chosen } from "../influxql.ts";
import { drill } from "../links.ts";
import { panelIds } from "../panel-ids.ts";
import { text } from "../text.ts";

export const ids = panelIds["energy-quality"];
export const ofSites = chosen("site", "site");
export const where = ` AND ${ofSites}`;
export const toSite = [drill("energy-site", text("打开单位", "Open the site"), { site: "site" })];

/** A panel's title and description. */
export interface Words {
  readonly title: ReturnType<typeof text>;
  readonly about: ReturnType<typeof text>;
}
