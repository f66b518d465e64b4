import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LimitsAnswer } from "../../board/api/limits.ts";
import type { ProblemAnswer } from "../../board/api/session.ts";
import { parameters } from "../../board/parameters.ts";
import type { Observation } from "../../model/observation.ts";
import { at, type Board, budget, county, openBoard } from "./county.ts";

const limits = [
  budget("county-budget", { group: "county!national" }),
  budget("port-budget", { site: "port", validTo: at("2026-11-20") }),
  budget("south-power", {
    group: "town:south",
    purpose: "other",
    quantity: "energy",
    carrier: "electricity",
    unit: "kWh",
  }),
  budget("works-budget", { site: "works" }),
];

let board: Board;
beforeEach(() => {
  board = openBoard({ ...county, limits });
});
afterEach(() => board.close());

function row(limit: string, day: string, part: Record<string, number | null>, tags = {}): Observation {
  return {
    measurement: "limit_usage",
    tags: { limit, purpose: "budget", ...tags },
    at: at(day),
    numbers: {
      used: 920,
      allowed: 1000,
      ratio: 0.92,
      gone: 0.89,
      planned: 890,
      projected: 1030,
      projectedRatio: 1.03,
      daysLeft: 28,
      coverage: 0.97,
      yellow: 1.15,
      orange: 1.02,
      red: 0.92,
      asOf: at(day) + 3_600_000,
      ...part,
    },
    texts: { method: "linear" },
  };
}

describe("limits", () => {
  it("stand as they stood on the day, with the worst colour that holds", async () => {
    await board.store.write({
      observations: [
        row("works-budget", "2026-11-22", {}, { site: "works" }),
        row("works-budget", "2026-11-21", { yellow: 0.9, orange: 0.8, red: 0.7 }, { site: "works" }),
        row("works-budget", "2026-11-23", { red: 1 }, { site: "works" }),
        row("county-budget", "2026-11-19", { red: 1.2 }, { group: "county!national" }),
      ],
    });
    const { rows } = await board.ask<LimitsAnswer>("limits");
    expect(rows.map(({ limit, colour }) => [limit, colour])).toEqual([
      ["county-budget", "red"],
      ["south-power", "green"],
      ["works-budget", "orange"],
    ]);
    expect(rows[2]).toEqual({
      limit: "works-budget",
      name: { zh: "名", en: "name" },
      purpose: "budget",
      site: "works",
      quantity: "tce",
      basis: "calorific",
      period: "year",
      unit: "tce",
      value: 1000,
      used: 920,
      ratio: 0.92,
      gone: 0.89,
      planned: 890,
      projected: 1030,
      projectedRatio: 1.03,
      method: "linear",
      daysLeft: 28,
      coverage: 0.97,
      judged: true,
      colour: "orange",
      asOf: "2026-11-22T01:00:00+08:00",
      levels: limits[3]?.levels,
    });
    const before = await board.ask<LimitsAnswer>("limits", { at: "2026-11-21", site: "works" });
    expect(before.rows.map(({ limit, colour }) => [limit, colour])).toEqual([["works-budget", "green"]]);
  });

  it("that nothing is known of are there, and not judged", async () => {
    const { rows } = await board.ask<LimitsAnswer>("limits", { purpose: "other" });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ used: null, ratio: null, coverage: 0, judged: false, colour: "green" });
    expect(rows[0]).toMatchObject({
      carrier: "electricity",
      group: "town:south",
      asOf: "2026-11-22T00:00:00+08:00",
    });
  });

  it("of a group are those with and without its nationally listed sites", async () => {
    const of = async (group: string) =>
      (await board.ask<LimitsAnswer>("limits", { group })).rows.map(({ limit }) => limit);
    expect(await of("county")).toEqual(["county-budget"]);
    expect(await of("county!national")).toEqual(["county-budget"]);
    expect(await of("town:north")).toEqual([]);
  });

  it("hold on the days they are valid", async () => {
    const of = async (day: string) =>
      (await board.ask<LimitsAnswer>("limits", { at: day, site: "port" })).rows.map(({ limit }) => limit);
    expect(await of("2026-11-19")).toEqual(["port-budget"]);
    expect(await of("2026-11-20")).toEqual([]);
  });

  it.each([
    [{ group: "sector:steel" }, 404, "unknown-group", "no such group"],
    [{ site: "nowhere" }, 404, "unknown-site", "no such site"],
    [{ site: "works", group: "county" }, 400, "site-or-group", "at most one"],
    [{ purpose: "fun" }, 400, "bad-parameter", "budget, approved"],
    [{ at: "yesterday" }, 400, "bad-time", "yesterday"],
  ])("%o is refused", async (params, status, code, words) => {
    const problem = await board.ask<ProblemAnswer>("limits", params);
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).toContain(words);
  });
});

describe("sectors", () => {
  it("are groups of the API, also those without sites", async () => {
    const name = { zh: "名", en: "name" };
    const sectors = [
      { id: "ships", name, industries: ["373"] },
      { id: "steel", name, industries: ["31"] },
    ];
    const sites = county.sites.map((site) => (site.id === "works" ? { ...site, sector: "ships" } : site));
    const other = openBoard({ ...county, sites, county: { ...county.county, sectors } });
    const ask = (group: string) =>
      other.ask<{ rows?: unknown[]; detail?: string }>("consumption", {
        group,
        window: "day",
        from: "2026-11-21",
        to: "2026-11-22",
      });
    expect((await ask("sector:ships")).rows).toEqual([]);
    expect((await ask("sector:steel")).rows).toEqual([]);
    expect((await ask("sector:paper")).detail).toContain("sector:ships, sector:steel");
    expect(parameters.consumption.shape.group.unwrap().description).toContain("sector:ID");
    await other.close();
  });
});
