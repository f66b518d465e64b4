import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { purposes } from "../../model/limit.ts";
import { observed } from "../../model/observation.ts";
import { projectRoot } from "../program.ts";
import { countyYaml, directoryOf, siteYaml } from "./directory.ts";

const base = { "county.yaml": countyYaml, "sites/works-1.yaml": siteYaml };
const rulesOf = async (files: Readonly<Record<string, string>> = {}) =>
  (await loadConfig(await directoryOf({ ...base, ...files }))).registry.rules;

const oneRule = `
rules:
  - id: night
    name: { zh: 夜间, en: Night }
    watch: site_status
    where: { site: works-1 }
    domain: energy
    also: [meters > 0]
    for: 10m
    keepFiring: 1h
    stale: 3h
    levels:
      - { colour: yellow, when: nightRatio >= 0.5 }
      - { colour: red, when: nightRatio > 0.9, clear: 0.8, for: 30s, also: [meters >= 2, onlineRate >= 0.5] }
    panel: { dashboard: energy-site, id: 16 }
`;

describe("rules.yaml", () => {
  it("becomes one rule a level, which may have its own manner", async () => {
    const common = {
      name: { zh: "夜间", en: "Night" },
      series: { measurement: "site_status", field: "nightRatio", where: { site: ["works-1"] } },
      keepFiringMs: 3_600_000,
      staleMs: 10_800_000,
      domain: "energy",
      noData: "ok",
      summary: { zh: "夜间", en: "Night" },
      panel: { dashboard: "energy-site", id: 16 },
    };
    expect(await rulesOf({ "rules.yaml": oneRule })).toEqual([
      {
        ...common,
        id: "night-yellow",
        colour: "yellow",
        op: ">=",
        threshold: 0.5,
        clear: 0.5,
        forMs: 600_000,
        also: [{ field: "meters", op: ">", value: 0 }],
      },
      {
        ...common,
        id: "night-red",
        colour: "red",
        op: ">",
        threshold: 0.9,
        clear: 0.8,
        forMs: 30_000,
        also: [
          { field: "meters", op: ">=", value: 2 },
          { field: "onlineRate", op: ">=", value: 0.5 },
        ],
      },
    ]);
  });

  it("is the shipped one where a county has none", async () => {
    const rules = await rulesOf();
    expect(rules.length).toBeGreaterThan(30);
    const ids = rules.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9-]{1,40}$/.test(id))).toEqual([]);
  });
});

describe("the shipped rules", () => {
  it("have each purpose of limits at each colour", async () => {
    const rules = await rulesOf();
    for (const purpose of purposes)
      for (const colour of ["yellow", "orange", "red"]) {
        const found = rules.filter(
          ({ series }) => series.field === colour && series.where.purpose?.includes(purpose),
        );
        expect(found.map((rule) => [rule.colour, rule.threshold, rule.op])).toEqual([[colour, 1, ">="]]);
      }
  });

  it("have every kind that is asked for", async () => {
    const fields = new Set((await rulesOf()).map(({ series }) => `${series.measurement}.${series.field}`));
    for (const wanted of [
      "limit_usage.projectedRatio",
      "site_status.jumpRatio",
      "site_status.nightRatio",
      "site_status.completeness",
      "site_status.imbalance",
      "site_status.factorsMissing",
      "county_status.factorsUnverified",
      "meter_status.powerRatio",
      "meter_status.state",
      "meter_status.stuckHours",
      "gateway_status.state",
      "pipeline_status.recordsBehind",
      "pipeline_status.newestReadingAgeMs",
    ])
      expect(fields).toContain(wanted);
  });

  it("name only what observations have, and say when nothing comes at all", async () => {
    const rules = await rulesOf();
    for (const { series, also } of rules) {
      const { tags, numbers } = observed[series.measurement];
      expect(numbers).toContain(series.field);
      for (const { field } of also) expect(numbers).toContain(field);
      for (const tag of Object.keys(series.where)) expect(tags).toContain(tag);
    }
    expect(rules.some(({ noData }) => noData === "alert")).toBe(true);
  });

  it("are few and generic: none names a site", () => {
    const text = readFileSync(join(projectRoot, "config/defaults/rules.yaml"), "utf8");
    expect(text).not.toMatch(/where: \{[^}]*\b(site|meter|gateway|limit):/);
  });
});
