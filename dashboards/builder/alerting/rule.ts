/** A rule as Grafana reads it from a file: question, newest value, threshold with its own end. */
import type { ObservedName } from "../../../model/observation.ts";
import { type Comparison, labelsOf, type Rule, titleOf } from "../../../model/rule.ts";
import { type SummaryPlace, summaryParts } from "../../../model/rule-summary.ts";
import { queryOf, tellingQueries } from "./query.ts";

/** Uid of the data source in `dashboards/provisioning/datasources`. */
export const DATASOURCE = "energy";

/** How often rules of a measurement are looked at, in seconds; Grafana's clock ticks every ten. */
const intervals: Readonly<Partial<Record<ObservedName, number>>> = { limit_usage: 30, pipeline_status: 10 };
export const intervalOf = (measurement: ObservedName): number => intervals[measurement] ?? 60;

const evaluators: Readonly<Record<Comparison, string>> = { ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" };
/** When the alert ends: the condition's opposite, at the other bound. */
const endings: Readonly<Record<Comparison, string>> = { ">": "lte", ">=": "lt", "<": "gte", "<=": "gt" };

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)}s`;

function question(rule: Rule, refId: string, query: string) {
  return {
    refId,
    relativeTimeRange: { from: Math.ceil(rule.staleMs / 1000), to: 0 },
    datasourceUid: DATASOURCE,
    model: {
      refId,
      datasource: { type: "influxdb", uid: DATASOURCE },
      rawQuery: true,
      resultFormat: "time_series",
      query,
      intervalMs: 1000,
      maxDataPoints: 43_200,
    },
  };
}

function expression(refId: string, model: Record<string, unknown>) {
  return {
    refId,
    datasourceUid: "__expr__",
    model: { refId, datasource: { type: "__expr__", uid: "__expr__" }, ...model },
  };
}

const newest = (refId: string, of: string) =>
  expression(refId, { type: "reduce", expression: of, reducer: "last", settings: { mode: "dropNN" } });

function threshold({ op, threshold: bound, clear }: Rule) {
  const begins = { type: evaluators[op], params: [bound] };
  const ends = clear === bound ? {} : { unloadEvaluator: { type: endings[op], params: [clear] } };
  return expression("fires", {
    type: "threshold",
    expression: "value",
    conditions: [{ evaluator: begins, ...ends }],
  });
}

/** Question `A`, its newest value as `value`, and `fires`; values that are told have questions of their own. */
function dataOf(rule: Rule) {
  const told = tellingQueries(rule).flatMap(({ field, query }) => [
    question(rule, `A_${field}`, query),
    newest(field, `A_${field}`),
  ]);
  return [question(rule, "A", queryOf(rule)), newest("value", "A"), threshold(rule), ...told];
}

function placeText({ name, form }: SummaryPlace): string {
  if (form === undefined) return `{{ with $labels.${name} }}{{ . }}{{ end }}`;
  if (form === "percent") return `{{ humanizePercentage $values.${name}.Value }}`;
  return `{{ printf "%.${form === "count" ? 0 : 1}f" $values.${name}.Value }}`;
}

/** A summary as Grafana's own template. */
export function templateOf(text: string): string {
  return summaryParts(text)
    .map((part) => (typeof part === "string" ? part : placeText(part)))
    .join("");
}

function panelOf({ panel }: Rule) {
  if (panel === undefined) return { fields: {}, annotations: {} };
  return {
    fields: { dashboardUid: panel.dashboard, panelId: panel.id },
    annotations: { __dashboardUid__: panel.dashboard, __panelId__: String(panel.id) },
  };
}

/**
 * A series that is no longer there ends after as many looks as the alert would be kept firing. Labels would take
 * `$` for a variable of the environment: none of ours has one.
 */
export function grafanaRule(rule: Rule) {
  const panel = panelOf(rule);
  const interval = intervalOf(rule.series.measurement);
  return {
    uid: rule.id,
    title: titleOf(rule),
    condition: "fires",
    data: dataOf(rule),
    ...panel.fields,
    noDataState: rule.noData === "alert" ? "NoData" : "OK",
    execErrState: "Error",
    for: seconds(rule.forMs),
    keepFiringFor: seconds(rule.keepFiringMs),
    missing_series_evals_to_resolve: Math.ceil(rule.keepFiringMs / 1000 / interval) + 1,
    annotations: {
      summary: templateOf(rule.summary.zh),
      summary_en: templateOf(rule.summary.en),
      ...panel.annotations,
    },
    labels: labelsOf(rule),
    isPaused: false,
  };
}
export type GrafanaRule = ReturnType<typeof grafanaRule>;
