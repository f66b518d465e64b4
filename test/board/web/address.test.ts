/** Addresses, time axes and the list of sites. */
import { describe, expect, it } from "vitest";
import type { ApiSite } from "../../../board/api/sites.ts";
import { axisLabels } from "../../../board/web/charts/axis.ts";
import { parseHash, toHash } from "../../../board/web/format/hash.ts";
import { filterSites, sortSites } from "../../../board/web/format/site-list.ts";
import { addDays, ageOf, monthStart, windowLabel, windowStarts } from "../../../board/web/format/time.ts";
import { calendarOf } from "../../../model/time.ts";

describe("the address", () => {
  it.each([
    "#/",
    "#/sites?category=port&text=a+b",
    "#/site/works-1?at=2026-11-23T00%3A15%3A00%2B08%3A00",
    "#/quality",
    "#/limits?purpose=two-high&sort=projected",
    "#/alerts?agency=fagai&state=all",
    "#/matter/20261123-0007",
    "#/summary?month=2026-10",
  ])("%s is read and written alike", (hash) => expect(toHash(parseHash(hash))).toBe(hash));

  it("names the site, and what it does not know", () => {
    expect(parseHash("#/site/a%2Fb")).toMatchObject({ page: "site", id: "a/b" });
    expect(parseHash("#/site/%E0%A4%A")).toMatchObject({ page: "site", id: "%E0%A4%A" });
    expect(parseHash("#/matter/20261123-0007")).toMatchObject({ page: "matter", id: "20261123-0007" });
    expect(parseHash("#/matter/")).toMatchObject({ page: "unknown" });
    expect(parseHash("")).toMatchObject({ page: "overview" });
    expect(parseHash("#/nowhere")).toMatchObject({ page: "unknown" });
  });
});

describe("windows of a range", () => {
  const shanghai = calendarOf("Asia/Shanghai");
  const berlin = calendarOf("Europe/Berlin");

  it("are those of the county's calendar, 25 hours on a day that has them", () => {
    expect(windowStarts(shanghai, "15m", "2026-11-23", "2026-11-24")).toHaveLength(96);
    expect(windowStarts(berlin, "hour", "2026-10-25", "2026-10-26")).toHaveLength(25);
    expect(windowStarts(shanghai, "month", "2025-12-15", "2026-02-01").map((at) => shanghai.iso(at))).toEqual(
      ["2025-12-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"],
    );
    expect(windowStarts(shanghai, "day", "2026-11-24", "2026-11-23")).toEqual([]);
  });

  it("are named as the county calls them", () => {
    expect(windowLabel("2026-11-01T00:15:00+08:00", "15m")).toBe("2026-11-01 00:15");
    expect(windowLabel("2026-11-01T00:00:00+08:00", "month")).toBe("2026-11");
    expect(addDays(shanghai, "2026-12-31", 1)).toBe("2027-01-01");
    expect(monthStart(shanghai, "2026-01-15", -1)).toBe("2025-12-01");
  });

  it("get few labels: hours of a day, days of a week", () => {
    const day = windowStarts(shanghai, "15m", "2026-11-23", "2026-11-24").map((at) => shanghai.iso(at));
    const labels = axisLabels(day, "15m");
    expect([...labels.shown].map((index) => labels.text(day[index]!))).toEqual([
      "00:00",
      "03:00",
      "06:00",
      "09:00",
      "12:00",
      "15:00",
      "18:00",
      "21:00",
    ]);
    const month = windowStarts(shanghai, "day", "2026-10-01", "2026-11-30").map((at) => shanghai.iso(at));
    expect(axisLabels(month, "day").shown.size).toBeLessThanOrEqual(12);
  });

  it("have an age in one unit", () => {
    expect(ageOf(-5)).toEqual({ unit: "s", count: 0 });
    expect(ageOf(90_000)).toEqual({ unit: "min", count: 1 });
    expect(ageOf(50 * 3_600_000)).toEqual({ unit: "d", count: 2 });
  });
});

describe("the list of sites", () => {
  const site = (id: string, part: Partial<ApiSite> = {}): ApiSite => ({
    id,
    name: { zh: id, en: id.toUpperCase() },
    category: "port",
    classes: [],
    nationalList: false,
    berths: [],
    meters: [],
    live: { online: 1, meters: 1, powerKw: 1, power: { reporting: 1, meters: 1 } },
    ...part,
  });
  const silent = { online: 0, meters: 2, powerKw: null, power: { reporting: 0, meters: 1 } };
  const all = [
    site("b", { classes: [{ id: "two-high", from: "2025-01-01" }], town: "gaoting" }),
    site("a", { live: silent, nationalList: true }),
    site("c", { category: "other", live: { ...silent, lastAt: "2026-11-23T00:00:00+08:00" } }),
  ];
  const ids = (some: readonly ApiSite[]) => some.map((one) => one.id);

  it("is narrowed down by every condition at once", () => {
    expect(ids(filterSites(all, { class: "two-high", town: "gaoting" }))).toEqual(["b"]);
    expect(ids(filterSites(all, { class: "national" }))).toEqual(["a"]);
    expect(ids(filterSites(all, { state: "offline" }))).toEqual(["c"]);
    expect(ids(filterSites(all, { text: " B " }))).toEqual(["b"]);
    expect(ids(filterSites(all, { category: "port", state: "online" }))).toEqual(["b"]);
  });

  it("is ordered by name, by trouble, or by use with the unknown last", () => {
    const use = (one: ApiSite) => ({ a: null, b: 1, c: 2 })[one.id] ?? null;
    expect(ids(sortSites(all, "name", "zh", use))).toEqual(["a", "b", "c"]);
    expect(ids(sortSites(all, "state", "zh", use))).toEqual(["a", "c", "b"]);
    expect(ids(sortSites(all, "tce", "zh", use))).toEqual(["c", "b", "a"]);
  });
});
