/** Grafana's alerting files: what is committed is what the rules make, and Grafana can read it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alertingInput } from "../../dashboards/builder/alerting/county.ts";
import { type AlertingInput, alertingFiles, ISSUED } from "../../dashboards/builder/alerting/files.ts";
import { queryOf } from "../../dashboards/builder/alerting/query.ts";
import { DATASOURCE, templateOf } from "../../dashboards/builder/alerting/rule.ts";
import { panelIds } from "../../dashboards/builder/panel-ids.ts";
import { noDuties } from "../../model/duty.ts";
import { observed } from "../../model/observation.ts";
import { labelsOf } from "../../model/rule.ts";
import { projectRoot } from "../program.ts";
import { alertingFormats, rulesFile } from "./alerting-format.ts";

const FOLDER = "dashboards/provisioning/alerting";
let input: AlertingInput;
let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  input = await alertingInput(projectRoot, join(projectRoot, "config/example"));
  files = alertingFiles(input);
});

const rulesIn = (made: ReadonlyMap<string, string>) =>
  rulesFile.parse(parse(made.get(`${FOLDER}/rules.yaml`)!, { version: "1.1" }));

describe("the committed files", () => {
  test("are what the builder makes: run `npm run dashboards` otherwise", () => {
    for (const [path, text] of files)
      expect(readFileSync(join(projectRoot, path), "utf8") === text, `${path} is out of date`).toBe(true);
    const there = readdirSync(join(projectRoot, FOLDER)).map((name) => `${FOLDER}/${name}`);
    expect(there.filter((path) => !files.has(path))).toEqual([]);
  });

  test("have the form that Grafana reads", () => {
    const own = [...files].filter(([path]) => path.startsWith(FOLDER));
    expect(own.map(([path]) => basename(path)).sort()).toEqual(Object.keys(alertingFormats).sort());
    for (const [path, text] of own) {
      // As Grafana's reader of YAML 1.1 has it: there 1:30 is a number.
      const read = alertingFormats[basename(path)]!.safeParse(parse(text, { version: "1.1" }));
      expect(read.error?.issues ?? [], path).toEqual([]);
    }
  });

  test("would be refused with what Grafana passes over or replaces", () => {
    const text = files.get(`${FOLDER}/rules.yaml`)!;
    const refuses = (from: string, to: string) => {
      expect(text).toContain(from);
      return !rulesFile.safeParse(parse(text.replace(from, to), { version: "1.1" })).success;
    };
    expect(refuses("keepFiringFor", "keep_firing_for")).toBe(true);
    expect(refuses("domain: budget", "domain: $DOMAIN")).toBe(true);
    expect(refuses("{{ with $labels.site }}", "$" + "{labels.site}")).toBe(true);
    expect(refuses("condition: fires", "condition: C")).toBe(true);
    expect(refuses("interval: 30s", "interval: 15s")).toBe(true);
    expect(refuses("for: 60s", "for: 1 minute")).toBe(true);
    expect(refuses("title: ", "name: ")).toBe(true);
  });

  test("are flat and in YAML: Grafana looks into no folder below", () => {
    for (const entry of readdirSync(join(projectRoot, FOLDER), { withFileTypes: true }))
      expect(entry.isFile() && entry.name.endsWith(".yaml")).toBe(true);
  });
});

describe("rules", () => {
  test("are each there once, with the labels that the desk asks for", () => {
    const made = rulesIn(files).groups!.flatMap(({ rules }) => rules);
    expect(made.map(({ uid }) => uid).sort()).toEqual(input.rules.map(({ id }) => id).sort());
    const titles = made.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const rule of input.rules)
      expect(made.find(({ uid }) => uid === rule.id)?.labels).toEqual(labelsOf(rule));
  });

  test("that were removed are deleted by name, and never given out again silently", () => {
    const [first, ...rest] = input.rules;
    const without = alertingFiles({ ...input, rules: rest });
    expect(rulesIn(without).deleteRules).toEqual([{ orgId: 1, uid: first!.id }]);
    expect(without.get(ISSUED)).toBe(files.get(ISSUED));
    const uids = rulesIn(without).groups!.flatMap(({ rules }) => rules.map(({ uid }) => uid));
    expect(uids).not.toContain(first!.id);
    const again = alertingFiles({
      ...input,
      issued: (JSON.parse(without.get(ISSUED)!) as { rules: string[] }).rules,
    });
    expect(rulesIn(again).deleteRules).toBeUndefined();
  });

  test("point to panels that exist, by field and annotation alike", () => {
    for (const { panel, id } of input.rules) {
      expect(panel, id).toBeDefined();
      const ids = Object.values(panelIds[panel!.dashboard as keyof typeof panelIds] ?? {}) as number[];
      expect(ids, id).toContain(panel!.id);
    }
    for (const rule of rulesIn(files).groups!.flatMap(({ rules }) => rules)) {
      expect(rule.annotations.__dashboardUid__).toBe(rule.dashboardUid);
      expect(rule.annotations.__panelId__).toBe(String(rule.panelId));
    }
  });

  test("ask only for what observations have, within a bounded time", () => {
    for (const rule of rulesIn(files).groups!.flatMap(({ rules }) => rules)) {
      for (const { model } of rule.data) {
        if (!("query" in model)) continue;
        const measurement = /FROM "(\w+)"/.exec(model.query)?.[1] as keyof typeof observed;
        const { tags, numbers } = observed[measurement];
        const known = new Set<string>([measurement, ...tags, ...numbers, "value", "unknown"]);
        const named = [...model.query.matchAll(/"(\w+)"/g)].map((match) => match[1]!);
        expect(named.filter((name) => !known.has(name))).toEqual([]);
        expect(model.query).toContain("$timeFilter");
      }
    }
  });

  test("never fail in silence: an error is an alert, and so is no data where it must come", () => {
    const made = rulesIn(files).groups!.flatMap(({ rules }) => rules);
    expect(made.filter(({ execErrState }) => execErrState !== "Error")).toEqual([]);
    const heard = made.filter(({ noDataState }) => noDataState === "NoData").map(({ uid }) => uid);
    expect(heard).toEqual(input.rules.filter(({ noData }) => noData === "alert").map(({ id }) => id));
    expect(heard.length).toBeGreaterThan(0);
  });

  test("end at their own bound, and a series that is gone ends with them", () => {
    const made = rulesIn(files).groups!.flatMap(({ rules }) => rules);
    const budget = made.find(({ uid }) => uid === "budget-red")!;
    const model = budget.data.find(({ refId }) => refId === "fires")!.model;
    expect(model).toMatchObject({
      conditions: [
        { evaluator: { type: "gte", params: [1] }, unloadEvaluator: { type: "lt", params: [0.98] } },
      ],
    });
    expect(budget).toMatchObject({ for: "60s", keepFiringFor: "600s", missing_series_evals_to_resolve: 21 });
    const low = made.find(({ uid }) => uid === "completeness-yellow")!;
    expect(low.data.find(({ refId }) => refId === "fires")!.model).toMatchObject({
      conditions: [
        { evaluator: { type: "lt", params: [0.9] }, unloadEvaluator: { type: "gte", params: [0.92] } },
      ],
    });
  });

  test("use the data source that is provisioned", () => {
    const sources = parse(
      readFileSync(join(projectRoot, "dashboards/provisioning/datasources/influxdb.yaml"), "utf8"),
    );
    expect(sources.datasources.map(({ uid }: { uid: string }) => uid)).toContain(DATASOURCE);
  });

  test("quote what a tag may hold", () => {
    const [rule] = input.rules;
    const odd = { ...rule!, series: { ...rule!.series, where: { site: ["a'b\\c"] } } };
    expect(queryOf(odd)).toContain(`("site"='a\\'b\\\\c')`);
  });

  test("have summaries as templates that a missing tag does not break", () => {
    expect(templateOf("{{site}}: {{value|percent}} of {{allowed|number}} {{used|count}}")).toBe(
      '{{ with $labels.site }}{{ . }}{{ end }}: {{ humanizePercentage $values.value.Value }} of {{ printf "%.1f" $values.allowed.Value }} {{ printf "%.0f" $values.used.Value }}',
    );
  });
});

describe("mute times", () => {
  const timesOf = (duties: AlertingInput["duties"]) => {
    const made = alertingFiles({ ...input, duties }).get(`${FOLDER}/mute-times.yaml`)!;
    return (parse(made, { version: "1.1" }) as { muteTimes: { name: string; time_intervals: unknown[] }[] })
      .muteTimes;
  };
  const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;

  test("list days off with those worked in exchange left out, in the county's zone", () => {
    const calendar = {
      ...noDuties.calendar,
      // A Monday off, the Saturday before it worked.
      holidays: new Set([day("2026-01-05")]),
      extraWorkdays: new Set([day("2026-01-03")]),
      knownThrough: day("2026-02-01"),
    };
    const [off, hours, ...others] = timesOf({ ...noDuties, calendar });
    expect(off).toMatchObject({
      name: "days-off",
      time_intervals: [
        { years: ["2026"], months: ["1"], location: "Asia/Shanghai" },
        { years: ["2026"], months: ["2"], days_of_month: ["1"], location: "Asia/Shanghai" },
      ],
    });
    expect(off!.time_intervals[0]).toMatchObject({
      days_of_month: ["4:5", "10:11", "17:18", "24:25", "31"],
    });
    expect(hours).toEqual({
      orgId: 1,
      name: "outside-working-hours",
      time_intervals: [
        {
          times: [
            { start_time: "00:00", end_time: "08:30" },
            { start_time: "12:00", end_time: "13:30" },
            { start_time: "17:30", end_time: "24:00" },
          ],
          location: "Asia/Shanghai",
        },
      ],
    });
    expect(others).toEqual([]);
  });

  test("have quiet hours over midnight in two parts", () => {
    const made = timesOf({ ...noDuties, quietHours: { from: 22 * 60, to: 7 * 60 } });
    expect(made.find(({ name }) => name === "quiet-hours")!.time_intervals).toEqual([
      {
        times: [
          { start_time: "00:00", end_time: "07:00" },
          { start_time: "22:00", end_time: "24:00" },
        ],
        location: "Asia/Shanghai",
      },
    ]);
  });

  test("mute no route: what is over by morning would never be told", () => {
    expect(files.get(`${FOLDER}/policies.yaml`)).not.toContain("mute");
    expect(existsSync(join(projectRoot, FOLDER, "mute-times.yaml"))).toBe(true);
  });
});
