import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { subjectOf } from "../../alerts/desk/subject.ts";
import { alertsOf } from "../../alerts/document.ts";
import { documentsOf, fingerprintOf } from "../../alerts/evaluate/document.ts";
import { createEvaluator } from "../../alerts/evaluate/evaluator.ts";
import { observed } from "../../model/observation.ts";
import type { Rule } from "../../model/rule.ts";

/** As Grafana 12 posts it, with a rule of ours. */
const posted = () => ({
  receiver: "desk",
  status: "firing",
  alerts: [
    {
      status: "firing",
      labels: {
        alertname: "用能预算（红） · Energy budget (red)",
        colour: "red",
        domain: "budget",
        grafana_folder: "Energy",
        group: "",
        limit: "works-budget",
        purpose: "budget",
        rule: "budget-red",
        site: "works",
      },
      annotations: { summary: "示范船厂超预算", summary_en: "Demo Shipyard is over its budget" },
      startsAt: "2026-11-23T08:01:00.123456789+08:00",
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "https://grafana.example/alerting/grafana/budget-red/view?orgId=1",
      fingerprint: "c6eadffa33fcdf37",
      silenceURL: "https://grafana.example/alerting/silence/new",
      dashboardURL: "https://grafana.example/d/energy-limits",
      panelURL: "https://grafana.example/d/energy-limits?viewPanel=8",
      values: { value: 1.02, fires: 1, used: 112, allowed: 100, coverage: 0.98, odd: "NaN", none: null },
      valueString: "[ var='value' labels={} value=1.02 ]",
      orgId: 1,
    },
  ],
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: "https://grafana.example/",
  version: "1",
  groupKey: "{}:{alertname=...}",
  truncatedAlerts: 0,
  orgId: 1,
  title: "[FIRING:1]",
  state: "alerting",
  message: "",
});
type Posted = ReturnType<typeof posted>;

/** The document with something changed. */
function changed(change: (document: Posted & Record<string, unknown>) => void): unknown {
  const document = posted();
  change(document);
  return document;
}

function problemsOf(document: unknown): string[] {
  const read = alertsOf(document);
  return read.ok ? [] : read.problems;
}

describe("a document of Grafana's", () => {
  test("gives its alerts, with keys that are not known passed over", () => {
    expect(alertsOf(posted())).toEqual({
      ok: true,
      truncated: 0,
      alerts: [
        {
          fingerprint: "c6eadffa33fcdf37",
          status: "firing",
          startsAt: Date.parse("2026-11-23T00:01:00.123Z"),
          rule: "budget-red",
          colour: "red",
          domain: "budget",
          site: "works",
          limit: "works-budget",
          values: { value: 1.02, fires: 1, used: 112, allowed: 100, coverage: 0.98 },
          summary: { zh: "示范船厂超预算", en: "Demo Shipyard is over its budget" },
          panelUrl: "https://grafana.example/d/energy-limits?viewPanel=8",
        },
      ],
    });
  });

  test("that ended says when", () => {
    const read = alertsOf(
      changed(({ alerts: [alert] }) => {
        alert!.status = "resolved";
        alert!.endsAt = "2026-11-23T09:00:00+08:00";
      }),
    );
    expect(read.ok && read.alerts[0]?.endsAt).toBe(Date.parse("2026-11-23T01:00:00Z"));
  });

  test("may lack values, as those of rules without data do, and may say that alerts were left out", () => {
    const read = alertsOf(
      changed((document) => {
        document.truncatedAlerts = 3;
        Object.assign(document.alerts[0]!, { values: null });
      }),
    );
    expect(read).toMatchObject({ ok: true, truncated: 3, alerts: [{ values: {} }] });
  });

  const wrong: readonly [string, (document: Posted & Record<string, unknown>) => void, RegExp][] = [
    ["another version", (d) => Object.assign(d, { version: "2" }), /^version: "2": /],
    ["no alerts", (d) => d.alerts.splice(0), /^alerts: \[\]: /],
    [
      "a status that is none",
      (d) => Object.assign(d.alerts[0]!, { status: "on" }),
      /^alerts\[0\]\.status: "on"/,
    ],
    [
      "a time that is none",
      (d) => Object.assign(d.alerts[0]!, { startsAt: "today" }),
      /^alerts\[0\]\.startsAt: "today": write a time/,
    ],
    [
      "a fingerprint with markup",
      (d) => Object.assign(d.alerts[0]!, { fingerprint: "<b>" }),
      /^alerts\[0\]\.fingerprint: "<b>": use letters/,
    ],
    [
      "a link that is a script",
      (d) => Object.assign(d.alerts[0]!, { panelURL: "javascript:alert(1)" }),
      /^alerts\[0\]\.panelURL: "javascript:alert\(1\)": give an address/,
    ],
    [
      "a beginning in year 1",
      (d) => Object.assign(d.alerts[0]!, { startsAt: "0001-01-01T00:00:00Z" }),
      /^alerts\[0\]\.startsAt: .*after 1970/,
    ],
    [
      "no rule",
      (d) => Object.assign(d.alerts[0]!.labels, { rule: "" }),
      /^alerts\[0\]\.labels\.rule: is missing/,
    ],
    [
      "a colour that is none",
      (d) => Object.assign(d.alerts[0]!.labels, { colour: "purple" }),
      /^alerts\[0\]\.labels\.colour: "purple" is unknown: set it on the rule to one of yellow, orange, red/,
    ],
    [
      "a domain that is none",
      (d) => Object.assign(d.alerts[0]!.labels, { domain: "x" }),
      /^alerts\[0\]\.labels\.domain: "x" is unknown/,
    ],
    [
      "a label that is no text",
      (d) => Object.assign(d.alerts[0]!.labels, { site: 7 }),
      /^alerts\[0\]\.labels\.site: 7: /,
    ],
    [
      "too many labels",
      (d) =>
        Object.assign(
          d.alerts[0]!.labels,
          Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, "x"])),
        ),
      /^alerts\[0\]\.labels: .*more than 64 entries/,
    ],
    [
      "a label of a page",
      (d) => Object.assign(d.alerts[0]!.labels, { site: "x".repeat(1001) }),
      /^alerts\[0\]\.labels\.site: /,
    ],
    [
      "too many alerts",
      (d) => d.alerts.push(...Array.from({ length: 1000 }, () => posted().alerts[0]!)),
      /^alerts: /,
    ],
  ];
  test.each(wrong)("with %s is refused, and says where", (_name, change, expected) => {
    const problems = problemsOf(changed(change));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test.each([[undefined], [null], [[]], ["text"], [7]])("is no %j", (document) => {
    expect(problemsOf(document).length).toBeGreaterThan(0);
  });

  test("of any shape is read or refused, and never an exception", () => {
    const fields = ["version", "status", "alerts"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        const read = alertsOf(changed((document) => Object.assign(document, { [field]: value })));
        if (!read.ok) expect(read.problems.length).toBeGreaterThan(0);
      }),
    );
    const alertFields = Object.keys(posted().alerts[0]!);
    fc.assert(
      fc.property(fc.constantFrom(...alertFields), fc.jsonValue(), (field, value) => {
        const read = alertsOf(changed(({ alerts: [alert] }) => Object.assign(alert!, { [field]: value })));
        if (!read.ok) expect(read.problems.length).toBeGreaterThan(0);
      }),
    );
  });

  test("with one wrong alert of many gives none of them", () => {
    const document = changed(({ alerts }) => {
      alerts.push(structuredClone(alerts[0]!));
      alerts[1]!.labels.colour = "blue";
    });
    expect(problemsOf(document)).toEqual([expect.stringMatching(/^alerts\[1\]\.labels\.colour/)]);
  });

  test("of rules that cannot be evaluated is the pipeline's, and one subject for all of them", () => {
    const failed = (rule: string) =>
      alertsOf(
        changed(({ alerts: [alert] }) => {
          Object.assign(alert!.labels, { alertname: "DatasourceError", rulename: rule, rule, site: "" });
          Object.assign(alert!.labels, { limit: "" });
          Object.assign(alert!.annotations, { Error: "database is away" });
        }),
      );
    const [a, b] = [failed("budget-red"), failed("jump-red")];
    expect(a).toMatchObject({
      alerts: [{ rule: "rules-unevaluated", domain: "pipeline", colour: "orange" }],
    });
    if (!a.ok || !b.ok) throw new Error("refused");
    expect(a.alerts[0]!.summary.en).toContain("database is away");
    expect(subjectOf(a.alerts[0]!)).toBe(subjectOf(b.alerts[0]!));
  });

  test("without data is the pipeline's too, with the rule's own colour", () => {
    const read = alertsOf(
      changed(({ alerts: [alert] }) => {
        Object.assign(alert!.labels, { alertname: "DatasourceNoData", rulename: "心跳" });
      }),
    );
    expect(read).toMatchObject({
      alerts: [
        { rule: "budget-red", domain: "pipeline", colour: "red", summary: { zh: "规则“心跳”没有数据" } },
      ],
    });
  });
});

describe("the embedded evaluation's documents", () => {
  const rule: Rule = {
    id: "budget-red",
    name: { zh: "预算", en: "Budget" },
    series: { measurement: "limit_usage", field: "red", where: {} },
    op: ">=",
    threshold: 1,
    clear: 1,
    also: [],
    forMs: 0,
    keepFiringMs: 0,
    staleMs: 3_600_000,
    colour: "red",
    domain: "budget",
    noData: "ok",
    summary: {
      zh: "{{site}} 已用 {{used|number}}，{{value|percent}}，{{group}}",
      en: "{{ site }} used {{allowed | number}} {{coverage|percent}}",
    },
    panel: { dashboard: "energy-limits", id: 8 },
  };
  const row = (site: string, numbers: Record<string, number | null>) => ({
    measurement: "limit_usage" as const,
    tags: { limit: `l-${site}`, purpose: "budget", site },
    at: 0,
    numbers: { ...Object.fromEntries(observed.limit_usage.numbers.map((field) => [field, 0])), ...numbers },
    texts: { method: "" },
  });

  test("are read like Grafana's, with the words filled in and a link to the panel", () => {
    const changes = createEvaluator([rule]).take(
      [row("works", { red: 1.0234, used: 112, allowed: null, ratio: 1.12, coverage: 0.5 })],
      1000,
    );
    const [document, ...more] = documentsOf(changes, { grafanaUrl: "https://grafana.example/g" });
    expect(more).toEqual([]);
    const read = alertsOf(JSON.parse(JSON.stringify(document)));
    expect(read).toEqual({
      ok: true,
      truncated: 0,
      alerts: [
        {
          fingerprint: fingerprintOf(changes[0]!.labels),
          status: "firing",
          startsAt: 1000,
          rule: "budget-red",
          colour: "red",
          domain: "budget",
          site: "works",
          limit: "l-works",
          values: { value: 1.0234, used: 112, ratio: 1.12, coverage: 0.5 },
          summary: { zh: "works 已用 112.0，102.3%，", en: "works used — 50%" },
          panelUrl: "https://grafana.example/g/d/energy-limits?viewPanel=8&var-site=works",
        },
      ],
    });
  });

  test("hold at most as many alerts as a document may have, and leave none out", () => {
    const rows = Array.from({ length: 1201 }, (_, i) => row(`s-${i}`, { red: 2 }));
    const changes = createEvaluator([rule]).take(rows, 1000);
    const documents = documentsOf(changes);
    expect(documents.map(({ alerts }) => alerts.length)).toEqual([500, 500, 201]);
    const sites = documents.flatMap((document) => {
      const read = alertsOf(document);
      return read.ok ? read.alerts.map(({ site }) => site) : [];
    });
    expect(new Set(sites).size).toBe(1201);
    expect(documentsOf([])).toEqual([]);
  });

  test("have a fingerprint of the labels in any order, and another for other labels", () => {
    expect(fingerprintOf({ a: "1", b: "2" })).toBe(fingerprintOf({ b: "2", a: "1" }));
    expect(fingerprintOf({ a: "1", b: "2" })).not.toBe(fingerprintOf({ a: "12", b: "" }));
    expect(fingerprintOf({ a: "1" })).toMatch(/^[0-9a-f]{16}$/);
  });
});
