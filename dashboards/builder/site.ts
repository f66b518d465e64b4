/** 2. One site: its carriers, load, meters, coal and CO2, coverage. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { annotations } from "./annotations.ts";
import { type Column, columnOverrides, joined } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import type { Shipped } from "./data.ts";
import { carrierOverrides, co2PerDay, coalByCarrier, totals } from "./figures.ts";
import { byDay, byInterval, chosen, type Effect, given, known, series, table, there } from "./influxql.ts";
import { limitTable } from "./limit-table.ts";
import { drill, onward } from "./links.ts";
import { newest } from "./newest.ts";
import { carrierColours, plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { named, rows, stat, trend } from "./panels.ts";
import { stateMappings } from "./states.ts";
import { neutral, stepsOf, thresholds } from "./steps.ts";
import { both, text } from "./text.ts";
import { unit, unitOf } from "./units.ts";
import { meters, site } from "./variables.ts";

const ids = panelIds["energy-site"];
const owner = { scope: "site" } as const;
const ofSite = `WHERE $timeFilter AND ${chosen("site", "site")}`;
const ofMeters = `${ofSite} AND ${chosen("meter", "meter")}`;

const coverage: Panel = stat({
  id: ids.coverage,
  title: text("数据覆盖率", "Time known"),
  about: text(
    "所选时间内已知（实测加估计）的时间占比，各品种逐日平均；品种内取最差计量点。",
    "Share of time that is known (measured or estimated), the mean over days and carriers; within a carrier the worst meter counts.",
  ),
  queries: [
    series(
      "A",
      `SELECT mean("coverage") + mean("estimated") AS "known" FROM "site_day" ${ofSite} AND ${there}`,
      "known",
    ),
  ],
  unit: unit.share,
  decimals: 1,
  steps: neutral(plain.measured),
});

const online = ({ rules }: Shipped): Panel =>
  stat({
    id: ids.online,
    recent: true,
    title: text("近24小时完整率", "Completeness, 24 h"),
    about: text(
      "最近 24 个整点小时已知时间占比（全部计入合计的计量点）；阈值与预警规则相同。",
      "Share of the last 24 whole hours that is known, of all meters that contribute; thresholds as of the alert rule.",
    ),
    queries: [
      series(
        "A",
        `SELECT last("completeness") AS "completeness" FROM "site_status" ${ofSite} AND ${given("completeness")}`,
        "completeness",
      ),
    ],
    unit: unit.share,
    decimals: 1,
    steps: stepsOf(rules, "site_status", "completeness"),
    links: [onward("energy-quality", text("数据质量", "Data quality"), "site")],
  });

const carrierColumns = ({ carriers }: Shipped): Column[] => [
  {
    from: "carrier",
    shown: text("品种", "Carrier"),
    mappings: [
      {
        type: "value",
        options: Object.fromEntries(
          carriers.map(({ id, name, unit: canonical }, index) => [
            id,
            { text: `${both(name)} (${canonical})`, color: carrierColours[id], index },
          ]),
        ),
      },
    ],
  },
  { from: "amount", shown: text("消费量", "Amount"), unit: "none", decimals: 1 },
  { from: "tce", shown: text("当量", "Calorific"), unit: unit.tce, decimals: 2 },
  { from: "tceEq", shown: text("等价", "Equivalent"), unit: unit.tce, decimals: 2 },
  { from: "location", shown: text("碳排放（位置法）", "CO2, location"), unit: unit.tco2, decimals: 2 },
  { from: "market", shown: text("碳排放（市场法）", "CO2, market"), unit: unit.tco2, decimals: 2 },
];

function carriers(shipped: Shipped): Panel {
  const columns = carrierColumns(shipped);
  const part = (refId: string, effect: Effect, name: string) =>
    table(
      refId,
      `SELECT sum("${effect}") / 1000 AS "${name}" FROM "site_day" ${ofSite} AND ${there} AND ${known(effect)} GROUP BY "carrier"`,
    );
  return rows({
    id: ids.carriers,
    title: text("分品种能耗", "Carriers"),
    about: text(
      "所选时间内各品种消费量（规范单位）、折标准煤与碳排放（毛值）。因子缺失时该列空白或偏小。",
      "Amounts (canonical units), coal and CO2 (gross) of each carrier in the time shown. Blank, or too small, where a factor is missing.",
    ),
    queries: [
      table(
        "A",
        `SELECT sum("amount") AS "amount" FROM "site_day" ${ofSite} AND ${there} GROUP BY "carrier"`,
      ),
      part("B", "kgceCalorific", "tce"),
      part("C", "kgceEquivalent", "tceEq"),
      part("D", "kgCo2Location", "location"),
      part("E", "kgCo2Market", "market"),
    ],
    unit: "none",
    transformations: joined("carrier", columns),
    overrides: columnOverrides(columns),
  });
}

const load: Panel = trend({
  id: ids.load,
  title: text("用电负荷", "Electric load"),
  about: text(
    "数据完整的刻钟的平均功率（刻钟电量 × 4）；有计量点缺数的刻钟不画，最近一刻钟要等数据到齐。",
    "Mean power of quarter-hours that are known as a whole (energy × 4); those with missing meters are not drawn, and the newest waits for its data.",
  ),
  queries: [
    series(
      "A",
      `SELECT mean("amount") * 4 AS "kW" FROM "site_15m" ${ofSite} AND "carrier" = 'electricity' AND "missingMeters" = 0 AND ${there} ${byInterval()}`,
      "electricity",
    ),
    series(
      "B",
      `SELECT max("amount") * 4 AS "kW" FROM "site_15m" ${ofSite} AND "carrier" = 'electricity' AND "missingMeters" = 0 AND ${there} ${byInterval()}`,
      "highest",
    ),
  ],
  unit: unit.kw,
  interval: "15m",
  calcs: ["mean", "max"],
  overrides: [
    named("electricity", text("平均", "mean"), carrierColours.electricity!),
    named("highest", text("最高刻钟", "highest quarter-hour"), plain.quiet),
  ],
});

const electricityPerDay: Panel = trend({
  id: ids.electricityPerDay,
  title: text("逐日用电量", "Electricity by day"),
  about: text(
    "每日电量（计入合计的计量点），柱从当日 00:00 起。",
    "Electricity of each day, of the meters that contribute; a bar begins at 00:00.",
  ),
  queries: [
    series(
      "A",
      `SELECT sum("amount") AS "kWh" FROM "site_day" ${ofSite} AND "carrier" = 'electricity' AND ${there} ${byDay()}`,
      "electricity",
    ),
  ],
  unit: unit.kwh,
  draw: "bars",
  interval: "1d",
  overrides: [named("electricity", text("电力", "Electricity"), carrierColours.electricity!)],
});

const otherCarriers = (shipped: Shipped): Panel =>
  trend({
    id: ids.otherCarriers,
    title: text("逐日其他品种", "Other carriers by day"),
    about: text(
      "电力以外各品种每日消费量，单位为各品种的规范单位。",
      "Amounts of each day of the carriers other than electricity, in their canonical units.",
    ),
    queries: [
      series(
        "A",
        `SELECT sum("amount") AS "amount" FROM "site_day" ${ofSite} AND "carrier" <> 'electricity' AND ${there} ${byDay("carrier")}`,
        "$tag_carrier",
      ),
    ],
    unit: "none",
    draw: "bars",
    interval: "1d",
    overrides: carrierOverrides(shipped, (id) =>
      unitOf(shipped.carriers.find((carrier) => carrier.id === id)!),
    ),
  });

const meterLoad: Panel = trend({
  id: ids.meterLoad,
  title: text("计量点负荷", "Load by meter"),
  about: text(
    "所选计量点数据完整的刻钟的平均功率；图例为计量点编号。",
    "Mean power of the meters chosen, of quarter-hours known as a whole; the legend shows their ids.",
  ),
  queries: [
    series(
      "A",
      `SELECT mean("amount") * 4 AS "kW" FROM "meter_15m" ${ofMeters} AND "carrier" = 'electricity' AND "coverage" + "estimated" > 0.999 ${byInterval("meter")}`,
      "$tag_meter",
    ),
  ],
  unit: unit.kw,
  interval: "15m",
});

const meterColumns = ({ rules }: Shipped): Column[] => [
  {
    from: "name",
    shown: text("计量点", "Meter"),
    links: [drill("energy-site", text("只看该计量点", "This meter alone"), { site: "site", meter: "meter" })],
  },
  {
    from: "state",
    shown: text("状态", "State"),
    mappings: stateMappings,
    steps: stepsOf(rules, "meter_status", "state"),
  },
  { from: "ageMs", shown: text("读数时龄", "Age"), unit: unit.ms, decimals: 0 },
  { from: "completeness", shown: text("完整率", "Complete"), unit: unit.share, decimals: 1 },
  { from: "estimated", shown: text("估计", "Estimated"), unit: unit.share, decimals: 1 },
  {
    from: "stuckHours",
    shown: text("停走", "Stuck"),
    unit: unit.hours,
    decimals: 1,
    steps: stepsOf(rules, "meter_status", "stuckHours"),
  },
  {
    from: "powerRatio",
    shown: text("功率比", "Power"),
    unit: unit.share,
    decimals: 0,
    steps: stepsOf(rules, "meter_status", "powerRatio"),
  },
  { from: "meter", shown: text("编号", "Id") },
  { from: "site", shown: text("单位编号", "Site id") },
];

function meterTable(shipped: Shipped): Panel {
  const columns = meterColumns(shipped);
  const where = ` AND ${chosen("site", "site")}`;
  const part = (refId: string, numbers: readonly string[]) =>
    newest(refId, { measurement: "meter_status", always: "state", numbers, tags: ["meter"], where });
  return rows({
    id: ids.meters,
    recent: true,
    title: text("计量点", "Meters"),
    about: text(
      "各计量点最近的状态：最新读数距今、近24小时完整率与估计占比、停走小时、功率与额定之比。未知则空白。点名称只看该计量点。",
      "State of each meter: age of the newest reading, completeness and estimated share of 24 hours, hours it has not moved, power over rating. Blank while unknown. The name shows that meter alone.",
    ),
    queries: [
      part("A", ["state"]),
      part("B", ["ageMs"]),
      part("C", ["completeness"]),
      part("D", ["estimated"]),
      part("E", ["stuckHours"]),
      part("F", ["powerRatio"]),
      table(
        "G",
        `SELECT "label" AS "name", "meter", "site" FROM "info" WHERE time = 0 AND "kind" = 'meter'${where}`,
      ),
    ],
    unit: "none",
    transformations: joined("meter", columns),
    overrides: columnOverrides(columns),
  });
}

const coveragePerDay: Panel = trend({
  id: ids.coveragePerDay,
  title: text("覆盖率（逐日，电力）", "Coverage by day, electricity"),
  about: text(
    "实测与估计的时间占比，取最差计量点；其余为缺失。",
    "Measured and estimated share of time, of the worst meter; the rest is missing.",
  ),
  queries: [
    series(
      "A",
      `SELECT mean("coverage") AS "share" FROM "site_day" ${ofSite} AND "carrier" = 'electricity' AND ${there} ${byDay()}`,
      "measured",
    ),
    series(
      "B",
      `SELECT mean("estimated") AS "share" FROM "site_day" ${ofSite} AND "carrier" = 'electricity' AND ${there} ${byDay()}`,
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

const status = (refId: string, field: "jumpRatio" | "nightRatio" | "imbalance"): Builder<Dataquery> =>
  series(
    refId,
    `SELECT mean("${field}") AS "value" FROM "site_status" ${ofSite} AND ${given(field)} ${byInterval()}`,
    field,
  );

const oddUse = ({ rules }: Shipped): Panel => {
  const night = named("nightRatio", text("夜间负荷比", "night over day"), plain.third);
  const own = { id: "thresholds", value: thresholds(stepsOf(rules, "site_status", "nightRatio")).build() };
  return trend({
    id: ids.oddUse,
    title: text("异常用能", "Odd use"),
    about: text(
      "突增比：最近整点小时电量与前四周同星期同小时中位数之比。夜间负荷比：昨夜 0 至 5 时平均功率与白天之比。虚线为预警阈值。",
      "Jump: electricity of the last whole hour over the median of the same hour and weekday in four weeks. Night: mean power from 00:00 to 05:00 over that of the day. Dashed: thresholds of the alerts.",
    ),
    queries: [status("A", "jumpRatio"), status("B", "nightRatio")],
    unit: unit.ratio,
    interval: "1h",
    steps: stepsOf(rules, "site_status", "jumpRatio"),
    showThresholds: true,
    overrides: [
      named("jumpRatio", text("突增比", "jump"), plain.second),
      { ...night, properties: [...night.properties, own] },
    ],
  });
};

const imbalance = ({ rules }: Shipped): Panel =>
  trend({
    id: ids.imbalance,
    title: text("总分表不平衡", "Imbalance"),
    about: text(
      "昨日总表与分表电量之差占总表的比例；虚线为预警阈值。",
      "What main and sub-meters differed by yesterday, over the main meters; dashed: thresholds of the alert.",
    ),
    queries: [status("A", "imbalance")],
    unit: unit.share,
    interval: "1h",
    steps: stepsOf(rules, "site_status", "imbalance"),
    showThresholds: true,
    overrides: [named("imbalance", text("不平衡", "imbalance"), plain.second)],
  });

const powerRatio = (shipped: Shipped): Panel =>
  trend({
    id: ids.powerRatio,
    title: text("功率与额定之比", "Power over rating"),
    about: text(
      "所选计量点显示功率与额定功率之比的最大值；虚线为预警阈值。",
      "Highest ratio of power shown to rated power, of the meters chosen; dashed: thresholds of the alert.",
    ),
    queries: [
      series(
        "A",
        `SELECT max("powerRatio") AS "ratio" FROM "meter_status" ${ofMeters} AND ${given("powerRatio")} ${byInterval("meter")}`,
        "$tag_meter",
      ),
    ],
    unit: unit.share,
    interval: "1h",
    steps: stepsOf(shipped.rules, "meter_status", "powerRatio"),
    showThresholds: true,
  });

export function siteDashboard(shipped: Shipped): Dashboard {
  const head = totals(owner, ids);
  const limits = limitTable(
    ids.limits,
    text("本单位限额", "Limits of the site"),
    shipped,
    ` AND ${chosen("site", "site")}`,
  );
  return dashboard({
    uid: "energy-site",
    title: text("用能单位", "Site"),
    about: text(
      "一个用能单位的各品种能耗、负荷、计量点、折标煤、两种口径碳排放、覆盖率与限额。",
      "One site: carriers, load, meters, coal, CO2 on both bases, coverage and limits.",
    ),
    from: "now-7d",
    refresh: "5m",
    variables: [site, meters],
    annotations: annotations("site"),
    rows: [
      {
        height: 5,
        panels: [...head.map((panel) => [panel, 4] as const), [coverage, 4], [online(shipped), 4]],
      },
      {
        height: 8,
        panels: [
          [load, 12],
          [meterLoad, 12],
        ],
      },
      {
        height: 8,
        panels: [
          [coalByCarrier(ids.coalByCarrier, owner, shipped), 8],
          [electricityPerDay, 8],
          [otherCarriers(shipped), 8],
        ],
      },
      {
        height: 8,
        panels: [
          [carriers(shipped), 12],
          [co2PerDay(ids.co2PerDay, owner), 12],
        ],
      },
      {
        height: 9,
        panels: [
          [meterTable(shipped), 16],
          [powerRatio(shipped), 8],
        ],
      },
      {
        height: 8,
        panels: [
          [coveragePerDay, 8],
          [oddUse(shipped), 8],
          [imbalance(shipped), 8],
        ],
      },
      { height: 8, panels: [[limits, 24]] },
    ],
  });
}
