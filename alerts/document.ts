/**
 * The one document alerts come in as: Grafana's webhook JSON, version 1. Grafana posts it; the embedded evaluation
 * hands over the same.
 */
import { z } from "zod";
import type { Alert } from "../model/alert.ts";
import { type Colour, colours } from "../model/limit.ts";
import type { LocalText } from "../model/registry.ts";
import { domains } from "../model/rule.ts";

/** Most alerts of one document, labels of one alert, and characters of one text. */
const MOST = { alerts: 1000, labels: 64, label: 1000, text: 8000 };

const isSmall = (value: object): boolean => Object.keys(value).length <= MOST.labels;
const textsOf = (longest: number) =>
  z
    .record(z.string().max(200), z.string().max(longest))
    .refine(isSmall, { error: `more than ${MOST.labels} entries` });
const timeField = z.iso.datetime({ offset: true, error: "write a time such as 2026-11-23T08:00:00Z" });
/** It becomes a link for officers: nothing but an address of a page. */
const urlField = z
  .string()
  .max(4000)
  .regex(/^(https?:\/\/|$)/i, "give an address that begins with https:// or http://")
  .optional();

/** Keys that are not named here may be there, and are not looked at. */
const alertForm = z.looseObject({
  status: z.enum(["firing", "resolved"]),
  labels: textsOf(MOST.label),
  annotations: textsOf(MOST.text).default({}),
  startsAt: timeField.refine((text) => !(Date.parse(text) <= 0), { error: "an alert begins after 1970" }),
  /** Year 1 while it fires. */
  endsAt: timeField.optional(),
  fingerprint: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "use letters, digits, underscore and hyphen"),
  values: z.record(z.string(), z.unknown()).nullish(),
  panelURL: urlField,
});

/** Grafana's webhook JSON. */
export const alertDocument = z.looseObject({
  version: z.literal("1"),
  receiver: z.string().max(MOST.label).default(""),
  status: z.enum(["firing", "resolved"]),
  alerts: z.array(alertForm).min(1).max(MOST.alerts),
  groupKey: z.string().max(MOST.text).optional(),
  truncatedAlerts: z.int().min(0).optional(),
  title: z.string().max(MOST.text).optional(),
  message: z.string().max(1_000_000).optional(),
});
export type AlertDocument = z.input<typeof alertDocument>;
export type DocumentAlert = z.output<typeof alertForm>;

/** The alerts of a document, or everything that is wrong with it: which alert, field, value, and what to do. */
export type AlertsRead =
  | {
      readonly ok: true;
      readonly alerts: Alert[];
      /** Alerts the sender left out, which it says and does not name. */
      readonly truncated: number;
    }
  | { readonly ok: false; readonly problems: string[] };

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );
}

function problemOf(document: unknown, issue: z.core.$ZodIssue): string {
  const place = issue.path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  return `${place.replace(/^\./, "") || "document"}: ${show(valueAt(document, issue.path))}: ${issue.message}`;
}

/** A label whose value must be one of a list. */
function oneOf<T extends string>(
  labels: Readonly<Record<string, string>>,
  name: string,
  list: readonly T[],
  place: string,
  problems: string[],
): T | undefined {
  const value = labels[name];
  if ((list as readonly (string | undefined)[]).includes(value)) return value as T;
  const fault = value === undefined ? "is missing" : `${show(value)} is unknown`;
  problems.push(`${place}.labels.${name}: ${fault}: set it on the rule to one of ${list.join(", ")}`);
  return undefined;
}

/** What Grafana calls rules that cannot be evaluated, and ours when rows do not come or lack a number. */
const troubles = ["DatasourceError", "DatasourceNoData"];

function summaryOf({ labels, annotations }: DocumentAlert): LocalText {
  const { alertname = "", rulename = alertname } = labels;
  if (alertname === "DatasourceError") {
    const cause = (annotations.Error ?? "").slice(0, 500);
    return {
      zh: `规则“${rulename}”无法计算 ${cause}`.trimEnd(),
      en: `The rule “${rulename}” cannot be evaluated ${cause}`.trimEnd(),
    };
  }
  if (alertname === "DatasourceNoData")
    return { zh: `规则“${rulename}”没有数据`, en: `The rule “${rulename}” gets no data` };
  const zh = annotations.summary ?? alertname;
  return { zh, en: annotations.summary_en ?? zh };
}

/** Numbers that can be told; Grafana's values also hold what is no number. */
function valuesOf({ values }: DocumentAlert): Record<string, number> {
  const numbers = Object.entries(values ?? {}).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(numbers) as Record<string, number>;
}

const subjects = ["site", "group", "meter", "gateway", "limit"] as const;

function alertOf(form: DocumentAlert, place: string, problems: string[]): Alert | undefined {
  const { labels, status, fingerprint } = form;
  const before = problems.length;
  const rule = labels.rule ?? "";
  if (rule === "")
    problems.push(`${place}.labels.rule: is missing: only alerts of generated rules are taken here`);
  const colour = oneOf(labels, "colour", colours, place, problems);
  const domain = oneOf(labels, "domain", domains, place, problems);
  const startsAt = Date.parse(form.startsAt);
  const endsAt = form.endsAt === undefined ? Number.NaN : Date.parse(form.endsAt);
  if (problems.length > before || colour === undefined || domain === undefined) return undefined;
  const named = subjects.filter((name) => (labels[name] ?? "") !== "").map((name) => [name, labels[name]]);
  return {
    fingerprint,
    status,
    startsAt,
    ...(status === "resolved" && endsAt > 0 ? { endsAt } : {}),
    ...troubleOr(labels.alertname ?? "", { rule, colour, domain }),
    ...Object.fromEntries(named),
    values: valuesOf(form),
    summary: summaryOf(form),
    ...(form.panelURL ? { panelUrl: form.panelURL } : {}),
  };
}

/**
 * Whose trouble it is: rules without data or that cannot be evaluated are the pipeline's, whatever they watch.
 * All that cannot be evaluated are one subject, since a database that is away stops every rule.
 */
function troubleOr(
  alertname: string,
  own: { readonly rule: string; readonly colour: Colour; readonly domain: Alert["domain"] },
): Pick<Alert, "rule" | "colour" | "domain"> {
  if (!troubles.includes(alertname)) return own;
  if (alertname === "DatasourceNoData") return { ...own, domain: "pipeline" };
  return { rule: "rules-unevaluated", colour: "orange", domain: "pipeline" };
}

/** Checks a document and reads its alerts. All or nothing: a document with one wrong alert is refused. */
export function alertsOf(document: unknown): AlertsRead {
  const read = alertDocument.safeParse(document);
  if (!read.success)
    return { ok: false, problems: read.error.issues.slice(0, 20).map((issue) => problemOf(document, issue)) };
  const problems: string[] = [];
  const alerts = read.data.alerts.map((form, i) => alertOf(form, `alerts[${i}]`, problems));
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, 20) };
  return {
    ok: true,
    alerts: alerts.filter((alert) => alert !== undefined),
    truncated: read.data.truncatedAlerts ?? 0,
  };
}
