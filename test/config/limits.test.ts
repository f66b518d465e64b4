import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { programRoot } from "../../config/shipped.ts";
import { calendarOf } from "../../model/time.ts";
import { countyYaml, directoryOf, siteYaml } from "./directory.ts";

const { dayStart, parseDate } = calendarOf("Asia/Shanghai");
const at = (date: string): number => dayStart(parseDate(date)!);

async function limitsOf(limits: string, files: Readonly<Record<string, string>> = {}) {
  const directory = await directoryOf({
    "county.yaml": countyYaml,
    "sites/works-1.yaml": siteYaml,
    "limits.yaml": `limits:\n${limits}`,
    ...files,
  });
  return (await loadConfig(directory)).registry;
}

describe("limits", () => {
  it("are the shipped ones where a county has none of its own", async () => {
    const directory = await directoryOf({ "county.yaml": countyYaml, "sites/works-1.yaml": siteYaml });
    const { limits } = (await loadConfig(directory)).registry;
    expect(limits).toEqual([
      {
        id: "approved:works-1",
        name: { zh: "节能审查批复能耗", en: "Approved consumption" },
        site: "works-1",
        purpose: "approved",
        quantity: "tce",
        basis: "calorific",
        period: "rolling-12m",
        value: 4200,
        unit: "tce",
        validFrom: at("2000-01-01"),
        levels: [
          { colour: "yellow", ratio: 0.9, toDate: false },
          { colour: "orange", ratio: 1, toDate: false },
          { colour: "red", ratio: 1.1, toDate: false },
        ],
        minCoverage: 0.9,
        source: expect.any(String),
      },
      // In the class since 2024; its industry is none of the list.
      expect.objectContaining({ id: "two-high:works-1", value: 1000, validFrom: at("2024-01-01") }),
    ]);
  });

  it("of a class hold while the site is in it", async () => {
    const { limits } = await limitsOf(
      "  - { id: a, name: {zh: 限, en: l}, each: {class: two-high}, purpose: two-high, quantity: tce, period: month, value: 10 }",
      { "sites/works-1.yaml": siteYaml.replace("from: 2024-01-01 }", "from: 2024-01-01, to: 2025-07-01 }") },
    );
    expect(limits.map(({ id, validFrom, validTo }) => [id, validFrom, validTo])).toEqual([
      ["a:works-1", at("2024-01-01"), at("2025-07-01")],
    ]);
  });

  it("of a group without nationally listed sites are of its other figures only where there are any", async () => {
    const text = `
  - { id: a, name: {zh: 限, en: l}, group: county, nationalList: exclude, purpose: budget, quantity: tce, period: year, value: 10 }`;
    expect((await limitsOf(text)).limits[0]?.group).toBe("county");
    const files = {
      "sites/works-1.yaml": siteYaml.replace("nationalList: false", "nationalList: true"),
    };
    expect((await limitsOf(text, files)).limits[0]?.group).toBe("county!national");
  });

  it("have levels by purpose where none are given", async () => {
    const months = `[${new Array(12).fill(10).join(", ")}]`;
    const { limits } = await limitsOf(`
  - { id: a, name: {zh: 限, en: l}, site: works-1, purpose: budget, quantity: tce, period: year, value: 120 }
  - { id: b, name: {zh: 限, en: l}, site: works-1, purpose: budget, quantity: tce, period: year, value: 120, months: ${months} }
  - { id: c, name: {zh: 限, en: l}, site: works-1, purpose: contract-demand, quantity: demand, period: month, value: 900 }`);
    const text = limits.map(({ levels }) =>
      levels.map(({ colour, ratio, toDate }) => `${colour} ${ratio}${toDate ? " to date" : ""}`),
    );
    expect(text).toEqual([
      ["yellow 0.8", "orange 0.9", "red 1"],
      ["yellow 0.9 to date", "orange 1 to date", "red 1", "red 1.1 to date"],
      ["yellow 0.9", "orange 1", "red 1.1"],
    ]);
    expect(limits[2]).toMatchObject({ carrier: "electricity", unit: "kW" });
  });

  it("and outputs are part of the configuration's version, and their names are not", async () => {
    const text = (value: number, name = "l") =>
      `  - { id: a, name: {zh: 限, en: ${name}}, site: works-1, purpose: budget, quantity: tce, period: year, value: ${value} }`;
    const version = async (limits: string, files = {}) => (await limitsOf(limits, files)).version;
    const first = await version(text(1));
    expect(await version(text(1, "other"))).toBe(first);
    expect(await version(text(2))).not.toBe(first);
    const outputs = "outputs:\n  - { site: works-1, product: hulls, unit: t, months: { 2026-01: 7 } }\n";
    expect(await version(text(1), { "outputs.yaml": outputs })).not.toBe(first);
  });
});

describe("sectors", () => {
  it("are those of the sites' industries, and part of the version", async () => {
    const sectors = (code: string) =>
      countyYaml.replace(
        ", closedThrough",
        `, sectors: [{ id: ships, name: { zh: 船, en: Ships }, industries: ["${code}"] }], closedThrough`,
      );
    const load = async (county: string) => {
      const directory = await directoryOf({ "county.yaml": county, "sites/works-1.yaml": siteYaml });
      return (await loadConfig(directory)).registry;
    };
    const [with37, without] = [await load(sectors("37")), await load(sectors("30"))];
    expect(with37.sites[0]?.sector).toBe("ships");
    expect(without.sites[0]?.sector).toBeUndefined();
    expect(with37.version).not.toBe(without.version);
  });
});

describe("the example county", () => {
  it("has limits of every purpose but other, and of sites, a town, a sector and the county", async () => {
    const { registry } = await loadConfig(join(programRoot(), "config/example"));
    const purposes = new Set(registry.limits.map(({ purpose }) => purpose));
    expect([...purposes].sort()).toEqual([
      "approved",
      "budget",
      "co2-budget",
      "contract-demand",
      "two-high",
      "unit-consumption",
    ]);
    const groups = registry.limits.flatMap(({ group }) => group ?? []);
    expect(groups.sort()).toEqual(["county!national", "sector:shipbuilding", "town:qushan"]);
    const approved = registry.sites.filter((site) => site.approved).length;
    expect(registry.limits.filter(({ purpose }) => purpose === "approved")).toHaveLength(approved);
    for (const limit of registry.limits) {
      expect(limit.value).toBeGreaterThan(0);
      expect(limit.unit).not.toBe("");
    }
    expect(new Set(registry.sites.map((site) => site.sector)).size).toBeGreaterThan(8);
  });
});
