/** 7. Alerts and how they were closed. */
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { colours } from "../../model/limit.ts";
import { colourNames, openAlert } from "./alert-counts.ts";
import { annotations } from "./annotations.ts";
import { type Column, columnOverrides, joined } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import { byDay, chosen, given, series, table } from "./influxql.ts";
import { drill } from "./links.ts";
import { levelColours, plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { named, rows, stat, trend } from "./panels.ts";
import { fromOn, neutral } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";
import { agencies } from "./variables.ts";

const ids = panelIds["energy-alerts"];
/** A matter that nobody leads has no agency. */
const where = ` AND (${chosen("agency", "agency")} OR "agency" = '')`;
/** One row a matter: that of a colour which it has left is not counted. */
const ofAlerts = `FROM "alert" WHERE $timeFilter${where} AND "state" <> 'worsened'`;

const overdue: Panel = stat({
  id: ids.overdue,
  title: text("超时未答复", "Overdue"),
  about: text(
    "未销号且超过应答时限的事项（按工作时间计）。",
    "Matters not closed that nobody answered in time (working hours count).",
  ),
  queries: [
    series("A", `SELECT count("open") AS "matters" ${ofAlerts} AND "open" = 1 AND "overdue" = 1`, "matters"),
  ],
  unit: unit.count,
  steps: fromOn(1, "red"),
  noValue: "0",
});

/** Mean time from the raising of a matter to a later step of it. */
const timeTo = (id: number, step: "acknowledgedAt" | "closedAt", zh: string, en: string): Panel =>
  stat({
    id,
    title: text(zh, en),
    about: text(
      "所选时间内发生、已走到该步的事项，自发生起的平均历时（自然时间）。",
      "Mean time since they were raised (by the clock) of the matters raised in the time shown that got so far.",
    ),
    queries: [
      series(
        "A",
        `SELECT mean("took") AS "took" FROM (SELECT "${step}" - "raisedAt" AS "took" ${ofAlerts} AND ${given(step)}) WHERE $timeFilter`,
        "took",
      ),
    ],
    unit: unit.ms,
    decimals: 1,
    steps: neutral(plain.measured),
  });

const raisedPerDay: Panel = trend({
  id: ids.raisedPerDay,
  title: text("每日发生（分颜色）", "Raised by day and colour"),
  about: text("每日发生的预警事项，按目前颜色。", "Matters raised on each day, by the colour they have now."),
  queries: [series("A", `SELECT count("open") AS "matters" ${ofAlerts} ${byDay("colour")}`, "$tag_colour")],
  unit: unit.count,
  draw: "bars",
  stacked: true,
  interval: "1d",
  overrides: colours.map((colour) => named(colour, colourNames[colour], levelColours[colour])),
});

const colourColumn: Column = {
  from: "colour",
  shown: text("颜色", "Level"),
  mappings: [
    {
      type: "value",
      options: Object.fromEntries(
        colours.map((colour, index) => [
          colour,
          { text: `${colourNames[colour].zh} ${colourNames[colour].en}`, color: levelColours[colour], index },
        ]),
      ),
    },
  ],
};

const matterColumns: readonly Column[] = [
  { from: "Time", shown: text("发生", "Raised"), unit: unit.at },
  { from: "matter", shown: text("事项", "Matter") },
  colourColumn,
  { from: "rule", shown: text("规则", "Rule") },
  {
    from: "site",
    shown: text("单位编号", "Site"),
    links: [drill("energy-site", text("打开单位", "Open the site"), { site: "site" })],
  },
  {
    from: "group",
    shown: text("范围", "Scope"),
    links: [drill("energy-county", text("打开范围", "Open the scope"), { group: "group" })],
  },
  { from: "summary", shown: text("内容", "What") },
  { from: "state", shown: text("状态", "State") },
  { from: "officer", shown: text("责任人", "Officer") },
  { from: "agency", shown: text("责任单位", "Agency") },
  { from: "escalations", shown: text("升级", "Escalated"), decimals: 0 },
];

const matters = (
  id: number,
  open: 0 | 1,
  zh: string,
  en: string,
  aboutZh: string,
  aboutEn: string,
): Panel => {
  const columns = open
    ? matterColumns
    : [...matterColumns, { from: "closedAt", shown: text("销号时间", "Closed"), unit: unit.at }];
  return rows({
    id,
    title: text(zh, en),
    about: text(aboutZh, aboutEn),
    queries: [
      table(
        "A",
        `SELECT "matter", "colour", "rule", "site", "group", "summary", "state", "officer", "agency", "escalations", "closedAt" ${ofAlerts} AND "open" = ${open} ORDER BY time DESC LIMIT 500`,
      ),
    ],
    unit: "none",
    transformations: joined(undefined, columns),
    overrides: columnOverrides(columns),
  });
};

const agencyColumns: readonly Column[] = [
  { from: "agency", shown: text("责任单位", "Agency") },
  { from: "raised", shown: text("发生", "Raised"), decimals: 0 },
  { from: "open", shown: text("未销号", "Open"), decimals: 0 },
  { from: "overdue", shown: text("超时", "Overdue"), decimals: 0, steps: fromOn(1, "red") },
  { from: "closed", shown: text("已销号", "Closed"), decimals: 0 },
];

const byAgency: Panel = rows({
  id: ids.agencies,
  title: text("分责任单位", "By agency"),
  about: text(
    "所选时间内发生的事项：发生、未销号、超时、已销号。",
    "Of the matters raised in the time shown: raised, open, overdue, closed.",
  ),
  queries: [
    table(
      "A",
      `SELECT count("open") AS "raised", sum("open") AS "open", sum("overdue") AS "overdue" ${ofAlerts} GROUP BY "agency"`,
    ),
    table("B", `SELECT count("open") AS "closed" ${ofAlerts} AND "open" = 0 GROUP BY "agency"`),
  ],
  unit: "none",
  transformations: joined("agency", agencyColumns),
  overrides: columnOverrides(agencyColumns),
});

const ruleColumns: readonly Column[] = [
  { from: "rule", shown: text("规则", "Rule") },
  colourColumn,
  { from: "raised", shown: text("发生", "Raised"), decimals: 0 },
  { from: "open", shown: text("未销号", "Open"), decimals: 0 },
];

const byRule: Panel = rows({
  id: ids.rules,
  title: text("分规则", "By rule"),
  about: text(
    "所选时间内发生的事项，按规则与颜色。",
    "Matters raised in the time shown, by rule and colour.",
  ),
  queries: [
    table(
      "A",
      `SELECT count("open") AS "raised", sum("open") AS "open" ${ofAlerts} GROUP BY "rule", "colour"`,
    ),
  ],
  unit: "none",
  transformations: joined(undefined, ruleColumns),
  overrides: columnOverrides(ruleColumns),
  sortBy: { name: "发生 Raised", desc: true },
});

export function alertsDashboard(): Dashboard {
  return dashboard({
    uid: "energy-alerts",
    title: text("预警与销号", "Alerts"),
    about: text(
      "预警事项：发生、答复、超时、销号，按责任单位与规则。应答与销号在看板上办理。",
      "Matters: raised, answered, overdue, closed, by agency and rule. Answers are given on the board.",
    ),
    from: "now-30d",
    refresh: "1m",
    variables: [agencies],
    annotations: annotations().slice(-1),
    rows: [
      {
        height: 4,
        panels: [
          [openAlert(ids.red, "red", where), 4],
          [openAlert(ids.orange, "orange", where), 4],
          [openAlert(ids.yellow, "yellow", where), 4],
          [overdue, 4],
          [timeTo(ids.toAcknowledge, "acknowledgedAt", "平均应答时间", "Mean time to acknowledge"), 4],
          [timeTo(ids.toClose, "closedAt", "平均销号时间", "Mean time to close"), 4],
        ],
      },
      {
        height: 10,
        panels: [
          [
            matters(
              ids.open,
              1,
              "未销号事项",
              "Open matters",
              "所选时间内发生、尚未销号的事项，最近的在前。",
              "Matters raised in the time shown and not closed yet, newest first.",
            ),
            24,
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [raisedPerDay, 10],
          [byAgency, 7],
          [byRule, 7],
        ],
      },
      {
        height: 9,
        panels: [
          [
            matters(
              ids.closed,
              0,
              "已销号事项",
              "Closed matters",
              "所选时间内发生、已销号的事项，最近的在前。",
              "Matters raised in the time shown that are closed, newest first.",
            ),
            24,
          ],
        ],
      },
    ],
  });
}
