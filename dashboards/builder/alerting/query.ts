/** The question a rule asks: the newest row of each series, as one number with the series' tags. */
import { observed } from "../../../model/observation.ts";
import { type Rule, toldBeside } from "../../../model/rule.ts";

const name = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;
const literal = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

function whereOf({ series }: Rule): string {
  const tags = Object.entries(series.where).map(
    ([tag, values]) => `(${values.map((value) => `${name(tag)}=${literal(value)}`).join(" OR ")})`,
  );
  return [...tags, "$timeFilter"].join(" AND ");
}

const tagsOf = ({ series }: Rule): string => observed[series.measurement].tags.map(name).join(",");

/** A number that is unknown is 0 in InfluxDB, and named in the field `unknown`. */
const isKnown = (fields: readonly string[]): string => `"unknown" !~ /\\b(${fields.join("|")})\\b/`;

/**
 * Measurements with a series for each meter. Of these only what is beyond the rule's end comes over, and a series
 * that is away is well: 100,000 series each minute would be little else than zeros.
 */
const onlyTrouble = new Set(["meter_status"]);

/** The rule's own number, as `value`. Rows that do not meet its further conditions are left out. */
export function queryOf(rule: Rule): string {
  const { series, op, clear, also } = rule;
  const fields = [...new Set([series.field, ...also.map(({ field }) => field)])];
  const others = fields.filter((field) => field !== series.field).map((field) => `,${name(field)}`);
  const conditions = also.map(({ field, op: compare, value }) => {
    return `${field === series.field ? '"value"' : name(field)} ${compare} ${value}`;
  });
  if (onlyTrouble.has(series.measurement)) conditions.unshift(`"value" ${op} ${clear}`);
  const newest = `SELECT last(${name(series.field)}) AS "value"${others.join("")},"unknown" FROM ${name(series.measurement)} WHERE ${whereOf(rule)} GROUP BY ${tagsOf(rule)}`;
  const asked = [isKnown(fields), ...conditions].join(" AND ");
  return `SELECT "value" FROM (${newest}) WHERE ${asked} GROUP BY ${tagsOf(rule)}`;
}

/** Numbers told beside it, each with its question. */
export function tellingQueries(rule: Rule): { readonly field: string; readonly query: string }[] {
  return toldBeside(rule.series).map((field) => {
    const newest = `SELECT last(${name(field)}) AS ${name(field)},"unknown" FROM ${name(rule.series.measurement)} WHERE ${whereOf(rule)} GROUP BY ${tagsOf(rule)}`;
    const query = `SELECT ${name(field)} FROM (${newest}) WHERE ${isKnown([field])} GROUP BY ${tagsOf(rule)}`;
    return { field, query };
  });
}
