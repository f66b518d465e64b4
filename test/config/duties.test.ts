import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { warnOfCalendar } from "../../config/check-calendar.ts";
import { loadConfig } from "../../config/load.ts";
import { programRoot } from "../../config/shipped.ts";
import { calendarOf } from "../../model/time.ts";
import { countyYaml, directoryOf, siteYaml } from "./directory.ts";

const { dateOf } = calendarOf("Asia/Shanghai");
const load = (files: Readonly<Record<string, string>>) =>
  directoryOf({ "county.yaml": countyYaml, "sites/works-1.yaml": siteYaml, ...files }).then(loadConfig);

const people = `
agencies:
  - { id: development, name: { zh: 县发改局, en: D }, officers: [dev-1], head: dev-head }
  - { id: transport, name: { zh: 县交通运输局, en: T }, officers: [dev-1] }
  - { id: industry, name: { zh: 县经信局, en: I }, officers: [dev-1] }
  - { id: grid, name: { zh: 国网岱山县供电公司, en: G }, officers: [dev-1] }
officers:
  - { id: dev-1, name: { zh: 甲, en: A }, channels: [{ channel: c, address: x }], absences: [{ from: 2026-11-23, to: 2026-11-24 }] }
  - { id: dev-head, name: { zh: 乙, en: B }, language: en, channels: [{ channel: c, address: y }] }
channels: [{ id: c, kind: console }]
`;

describe("duties.yaml", () => {
  it("is not needed: then nobody is told, and the working calendar is the shipped one", async () => {
    const { registry, warnings } = await load({});
    expect(warnings.filter(({ file }) => !file.startsWith("factors.yaml"))).toEqual([]);
    expect(registry.duties).toMatchObject({ agencies: [], officers: [], duties: [] });
    expect(registry.duties.calendar.holidays.size).toBeGreaterThan(20);
  });

  it("resolves a target of the plan to its agencies, the first leading", async () => {
    const { registry } = await load({
      "duties.yaml": `${people}duties: [{ category: port, target: T19-1 }, { county: true, lead: development }]
office: development`,
    });
    expect(registry.duties.duties).toEqual([
      {
        category: "port",
        target: "T19-1",
        officers: [],
        lead: "transport",
        others: ["development", "industry", "grid"],
      },
      { county: true, officers: [], lead: "development", others: [] },
    ]);
  });

  it("keeps an absence to the end of its last day, and red from being held back", async () => {
    const { registry } = await load({
      "duties.yaml": `${people}duties: []
office: development
quietHours: { from: "22:00", to: "07:00" }
policies: { red: { tell: [lead], ladder: [{ afterWorkingMinutes: 30, tell: [office] }] }, yellow: { tell: [], heldBackInQuietHours: false } }`,
    });
    const { officers, policies, quietHours, digest } = registry.duties;
    const [absence] = officers[0]!.absences;
    expect([dateOf(absence!.from), dateOf(absence!.to)]).toEqual(["2026-11-23", "2026-11-25"]);
    expect(policies.red).toEqual({
      tell: ["lead"],
      ladder: [{ afterWorkingMinutes: 30, tell: ["office"] }],
      isHeldBack: false,
    });
    expect(policies.yellow).toEqual({ tell: [], ladder: [], isHeldBack: false });
    expect(policies.orange).toMatchObject({ isHeldBack: true, tell: ["officers", "office", "lead"] });
    expect(quietHours).toEqual({ from: 1320, to: 420 });
    expect(digest).toEqual({ afterNotices: 10, windowMinutes: 5 });
  });
});

describe("the shipped calendar", () => {
  it("has 2026 as it was announced: 33 days off, 6 Saturdays and Sundays worked", async () => {
    const { registry } = await load({});
    const { holidays, extraWorkdays, knownThrough, hours, workdays } = registry.duties.calendar;
    expect(holidays.size).toBe(3 + 9 + 3 + 5 + 3 + 3 + 7);
    expect([...extraWorkdays].map(dateOf)).toEqual([
      "2026-01-04",
      "2026-02-14",
      "2026-02-28",
      "2026-05-09",
      "2026-09-20",
      "2026-10-10",
    ]);
    expect(dateOf(knownThrough!)).toBe("2026-12-31");
    expect(workdays).toEqual([1, 2, 3, 4, 5]);
    expect(hours).toEqual([
      [510, 720],
      [810, 1020],
    ]);
  });

  it("is warned of once its last year is over", async () => {
    const { registry } = await load({});
    expect(warnOfCalendar(registry, Date.parse("2026-12-31T23:00:00+08:00"))).toEqual([]);
    expect(warnOfCalendar(registry, Date.parse("2027-01-01T00:00:00+08:00"))).toMatchObject([
      { file: "calendar.yaml", path: "years", severity: "warning" },
    ]);
  });

  it("is compared with the closed days: one that is not over is warned of", async () => {
    const { registry } = await load({
      "county.yaml": countyYaml.replace("closedThrough: 2025-12-31", "closedThrough: 2026-03-31"),
    });
    for (const now of ["2026-02-01T12:00:00+08:00", "2026-03-31T23:59:59+08:00"])
      expect(warnOfCalendar(registry, Date.parse(now))).toMatchObject([
        {
          file: "county.yaml",
          path: "county.closedThrough",
          severity: "warning",
          message: expect.stringMatching(/^2026-03-31 is not over yet.*give the last day/),
        },
      ]);
    expect(warnOfCalendar(registry, Date.parse("2026-04-01T00:00:00+08:00"))).toEqual([]);
  });
});

describe("the example county", () => {
  it("has the plan's 24 agencies by name, fictional officers who can all be told, and a lead for every site", async () => {
    const { registry, warnings } = await loadConfig(join(programRoot(), "config/example"));
    expect(warnings.filter(({ file }) => !file.startsWith("factors.yaml"))).toEqual([]);
    const { agencies, officers, duties, office } = registry.duties;
    expect(agencies).toHaveLength(25);
    expect(agencies.map(({ name }) => name.zh)).toContain("县委组织部〔县委人才办〕");
    expect(officers.every(({ channels }) => channels.length > 0)).toBe(true);
    expect(new Set(officers.map(({ name }) => name.zh)).size).toBe(officers.length);
    expect(office).toBe("carbon-office");
    const categories = new Set(registry.sites.map(({ category }) => category));
    categories.delete("other");
    expect(new Set(duties.flatMap(({ category }) => category ?? []))).toEqual(categories);
    expect(duties.find(({ category }) => category === "shore-power")).toMatchObject({
      lead: "transport",
      others: ["development", "industry", "grid"],
    });
  });
});
