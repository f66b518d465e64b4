/** Meters and gateways: how many are silent, late or stuck, and which. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Column, columnOverrides, joined } from "../columns.ts";
import type { Shipped } from "../data.ts";
import { given, series, table } from "../influxql.ts";
import { drill } from "../links.ts";
import { newest } from "../newest.ts";
import { rows, stat } from "../panels.ts";
import { stateMappings } from "../states.ts";
import { fromOn, stepsOf } from "../steps.ts";
import { text } from "../text.ts";
import { unit } from "../units.ts";
import { ids, toSite, type Words, where } from "./scope.ts";

/** Meters whose newest row fulfils a condition. */
const countOf = (number: string, condition: string): Builder<Dataquery> =>
  series(
    "A",
    `SELECT count("value") AS "meters" FROM (SELECT last("state") AS "state", "${number}" AS "value", "unknown" FROM "meter_status" WHERE $timeFilter${where} GROUP BY "site", "meter") WHERE $timeFilter AND ${given(number)} AND ${condition}`,
    "meters",
  );

const meterCount = (
  id: number,
  words: Words,
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

export const silent: Panel = meterCount(
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

export const late: Panel = meterCount(
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

export const stuck = (shipped: Shipped): Panel =>
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
export function meters(shipped: Shipped): Panel {
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

export function gateways({ rules }: Shipped): Panel {
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
