import { describe, expect, test } from "vitest";
import { checkObservation } from "../../model/observation.ts";
import { calendarOf } from "../../model/time.ts";
import { infoRows } from "../../processors/info.ts";
import { limit } from "../limit-world.ts";
import { at, meter, registry, site } from "../world.ts";

const county = registry(
  [
    site({
      id: "yard",
      name: { zh: "船厂", en: "Yard | one" },
      town: "gaoting",
      meters: [meter({ id: "main", name: { zh: "总表", en: "Main" }, ratedPowerKw: 800 })],
      classes: [{ id: "two-high", from: 0 }],
    }),
    site({ id: "refinery", nationalList: true, charging: { guns: 4, ratedKw: 60 } }),
  ],
  {
    county: { towns: [{ id: "gaoting", name: { zh: "高亭镇", en: "Gaoting" } }] },
    limits: [
      limit({ id: "all", group: "county" }),
      limit({ id: "others", group: "county!national" }),
      limit({ id: "town", group: "town:gaoting!national" }),
      limit({ id: "yard", site: "yard" }),
    ],
  },
);

const rows = infoRows(county, calendarOf("Asia/Shanghai"), at("2026-11-01"));
const one = (kind: string, tag: string, id: string) =>
  rows.find(({ tags }) => tags.kind === kind && tags[tag] === id)!;

describe("names as observations", () => {
  test("name every site, meter and group, at time 0 and as their kind has them", () => {
    for (const row of rows) checkObservation(row);
    expect(new Set(rows.map(({ at: moment }) => moment))).toEqual(new Set([0]));
    expect(new Set(rows.map(({ tags }) => JSON.stringify(tags))).size).toBe(rows.length);
    expect(one("site", "site", "yard").texts).toMatchObject({
      label: "船厂 Yard | one",
      option: "船厂 Yard | one|yard",
      category: "key-energy-user",
    });
    expect(one("meter", "meter", "main")).toMatchObject({
      tags: { site: "yard" },
      numbers: { ratedKw: 800 },
      texts: { carrier: "electricity", role: "grid-import", option: "总表 Main|main" },
    });
    expect(one("site", "site", "refinery").numbers).toMatchObject({ guns: 4, gunKw: 60, berths: 0 });
    expect(one("group", "group", "town:gaoting").texts.label).toBe("高亭镇 Gaoting");
  });

  test("say which groups a site counts into, without nationally listed ones where that differs", () => {
    const groups = (id: string) => one("site", "site", id).texts.groups!.split(",").filter(Boolean);
    expect(groups("yard")).toEqual([
      "county",
      "category:key-energy-user",
      "town:gaoting",
      "class:two-high",
      "county!national",
      "category:key-energy-user!national",
    ]);
    expect(groups("refinery")).toEqual(["county", "category:key-energy-user"]);
    expect(one("group", "group", "county!national").texts.nameZh).toContain("不含国家单列");
  });

  test("name a limit by its site or group, without nationally listed sites where they are left out", () => {
    const name = (id: string) => [
      one("limit", "limit", id).texts.nameZh,
      one("limit", "limit", id).texts.nameEn,
    ];
    expect(name("yard")).toEqual(["船厂 yard", "Yard | one yard"]);
    expect(name("all")).toEqual(["县（全县） all", "county (county) all"]);
    expect(name("others")).toEqual([
      "县（全县）（不含国家单列） others",
      "county (county), without national list others",
    ]);
    expect(name("town")).toEqual(["高亭镇（不含国家单列） town", "Gaoting, without national list town"]);
  });
});
