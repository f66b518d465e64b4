/** Links between the dashboards; all keep the time and the data source. */
import { type DashboardLink, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { variable } from "./influxql.ts";
import type { DashboardUid } from "./panel-ids.ts";
import type { PanelLink } from "./panels.ts";
import { both, text } from "./text.ts";

/** Tag of all dashboards here. */
export const TAG = "county-energy";

/** Of every dashboard: a menu of the others. */
export const menu: DashboardLink = {
  title: both(text("能源看板", "Energy dashboards")),
  type: DashboardLinkType.Dashboards,
  icon: "external link",
  tooltip: "",
  tags: [TAG],
  asDropdown: true,
  targetBlank: false,
  includeVars: true,
  keepTime: true,
};

/** The time, the data source, and other variables as they are. */
const kept = (...variables: string[]): string[] => [
  variable("__url_time_range"),
  ...["datasource", ...variables].map((name) => variable(name, "queryparam")),
];

/**
 * A link from a row to a dashboard.
 * @param variables of that dashboard, and the columns of this row that they are set to
 */
export function drill(
  uid: DashboardUid,
  title: LocalText,
  variables: Readonly<Record<string, string>>,
): PanelLink {
  const set = Object.entries(variables).map(
    ([name, column]) => `var-${name}=${variable(`__data.fields["${column}"]`)}`,
  );
  const query = [...kept(), ...set].join("&");
  return { title: both(title), url: `/d/${uid}?${query}` };
}

/** A link to another dashboard that hands on a variable of this one. */
export function onward(uid: DashboardUid, title: LocalText, ...variables: string[]): PanelLink {
  return { title: both(title), url: `/d/${uid}?${kept(...variables).join("&")}` };
}
