/** Questions in InfluxQL as Grafana's InfluxDB data source takes them, and the conditions they share. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import { zone } from "./zone.ts";

/** A variable of a dashboard, in the format given, as Grafana fills it in. */
export const variable = (name: string, format?: "regex" | "queryparam"): string =>
  format ? `\${${name}:${format}}` : `\${${name}}`;

/** The data source of every panel, variable and annotation: chosen by the variable `datasource`. */
export const datasource = { type: "influxdb", uid: variable("datasource") } as const;

export interface InfluxQuery extends Dataquery {
  readonly refId: string;
  readonly query: string;
  readonly rawQuery: true;
  readonly resultFormat: "time_series" | "table";
  readonly alias?: string;
  readonly datasource: typeof datasource;
}

function question(part: Pick<InfluxQuery, "refId" | "query" | "resultFormat" | "alias">): Builder<Dataquery> {
  const { refId, query, resultFormat, alias } = part;
  const text = query.replace(/\s+/g, " ").trim();
  const plain = {
    datasource,
    refId,
    query: text,
    rawQuery: true as const,
    resultFormat,
    ...(alias ? { alias } : {}),
  };
  // The SDK tells queries by this function, which has no place in the JSON.
  const marked: InfluxQuery = Object.defineProperty(plain as InfluxQuery, "_implementsDataqueryVariant", {
    value: () => undefined,
    enumerable: false,
  });
  return { build: () => marked };
}

/** A question whose columns become series. @param alias the series' name, such as `$tag_carrier` */
export function series(refId: string, query: string, alias?: string): Builder<Dataquery> {
  return question({ refId, query, resultFormat: "time_series", ...(alias ? { alias } : {}) });
}

/** A question whose answer stays a table, with the tags it is grouped by as columns. */
export function table(refId: string, query: string): Builder<Dataquery> {
  return question({ refId, query, resultFormat: "table" });
}

/** Condition that a tag or field has one of the values of a variable, quoted as a regular expression. */
export const chosen = (column: string, name: string): string =>
  `"${column}" =~ /^${variable(name, "regex")}$/`;

/** Grouping by days, or longer, of the county's zone, without rows for those that have nothing. */
export const byDay = (...tags: string[]): string =>
  `GROUP BY time(1d)${tags.map((tag) => `, "${tag}"`).join("")} fill(none) tz('${zone}')`;

/** Grouping by the panel's interval. */
export const byInterval = (...tags: string[]): string =>
  `GROUP BY time($__interval)${tags.map((tag) => `, "${tag}"`).join("")} fill(none)`;

/** Leaves out figures that a recompute made vanish. */
export const there = `("amount" <> 0 OR "coverage" > 0 OR "estimated" > 0 OR "output" <> 0)`;

/** Values of a figure that may be unknown, in the order of the bits of its field `unknown`. */
export const effects = [
  "kgceCalorific",
  "kgceEquivalent",
  "kgCo2Location",
  "kgCo2Market",
  "outputKgceCalorific",
  "outputKgceEquivalent",
  "outputKgCo2Location",
  "outputKgCo2Market",
] as const;
export type Effect = (typeof effects)[number];

const bitOf = (effect: Effect): number => 2 ** effects.indexOf(effect);

/** Condition that a value of a figure is known: InfluxQL has no bits of floats, but remainders. */
export const known = (...values: Effect[]): string =>
  values.map((value) => `"unknown" % ${2 * bitOf(value)} < ${bitOf(value)}`).join(" AND ");

/** Condition that a value of a figure is unknown. */
export const unknownIs = (value: Effect): string => `"unknown" % ${2 * bitOf(value)} >= ${bitOf(value)}`;

/** Condition that a number of an observation is known: its field `unknown` names those that are not. */
export const given = (...numbers: string[]): string =>
  numbers.map((number) => `"unknown" !~ /(^|,)${number}(,|$)/`).join(" AND ");
