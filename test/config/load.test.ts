import { cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../config/load.ts";
import type { Registry } from "../../model/registry.ts";
import { parseDate } from "../../model/time.ts";
import { countyYaml, directoryOf, siteYaml } from "./directory.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function load(files: Readonly<Record<string, string>>): Promise<Registry> {
  return (await loadConfig(await directoryOf({ "county.yaml": countyYaml, ...files }))).registry;
}

async function versionWith(change: (text: string) => string, files = {}): Promise<string> {
  return (await load({ "sites/works-1.yaml": change(siteYaml), ...files })).version;
}

describe("loading", () => {
  it("resolves the published form", async () => {
    const registry = await load({ "sites/works-1.yaml": siteYaml });
    expect(registry.county.closedThrough).toBe(parseDate("2025-12-31"));
    const [site] = registry.sites;
    expect(site?.classes).toEqual([{ id: "two-high", from: parseDate("2024-01-01") }]);
    expect(site?.location).toEqual([122.2, 30.24]);
    expect(site?.meters).toEqual([
      {
        site: "works-1",
        id: "m-1",
        name: { zh: "m-1", en: "m-1" },
        carrier: "electricity",
        role: "grid-import",
        contributes: "add",
        conversionOutput: false,
        from: Date.parse("2025-01-01T00:00:00+08:00"),
        intervalMinutes: 15,
        ratedPowerKw: 2000,
        maxPerHour: 2000,
        registers: [
          {
            id: "active-import",
            kind: "cumulative",
            unit: "kWh",
            unitFactor: 1,
            direction: "import",
            digits: 8,
            decimals: 2,
            resetsToZero: false,
            counted: true,
          },
        ],
        multipliers: [{ from: Date.parse("2025-01-01T00:00:00+08:00"), value: 100, registers: {} }],
        swaps: [],
      },
    ]);
  });

  it("needs of a site only id, name, category and meters, and fills in the rest", async () => {
    const { sites } = await load({
      "sites/a.yaml": `
id: a
name: { zh: 甲, en: A }
category: other
meters:
  - id: gas
    carrier: natural-gas
    role: fuel
    contributes: add
    from: 2025-01-01
    maxPerHour: 50
    registers: [{ id: volume, unit: m3, digits: 8, decimals: 1 }, { id: last-hour, kind: interval, unit: m3, counted: false }]
`,
    });
    expect(sites[0]).toMatchObject({ classes: [], nationalList: false, gateways: [], berths: [] });
    expect(sites[0]?.meters[0]).toMatchObject({ intervalMinutes: 15, maxPerHour: 50, swaps: [] });
    expect(sites[0]?.meters[0]?.multipliers).toEqual([
      { from: Date.parse("2025-01-01T00:00:00+08:00"), value: 1, registers: {} },
    ]);
    expect(sites[0]?.meters[0]?.registers).toMatchObject([
      { direction: "import", counted: true, resetsToZero: false },
      { digits: 8, decimals: 2, counted: false },
    ]);
  });

  it("takes a date as 00:00 in the county's zone, and a time by its offset", async () => {
    const county = countyYaml.replace("Asia/Shanghai", "Europe/Berlin");
    const text = siteYaml
      .replace("from: 2025-01-01\n", "from: 2025-07-01\n    to: 2026-07-01T12:00:00Z\n")
      .replace("{ from: 2025-01-01, value", "{ from: 2025-07-01, value");
    const { sites } = await load({ "county.yaml": county, "sites/works-1.yaml": text });
    expect(sites[0]?.meters[0]?.from).toBe(Date.parse("2025-06-30T22:00:00Z"));
    expect(sites[0]?.meters[0]?.to).toBe(Date.parse("2026-07-01T12:00:00Z"));
  });

  it("counts the direction that the role calls for, and never reactive energy", async () => {
    const registers = `    registers:
      - { id: in, unit: MWh, digits: 8, decimals: 3 }
      - { id: out, unit: Wh, direction: export, digits: 12, decimals: 0 }
      - { id: reactive, unit: kvarh, digits: 8, decimals: 2 }
`;
    const meter = siteYaml.slice(siteYaml.indexOf("  - id: m-1"), siteYaml.indexOf("    registers:"));
    const meterOf = (id: string, role: string, contributes: string) =>
      meter.replace("m-1", id).replace("grid-import", role).replace("add", contributes) + registers;
    const head = siteYaml.slice(0, siteYaml.indexOf("  - id: m-1"));
    const { sites } = await load({
      "sites/works-1.yaml":
        head +
        meterOf("a", "grid-import", "add") +
        meterOf("b", "export", "subtract") +
        meterOf("c", "generation", "add"),
    });
    const counted = sites[0]?.meters.map((m) => m.registers.filter((r) => r.counted).map((r) => r.id));
    expect(counted).toEqual([["in"], ["out"], ["out"]]);
    expect(sites[0]?.meters[0]?.registers.map((register) => register.unitFactor)).toEqual([1000, 0.001, 1]);
  });

  it("turns litres into tonnes by the density in force", async () => {
    const factors = `factors:
  - { id: old, kind: density, carrier: diesel, value: 0.86, unit: kg/L, validFrom: 2020-01-01, source: laboratory, status: verified }
  - { id: new, kind: density, carrier: diesel, value: 840, unit: kg/m3, validFrom: 2025-01-01, source: laboratory, status: verified }
`;
    const site = `
id: a
name: { zh: 甲, en: A }
category: other
meters:
  - { id: tank, carrier: diesel, role: fuel, contributes: add, from: 2025-01-01, maxPerHour: 1, registers: [{ id: volume, unit: L, digits: 8, decimals: 1 }] }
`;
    const { sites } = await load({ "factors.yaml": factors, "sites/a.yaml": site });
    expect(sites[0]?.meters[0]?.registers[0]?.unitFactor).toBe(0.00084);
  });

  it("sorts sites by id and names the towns that sites name", async () => {
    const other = siteYaml.replaceAll("works-1", "works-0");
    const { sites, county } = await load({ "sites/works-1.yaml": siteYaml, "sites/z.yaml": other });
    expect(sites.map((site) => site.id)).toEqual(["works-0", "works-1"]);
    expect(county.towns).toEqual([{ id: "gaoting", name: { zh: "gaoting", en: "gaoting" } }]);
  });

  it("lets own carriers, factors and profiles replace the shipped ones", async () => {
    const { carriers, factors, profiles } = await load({
      "sites/works-1.yaml": siteYaml,
      "carriers.yaml":
        "carriers: [{ id: electricity, name: { zh: 电力, en: Electricity }, unit: kWh, co2: grid }]",
      "factors.yaml": "factors: []",
      "profiles.yaml":
        "profiles: [{ id: ours, format: csv, time: { value: { column: t }, zone: county }, registers: [{ register: a, value: { column: v } }] }]",
    });
    expect(carriers.map((carrier) => carrier.id)).toEqual(["electricity"]);
    expect(factors).toEqual([]);
    expect(profiles).toEqual([
      {
        id: "ours",
        format: "csv",
        time: { value: { column: "t" }, zone: "Asia/Shanghai" },
        registers: [{ register: "a", value: { column: "v" } }],
      },
    ]);
  });

  it("keeps shipped factors only of the carriers that there are", async () => {
    const { factors } = await load({
      "sites/works-1.yaml": siteYaml,
      "carriers.yaml":
        "carriers: [{ id: electricity, name: { zh: 电力, en: Electricity }, unit: kWh, co2: grid }]",
    });
    expect(new Set(factors.map((factor) => factor.carrier))).toEqual(new Set(["electricity"]));
  });

  it("finds the shipped files from the bundled program", async () => {
    const home = await directoryOf({
      "package.json": "{}",
      "etc/county.yaml": countyYaml,
      "etc/sites/works-1.yaml": siteYaml,
    });
    await mkdir(join(home, "config"));
    await cp(join(root, "config/defaults"), join(home, "config/defaults"), { recursive: true });
    const outfile = join(home, "dist/program.mjs");
    await build({
      entryPoints: [join(root, "config/load.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      // yaml asks for Node's own modules by require.
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
    const bundled = (await import(pathToFileURL(outfile).href)) as { loadConfig: typeof loadConfig };
    const { registry } = await bundled.loadConfig(join(home, "etc"));
    expect(registry).toEqual(await load({ "sites/works-1.yaml": siteYaml }));
  });
});

describe("the version", () => {
  it("is the same for the same facts in another order, as JSON, and under other names", async () => {
    const version = await versionWith((text) => text);
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    expect(await versionWith(() => JSON.stringify(parse(siteYaml)))).toBe(version);
    expect(await versionWith((text) => text.replace("Demo Shipyard", "Other Shipyard"))).toBe(version);
    expect(await versionWith((text) => text.replace("works-1-gw1", "works-1-gw2"))).toBe(version);
    const [first = "", ...rest] = siteYaml.trim().split("\n");
    const moved = `${rest.slice(rest.indexOf("meters:")).join("\n")}\n${first}\n${rest.slice(0, rest.indexOf("meters:")).join("\n")}\n`;
    expect(await versionWith(() => moved)).toBe(version);
    const profiles = await readFile(join(root, "config/defaults/profiles.yaml"), "utf8");
    const other = profiles.replace("id: power-gateway", "id: other-gateway");
    expect(await versionWith((text) => text, { "profiles.yaml": other })).toBe(version);
  });

  it.each([
    ["multiplier", "value: 100", "value: 101"],
    ["unit", "unit: kWh", "unit: MWh"],
    ["rating", "ratedPowerKw: 2000", "ratedPowerKw: 2001"],
    ["interval", "intervalMinutes: 15", "intervalMinutes: 30"],
    ["service", "    from: 2025-01-01\n", "    from: 2025-01-01T00:00:01+08:00\n"],
    ["category", "category: key-energy-user", "category: port"],
    ["town", "town: gaoting", "town: dongsha"],
    ["class", "from: 2024-01-01", "from: 2024-01-02"],
    ["national list", "nationalList: false", "nationalList: true"],
    ["swap", "swaps: []", "swaps: [{ at: 2026-01-01, register: active-import, final: 5, first: 0 }]"],
  ])("changes with the %s", async (_what, from, to) => {
    expect(siteYaml).toContain(from);
    const changed = siteYaml
      .replace(from, to)
      .replace("{ from: 2025-01-01, value: 1", "{ from: 2024-12-31, value: 1");
    const base = siteYaml.replace("{ from: 2025-01-01, value: 1", "{ from: 2024-12-31, value: 1");
    expect(await versionWith(() => changed)).not.toBe(await versionWith(() => base));
  });

  it("changes with zone, region, the closed day and a factor, and not with a factor's wording", async () => {
    const version = await versionWith((text) => text);
    const county = (from: string, to: string) =>
      versionWith((text) => text, { "county.yaml": countyYaml.replace(from, to) });
    expect(await county("Asia/Shanghai", "Asia/Tokyo")).not.toBe(version);
    expect(await county("zhejiang", "east")).not.toBe(version);
    expect(await county("2025-12-31", "2026-01-31")).not.toBe(version);
    expect(await county("岱山县", "某县")).toBe(version);
    const factors = await readFile(join(root, "config/defaults/factors.yaml"), "utf8");
    const factor = (from: string, to: string) =>
      versionWith((text) => text, { "factors.yaml": factors.replace(from, to) });
    expect(await factor("0.4974", "0.4975")).not.toBe(version);
    expect(await factor("status: second-hand", "status: verified")).toBe(version);
  });
});
