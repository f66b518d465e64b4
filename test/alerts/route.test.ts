import { describe, expect, test } from "vitest";
import { officersOf, recipientsOf, routeOf } from "../../alerts/route/route.ts";
import type { Duties, Duty, Officer } from "../../model/duty.ts";
import type { Registry } from "../../model/registry.ts";
import { parseDate } from "../../model/time.ts";
import { alertOf, duties, registryWith } from "./desk/county.ts";

const DAY = parseDate("2026-11-23")!;
const duty = (more: Partial<Duty>): Duty => ({ officers: [], others: [], ...more });
const routed = (
  rows: readonly Duty[],
  alert = alertOf("yellow"),
  change: (registry: Registry) => Registry = (r) => r,
) => routeOf(alert, change(registryWith({ ...duties, duties: rows })));
const inSector = (registry: Registry): Registry => ({
  ...registry,
  sites: registry.sites.map((site) => ({ ...site, sector: "ships" })),
});

const all = [
  duty({ county: true, lead: "county" }),
  duty({ category: "key-energy-user", lead: "category" }),
  duty({ sector: "ships", lead: "sector" }),
  duty({ town: "gaoting", lead: "town" }),
  duty({ site: "works-1", lead: "site" }),
];

describe("the most exact duty holds", () => {
  test.each([
    [5, "site"],
    [4, "town"],
    [3, "sector"],
    [2, "category"],
    [1, "county"],
  ])("of %i duties: %s", (number, lead) => {
    expect(routed(all.slice(0, number), alertOf("yellow"), inSector).lead).toBe(lead);
  });

  test("whatever the order they are written in", () => {
    expect(routed([...all].reverse(), alertOf("yellow"), inSector).lead).toBe("site");
  });

  test("those for some domains go before those for all, and are not for others", () => {
    const rows = [
      duty({ county: true, lead: "all" }),
      duty({ county: true, domains: ["data"], lead: "data" }),
    ];
    expect(routed(rows).lead).toBe("all");
    expect(routed(rows, alertOf("yellow", { domain: "data" })).lead).toBe("data");
  });

  test("a site's officers and a category's agencies come together", () => {
    const rows = [
      duty({ site: "works-1", officers: ["plant-1"] }),
      duty({ category: "key-energy-user", lead: "industry", others: ["ecology"] }),
    ];
    expect(routed(rows)).toEqual({ lead: "industry", others: ["ecology"], officers: ["plant-1"] });
  });

  test.each([
    [{ group: "town:gaoting" }, "town"],
    [{ group: "category:key-energy-user!national" }, "category"],
    [{ group: "sector:ships" }, "sector"],
    [{ group: "class:two-high" }, "county"],
    [{ group: "county!national" }, "county"],
    [{}, "county"],
  ])("of a group %o: %s", (group, lead) => {
    const { site: _, ...alert } = alertOf("yellow");
    expect(routed(all, { ...alert, ...group }).lead).toBe(lead);
  });

  test("a site that is no longer in the registry is the county's", () => {
    expect(routed(all, alertOf("yellow", { site: "gone" })).lead).toBe("county");
  });
});

const absent = (id: string, deputies: { deputy?: string; standIn?: string } = {}): Duties => ({
  ...duties,
  officers: duties.officers.map(
    (one): Officer =>
      one.id === id
        ? {
            ...one,
            ...(deputies.deputy === undefined ? {} : { deputy: deputies.deputy }),
            absences: [
              {
                from: DAY,
                to: DAY + 2,
                ...(deputies.standIn === undefined ? {} : { deputy: deputies.standIn }),
              },
            ],
          }
        : one,
  ),
});
const route = { lead: "development", others: ["ecology"], officers: ["plant-1"] };

describe("whoever is away is stood in for", () => {
  test("by the absence's deputy, else his own, else the next of the agency", () => {
    expect(officersOf(["lead"], route, duties, DAY)).toEqual(["dev-1"]);
    expect(officersOf(["lead"], route, absent("dev-1", { deputy: "eco-1", standIn: "ind-1" }), DAY)).toEqual([
      "ind-1",
    ]);
    expect(officersOf(["lead"], route, absent("dev-1", { deputy: "eco-1" }), DAY)).toEqual(["eco-1"]);
    expect(officersOf(["lead"], route, absent("dev-1"), DAY)).toEqual(["dev-2"]);
  });

  test("from the first day of the absence to its last", () => {
    const away = absent("dev-1");
    const on = (day: number) => officersOf(["lead"], route, away, day)[0];
    expect([on(DAY - 1), on(DAY), on(DAY + 1), on(DAY + 2)]).toEqual(["dev-1", "dev-2", "dev-2", "dev-1"]);
  });

  test("deputies who stand in for each other in a circle are nobody", () => {
    const circle: Duties = {
      ...duties,
      officers: duties.officers.map((one) =>
        one.id === "ind-1" || one.id === "eco-1"
          ? { ...one, deputy: one.id === "ind-1" ? "eco-1" : "ind-1", absences: [{ from: DAY, to: DAY + 1 }] }
          : one,
      ),
    };
    expect(officersOf(["lead"], { ...route, lead: "industry" }, circle, DAY)).toEqual([]);
    expect(recipientsOf(["lead"], { ...route, lead: "industry" }, circle, DAY)).toEqual(["office-head"]);
  });

  test("an agency without a head is asked where its head is meant; nobody is told twice", () => {
    expect(officersOf(["lead-head"], { ...route, lead: "ecology" }, duties, DAY)).toEqual(["eco-1"]);
    expect(officersOf(["lead", "others", "lead"], { ...route, lead: "ecology" }, duties, DAY)).toEqual([
      "eco-1",
    ]);
  });

  test("where a policy tells nobody, nobody is told, not even the office", () => {
    expect(recipientsOf([], route, duties, DAY)).toEqual([]);
  });
});
