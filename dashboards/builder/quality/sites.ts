/** Sites: online, complete, with the factors they need, and main meters that agree with their sub-meters. */
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Column, columnOverrides, joined, names } from "../columns.ts";
import type { Shipped } from "../data.ts";
import { byInterval, given, series } from "../influxql.ts";
import { newest } from "../newest.ts";
import { levelColours, plain } from "../palette.ts";
import { named, rows, stat, trend } from "../panels.ts";
import { neutral, stepsOf } from "../steps.ts";
import { text } from "../text.ts";
import { unit } from "../units.ts";
import { ids, toSite, type Words, where } from "./scope.ts";

export const online: Panel = stat({
  id: ids.online,
  recent: true,
  title: text("在线率", "Online"),
  about: text(
    "最近一次：在线计量点占在用计量点。",
    "Meters online over meters in service, when last looked at.",
  ),
  queries: [
    series(
      "A",
      `SELECT sum("on") / sum("all") AS "online" FROM (SELECT last("meters") AS "all", "metersOnline" AS "on" FROM "site_status" WHERE $timeFilter${where} GROUP BY "site") WHERE $timeFilter`,
      "online",
    ),
  ],
  unit: unit.share,
  decimals: 1,
  steps: neutral(plain.measured),
});

export const completeness = ({ rules }: Shipped): Panel =>
  stat({
    id: ids.completeness,
    recent: true,
    title: text("近24小时完整率", "Completeness, 24 h"),
    about: text(
      "最近一次各单位完整率的平均；阈值与预警规则相同。",
      "Mean of the sites' completeness when last looked at; thresholds as of the alert rule.",
    ),
    queries: [
      series(
        "A",
        `SELECT mean("completeness") AS "completeness" FROM (SELECT last("meters") AS "meters", "completeness", "unknown" FROM "site_status" WHERE $timeFilter${where} GROUP BY "site") WHERE $timeFilter AND ${given("completeness")}`,
        "completeness",
      ),
    ],
    unit: unit.share,
    decimals: 1,
    steps: stepsOf(rules, "site_status", "completeness"),
  });

/** The newest of each site: some numbers, with the site's name. */
function siteTable(id: number, words: Words, fields: readonly Column[]): Panel {
  const columns: Column[] = [
    { from: "name", shown: text("单位", "Site"), links: toSite },
    ...fields,
    { from: "site", shown: text("编号", "Id") },
  ];
  return rows({
    id,
    ...words,
    recent: true,
    queries: [
      ...fields.map(({ from }, i) =>
        newest(String.fromCharCode(65 + i), {
          measurement: "site_status",
          always: "meters",
          numbers: [from],
          tags: ["site"],
          where,
        }),
      ),
      names("Z", "site", where),
    ],
    unit: "none",
    transformations: joined("site", columns),
    overrides: columnOverrides(columns),
  });
}

export const siteRows = ({ rules }: Shipped): Panel =>
  siteTable(
    ids.sites,
    {
      title: text("各单位在线与完整", "Sites: online and complete"),
      about: text(
        "各单位最近一次的在线率与近 24 小时完整率。",
        "Online rate and completeness of 24 hours of each site when last looked at.",
      ),
    },
    [
      { from: "onlineRate", shown: text("在线率", "Online"), unit: unit.share, decimals: 0 },
      {
        from: "completeness",
        shown: text("完整率", "Complete"),
        unit: unit.share,
        decimals: 1,
        steps: stepsOf(rules, "site_status", "completeness"),
      },
    ],
  );

export const factors = ({ rules }: Shipped): Panel =>
  siteTable(
    ids.factors,
    {
      title: text("因子缺失与未核实", "Factors missing and unverified"),
      about: text(
        "今日缺少折标或碳排放因子的品种数，及所用未核实因子数。",
        "Carriers without a factor for today, and factors in use that nobody has verified.",
      ),
    },
    [
      {
        from: "factorsMissing",
        shown: text("缺失", "Missing"),
        decimals: 0,
        steps: stepsOf(rules, "site_status", "factorsMissing"),
      },
      {
        from: "factorsUnverified",
        shown: text("未核实", "Unverified"),
        decimals: 0,
        steps: stepsOf(rules, "county_status", "factorsUnverified"),
      },
    ],
  );

export const imbalance = ({ rules }: Shipped): Panel =>
  siteTable(
    ids.imbalance,
    {
      title: text("总分表不平衡", "Imbalance"),
      about: text(
        "昨日总表与分表电量之差占总表的比例；分表登记为完整的单位才有。",
        "What main and sub-meters differed by yesterday, over the main meters; only of sites whose sub-meters are said to be complete.",
      ),
    },
    [
      {
        from: "imbalance",
        shown: text("不平衡", "Imbalance"),
        unit: unit.share,
        decimals: 1,
        steps: stepsOf(rules, "site_status", "imbalance"),
      },
    ],
  );

const overTime = (
  id: number,
  field: "onlineRate" | "completeness",
  words: Words,
  steps?: ReturnType<typeof stepsOf>,
): Panel =>
  trend({
    id,
    ...words,
    queries: [
      series(
        "A",
        `SELECT mean("${field}") AS "mean" FROM "site_status" WHERE $timeFilter${where} AND ${given(field)} ${byInterval()}`,
        "mean",
      ),
      series(
        "B",
        `SELECT min("${field}") AS "least" FROM "site_status" WHERE $timeFilter${where} AND ${given(field)} ${byInterval()}`,
        "least",
      ),
    ],
    unit: unit.share,
    interval: "1h",
    min: 0,
    max: 1,
    ...(steps ? { steps, showThresholds: true } : {}),
    overrides: [
      named("mean", text("平均", "mean"), plain.measured),
      named("least", text("最低单位", "lowest site"), levelColours.orange),
    ],
  });

export const onlineOverTime: Panel = overTime(ids.onlineOverTime, "onlineRate", {
  title: text("在线率走势", "Online over time"),
  about: text("各单位在线率的平均与最低。", "Mean and lowest online rate of the sites."),
});

export const completenessOverTime = ({ rules }: Shipped): Panel =>
  overTime(
    ids.completenessOverTime,
    "completeness",
    {
      title: text("完整率走势", "Completeness over time"),
      about: text(
        "各单位近 24 小时完整率的平均与最低；虚线为预警阈值。",
        "Mean and lowest completeness of the sites; dashed: thresholds of the alert.",
      ),
    },
    stepsOf(rules, "site_status", "completeness"),
  );
