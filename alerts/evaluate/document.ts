/** What the embedded evaluation found, as the document that Grafana would post. */
import { createHash } from "node:crypto";
import type { Rule } from "../../model/rule.ts";
import { fillSummary } from "../../model/rule-summary.ts";
import type { AlertDocument } from "../document.ts";
import type { AlertChange } from "./evaluator.ts";

export interface DocumentOptions {
  /** Address of Grafana where the county has one, for links to panels. */
  readonly grafanaUrl?: string;
}

/** As many alerts as a document may have. */
const PER_DOCUMENT = 500;
const NEVER = "0001-01-01T00:00:00Z";

/** 16 hexadecimal digits; the same for the same labels in any order. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}

function panelUrlOf(rule: Rule | undefined, { tags }: AlertChange, base: string | undefined): string {
  if (rule?.panel === undefined || base === undefined) return "";
  const url = new URL(`d/${rule.panel.dashboard}`, base.endsWith("/") ? base : `${base}/`);
  url.searchParams.set("viewPanel", String(rule.panel.id));
  if (tags.site) url.searchParams.set("var-site", tags.site);
  return url.href;
}

function annotationsOf({ rule, kind, labels, tags, values }: AlertChange): Record<string, string> {
  if (rule === undefined) return { summary: labels.alertname ?? "" };
  if (kind === "error") return { Error: `a row of ${rule.series.measurement} lacks ${rule.series.field}` };
  return {
    summary: fillSummary(rule.summary.zh, tags, values),
    summary_en: fillSummary(rule.summary.en, tags, values),
  };
}

function alertOf(change: AlertChange, options: DocumentOptions): AlertDocument["alerts"][number] {
  const { status, labels, startsAt, endsAt, values, rule } = change;
  return {
    status,
    labels: { ...labels },
    annotations: annotationsOf(change),
    startsAt: new Date(startsAt).toISOString(),
    endsAt: endsAt === undefined ? NEVER : new Date(endsAt).toISOString(),
    values: { ...values },
    fingerprint: fingerprintOf(labels),
    panelURL: panelUrlOf(rule, change, options.grafanaUrl),
  };
}

/** The changes as documents, in their order; none without changes, several where there are many. */
export function documentsOf(changes: readonly AlertChange[], options: DocumentOptions = {}): AlertDocument[] {
  const documents: AlertDocument[] = [];
  for (let from = 0; from < changes.length; from += PER_DOCUMENT) {
    const alerts = changes.slice(from, from + PER_DOCUMENT).map((change) => alertOf(change, options));
    const status = alerts.some((alert) => alert.status === "firing") ? "firing" : "resolved";
    documents.push({ version: "1", receiver: "desk", status, alerts, truncatedAlerts: 0 });
  }
  return documents;
}
