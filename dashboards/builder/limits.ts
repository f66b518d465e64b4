/** 3. Two-high, budgets and limits. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Colour, Purpose } from "../../model/limit.ts";
import type { LocalText } from "../../model/registry.ts";
import { colourNames } from "./alert-counts.ts";
import { annotations } from "./annotations.ts";
import { type Column, columnOverrides, joined, names } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import type { Shipped } from "./data.ts";
import { byDay, chosen, given, series } from "./influxql.ts";
import { limitTable } from "./limit-table.ts";
import { drill } from "./links.ts";
import { newest } from "./newest.ts";
import { levelColours, plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { bars, named, rows, stat, trend } from "./panels.ts";
import { fromOn, stepsOf } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";
import { limits } from "./variables.ts";

const ids = panelIds["energy-limits"];
const chosenLimits = chosen("limit", "limit");
const where = ` AND ${chosenLimits}`;

/** Limits whose newest row fulfils a condition on one of its numbers. */
const countOf = (number: string, condition: string): Builder<Dataquery> =>
  series(
    "A",
    `SELECT count("${number}") AS "limits" FROM (SELECT last("asOf") AS "newest", "${number}" FROM "limit_usage" WHERE $timeFilter${where} GROUP BY "limit") WHERE $timeFilter AND ${condition}`,
    "limits",
  );

const levelCount = (id: number, colour: Colour): Panel =>
  stat({
    id,
    title: text(`${colourNames[colour].zh}级限额数`, `Limits at ${colourNames[colour].en}`),
    about: text(
      `最近一次处于${colourNames[colour].zh}级（或更高）的限额个数。`,
      `Limits that stood at level ${colourNames[colour].en}, or above, when last looked at.`,
    ),
    queries: [countOf(colour, `"${colour}" >= 1`)],
    unit: unit.count,
    steps: fromOn(1, colour),
    noValue: "0",
  });

const tooLittleKnown: Panel = stat({
  id: ids.tooLittleKnown,
  title: text("完整率低于90%的限额", "Limits known by less than 90 %"),
  about: text(
    "最近一次已知时间占比低于 90% 的限额个数。已知不足该限额的最低覆盖率时不作判断。",
    "Limits of whose time less than 90 % was known when last looked at. Below its own least coverage a limit is not judged.",
  ),
  queries: [countOf("coverage", `"coverage" < 0.9`)],
  unit: unit.count,
  steps: fromOn(1, "yellow"),
  noValue: "0",
});

interface Usage {
  readonly id: number;
  readonly title: LocalText;
  readonly about: LocalText;
  readonly purposes: readonly Purpose[];
  readonly unit: string;
}

const ofPurpose = (purposes: readonly Purpose[]): string =>
  ` AND "purpose" =~ /^(${purposes.join("|")})$/${where}`;

/** A number of each limit of some purposes, day by day. */
const daily = (
  refId: string,
  field: string,
  purposes: readonly Purpose[],
  alias: string,
): Builder<Dataquery> =>
  series(
    refId,
    `SELECT last("${field}") AS "value" FROM "limit_usage" WHERE $timeFilter${ofPurpose(purposes)} AND ${given(field)} ${byDay("limit")}`,
    alias,
  );

/** What was used, and the limit beside it: one for all where they share it. */
function against({ id, title, about, purposes, unit: unitName }: Usage, shared = false): Panel {
  const one = `SELECT max("allowed") AS "value" FROM "limit_usage" WHERE $timeFilter${ofPurpose(purposes)} ${byDay()}`;
  const allowed = shared ? series("B", one, "allowed") : daily("B", "allowed", purposes, "$tag_limit 限额");
  return trend({
    id,
    title,
    about,
    queries: [daily("A", "used", purposes, "$tag_limit"), allowed],
    unit: unitName,
    draw: "step",
    interval: "1d",
    ...(shared ? { overrides: [named("allowed", text("限额", "limit"), levelColours.red)] } : {}),
  });
}

/** The level ratios of limits: from 1 on the level holds, whatever its ratio of the limit is. */
function levels({ id, title, about, purposes }: Usage, { rules }: Shipped): Panel {
  return trend({
    id,
    title,
    about,
    queries: [daily("A", "red", purposes, "$tag_limit")],
    unit: unit.ratio,
    draw: "step",
    interval: "1d",
    min: 0,
    steps: stepsOf(rules, "limit_usage", "red"),
    showThresholds: true,
  });
}

const projection = ({ rules }: Shipped): Panel =>
  trend({
    id: ids.projection,
    title: text("预计期末使用比", "Projected ratio at the period's end"),
    about: text(
      "按各行注明的方法外推的期末使用量与限额之比；虚线为预警阈值（预警另要求时间过四分之一且覆盖率达 90%）。未知时不画。",
      "Use at the period's end over the limit, by the method each row names; dashed: thresholds of the alert, which also asks for a quarter of the period gone and 90 % known. Not drawn while unknown.",
    ),
    queries: [daily("A", "projectedRatio", ["budget", "approved", "co2-budget"], "$tag_limit")],
    unit: unit.share,
    draw: "step",
    interval: "1d",
    steps: stepsOf(rules, "limit_usage", "projectedRatio"),
    showThresholds: true,
  });

const daysColumns: readonly Column[] = [
  {
    from: "name",
    shown: text("限额", "Limit"),
    links: [drill("energy-limits", text("查看限额", "Open the limit"), { limit: "limit" })],
  },
  { from: "daysLeft", shown: text("剩余天数", "Days left"), unit: unit.days, decimals: 0 },
  { from: "limit", shown: text("编号", "Id") },
];

const daysLeft: Panel = rows({
  id: ids.daysLeft,
  title: text("剩余天数", "Days left"),
  about: text(
    "按近期速度达到限额还有多少天；期内不会达到的不列。",
    "Days until the limit is reached at the pace of late; those that will not reach it in the period are blank.",
  ),
  queries: [
    newest("A", {
      measurement: "limit_usage",
      always: "asOf",
      numbers: ["daysLeft"],
      tags: ["limit"],
      where,
    }),
    names("B", "limit", where),
  ],
  unit: unit.days,
  transformations: joined("limit", daysColumns),
  overrides: columnOverrides(daysColumns),
  sortBy: { name: "剩余天数 Days left", desc: false },
});

const ratioColumns: readonly Column[] = [
  { from: "name", shown: text("限额", "Limit") },
  { from: "ratio", shown: text("已用比", "Ratio"), unit: unit.share },
  { from: "projectedRatio", shown: text("预计比", "Projected"), unit: unit.share },
];

const used: Panel = bars({
  id: ids.used,
  title: text("已用与预计", "Used and projected"),
  about: text(
    "各限额最近一次的已用比与预计比。",
    "Ratio used and projected of each limit when last looked at.",
  ),
  queries: [
    newest("A", { measurement: "limit_usage", always: "asOf", numbers: ["ratio"], tags: ["limit"], where }),
    newest("B", {
      measurement: "limit_usage",
      always: "asOf",
      numbers: ["projectedRatio"],
      tags: ["limit"],
      where,
    }),
    names("C", "limit", where),
  ],
  by: "限额 Limit",
  unit: unit.share,
  decimals: 0,
  transformations: joined("limit", ratioColumns),
  overrides: [
    named("已用比 Ratio", text("已用比", "Ratio"), plain.measured),
    named("预计比 Projected", text("预计比", "Projected"), plain.estimated),
  ],
});

const twoHigh = against(
  {
    id: ids.twoHigh,
    title: text("两高项目滚动十二个月能耗", "Two-high: rolling twelve months"),
    about: text(
      "两高行业项目滚动十二个月综合能耗（当量）与一千吨标准煤界限。图例为限额编号。",
      "Energy of the two-high industries' sites over rolling twelve months (calorific) and the threshold of 1,000 tce. The legend shows the limits' ids.",
    ),
    purposes: ["two-high"],
    unit: unit.tce,
  },
  true,
);

const approved = against({
  id: ids.approved,
  title: text("滚动十二个月与批复能耗", "Rolling twelve months and the approved figure"),
  about: text(
    "滚动十二个月综合能耗（净值）与节能审查批复能耗。",
    "Net energy over rolling twelve months and the figure approved in the energy review.",
  ),
  purposes: ["approved"],
  unit: unit.tce,
});

const budgets: Panel = trend({
  id: ids.budgets,
  title: text("用能预算：已用与计划", "Budgets: used and planned"),
  about: text(
    "预算期内已用、截至当日计划（按月分解）。单位为各限额自身的单位。",
    "Used in the period so far, and planned up to the day (by the monthly split). In the limit's own unit.",
  ),
  queries: [
    daily("A", "used", ["budget"], "$tag_limit"),
    daily("B", "planned", ["budget"], "$tag_limit 计划"),
  ],
  unit: "none",
  draw: "step",
  interval: "1d",
});

export function limitsDashboard(shipped: Shipped): Dashboard {
  const demand = levels(
    {
      id: ids.demand,
      title: text("合同最大需量（红级比）", "Contract demand, red ratio"),
      about: text(
        "需量与红级限值之比，达到 1 即处于红级；数据不足时为 0。",
        "Demand over the value of level red; from 1 on it holds, 0 while too little is known.",
      ),
      purposes: ["contract-demand"],
      unit: unit.ratio,
    },
    shipped,
  );
  const co2 = against({
    id: ids.co2,
    title: text("碳排放预算", "CO2 budgets"),
    about: text("预算期内排放与预算。", "CO2 in the period so far, and the budget."),
    purposes: ["co2-budget"],
    unit: unit.tco2,
  });
  const unitConsumption = against({
    id: ids.unitConsumption,
    title: text("单位产品能耗", "Consumption per unit of output"),
    about: text(
      "单位产品能耗与限额，单位为千克标准煤每产品单位。",
      "Consumption in kgce per unit of output, and the limit.",
    ),
    purposes: ["unit-consumption"],
    unit: "suffix:kgce",
  });
  return dashboard({
    uid: "energy-limits",
    title: text("两高与限额", "Limits and budgets"),
    about: text(
      "两高项目滚动十二个月对一千吨标准煤与批复能耗，用能与碳排放预算，需量与单耗限额：已用、预计、剩余天数。",
      "Rolling twelve months against 1,000 tce and the approved figure, budgets of energy and CO2, demand and unit consumption: used, projected, days left.",
    ),
    from: "now-90d",
    refresh: "15m",
    variables: [limits],
    annotations: annotations(),
    rows: [
      {
        height: 4,
        panels: [
          [levelCount(ids.red, "red"), 6],
          [levelCount(ids.orange, "orange"), 6],
          [levelCount(ids.yellow, "yellow"), 6],
          [tooLittleKnown, 6],
        ],
      },
      {
        height: 11,
        panels: [[limitTable(ids.usage, text("限额使用情况", "How limits stand"), shipped, where), 24]],
      },
      {
        height: 9,
        panels: [
          [twoHigh, 12],
          [approved, 12],
        ],
      },
      {
        height: 9,
        panels: [
          [budgets, 12],
          [projection(shipped), 12],
        ],
      },
      {
        height: 9,
        panels: [
          [demand, 8],
          [co2, 8],
          [unitConsumption, 8],
        ],
      },
      {
        height: 10,
        panels: [
          [used, 14],
          [daysLeft, 10],
        ],
      },
    ],
  });
}
