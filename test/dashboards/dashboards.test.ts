/** The committed dashboards are what the builder makes, and hold to our own rules. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { categoryNames } from "../../dashboards/builder/categories.ts";
import { MOUNTED_AT } from "../../dashboards/builder/files.ts";
import { variable } from "../../dashboards/builder/influxql.ts";
import { carrierColours, categoryColours, levelColours, plain } from "../../dashboards/builder/palette.ts";
import { panelIds } from "../../dashboards/builder/panel-ids.ts";
import { stepsOf } from "../../dashboards/builder/steps.ts";
import { measurements, recordMeasurements } from "../../model/measurements.ts";
import { projectRoot } from "../program.ts";
import { committed, type Dashboard, files, type Panel, type Question, questions, registry } from "./built.ts";

const read = (path: string): string => readFileSync(join(projectRoot, path), "utf8");
const panels = committed.flatMap((dashboard) => dashboard.panels.map((panel) => ({ dashboard, panel })));

describe("the committed files", () => {
  test.each([...files.keys()])("%s is what the builder makes", (path) => {
    expect(read(path)).toBe(files.get(path));
  });

  test("are no more than those", () => {
    const found = ["dashboards/", "dashboards/provisioning/dashboards/"].flatMap((folder) =>
      readdirSync(join(projectRoot, folder))
        .filter((name) => /\.(json|ya?ml)$/.test(name))
        .map((name) => `${folder}${name}`),
    );
    expect(found.filter((path) => !files.has(path))).toEqual([]);
  });

  test("are mounted where the provider looks for them", () => {
    const provider = parse(read("dashboards/provisioning/dashboards/county-energy.yaml")).providers[0];
    expect(provider.options.path).toBe(MOUNTED_AT);
    expect(provider).toMatchObject({ type: "file", allowUiUpdates: false, disableDeletion: false });
    const { volumes } = parse(read("docker-compose.yml"), { merge: true }).services.grafana;
    const targets = Object.fromEntries(
      volumes.map((mount: { target: string; source: string }) => [mount.target, mount.source]),
    );
    expect(targets[MOUNTED_AT]).toBe("./dashboards");
    expect(targets["/etc/grafana/provisioning"]).toBe("./dashboards/provisioning");
  });

  test("ask InfluxQL of the data source that is provisioned", () => {
    const [source] = parse(read("dashboards/provisioning/datasources/influxdb.yaml")).datasources;
    expect(source).toMatchObject({ type: "influxdb", uid: "energy" });
    expect(source.jsonData.version).toBe("InfluxQL");
    for (const { templating } of committed)
      expect(templating.list[0]).toMatchObject({
        name: "datasource",
        type: "datasource",
        query: "influxdb",
        current: { value: source.uid },
      });
  });
});

describe.each(committed.map((dashboard) => [dashboard.uid, dashboard] as const))("%s", (uid, dashboard) => {
  test("has what all of them have", () => {
    expect(dashboard).toMatchObject({
      id: null,
      schemaVersion: 42,
      editable: false,
      timezone: "Asia/Shanghai",
      tags: ["county-energy"],
      time: { to: "now" },
    });
    expect(dashboard).not.toHaveProperty("version");
    expect(dashboard).not.toHaveProperty("__inputs");
    expect(uid).toMatch(/^[a-z-]{1,40}$/);
    expect(dashboard.links).toMatchObject([
      { type: "dashboards", tags: ["county-energy"], includeVars: true, keepTime: true },
    ]);
    expect(dashboard.links[0]).not.toHaveProperty("placement");
  });

  test("has the panels whose ids are fixed, each once, and about 20 at most", () => {
    const fixed = Object.values(panelIds[uid as keyof typeof panelIds]) as number[];
    const ids = dashboard.panels.map((panel) => panel.id);
    expect([...ids].sort((a, b) => a - b)).toEqual([...fixed].sort((a, b) => a - b));
    expect(new Set(fixed).size).toBe(fixed.length);
    expect(ids.length).toBeLessThanOrEqual(20);
  });

  test("has no panel over another, and none outside the grid", () => {
    const cells = new Map<string, number>();
    const over: string[] = [];
    for (const { id, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, `panel ${id}`).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const other = cells.get(`${x} ${y}`);
          if (other !== undefined) over.push(`${id} over ${other}`);
          cells.set(`${x} ${y}`, id);
        }
    }
    expect(over).toEqual([]);
  });

  test("says in both languages what it is and what each panel shows", () => {
    const isBoth = (text: string) => /\p{Script=Han}/u.test(text) && /[A-Za-z]{3}/.test(text);
    expect(isBoth(dashboard.title)).toBe(true);
    for (const { id, title, description } of [{ ...dashboard, id: 0 }, ...dashboard.panels]) {
      expect(isBoth(title), `title of ${id}`).toBe(true);
      const [zh = "", en = "", ...more] = description.split("\n\n");
      expect(more, `description of ${id}`).toEqual([]);
      expect(zh, `description of ${id}`).toMatch(/\p{Script=Han}/u);
      expect(en, `description of ${id}`).toMatch(/^[A-Z].{15,}/);
      expect(en, `description of ${id}`).not.toMatch(/\p{Script=Han}/u);
    }
    const titles = dashboard.panels.map((panel) => panel.title);
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });

  test("uses the variable of the data source everywhere, and variables that it has", () => {
    const names = dashboard.templating.list.map((variable) => variable.name);
    expect(new Set(names).size).toBe(names.length);
    for (const one of dashboard.templating.list.slice(1)) {
      expect(one.datasource?.uid).toBe(variable("datasource"));
      expect(one.refresh, one.name).toBe(2);
    }
    for (const panel of dashboard.panels) {
      expect(panel.datasource.uid, `panel ${panel.id}`).toBe(variable("datasource"));
      for (const target of panel.targets) expect(target.datasource?.uid).toBe(variable("datasource"));
    }
    const text = JSON.stringify(dashboard);
    const used = [...text.matchAll(/\$\{(\w+)(?::\w+)?\}/g)].map((match) => match[1]!);
    expect(used.filter((name) => !names.includes(name) && !name.startsWith("__"))).toEqual([]);
    // None is used that its questions do not need.
    for (const name of names) expect(used, name).toContain(name);
  });

  test("has the four annotations, or those of outages", () => {
    const names = dashboard.annotations.list.map(({ name }) => name.split(" ")[0]);
    expect([["换表", "因子变更", "数据重述", "中断"], ["中断"]]).toContainEqual(names);
    for (const { target } of dashboard.annotations.list) {
      const columns = [...target.query.matchAll(/AS "(\w+)"/g)].map((match) => match[1]);
      expect(columns).toEqual([target.textColumn, target.titleColumn, target.tagsColumn]);
      // Grafana looks for the columns in lower case.
      expect(columns.join("")).toMatch(/^[a-z]+$/);
    }
  });
});

describe("panels", () => {
  test("all have a unit, and a word where there is nothing", () => {
    for (const { dashboard, panel } of panels) {
      expect(panel.fieldConfig.defaults.unit, `${dashboard.uid} ${panel.id}`).toMatch(/./);
      expect(panel.fieldConfig.defaults.noValue, `${dashboard.uid} ${panel.id}`).toMatch(/./);
    }
  });

  /** Columns of a panel's answers, as the transformations find them. */
  const columnsOf = ({ targets }: Panel): Set<string> => {
    const names = new Set(["Time"]);
    for (const { query } of targets) {
      const outer = query.slice("SELECT".length, query.indexOf(" FROM "));
      for (const [, alias] of outer.matchAll(/AS "([^"]+)"/g)) names.add(alias!);
      for (const [, column] of outer.matchAll(/(?:^|,)\s*"([^"]+)"(?=\s*(?:,|$))/g)) names.add(column!);
      const groups = query.split(/GROUP BY /).at(-1) ?? "";
      for (const [, tag] of groups.matchAll(/"([^"]+)"/g)) names.add(tag!);
    }
    return names;
  };

  test("of tables name columns that the answers have, and overrides that are shown", () => {
    for (const { dashboard, panel } of panels.filter((one) => one.panel.transformations)) {
      const where = `${dashboard.uid} ${panel.id}`;
      const [join, filter, organize] = [undefined, ...panel.transformations!].slice(-3);
      const columns = columnsOf(panel);
      const kept = (filter!.options.include as { names: string[] }).names;
      expect(
        kept.filter((name) => !columns.has(name)),
        where,
      ).toEqual([]);
      const renamed = organize!.options.renameByName as Record<string, string>;
      expect(Object.keys(renamed), where).toEqual([...kept].sort());
      const shown = Object.values(renamed);
      expect(new Set(shown).size, where).toBe(shown.length);
      for (const { matcher } of panel.fieldConfig.overrides) expect(shown, where).toContain(matcher.options);
      if (panel.targets.length > 1) {
        const by = join?.options.byField as string;
        for (const { query } of panel.targets)
          expect(columnsOf({ ...panel, targets: [{ query } as never] })).toContain(by);
      }
    }
  });

  test("of different questions have different series names", () => {
    for (const { dashboard, panel } of panels) {
      const refs = panel.targets.map(({ refId }) => refId);
      expect(new Set(refs).size, `${dashboard.uid} ${panel.id}`).toBe(refs.length);
    }
  });
});

describe("links", () => {
  const links = panels.flatMap(({ dashboard, panel }) => [
    ...((panel.fieldConfig.defaults.links as { url: string; title: string }[] | undefined) ?? []).map(
      (link) => ({ dashboard, panel, link }),
    ),
    ...panel.fieldConfig.overrides.flatMap(({ properties }) =>
      properties
        .filter(({ id }) => id === "links")
        .flatMap(({ value }) =>
          (value as { url: string; title: string }[]).map((link) => ({ dashboard, panel, link })),
        ),
    ),
  ]);

  test("lead to dashboards there are, set variables these have, and keep time and data source", () => {
    expect(links.length).toBeGreaterThan(10);
    for (const { dashboard, panel, link } of links) {
      const where = `${dashboard.uid} ${panel.id} ${link.url}`;
      const [, uid, query = ""] = /^\/d\/([a-z-]+)\?(.*)$/.exec(link.url) ?? [];
      const target = committed.find((one) => one.uid === uid);
      expect(target, where).toBeDefined();
      expect(query, where).toContain(variable("__url_time_range"));
      expect(query, where).toContain(variable("datasource", "queryparam"));
      const names = target!.templating.list.map((variable) => variable.name);
      for (const [, name] of query.matchAll(/var-(\w+)=/g)) expect(names, where).toContain(name);
      for (const [, name] of query.matchAll(/\$\{(\w+):queryparam\}/g)) expect(names, where).toContain(name);
      const kept = (panel.transformations?.at(-2)?.options.include as { names: string[] } | undefined)?.names;
      for (const [, column] of query.matchAll(/__data\.fields\["(\w+)"\]/g))
        expect(kept, where).toContain(column);
    }
  });

  test("lead from the county to its towns and sectors, their sites, and meters", () => {
    const of = (uid: string, id: number) =>
      links
        .filter(({ dashboard, panel }) => dashboard.uid === uid && panel.id === id)
        .map(({ link }) => link.url);
    const { "energy-county": county, "energy-site": site } = panelIds;
    expect(of("energy-county", county.towns).join()).toContain("/d/energy-county?");
    expect(of("energy-county", county.sectors).join()).toContain("var-group=");
    expect(of("energy-county", county.sites).join()).toContain("/d/energy-site?");
    expect(of("energy-site", site.meters).join()).toContain("var-meter=");
  });

  test("of alert rules are panels", () => {
    expect(registry.rules.length).toBeGreaterThan(10);
    for (const { id, panel } of registry.rules) {
      if (panel === undefined) continue;
      const target = committed.find((one) => one.uid === panel.dashboard);
      expect(
        target?.panels.some((one) => one.id === panel.id),
        id,
      ).toBe(true);
    }
  });
});

describe("colours", () => {
  const light = read("board/web/styles/tokens.css").split("[data-theme")[0]!;
  const token = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(light)?.[1];

  test("are the board's, one for each carrier and category", () => {
    for (const [id, colour] of Object.entries(carrierColours)) expect(colour).toBe(token(`carrier-${id}`));
    for (const [id, colour] of Object.entries(categoryColours)) expect(colour).toBe(token(`category-${id}`));
    expect(Object.keys(carrierColours).sort()).toEqual(registry.carriers.map(({ id }) => id).sort());
    expect(levelColours).toEqual({
      green: token("state-online"),
      yellow: token("level-near"),
      orange: token("level-over"),
      red: token("level-far"),
    });
    const [zh, en] = ["zh", "en"].map((language) => JSON.parse(read(`board/web/i18n/${language}.json`)));
    for (const [id, name] of Object.entries(categoryNames))
      expect(name).toEqual({ zh: zh[`category.${id}`], en: en[`category.${id}`] });
  });

  test("of a carrier are the same in every panel that shows it by name", () => {
    for (const { dashboard, panel } of panels) {
      for (const { matcher, properties } of panel.fieldConfig.overrides) {
        const colour = properties.find(({ id }) => id === "color")?.value as
          | { fixedColor: string }
          | undefined;
        const own = carrierColours[matcher.options];
        if (own && colour) expect(colour.fixedColor, `${dashboard.uid} ${panel.id}`).toBe(own);
      }
    }
  });

  test("of thresholds come from the palette, and those of alert rules from the rules", () => {
    const palette = new Set([
      ...Object.values(carrierColours),
      ...Object.values(categoryColours),
      ...Object.values(levelColours),
      ...Object.values(plain),
    ]);
    type Steps = { steps: { value: number | null; color: string }[] };
    for (const { dashboard, panel } of panels) {
      const own = panel.fieldConfig.overrides.flatMap(({ properties }) =>
        properties.filter(({ id }) => id === "thresholds").map(({ value }) => value as Steps),
      );
      for (const { steps } of [panel.fieldConfig.defaults.thresholds as Steps, ...own]) {
        const where = `${dashboard.uid} ${panel.id}`;
        expect(steps[0]!.value, where).toBeNull();
        for (const { color } of steps) expect(palette, where).toContain(color);
        const values = steps.slice(1).map(({ value }) => value!);
        expect(
          [...values].sort((a, b) => a - b),
          where,
        ).toEqual(values);
      }
    }
    // Completeness alerts below its thresholds, so that the colours run the other way round.
    expect(stepsOf(registry.rules, "site_status", "completeness")).toEqual([
      { value: null, color: levelColours.orange },
      { value: 0.5, color: levelColours.yellow },
      { value: 0.9, color: levelColours.green },
    ]);
    expect(stepsOf(registry.rules, "site_status", "imbalance")).toEqual([
      { value: null, color: levelColours.green },
      { value: 0.05, color: levelColours.yellow },
      { value: 0.1, color: levelColours.orange },
    ]);
    expect(() => stepsOf(registry.rules, "meter_status", "ageMs")).toThrow("0 alert rules");
  });
});

describe("questions", () => {
  const known: Readonly<Record<string, { tags: readonly string[]; fields: readonly string[] }>> = {
    ...measurements,
    ...recordMeasurements,
  };

  /** What is wrong with the names in a question. */
  function problemsOf({ query }: Question): string[] {
    const text = query.replace(/'[^']*'/g, "''").replace(/([=!]~) \/(?:\\.|[^/])+\//g, "$1 //");
    const [, name = ""] = /FROM "([^"]+)"/.exec(text) ?? [];
    const measurement = known[name];
    if (measurement === undefined) return [`no measurement ${name}`];
    const aliases = [...text.matchAll(/AS "([^"]+)"/g)].map((match) => match[1]!);
    const names = new Set<string>([name, ...aliases, ...measurement.tags, ...measurement.fields]);
    const strange = [...text.matchAll(/"([^"]+)"/g)]
      .map((match) => match[1]!)
      .filter((one) => !names.has(one));
    const grouped = [...text.matchAll(/GROUP BY ([^)]*?)(?: fill| tz|\)|$)/g)].flatMap((match) =>
      [...match[1]!.matchAll(/"([^"]+)"/g)].map((tag) => tag[1]!),
    );
    const bare = grouped.filter((tag) => !measurement.tags.includes(tag));
    return [
      ...strange.map((one) => `${name} has no ${one}`),
      ...bare.map((tag) => `${tag} is no tag of ${name}`),
    ];
  }

  test("name measurements, tags and fields of the model alone", () => {
    expect(questions.length).toBeGreaterThan(150);
    expect(questions.flatMap((one) => problemsOf(one).map((problem) => `${one.where}: ${problem}`))).toEqual(
      [],
    );
  });

  test("have a range of time at every level, or ask for what is kept at time 0", () => {
    for (const { query, where } of questions) {
      const levels = query.match(/SELECT|SHOW TAG VALUES/g)!.length;
      const ranges = query.match(/\$timeFilter|time = 0/g)?.length ?? 0;
      expect(ranges, where).toBe(levels);
      if (query.includes("time = 0")) expect(query, where).toContain('FROM "info"');
      else expect(query, where).not.toContain('FROM "info"');
    }
  });

  test("name days and months in the county's zone, in each part of them", () => {
    for (const { query, where } of questions) {
      const days = query.match(/time\(1d\)/g)?.length ?? 0;
      expect(query.match(/tz\('Asia\/Shanghai'\)/g)?.length ?? 0, where).toBe(days);
    }
  });

  test("leave out what vanished and what is unknown", () => {
    const effect = /"(output)?(Kgce|kgce|KgCo2|kgCo2)(Calorific|Equivalent|Location|Market)"/;
    for (const { query, where } of questions) {
      if (/FROM "(site|group)_(15m|day|month)"/.test(query)) expect(query, where).toContain('"coverage" > 0');
      if (effect.test(query)) expect(query, where).toMatch(/"unknown" %/);
    }
  });

  test("are raw InfluxQL, quoted by regular expressions", () => {
    for (const { query, where, target } of questions) {
      if (target) expect(target.rawQuery, where).toBe(true);
      expect(query, where).not.toMatch(/\$(?!timeFilter|__interval|\{\w+:regex\}|[/)])/);
      expect(query, where).not.toMatch(/from\(bucket/);
    }
  });
});

test("the files that are named in the documents exist", () => {
  for (const uid of Object.keys(panelIds))
    expect(existsSync(join(projectRoot, `dashboards/${uid}.json`))).toBe(true);
  const uids = committed.map((dashboard: Dashboard) => dashboard.uid);
  expect(uids.sort()).toEqual(Object.keys(panelIds).sort());
});
