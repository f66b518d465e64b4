/** 4. Shore power and charging. */
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { annotations } from "./annotations.ts";
import { type Column, columnOverrides, joined } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import { byDay, byInterval, chosen, given, series, table, there } from "./influxql.ts";
import { drill } from "./links.ts";
import { categoryColours, plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { named, rows, stat, trend } from "./panels.ts";
import { neutral } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";
import { sites } from "./variables.ts";

const ids = panelIds["energy-shore-charging"];
type Purpose = "shore-power" | "charging";

/** Rows of vanished days have no coverage. */
const of = (purpose: Purpose): string =>
  `WHERE $timeFilter AND "purpose" = '${purpose}' AND ${chosen("site", "site")} AND "coverage" > 0`;

const kwh = (id: number, purpose: Purpose, zh: string, en: string): Panel =>
  stat({
    id,
    title: text(`${zh}电量`, `${en}, energy`),
    about: text(
      "所选时间内起始的日累计，按电量归属单位。",
      "Sum of the days that begin in the time shown, by the site where the energy counts.",
    ),
    queries: [series("A", `SELECT sum("kwh") AS "kWh" FROM "avoided" ${of(purpose)}`, "kWh")],
    unit: unit.kwh,
    decimals: 0,
    steps: neutral(categoryColours[purpose]),
  });

const grossAbout: Readonly<Record<Purpose, LocalText>> = {
  "shore-power": text(
    "同等电量若由船舶辅机发电的排放（毛减排）。不是核证减排量。",
    "What ships' auxiliary engines would have emitted for the same energy (gross). No certified reduction.",
  ),
  charging: text(
    "同等里程若由汽油车行驶的排放（毛减排）。不是核证减排量。",
    "What petrol cars would have emitted over the same distance (gross). No certified reduction.",
  ),
};

const netAbout = text(
  "毛减排减去电网排放（位置法）。因子未知的日不计入。",
  "Gross less what the grid emitted (location-based). Days with an unknown factor are left out.",
);

const avoided = (
  id: number,
  purpose: Purpose,
  field: "grossKgCo2" | "netKgCo2",
  zh: string,
  en: string,
): Panel =>
  stat({
    id,
    title: text(zh, en),
    about: field === "grossKgCo2" ? grossAbout[purpose] : netAbout,
    queries: [
      series(
        "A",
        `SELECT sum("${field}") / 1000 AS "t" FROM "avoided" ${of(purpose)} AND ${given(field)}`,
        "t",
      ),
    ],
    unit: unit.tco2,
    decimals: 2,
    steps: neutral(categoryColours[purpose]),
  });

const perDay = (id: number, purpose: Purpose, zh: string, en: string): Panel =>
  trend({
    id,
    title: text(`逐日${zh}电量`, `${en} by day`),
    about: text(
      "各单位每日电量，柱从当日 00:00 起；图例为单位编号。",
      "Energy of each day by site; a bar begins at 00:00, the legend shows the sites' ids.",
    ),
    queries: [
      series("A", `SELECT sum("kwh") AS "kWh" FROM "avoided" ${of(purpose)} ${byDay("site")}`, "$tag_site"),
    ],
    unit: unit.kwh,
    draw: "bars",
    stacked: true,
    interval: "1d",
  });

const power: Panel = trend({
  id: ids.power,
  title: text("功率", "Power"),
  about: text(
    "岸电类与充电类单位进线的平均功率（刻钟电量 × 4），含场站自用；最近一刻钟尚不完整。",
    "Mean power at the incomers of sites of the two categories (quarter-hour × 4), their own use included; the newest quarter-hour is not whole yet.",
  ),
  queries: (["shore-power", "charging"] as const).map((category, i) =>
    series(
      String.fromCharCode(65 + i),
      `SELECT mean("amount") * 4 AS "kW" FROM "group_15m" WHERE $timeFilter AND "group" = 'category:${category}' AND "carrier" = 'electricity' AND ${there} ${byInterval()}`,
      category,
    ),
  ),
  unit: unit.kw,
  interval: "15m",
  overrides: [
    named("shore-power", text("岸电", "Shore power"), categoryColours["shore-power"]),
    named("charging", text("充电设施", "Charging"), categoryColours.charging),
  ],
});

const utilised = (purpose: Purpose, group: string): string =>
  `SELECT sum("kwh") / sum("capacityKwh") AS "utilisation" FROM "avoided" ${of(purpose)} AND ${given("capacityKwh")} ${group}`;

const placeColumns = (purpose: Purpose): Column[] => [
  {
    from: "name",
    shown: text("单位", "Site"),
    links: [drill("energy-site", text("打开单位", "Open the site"), { site: "site" })],
  },
  ...(purpose === "shore-power"
    ? [
        { from: "berths", shown: text("泊位", "Berths"), decimals: 0 },
        { from: "shoreBerths", shown: text("岸电泊位", "With shore power"), decimals: 0 },
      ]
    : [
        { from: "guns", shown: text("充电枪", "Guns"), decimals: 0 },
        { from: "gunKw", shown: text("单枪功率", "Rated"), unit: unit.kw, decimals: 0 },
      ]),
  { from: "kWh", shown: text("电量", "Energy"), unit: unit.kwh, decimals: 0 },
  { from: "utilisation", shown: text("能量利用率", "Utilisation"), unit: unit.share, decimals: 1 },
  { from: "site", shown: text("编号", "Id") },
];

function places(id: number, purpose: Purpose, zh: string, en: string): Panel {
  const columns = placeColumns(purpose);
  const numbers = purpose === "shore-power" ? ["berths", "shoreBerths"] : ["guns", "gunKw"];
  const list = numbers.map((number) => `"${number}"`).join(", ");
  const having = purpose === "shore-power" ? `"berths" > 0` : `"guns" > 0`;
  return rows({
    id,
    title: text(zh, en),
    about: text(
      "数量来自登记信息；能量利用率为电量与额定功率在已知时间内可供电量之比。",
      "Counts from the registry; utilisation is the energy over what the rated power would have given in the time known.",
    ),
    queries: [
      table(
        "A",
        `SELECT ${list}, "label" AS "name", "site" FROM "info" WHERE time = 0 AND "kind" = 'site' AND ${having} AND ${chosen("site", "site")}`,
      ),
      table("B", `SELECT sum("kwh") AS "kWh" FROM "avoided" ${of(purpose)} GROUP BY "site"`),
      table("C", utilised(purpose, `GROUP BY "site"`)),
    ],
    unit: "none",
    transformations: joined("site", columns),
    overrides: columnOverrides(columns),
    sortBy: { name: "电量 Energy", desc: true },
  });
}

const utilisation: Panel = trend({
  id: ids.utilisation,
  title: text("能量利用率（逐日）", "Utilisation in energy by day"),
  about: text(
    "每日电量与额定功率在已知时间内可供电量之比。",
    "Energy of the day over what the rated power would have given in the time known.",
  ),
  queries: [
    series("A", utilised("shore-power", byDay()), "shore-power"),
    series("B", utilised("charging", byDay()), "charging"),
  ],
  unit: unit.share,
  draw: "step",
  interval: "1d",
  min: 0,
  overrides: [
    named("shore-power", text("岸电", "Shore power"), categoryColours["shore-power"]),
    named("charging", text("充电设施", "Charging"), categoryColours.charging),
  ],
});

const perDayOf = (refId: string, field: "grossKgCo2" | "netKgCo2", name: string) =>
  series(
    refId,
    `SELECT sum("${field}") / 1000 AS "t" FROM "avoided" WHERE $timeFilter AND ${chosen("site", "site")} AND "coverage" > 0 AND ${given(field)} ${byDay()}`,
    name,
  );

const avoidedPerDay: Panel = trend({
  id: ids.avoidedPerDay,
  title: text("逐日减排（毛、净）", "Avoided CO2 by day, gross and net"),
  about: text(
    "岸电与充电合计。净值为毛减排减电网排放（位置法）。",
    "Shore power and charging together. Net is gross less what the grid emitted (location-based).",
  ),
  queries: [perDayOf("A", "grossKgCo2", "gross"), perDayOf("B", "netKgCo2", "net")],
  unit: unit.tco2,
  draw: "step",
  interval: "1d",
  overrides: [
    named("gross", text("毛", "gross"), plain.quiet),
    named("net", text("净", "net"), plain.second),
  ],
});

export function shoreCharging(): Dashboard {
  return dashboard({
    uid: "energy-shore-charging",
    title: text("岸电与充电", "Shore power and charging"),
    about: text(
      "岸电与充电设施的电量、功率、泊位与充电枪、能量利用率、毛与净减排。",
      "Energy, power, berths and guns, utilisation in energy, CO2 avoided gross and net.",
    ),
    from: "now-30d",
    refresh: "15m",
    variables: [sites],
    annotations: annotations("site"),
    rows: [
      {
        height: 5,
        panels: [
          [kwh(ids.shoreKwh, "shore-power", "岸电", "Shore power"), 4],
          [avoided(ids.shoreGross, "shore-power", "grossKgCo2", "岸电毛减排", "Shore power, gross"), 4],
          [avoided(ids.shoreNet, "shore-power", "netKgCo2", "岸电净减排", "Shore power, net"), 4],
          [kwh(ids.chargingKwh, "charging", "充电", "Charging"), 4],
          [avoided(ids.chargingGross, "charging", "grossKgCo2", "充电毛减排", "Charging, gross"), 4],
          [avoided(ids.chargingNet, "charging", "netKgCo2", "充电净减排", "Charging, net"), 4],
        ],
      },
      {
        height: 8,
        panels: [
          [perDay(ids.shorePerDay, "shore-power", "岸电", "Shore power"), 12],
          [perDay(ids.chargingPerDay, "charging", "充电", "Charging"), 12],
        ],
      },
      {
        height: 8,
        panels: [
          [power, 8],
          [utilisation, 8],
          [avoidedPerDay, 8],
        ],
      },
      {
        height: 9,
        panels: [
          [places(ids.berths, "shore-power", "泊位与岸电", "Berths and shore power"), 12],
          [places(ids.guns, "charging", "充电枪", "Charging guns"), 12],
        ],
      },
    ],
  });
}
