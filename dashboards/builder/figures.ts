/** Panels that several dashboards have: figures of one owner, by total, by day and by carrier. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import type { Shipped } from "./data.ts";
import { byDay, chosen, type Effect, known, series, there } from "./influxql.ts";
import { carrierColours, plain } from "./palette.ts";
import { named, type Override, stat, trend } from "./panels.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";

/** Whose figures: a site or group, by the variable of the same name. */
export interface Owner {
  readonly scope: "site" | "group";
}

const outputs: Partial<Record<Effect, Effect>> = {
  kgceCalorific: "outputKgceCalorific",
  kgceEquivalent: "outputKgceEquivalent",
  kgCo2Location: "outputKgCo2Location",
  kgCo2Market: "outputKgCo2Market",
};

const where = ({ scope }: Owner): string => `WHERE $timeFilter AND ${chosen(scope, scope)} AND ${there}`;

/** t of a total's days; `gross` leaves metered conversion output in. */
export function total(refId: string, owner: Owner, effect: Effect, gross = false): Builder<Dataquery> {
  const output = outputs[effect]!;
  const value = gross ? `sum("${effect}") / 1000` : `(sum("${effect}") - sum("${output}")) / 1000`;
  const condition = gross ? known(effect) : known(effect, output);
  const shown = gross ? "毛值 gross" : "净值 net";
  return series(
    refId,
    `SELECT ${value} AS "t" FROM "${owner.scope}_day" ${where(owner)} AND ${condition}`,
    shown,
  );
}

interface Total {
  readonly id: number;
  readonly title: LocalText;
  readonly about: LocalText;
  readonly effect: Effect;
}

/** Net, and below it gross: what is assessed is the net figure. */
export function totalStat(owner: Owner, { id, title, about, effect }: Total, unitName: string): Panel {
  const queries = [total("A", owner, effect), total("B", owner, effect, true)];
  return stat({ id, title, about, queries, unit: unitName, decimals: 1 });
}

/** The four totals, of the ids given: coal on two bases, CO2 on two. */
export function totals(
  owner: Owner,
  ids: {
    readonly coal: number;
    readonly coalEquivalent: number;
    readonly co2Location: number;
    readonly co2Market: number;
  },
): Panel[] {
  const net = text(
    "净值扣除计量的能源转换产出（考核口径），毛值不扣。按所选时间内起始的日累计；因子未知的日不计入，见“因子缺失”。",
    "Net takes off metered conversion output (what is assessed), gross does not. Sum of the days that begin in the time shown; days whose factor is unknown are left out.",
  );
  const part = (id: number, zh: string, en: string, effect: Effect, unitName: string): Panel =>
    totalStat(owner, { id, title: text(zh, en), about: net, effect }, unitName);
  return [
    part(ids.coal, "综合能耗（当量）", "Energy, calorific", "kgceCalorific", unit.tce),
    part(ids.coalEquivalent, "综合能耗（等价）", "Energy, equivalent", "kgceEquivalent", unit.tce),
    part(ids.co2Location, "碳排放（位置法）", "CO2, location-based", "kgCo2Location", unit.tco2),
    part(ids.co2Market, "碳排放（市场法）", "CO2, market-based", "kgCo2Market", unit.tco2),
  ];
}

/** A colour and a name for each carrier's series. */
export function carrierOverrides({ carriers }: Shipped, unitOf?: (id: string) => string): Override[] {
  return carriers.map(({ id, name }) => named(id, name, carrierColours[id]!, unitOf?.(id)));
}

/** tce of each day by carrier. */
export function coalByCarrier(id: number, owner: Owner, shipped: Shipped): Panel {
  const query = `SELECT sum("kgceCalorific") / 1000 AS "tce" FROM "${owner.scope}_day" ${where(owner)} AND ${known("kgceCalorific")} ${byDay("carrier")}`;
  return trend({
    id,
    title: text("逐日能耗（当量，分品种）", "Energy by day and carrier, calorific"),
    about: text(
      "每日各能源品种折标准煤（当量值，毛值）。柱从当日 00:00 起。",
      "Standard coal of each day by carrier (calorific, gross). A bar begins at 00:00 of its day.",
    ),
    queries: [series("A", query, "$tag_carrier")],
    unit: unit.tce,
    draw: "bars",
    stacked: true,
    interval: "1d",
    overrides: carrierOverrides(shipped),
  });
}

/** t CO2 of each day on both bases. */
export function co2PerDay(id: number, owner: Owner): Panel {
  const query = (effect: Effect): string =>
    `SELECT sum("${effect}") / 1000 AS "t" FROM "${owner.scope}_day" ${where(owner)} AND ${known(effect)} ${byDay()}`;
  return trend({
    id,
    title: text("逐日碳排放（两种口径）", "CO2 by day, both bases"),
    about: text(
      "购入电力按位置法（区域平均因子）与市场法分别计算，其他品种两者相同。",
      "Bought electricity by the region's average factor (location) and by the residual mix (market); equal for other carriers.",
    ),
    queries: [series("A", query("kgCo2Location"), "location"), series("B", query("kgCo2Market"), "market")],
    unit: unit.tco2,
    draw: "step",
    interval: "1d",
    overrides: [
      named("location", text("位置法", "location-based"), plain.second),
      named("market", text("市场法", "market-based"), plain.third),
    ],
  });
}
