/**
 * The form of Grafana's alerting files, written from its documentation ("Use configuration files to provision
 * alerting resources", Grafana 12) and the names its reader knows. Keys it does not know are refused here: Grafana
 * passes over them without a word, as it did over `keep_firing_for`.
 */
import { z } from "zod";

const duration = z.string().regex(/^(\d+(ms|s|m|h|d|w|y))+$/, "is no duration");
const uid = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, "is no uid");
const orgId = z.int().positive();
const text = z.string().min(1);

/** Labels, titles and settings take `$` for the environment; only what is meant so may have one. */
const plain = text.refine((value) => !value.includes("$"), { error: "has a $ that would be replaced" });
const fromOutside = text.refine(
  (value) => !value.includes("$") || /^\$__(env\{[A-Z_]+\}|file\{\/[^}]+\})$/.test(value),
  { error: "has a $ that is neither $__env{…} nor $__file{…}" },
);
/** Annotations keep `$labels`; newer versions replace `${…}` in them as well. */
const annotation = text.refine((value) => !value.includes("${"), { error: "has ${" });

const datasource = z.strictObject({ type: text, uid: text });

const evaluator = z.strictObject({
  type: z.enum(["gt", "gte", "lt", "lte", "within_range", "outside_range"]),
  params: z.array(z.number()).min(1).max(2),
});

const influxModel = z.strictObject({
  refId: text,
  datasource,
  rawQuery: z.literal(true),
  resultFormat: z.literal("time_series"),
  query: text,
  intervalMs: z.int().positive(),
  maxDataPoints: z.int().positive(),
});
const reduceModel = z.strictObject({
  refId: text,
  datasource,
  type: z.literal("reduce"),
  expression: text,
  reducer: z.enum(["last", "min", "max", "mean", "sum", "count"]),
  settings: z.strictObject({ mode: z.enum(["dropNN", "replaceNN", ""]) }),
});
const thresholdModel = z.strictObject({
  refId: text,
  datasource,
  type: z.literal("threshold"),
  expression: text,
  conditions: z.array(z.strictObject({ evaluator, unloadEvaluator: evaluator.optional() })).length(1),
});

const query = z.strictObject({
  refId: text,
  queryType: z.string().optional(),
  relativeTimeRange: z.strictObject({ from: z.int().positive(), to: z.literal(0) }),
  datasourceUid: z.string().refine((value) => value !== "__expr__"),
  model: influxModel,
});
const expression = z.strictObject({
  refId: text,
  datasourceUid: z.literal("__expr__"),
  model: z.union([reduceModel, thresholdModel]),
});

const rule = z
  .strictObject({
    uid,
    title: plain.max(190),
    condition: text,
    data: z.array(z.union([query, expression])).min(1),
    dashboardUid: uid.optional(),
    panelId: z.int().positive().optional(),
    noDataState: z.enum(["NoData", "Alerting", "OK", "KeepLast"]),
    execErrState: z.enum(["Error", "Alerting", "OK", "KeepLast"]),
    for: duration,
    keepFiringFor: duration,
    missing_series_evals_to_resolve: z.int().min(1),
    annotations: z.record(z.string(), annotation),
    labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), plain),
    isPaused: z.boolean(),
  })
  .superRefine(({ condition, data, dashboardUid, panelId }, context) => {
    const refIds = data.map(({ refId }) => refId);
    const named = [
      condition,
      ...data.flatMap(({ model }) => ("expression" in model ? [model.expression] : [])),
    ];
    for (const refId of named)
      if (!refIds.includes(refId))
        context.addIssue({ code: "custom", message: `no query or expression ${refId}` });
    if (new Set(refIds).size !== refIds.length)
      context.addIssue({ code: "custom", message: "a refId is given twice" });
    for (const { refId, model } of data)
      if (model.refId !== refId)
        context.addIssue({ code: "custom", message: `${refId} is called otherwise` });
    if ((dashboardUid === undefined) !== (panelId === undefined))
      context.addIssue({ code: "custom", message: "dashboardUid and panelId go together" });
  });

const group = z
  .strictObject({ orgId, name: plain, folder: plain, interval: duration, rules: z.array(rule).min(1) })
  .refine(({ interval }) => Number(interval.replace(/s$/, "")) % 10 === 0, {
    error: "is looked at by a clock of 10 s",
  });

const apiVersion = z.literal(1);

export const rulesFile = z.strictObject({
  apiVersion,
  groups: z.array(group).optional(),
  deleteRules: z.array(z.strictObject({ orgId, uid })).optional(),
});

export const contactPointsFile = z.strictObject({
  apiVersion,
  contactPoints: z.array(
    z.strictObject({
      orgId,
      name: plain,
      receivers: z
        .array(
          z.strictObject({
            uid,
            type: z.literal("webhook"),
            disableResolveMessage: z.boolean(),
            settings: z.strictObject({
              url: fromOutside,
              httpMethod: z.enum(["POST", "PUT"]),
              authorization_scheme: plain,
              authorization_credentials: fromOutside,
              maxAlerts: z.string().regex(/^\d+$/),
              title: fromOutside,
              message: fromOutside,
              tlsConfig: z.strictObject({ insecureSkipVerify: z.boolean(), caCertificate: fromOutside }),
            }),
          }),
        )
        .min(1),
    }),
  ),
});

export const policiesFile = z.strictObject({
  apiVersion,
  policies: z
    .array(
      z.strictObject({
        orgId,
        receiver: plain,
        group_by: z.array(plain).min(1),
        group_wait: duration,
        group_interval: duration,
        repeat_interval: duration,
      }),
    )
    .length(1),
});

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "is no time of day");
const interval = z.strictObject({
  times: z.array(z.strictObject({ start_time: clock, end_time: clock })).optional(),
  weekdays: z.array(z.string()).optional(),
  days_of_month: z.array(z.string().regex(/^-?\d{1,2}(:-?\d{1,2})?$/)).optional(),
  months: z.array(z.string().regex(/^\d{1,2}(:\d{1,2})?$/)).optional(),
  years: z.array(z.string().regex(/^\d{4}(:\d{4})?$/)).optional(),
  location: z.string().optional(),
});
export const muteTimesFile = z.strictObject({
  apiVersion,
  muteTimes: z.array(z.strictObject({ orgId, name: plain, time_intervals: z.array(interval).min(1) })),
});

export const templatesFile = z.strictObject({
  apiVersion,
  templates: z.array(z.strictObject({ orgId, name: plain, template: plain })),
});

/** The form of each file by its name. */
export const alertingFormats: Readonly<Record<string, z.ZodType>> = {
  "rules.yaml": rulesFile,
  "contact-points.yaml": contactPointsFile,
  "policies.yaml": policiesFile,
  "mute-times.yaml": muteTimesFile,
  "templates.yaml": templatesFile,
};
