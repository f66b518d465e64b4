/** 1. The county, or a town, sector, category or class of it. */
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { siteCategories } from "../../model/registry.ts";
import { openAlerts } from "./alert-counts.ts";
import { annotations } from "./annotations.ts";
import { categoryNames } from "./categories.ts";
import { type Column, columnOverrides, joined, names } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import type { Shipped } from "./data.ts";
import { co2PerDay, coalByCarrier, totals } from "./figures.ts";
import {
  byDay,
  byInterval,
  chosen,
  type effects,
  known,
  series,
  table,
  there,
  unknownIs,
} from "./influxql.ts";
import { limitTable } from "./limit-table.ts";
import { drill, onward } from "./links.ts";
import { carrierColours, categoryColours, plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { named, rows, stat, trend } from "./panels.ts";
import { fromOn, neutral } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";
import { group, members } from "./variables.ts";

const ids = panelIds["energy-county"];
const owner = { scope: "group" } as const;
const ofGroup = `WHERE $timeFilter AND ${chosen("group", "group")}`;

const electricity: Panel = stat({
  id: ids.electricity,
  title: text("用电量", "Electricity"),
  about: text("所选时间内起始的日累计。", "Sum of the days that begin in the time shown."),
  queries: [
    series(
      "A",
      `SELECT sum("amount") AS "kWh" FROM "group_day" ${ofGroup} AND "carrier" = 'electricity' AND ${there}`,
      "kWh",
    ),
  ],
  unit: unit.kwh,
  decimals: 0,
  steps: neutral(carrierColours.electricity!),
});

const unknown: Panel = stat({
  id: ids.unknown,
  title: text("因子缺失（品种·日）", "Carrier-days without a factor"),
  about: text(
    "折标煤或碳排放未知、因而未计入合计的品种·日数（当量、位置法）。不为零则合计偏小。",
    "Carrier-days whose coal (calorific) or CO2 (location) is unknown and thus missing from the totals. If not zero, the totals are too small.",
  ),
  queries: [
    series(
      "A",
      `SELECT count("amount") AS "days" FROM "group_day" ${ofGroup} AND ${there} AND (${unknownIs("kgceCalorific")} OR ${unknownIs("kgCo2Location")})`,
      "days",
    ),
  ],
  unit: unit.count,
  steps: fromOn(1, "orange"),
  noValue: "0",
  links: [onward("energy-quality", text("数据质量", "Data quality"))],
});

const load: Panel = trend({
  id: ids.load,
  title: text("用电负荷", "Electric load"),
  about: text(
    "已知电量折算的平均功率（刻钟电量 × 4）。最近一刻钟尚不完整；缺数单位不计入，见覆盖率。",
    "Mean power of the energy known (quarter-hour × 4). The newest quarter-hour is not whole yet; sites without data are not in it, see coverage.",
  ),
  queries: [
    series(
      "A",
      `SELECT mean("amount") * 4 AS "kW" FROM "group_15m" ${ofGroup} AND "carrier" = 'electricity' AND ${there} ${byInterval()}`,
      "electricity",
    ),
  ],
  unit: unit.kw,
  interval: "15m",
  overrides: [named("electricity", text("电力", "Electricity"), carrierColours.electricity!)],
});

/** Carriers' coverage is a mean over sites; the worst carrier says most. */
const coverage: Panel = trend({
  id: ids.coverage,
  title: text("覆盖率（逐日）", "Coverage by day"),
  about: text(
    "电力数据实测与估计时间占比，对在用单位取平均；其余为缺失。",
    "Measured and estimated share of time of electricity, the mean over sites in service; the rest is missing.",
  ),
  queries: [
    series(
      "A",
      `SELECT mean("coverage") AS "c" FROM "group_day" ${ofGroup} AND "carrier" = 'electricity' AND ${there} ${byDay()}`,
      "measured",
    ),
    series(
      "B",
      `SELECT mean("estimated") AS "e" FROM "group_day" ${ofGroup} AND "carrier" = 'electricity' AND ${there} ${byDay()}`,
      "estimated",
    ),
  ],
  unit: unit.share,
  draw: "bars",
  stacked: true,
  interval: "1d",
  min: 0,
  max: 1,
  overrides: [
    named("measured", text("实测", "measured"), plain.measured),
    named("estimated", text("估计", "estimated"), plain.estimated),
  ],
});

const categories: Panel = trend({
  id: ids.categories,
  title: text("逐日能耗（当量，分类别）", "Energy by day and category, calorific"),
  about: text(
    "全县各类用能单位每日折标准煤（毛值），与所选范围无关。",
    "Standard coal of each day by category of site (gross), of the whole county whatever the scope.",
  ),
  queries: siteCategories.map((category, i) =>
    series(
      String.fromCharCode(65 + i),
      `SELECT sum("kgceCalorific") / 1000 AS "tce" FROM "group_day" WHERE $timeFilter AND "group" = 'category:${category}' AND ${there} AND ${known("kgceCalorific")} ${byDay()}`,
      category,
    ),
  ),
  unit: unit.tce,
  draw: "bars",
  stacked: true,
  interval: "1d",
  overrides: siteCategories.map((category) =>
    named(category, categoryNames[category], categoryColours[category]),
  ),
});

const groupColumns: readonly Column[] = [
  {
    from: "name",
    shown: text("名称", "Name"),
    links: [drill("energy-county", text("打开", "Open"), { group: "group" })],
  },
  { from: "tce", shown: text("当量", "Calorific"), unit: unit.tce, decimals: 1 },
  { from: "tceEq", shown: text("等价", "Equivalent"), unit: unit.tce, decimals: 1 },
  { from: "tco2", shown: text("碳排放", "CO2"), unit: unit.tco2, decimals: 1 },
  { from: "group", shown: text("编号", "Id") },
];

const sum = (
  refId: string,
  tag: "group" | "site",
  effect: (typeof effects)[number],
  name: string,
  where: string,
) =>
  table(
    refId,
    `SELECT sum("${effect}") / 1000 AS "${name}" FROM "${tag}_day" WHERE $timeFilter AND ${where} AND ${there} AND ${known(effect)} GROUP BY "${tag}"`,
  );

const groupTable = (id: number, kind: "town" | "sector", zh: string, en: string): Panel => {
  const where = `"group" =~ /^${kind}:[^!]+$/`;
  return rows({
    id,
    title: text(zh, en),
    about: text(
      `全县各${zh}所选时间内的能耗与碳排放（毛值，含国家单列）；点名称查看。`,
      `Energy and CO2 in the time shown (gross, nationally listed sites included); the name leads on.`,
    ),
    queries: [
      sum("A", "group", "kgceCalorific", "tce", where),
      sum("B", "group", "kgceEquivalent", "tceEq", where),
      sum("C", "group", "kgCo2Location", "tco2", where),
      names("D", "group", ` AND ${where}`),
    ],
    unit: unit.tce,
    transformations: joined("group", groupColumns),
    overrides: columnOverrides(groupColumns),
    sortBy: { name: "当量 Calorific", desc: true },
  });
};

const siteColumns: readonly Column[] = [
  {
    from: "name",
    shown: text("单位", "Site"),
    links: [drill("energy-site", text("打开单位", "Open the site"), { site: "site" })],
  },
  { from: "tce", shown: text("当量", "Calorific"), unit: unit.tce, decimals: 1 },
  { from: "tceEq", shown: text("等价", "Equivalent"), unit: unit.tce, decimals: 1 },
  { from: "tco2", shown: text("碳排放", "CO2"), unit: unit.tco2, decimals: 1 },
  { from: "site", shown: text("编号", "Id") },
];

const sites: Panel = rows({
  id: ids.sites,
  title: text("范围内用能单位", "Sites of the scope"),
  about: text(
    "所选时间内的能耗与碳排放（毛值）；点名称查看该单位。",
    "Energy and CO2 in the time shown (gross); the name leads to the site.",
  ),
  queries: [
    sum("A", "site", "kgceCalorific", "tce", chosen("site", "members")),
    sum("B", "site", "kgceEquivalent", "tceEq", chosen("site", "members")),
    sum("C", "site", "kgCo2Location", "tco2", chosen("site", "members")),
    names("D", "site", ` AND ${chosen("site", "members")}`),
  ],
  unit: unit.tce,
  transformations: joined("site", siteColumns),
  overrides: columnOverrides(siteColumns),
  sortBy: { name: "当量 Calorific", desc: true },
});

const alerts: Panel = openAlerts(
  ids.alerts,
  ` AND (${chosen("site", "members")} OR ${chosen("group", "group")})`,
);

export function county(shipped: Shipped): Dashboard {
  const where = ` AND (${chosen("site", "members")} OR ${chosen("group", "group")})`;
  const head = totals(owner, ids);
  return dashboard({
    uid: "energy-county",
    title: text("县域总览", "County / Overview"),
    about: text(
      "全县及各乡镇、行业、类别的能耗、碳排放、负荷、覆盖率、限额与预警。由范围选择；表中点名称逐级查看。",
      "Energy, CO2, load, coverage, limits and alerts of the county, a town, a sector or a category: choose the scope. Names in the tables lead on.",
    ),
    from: "now-30d",
    refresh: "15m",
    variables: [group, members],
    annotations: annotations("members"),
    rows: [
      { height: 5, panels: [...head.map((panel) => [panel, 4] as const), [electricity, 4], [unknown, 4]] },
      {
        height: 8,
        panels: [
          [coalByCarrier(ids.coalByCarrier, owner, shipped), 12],
          [co2PerDay(ids.co2PerDay, owner), 12],
        ],
      },
      {
        height: 8,
        panels: [
          [load, 12],
          [categories, 12],
        ],
      },
      {
        height: 9,
        panels: [
          [groupTable(ids.towns, "town", "乡镇", "Towns"), 12],
          [groupTable(ids.sectors, "sector", "行业", "Sectors"), 12],
        ],
      },
      {
        height: 10,
        panels: [
          [sites, 16],
          [coverage, 8],
        ],
      },
      {
        height: 10,
        panels: [
          [limitTable(ids.limits, text("范围内限额", "Limits of the scope"), shipped, where), 20],
          [alerts, 4],
        ],
      },
    ],
  });
}
