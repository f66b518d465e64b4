/** What happened in the time shown: swaps, factor changes, restatements, outages. */
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { eventKinds } from "../annotations.ts";
import { type Column, columnOverrides, joined } from "../columns.ts";
import { table } from "../influxql.ts";
import { rows } from "../panels.ts";
import { text } from "../text.ts";
import { unit } from "../units.ts";
import { ids, ofSites, toSite } from "./scope.ts";

const eventColumns: readonly Column[] = [
  { from: "Time", shown: text("时间", "At"), unit: unit.at },
  { from: "kind", shown: text("类别", "Kind") },
  { from: "site", shown: text("单位编号", "Site"), links: toSite },
  { from: "textZh", shown: text("说明", "What") },
  { from: "textEn", shown: text("英文", "In English") },
];

export const events: Panel = rows({
  id: ids.events,
  title: text("换表、因子变更、重述与中断", "Swaps, factor changes, restatements, outages"),
  about: text(
    "所选时间内的事件，最近的在前，至多 500 条。",
    "Events in the time shown, newest first, at most 500.",
  ),
  queries: [
    table(
      "A",
      `SELECT "kind", "site", "textZh", "textEn" FROM "event" WHERE $timeFilter AND "kind" =~ /^(${eventKinds.flatMap(({ kinds }) => kinds).join("|")})$/ AND (${ofSites} OR "site" = '') ORDER BY time DESC LIMIT 500`,
    ),
  ],
  unit: "none",
  transformations: joined(undefined, eventColumns),
  overrides: columnOverrides(eventColumns),
});
