/** 5. Data quality. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { rejectedField } from "../../model/measurements.ts";
import { stands, verdicts } from "../../model/reading.ts";
import { type RejectCode, rejectCodes } from "../../model/reject.ts";
import { annotations, eventKinds } from "./annotations.ts";
import { type Column, columnOverrides, joined, names } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import type { Shipped } from "./data.ts";
import { byDay, byInterval, chosen, given, series, table } from "./influxql.ts";
import { drill } from "./links.ts";
import { newest } from "./newest.ts";
import { levelColours, plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { named, rows, stat, trend } from "./panels.ts";
import { stateMappings } from "./states.ts";
import { fromOn, neutral, stepsOf } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";
import { sites } from "./variables.ts";
import { zone } from "./zone.ts";

const ids = panelIds["energy-quality"];
const ofSites = chosen("site", "site");
const where = ` AND ${ofSites}`;
const toSite = [drill("energy-site", text("打开单位", "Open the site"), { site: "site" })];

const online: Panel = stat({
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

const completeness = ({ rules }: Shipped): Panel =>
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

/** Meters whose newest row fulfils a condition. */
const countOf = (number: string, condition: string): Builder<Dataquery> =>
  series(
    "A",
    `SELECT count("value") AS "meters" FROM (SELECT last("state") AS "state", "${number}" AS "value", "unknown" FROM "meter_status" WHERE $timeFilter${where} GROUP BY "site", "meter") WHERE $timeFilter AND ${given(number)} AND ${condition}`,
    "meters",
  );

const meterCount = (
  id: number,
  words: { readonly title: ReturnType<typeof text>; readonly about: ReturnType<typeof text> },
  query: Builder<Dataquery>,
  colour: "yellow" | "orange" | "red",
  noValue = "0",
): Panel =>
  stat({ id, ...words, queries: [query], unit: unit.count, steps: fromOn(1, colour), noValue, recent: true });

/** The least threshold of the rules on a number: from there on a meter counts. */
function leastOf({ rules }: Shipped, field: "stuckHours"): number {
  const own = rules.filter(
    (rule) => rule.series.measurement === "meter_status" && rule.series.field === field,
  );
  if (own.length === 0) throw new Error(`no alert rule on meter_status.${field}: the panel counts by it`);
  return Math.min(...own.map((rule) => rule.threshold));
}

/**
 * Sum of a term over the meters' newest states, 0 to 3. A condition would leave nothing to count where all is well,
 * and that looks the same as no data.
 */
const sumOf = (term: string): Builder<Dataquery> =>
  series(
    "A",
    `SELECT sum("one") AS "meters" FROM (SELECT ${term} AS "one" FROM (SELECT last("state") AS "state" FROM "meter_status" WHERE $timeFilter${where} GROUP BY "site", "meter") WHERE $timeFilter GROUP BY "site", "meter") WHERE $timeFilter`,
    "meters",
  );

const silent: Panel = meterCount(
  ids.silent,
  {
    title: text("无数据计量点", "Silent meters"),
    about: text(
      "最近一次状态为无数据或从未上报的计量点数；何时预警见规则。没有任何状态时显示“—”。",
      "Meters silent or never heard of when last looked at; the alert rules say from when on somebody is told. A dash where nothing is known of any.",
    ),
  },
  // 0 and 1 give 0; 2 and 3 give 1.
  sumOf(`floor("state" / 2)`),
  "red",
  "—",
);

const late: Panel = meterCount(
  ids.late,
  {
    title: text("迟报计量点", "Late meters"),
    about: text(
      "最近一次状态为迟报的计量点数。没有任何状态时显示“—”。",
      "Meters late when last looked at. A dash where nothing is known of any.",
    ),
  },
  // 1 gives 1; 0, 2 and 3 give 0.
  sumOf(`"state" * (2 - "state") * (3 - "state") / 2`),
  "yellow",
  "—",
);

const stuck = (shipped: Shipped): Panel =>
  meterCount(
    ids.stuck,
    {
      title: text("停走计量点", "Stuck meters"),
      about: text(
        "计数寄存器停走达到预警阈值的计量点数。",
        "Meters whose counted register has not moved for as long as the alert rule says.",
      ),
    },
    countOf("stuckHours", `"value" >= ${leastOf(shipped, "stuckHours")}`),
    "orange",
  );

/**
 * Totals of days of receipt. Each owner of a share writes its own; of each share the one that reaches furthest
 * counts. The days are the county's in the inner question too: the outer one would move them otherwise.
 */
const balanceDays = (fields: readonly string[], condition: string): string =>
  `SELECT max("upTo") AS "furthest", ${fields.map((field) => `"${field}"`).join(", ")} FROM "balance" WHERE $timeFilter${condition} GROUP BY time(1d), "site", "topic", "partition" fill(none) tz('${zone}')`;

const codeFields = rejectCodes.map(rejectedField);
/** Rejects that name no known site are kept under one of their own. */
const orUnknown = ` AND (${ofSites} OR "site" = '_unknown')`;

const rejected: Panel = stat({
  id: ids.rejected,
  title: text("拒收值", "Rejected values"),
  about: text(
    "所选时间内收到的日累计，含未知单位。",
    "Of the days of receipt in the time shown, unknown sites included.",
  ),
  queries: [
    series(
      "A",
      `SELECT ${codeFields.map((field) => `sum("${field}")`).join(" + ")} AS "rejected" FROM (${balanceDays(codeFields, orUnknown)}) WHERE $timeFilter`,
      "rejected",
    ),
  ],
  unit: unit.count,
  decimals: 0,
  steps: neutral(plain.measured),
  noValue: "0",
});

const counts = ["received", "accepted", "repeated"] as const;

const balance: Panel = trend({
  id: ids.balance,
  title: text("每日收支：收到、接受、重复", "Balance by day: received, accepted, repeated"),
  about: text(
    "按收到之日。收到 = 接受 + 重复 + 拒收；置疑读数是接受的一部分。",
    "By day of receipt. Received = accepted + repeated + rejected; what was set aside is part of accepted.",
  ),
  queries: counts.map((count, i) =>
    series(
      String.fromCharCode(65 + i),
      `SELECT sum("${count}") AS "values" FROM (${balanceDays([count], orUnknown)}) WHERE $timeFilter ${byDay()}`,
      count,
    ),
  ),
  unit: unit.count,
  draw: "bars",
  interval: "1d",
  overrides: [
    named("received", text("收到", "received"), plain.quiet),
    named("accepted", text("接受", "accepted"), plain.measured),
    named("repeated", text("重复", "repeated"), plain.second),
  ],
});

const rejects: Panel = trend({
  id: ids.rejects,
  title: text("每日拒收（分原因）", "Rejects by day and code"),
  about: text(
    "按收到之日与拒收代码，含未知单位；原文在看板的拒收页。",
    "By day of receipt and code, unknown sites included; the messages are on the board's page of rejects.",
  ),
  queries: [
    series(
      "A",
      `SELECT ${rejectCodes.map((code: RejectCode) => `sum("${rejectedField(code)}") AS "${code}"`).join(", ")} FROM (${balanceDays(codeFields, orUnknown)}) WHERE $timeFilter ${byDay()}`,
      "$col",
    ),
  ],
  unit: unit.count,
  draw: "bars",
  stacked: true,
  interval: "1d",
});

const setAside: Panel = trend({
  id: ids.setAside,
  title: text("置疑（计量点·小时）", "Set aside (meter-hours)"),
  about: text(
    "每日收到的读数中曾有置疑读数的寄存器·小时数（是否仍置疑以当前判定为准，见下表）。",
    "Hours of registers for which readings received on the day were set aside once; the table says which are now.",
  ),
  queries: [
    series(
      "A",
      `SELECT count("hour") AS "hours" FROM "set_aside" WHERE $timeFilter${where} ${byDay("site")}`,
      "$tag_site",
    ),
  ],
  unit: unit.count,
  draw: "bars",
  stacked: true,
  interval: "1d",
});

/** Verdicts of readings that do not count; those that wait may yet. */
const setAsideVerdicts = verdicts.filter((verdict) => !stands(verdict) && verdict !== "pending");

const setAsideColumns: readonly Column[] = [
  { from: "Time", shown: text("读数时间", "At"), unit: unit.at },
  { from: "site", shown: text("单位编号", "Site"), links: toSite },
  { from: "meter", shown: text("计量点", "Meter") },
  { from: "register", shown: text("寄存器", "Register") },
  { from: "value", shown: text("读数", "Value"), decimals: 2 },
  { from: "verdict", shown: text("判定", "Verdict") },
];

const setAsideReadings: Panel = rows({
  id: ids.setAsideReadings,
  title: text("置疑读数（最近 200 条）", "Readings set aside (newest 200)"),
  about: text(
    "当前判定为不计入的读数（跳变、下挫、重叠、不合理等）。时间范围长、单位多时较慢。",
    "Readings that do not count by today's verdict (dip, spike, overlap, implausible and so on). Slow over long times and many sites.",
  ),
  queries: [
    table(
      "A",
      `SELECT "site", "meter", "register", "value", "verdict" FROM "reading" WHERE $timeFilter${where} AND "verdict" =~ /^(${setAsideVerdicts.join("|")})$/ ORDER BY time DESC LIMIT 200`,
    ),
  ],
  unit: "none",
  transformations: joined(undefined, setAsideColumns),
  overrides: columnOverrides(setAsideColumns),
});

const meterColumns = ({ rules }: Shipped): Column[] => [
  { from: "site", shown: text("单位编号", "Site"), links: toSite },
  {
    from: "meter",
    shown: text("计量点", "Meter"),
    links: [drill("energy-site", text("打开计量点", "Open the meter"), { site: "site", meter: "meter" })],
  },
  {
    from: "state",
    shown: text("状态", "State"),
    mappings: stateMappings,
    steps: stepsOf(rules, "meter_status", "state"),
  },
  { from: "receivedAgeMs", shown: text("距上次收到", "Since received"), unit: unit.ms, decimals: 0 },
  {
    from: "stuckHours",
    shown: text("停走", "Stuck"),
    unit: unit.hours,
    decimals: 1,
    steps: stepsOf(rules, "meter_status", "stuckHours"),
  },
];

/** A meter's row whose state or standstill is worth a look. */
function meters(shipped: Shipped): Panel {
  const columns = meterColumns(shipped);
  const inner = `SELECT last("state") AS "state", "receivedAgeMs", "stuckHours" FROM "meter_status" WHERE $timeFilter${where} GROUP BY "site", "meter"`;
  return rows({
    id: ids.meters,
    recent: true,
    title: text("需要查看的计量点", "Meters to look at"),
    about: text(
      "最近一次不在线，或停走达到预警阈值的计量点。从未上报的没有时龄（显示为 0）。",
      "Meters that were not online when last looked at, or have not moved as long as the alert rule says. One never heard of has no age (shown as 0).",
    ),
    queries: [
      table(
        "A",
        `SELECT "state", "receivedAgeMs", "stuckHours" FROM (${inner}) WHERE $timeFilter AND ("state" >= 1 OR "stuckHours" >= ${leastOf(shipped, "stuckHours")}) GROUP BY "site", "meter"`,
      ),
    ],
    unit: "none",
    transformations: joined(undefined, columns),
    overrides: columnOverrides(columns),
    sortBy: { name: "距上次收到 Since received", desc: true },
  });
}

function gateways({ rules }: Shipped): Panel {
  const columns: Column[] = [
    { from: "site", shown: text("单位编号", "Site"), links: toSite },
    { from: "gateway", shown: text("网关", "Gateway") },
    {
      from: "state",
      shown: text("状态", "State"),
      mappings: stateMappings,
      steps: stepsOf(rules, "gateway_status", "state"),
    },
    { from: "meters", shown: text("计量点", "Meters"), decimals: 0 },
    { from: "metersSilent", shown: text("无数据", "Silent"), decimals: 0, steps: fromOn(1, "yellow") },
  ];
  return rows({
    id: ids.gateways,
    recent: true,
    title: text("网关", "Gateways"),
    about: text(
      "各网关最近一次的状态与其下无数据的计量点。",
      "State of each gateway when last looked at, and its meters that are silent.",
    ),
    queries: [
      newest("A", {
        measurement: "gateway_status",
        always: "state",
        numbers: ["state", "meters", "metersSilent"],
        tags: ["site", "gateway"],
        where,
      }),
    ],
    unit: "none",
    transformations: joined(undefined, columns),
    overrides: columnOverrides(columns),
    sortBy: { name: "状态 State", desc: true },
  });
}

/** The newest of each site: some numbers, with the site's name. */
function siteTable(
  id: number,
  words: { readonly title: ReturnType<typeof text>; readonly about: ReturnType<typeof text> },
  fields: readonly Column[],
): Panel {
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

const siteRows = ({ rules }: Shipped): Panel =>
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

const factors = ({ rules }: Shipped): Panel =>
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

const imbalance = ({ rules }: Shipped): Panel =>
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
  words: { readonly title: ReturnType<typeof text>; readonly about: ReturnType<typeof text> },
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

const eventColumns: readonly Column[] = [
  { from: "Time", shown: text("时间", "At"), unit: unit.at },
  { from: "kind", shown: text("类别", "Kind") },
  { from: "site", shown: text("单位编号", "Site"), links: toSite },
  { from: "textZh", shown: text("说明", "What") },
  { from: "textEn", shown: text("英文", "In English") },
];

const events: Panel = rows({
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

export function quality(shipped: Shipped): Dashboard {
  const online24 = overTime(ids.onlineOverTime, "onlineRate", {
    title: text("在线率走势", "Online over time"),
    about: text("各单位在线率的平均与最低。", "Mean and lowest online rate of the sites."),
  });
  const complete24 = overTime(
    ids.completenessOverTime,
    "completeness",
    {
      title: text("完整率走势", "Completeness over time"),
      about: text(
        "各单位近 24 小时完整率的平均与最低；虚线为预警阈值。",
        "Mean and lowest completeness of the sites; dashed: thresholds of the alert.",
      ),
    },
    stepsOf(shipped.rules, "site_status", "completeness"),
  );
  return dashboard({
    uid: "energy-quality",
    title: text("数据质量", "Data quality"),
    about: text(
      "在线率、完整率、迟报、置疑、拒收、因子、总分表平衡与事件。",
      "Online rate, completeness, late meters, readings set aside, rejects, factors, imbalance and events.",
    ),
    from: "now-7d",
    refresh: "5m",
    variables: [sites],
    annotations: annotations("site"),
    rows: [
      {
        height: 4,
        panels: [
          [online, 4],
          [completeness(shipped), 4],
          [silent, 4],
          [late, 4],
          [stuck(shipped), 4],
          [rejected, 4],
        ],
      },
      {
        height: 9,
        panels: [
          [meters(shipped), 14],
          [gateways(shipped), 10],
        ],
      },
      {
        height: 8,
        panels: [
          [online24, 12],
          [complete24, 12],
        ],
      },
      {
        height: 9,
        panels: [
          [siteRows(shipped), 8],
          [factors(shipped), 8],
          [imbalance(shipped), 8],
        ],
      },
      {
        height: 8,
        panels: [
          [balance, 8],
          [rejects, 8],
          [setAside, 8],
        ],
      },
      {
        height: 9,
        panels: [
          [setAsideReadings, 12],
          [events, 12],
        ],
      },
    ],
  });
}
