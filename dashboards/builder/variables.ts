/** Variables of the dashboards. Options are "name|id", of which a regular expression takes text and value. */
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { chosen, datasource, variable } from "./influxql.ts";
import { both, text } from "./text.ts";

export const nameAndId = "/^(?<text>.*)\\|(?<value>[^|]+)$/";

/** Which InfluxDB; provisioned is one, with uid `energy`. */
export const source: VariableModel = new DatasourceVariableBuilder("datasource")
  .label(both(text("数据源", "Data source")))
  .type("influxdb")
  .current({ text: "Energy", value: "energy" })
  .build();

interface Asked {
  readonly name: string;
  readonly label: LocalText;
  readonly query: string;
  readonly regex?: string;
  readonly many?: boolean;
  readonly hidden?: boolean;
  /** Where only one can be chosen: what is chosen first. */
  readonly first?: { readonly text: string; readonly value: string };
}

function asked({ name, label, query, regex, many = false, hidden = false, first }: Asked): VariableModel {
  const builder = new QueryVariableBuilder(name)
    .label(both(label))
    .datasource(datasource)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(many)
    .includeAll(many);
  if (regex) builder.regex(regex);
  if (hidden) builder.hide(VariableHide.HideVariable);
  if (many) builder.current({ text: ["All"], value: ["$__all"] });
  else if (first) builder.current(first);
  return builder.build();
}

const option = (kind: string, where = ""): string =>
  `SELECT "option" FROM "info" WHERE time = 0 AND "kind" = '${kind}'${where}`;

/** The county, a town, sector, category or class; those with !national leave out nationally listed sites. */
export const group: VariableModel = asked({
  name: "group",
  label: text("范围", "Scope"),
  query: option("group"),
  regex: nameAndId,
  first: { text: "全县 County", value: "county" },
});

/** Not shown: the sites of the group. */
export const members: VariableModel = asked({
  name: "members",
  label: text("范围内单位", "Sites of the scope"),
  query: option("site", ` AND "groups" =~ /,${variable("group", "regex")},/`),
  regex: nameAndId,
  many: true,
  hidden: true,
});

export const site: VariableModel = asked({
  name: "site",
  label: text("用能单位", "Site"),
  query: option("site"),
  regex: nameAndId,
});

export const sites: VariableModel = asked({
  name: "site",
  label: text("用能单位", "Site"),
  query: option("site"),
  regex: nameAndId,
  many: true,
});

export const meters: VariableModel = asked({
  name: "meter",
  label: text("计量点", "Meter"),
  query: option("meter", ` AND ${chosen("site", "site")}`),
  regex: nameAndId,
  many: true,
});

export const limits: VariableModel = asked({
  name: "limit",
  label: text("限额", "Limit"),
  query: option("limit"),
  regex: nameAndId,
  many: true,
});

/** Agencies that lead a matter raised in the time shown. */
export const agencies: VariableModel = asked({
  name: "agency",
  label: text("责任单位", "Agency"),
  query: `SHOW TAG VALUES FROM "alert" WITH KEY = "agency" WHERE $timeFilter`,
  many: true,
});
