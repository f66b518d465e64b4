import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConsumptionAnswer, ConsumptionRow } from "../../board/api/figures.ts";
import type { ProblemAnswer } from "../../board/api/session.ts";
import { HOUR_MS } from "../../model/time.ts";
import { at, type Board, county, figure, meter, openBoard, QUARTER, site, vanished } from "./county.ts";

let board: Board;
beforeEach(() => {
  board = openBoard();
});
afterEach(() => board.close());

const rowsOf = async (params: Record<string, string>): Promise<ConsumptionRow[]> =>
  (await board.ask<ConsumptionAnswer>("consumption", params)).rows;

const november = { from: "2026-11-01", to: "2026-12-01" };

describe("stored windows", () => {
  it("come with the zone's offset, units, and labels as they were asked for", async () => {
    await board.put(
      figure("site", "works", "day", "2026-11-02", 120, {
        missingMeters: 1,
        coverage: 0.5,
        factors: ["coal-el"],
      }),
    );
    expect(await rowsOf({ site: "works", window: "day", ...november })).toEqual([
      {
        start: "2026-11-02T00:00:00+08:00",
        end: "2026-11-03T00:00:00+08:00",
        site: "works",
        carrier: "electricity",
        amount: 120,
        unit: "kWh",
        kgceCalorific: 120 * 0.1229,
        kgceEquivalent: null,
        kgCo2Location: 60,
        kgCo2Market: null,
        netAmount: 120,
        netKgceCalorific: 120 * 0.1229,
        netKgceEquivalent: null,
        netKgCo2Location: 60,
        netKgCo2Market: null,
        coverage: 0.5,
        estimated: 0,
        missingMeters: 1,
        factors: ["coal-el"],
        restated: false,
      },
    ]);
  });

  it("come in window order, then in the registry's order of carriers", async () => {
    const gas = { carrier: "natural-gas" };
    await board.put(
      figure("site", "works", "day", "2026-11-03", 1),
      figure("site", "works", "day", "2026-11-03", 2, gas),
      figure("site", "works", "day", "2026-11-02", 3),
      figure("site", "works", "day", "2026-11-02", 4, gas),
    );
    const rows = await rowsOf({ site: "works", window: "day", ...november });
    expect(rows.map((row) => row.amount)).toEqual([4, 3, 2, 1]);
    const one = await rowsOf({ site: "works", window: "day", carrier: "electricity", ...november });
    expect(one.map((row) => row.amount)).toEqual([3, 1]);
  });

  it("are those that start in [from, to)", async () => {
    await board.put(...[1, 2, 3].map((n) => figure("site", "works", "day", `2026-11-0${n}`, n)));
    const amounts = async (from: string, to: string) =>
      (await rowsOf({ site: "works", window: "day", from, to })).map((row) => row.amount);
    expect(await amounts("2026-11-01", "2026-11-03")).toEqual([1, 2]);
    expect(await amounts("2026-11-01T00:00:01+08:00", "2026-11-03T00:00:01+08:00")).toEqual([2, 3]);
    expect(await amounts("2026-10-31T16:00:00Z", "2026-10-31T16:00:01Z")).toEqual([1]);
  });

  it("leave vanished rows out, but not rows of zero", async () => {
    await board.put(
      figure("site", "works", "day", "2026-11-01", 0, vanished),
      figure("site", "works", "day", "2026-11-02", 0),
      figure("site", "works", "day", "2026-11-03", 0, { coverage: 0, output: 5 }),
    );
    const rows = await rowsOf({ site: "works", window: "day", ...november });
    expect(rows.map((row) => row.start.slice(0, 10))).toEqual(["2026-11-02", "2026-11-03"]);
  });

  it("take metered conversion output off the net", async () => {
    const outputEffects = { kgceCalorific: 3, kgceEquivalent: null, kgCo2Location: 4, kgCo2Market: 0 };
    await board.put(figure("site", "refinery", "day", "2026-11-01", 100, { output: 40, outputEffects }));
    const [row] = await rowsOf({ site: "refinery", window: "day", carrier: "electricity", ...november });
    expect(row).toMatchObject({ amount: 100, netAmount: 60, netKgceEquivalent: null, netKgCo2Market: null });
    expect(row?.netKgceCalorific).toBe(100 * 0.1229 - 3);
    expect(row?.netKgCo2Location).toBe(46);
  });
});

describe("meters", () => {
  it("have energy alone, their months and years summed from days", async () => {
    await board.put(
      figure("meter", "works/a", "day", "2026-01-31", 10),
      figure("meter", "works/a", "day", "2026-02-01", 20, { coverage: 0.5, estimated: 0.25 }),
      figure("meter", "works/b", "day", "2026-02-01", 99),
    );
    const base = { site: "works", meter: "a", from: "2026-01-01", to: "2027-01-01" };
    const days = await rowsOf({ ...base, window: "day" });
    expect(days[1]).toMatchObject({ site: "works", meter: "a", amount: 20, coverage: 0.5, netAmount: 20 });
    expect(days[1]).toMatchObject({ kgceCalorific: null, kgCo2Location: null, netKgceCalorific: null });
    expect(days[1]).not.toHaveProperty("missingMeters");
    const months = await rowsOf({ ...base, window: "month" });
    expect(months.map(({ start, amount, coverage }) => [start.slice(0, 7), amount, coverage])).toEqual([
      ["2026-01", 10, 1 / 31],
      ["2026-02", 20, 0.5 / 28],
    ]);
    const [year] = await rowsOf({ ...base, window: "year" });
    expect(year).toMatchObject({ amount: 30, coverage: 1.5 / 365, estimated: 0.25 / 365 });
    expect(year?.end).toBe("2027-01-01T00:00:00+08:00");
  });

  it("have hours summed from quarter-hours", async () => {
    const starts = [0, 1, 2].map((n) => at("2026-11-01T08:00") + n * QUARTER);
    await board.put(...starts.map((start, n) => figure("meter", "works/a", "15m", start, n + 1)));
    const rows = await rowsOf({ site: "works", meter: "a", window: "hour", ...november });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ amount: 6, coverage: 0.75, start: "2026-11-01T08:00:00+08:00" });
  });
});

describe("hours and years of sites", () => {
  const hour = at("2026-11-01T08:00");
  const quarter = (n: number, owner: string, part = {}) =>
    figure(owner === "works" ? "site" : "meter", owner, "15m", hour + n * QUARTER, 1, part);

  it("have the worst meter's shares of the hour, not the mean of the worst quarters", async () => {
    // Meter a misses the first quarter, meter b the last: each knows three quarters of the hour.
    await board.put(
      ...[0, 1, 2, 3].map((n) =>
        quarter(n, "works", {
          coverage: n === 0 || n === 3 ? 0 : 1,
          missingMeters: n === 0 || n === 3 ? 1 : 0,
        }),
      ),
      ...[1, 2, 3].map((n) => quarter(n, "works/a")),
      ...[0, 1, 2].map((n) => quarter(n, "works/b")),
    );
    const [row] = await rowsOf({ site: "works", window: "hour", carrier: "electricity", ...november });
    expect(row).toMatchObject({ amount: 4, coverage: 0.75, estimated: 0, missingMeters: 2 });
  });

  it("need no meters where everything was measured", async () => {
    await board.put(...[0, 1, 2, 3].map((n) => quarter(n, "works")));
    const range = { from: "2026-11-01T08:00:00+08:00", to: "2026-11-01T09:00:00+08:00" };
    const [row] = await rowsOf({ site: "works", window: "hour", ...range });
    expect(row).toMatchObject({ amount: 4, coverage: 1, estimated: 0, missingMeters: 0 });
  });

  it("count estimated time by the worst meter, and sub-meters not at all", async () => {
    await board.put(
      ...[0, 1, 2, 3].map((n) => quarter(n, "works", { coverage: 0.5, estimated: 0.5 })),
      ...[0, 1, 2, 3].map((n) => quarter(n, "works/a", { coverage: 0.5, estimated: 0.5 })),
      ...[0, 1, 2, 3].map((n) => quarter(n, "works/b", { coverage: 0.75, estimated: 0.25 })),
    );
    const [row] = await rowsOf({ site: "works", window: "hour", ...november });
    expect(row).toMatchObject({ coverage: 0.5, estimated: 0.5, missingMeters: 0 });
  });

  it("judge only meters in service, each by the whole window", async () => {
    const late = meter("b", { from: hour + 2 * QUARTER });
    const gone = meter("c", { to: hour });
    const other = openBoard({ ...county, sites: [site("works", [meter("a"), late, gone])] });
    await other.put(
      ...[0, 1, 2, 3].map((n) => quarter(n, "works")),
      ...[0, 1, 2, 3].map((n) => quarter(n, "works/a")),
      ...[2, 3].map((n) => quarter(n, "works/b")),
    );
    const { rows } = await other.ask<ConsumptionAnswer>("consumption", {
      site: "works",
      window: "hour",
      ...november,
    });
    expect(rows[0]).toMatchObject({ coverage: 0.5, missingMeters: 0 });
    await other.close();
  });

  it("miss a meter's time to the millisecond", async () => {
    const almost = { coverage: (QUARTER - 1) / QUARTER };
    await board.put(
      ...[0, 1, 2, 3].map((n) => quarter(n, "works", n === 3 ? almost : {})),
      ...[0, 1, 2, 3].map((n) => quarter(n, "works/a", n === 3 ? almost : {})),
      ...[0, 1, 2, 3].map((n) => quarter(n, "works/b")),
    );
    const [row] = await rowsOf({ site: "works", window: "hour", ...november });
    expect(row).toMatchObject({ missingMeters: 1, coverage: (HOUR_MS - 1) / HOUR_MS });
  });

  it("leave meters of conversion output out, unless there are no others", async () => {
    const output = { role: "export", contributes: "none", conversionOutput: true } as const;
    const other = openBoard({
      ...county,
      sites: [site("plant", [meter("out", output)]), site("works", [meter("a"), meter("out", output)])],
    });
    await other.put(
      ...[0, 1, 2, 3].map((n) => quarter(n, "works", { coverage: 0.5 })),
      ...[0, 1, 2, 3].map((n) => quarter(n, "works/a", { coverage: 0.5 })),
      ...[0, 1].map((n) =>
        figure("site", "plant", "15m", hour + n * QUARTER, 0, { coverage: 0.5, output: 1 }),
      ),
      ...[0, 1].map((n) => quarter(n, "plant/out", { coverage: 0.5 })),
    );
    const rows = async (id: string) =>
      (await other.ask<ConsumptionAnswer>("consumption", { site: id, window: "hour", ...november })).rows;
    expect((await rows("works"))[0]).toMatchObject({ coverage: 0.5, missingMeters: 1 });
    expect((await rows("plant"))[0]).toMatchObject({ coverage: 0.25, missingMeters: 1, netAmount: -2 });
    await other.close();
  });

  it("judge a guest's meter at the site it counts to", async () => {
    await board.put(
      ...[0, 1, 2, 3].map((n) => figure("site", "quay", "15m", hour + n * QUARTER, 1, { coverage: n % 2 })),
      ...[1, 3].map((n) => figure("meter", "port/shore", "15m", hour + n * QUARTER, 1)),
    );
    const [row] = await rowsOf({ site: "quay", window: "hour", ...november });
    expect(row).toMatchObject({ amount: 4, coverage: 0.5, missingMeters: 1 });
  });

  it("sum a year from months, coverage of the whole year, and nulls spread", async () => {
    await board.put(
      figure("site", "works", "month", "2026-01-01", 10, { factors: ["x"] }),
      figure("site", "works", "month", "2026-02-01", 20, { kgceCalorific: null, factors: ["a", "x"] }),
      figure("site", "works", "month", "2026-03-01", 0, { ...vanished, kgCo2Location: null }),
      ...[0, 1].map((n) => figure("meter", "works/a", "day", at("2026-01-01") + n * 24 * HOUR_MS, 1)),
      figure("meter", "works/b", "day", "2026-01-01", 1),
    );
    const [row, ...rest] = await rowsOf({
      site: "works",
      window: "year",
      from: "2026-01-01",
      to: "2027-01-01",
    });
    expect(rest).toEqual([]);
    expect(row).toMatchObject({
      amount: 30,
      kgceCalorific: null,
      kgCo2Location: 15,
      coverage: 1 / 365,
      missingMeters: 2,
      factors: ["a", "x"],
    });
  });

  it("sum long ranges as they sum short ones", async () => {
    const first = at("2026-09-29");
    const hours = 24 * 35;
    const figures = Array.from({ length: hours * 4 }, (_, n) => {
      const known = n % 7 === 0 ? 0.5 : 1;
      return ["works/a", "works/b", "works"].map((owner) =>
        figure(owner === "works" ? "site" : "meter", owner, "15m", first + n * QUARTER, n, {
          coverage: known,
        }),
      );
    });
    await board.put(...figures.flat());
    const rows = await rowsOf({ site: "works", window: "hour", from: "2026-09-29", to: "2026-11-03" });
    expect(rows).toHaveLength(hours);
    for (const [i, row] of rows.entries()) {
      const ns = [0, 1, 2, 3].map((q) => i * 4 + q);
      expect(row.amount).toBe(ns.reduce((sum, n) => sum + n, 0));
      expect(row.coverage).toBe(ns.reduce((sum, n) => sum + (n % 7 === 0 ? 0.5 : 1), 0) / 4);
    }
  });
});

describe("groups", () => {
  it("are read under the name they are stored by, and answered as they were asked for", async () => {
    await board.put(
      figure("group", "county", "day", "2026-11-01", 100),
      figure("group", "county!national", "day", "2026-11-01", 40),
      figure("group", "town:south", "day", "2026-11-01", 7),
    );
    const amount = async (group: string, nationalList: string) => {
      const rows = await rowsOf({ group, nationalList, window: "day", ...november });
      return rows.map((row) => [row.group, row.amount]);
    };
    expect(await amount("county", "include")).toEqual([["county", 100]]);
    expect(await amount("county", "exclude")).toEqual([["county", 40]]);
    expect(await amount("town:south", "exclude")).toEqual([["town:south", 7]]);
    expect(await amount("town:empty", "exclude")).toEqual([]);
    expect(await amount("category:generation", "include")).toEqual([]);
  });

  it("sum hours and years by the time each part stands for, and do not count meters", async () => {
    await board.put(
      figure("group", "county", "month", "2026-01-01", 5, { coverage: 0.5, missingMeters: 3 }),
      figure("group", "county", "month", "2026-02-01", 5, { coverage: 1, estimated: 0.5 }),
    );
    const [row] = await rowsOf({ group: "county", window: "year", from: "2026-01-01", to: "2027-01-01" });
    expect(row).toMatchObject({ amount: 10 });
    expect(row?.coverage).toBeCloseTo((0.5 * 31 + 28) / 365, 12);
    expect(row?.estimated).toBeCloseTo(14 / 365, 12);
    expect(row).not.toHaveProperty("missingMeters");
  });
});

describe("restated rows", () => {
  const entry = (scope: "site" | "group", owner: string, window: "15m" | "day", start: string) => {
    const {
      start: _,
      window: __,
      scope: ___,
      owner: ____,
      carrier: _____,
      ...after
    } = figure(scope, owner, window, start, 1);
    return {
      scope,
      owner,
      carrier: "electricity",
      window,
      start: at(start),
      before: null,
      after,
      cause: "late",
      at: 5,
    };
  };

  it("are those with a ledger entry of their own inside their window", async () => {
    await board.store.write({
      ledger: [
        entry("site", "works", "day", "2026-10-05"),
        entry("site", "works", "15m", "2026-10-07T10:00"),
      ],
    });
    await board.put(
      ...["2026-10-05", "2026-10-06", "2026-10-07", "2026-11-05"].map((d) =>
        figure("site", "works", "day", d, 1),
      ),
      figure("site", "works", "15m", "2026-10-05", 1),
      figure("site", "works", "month", "2026-10-01", 1),
      figure("site", "port", "day", "2026-10-05", 1),
    );
    const restated = async (window: string, owner = "works") =>
      (await rowsOf({ site: owner, window, from: "2026-10-01", to: "2026-12-01" })).map(
        (row) => row.restated,
      );
    expect(await restated("day")).toEqual([true, false, true, false]);
    // The day's entry does not lie inside a quarter-hour, although it begins with it.
    expect(await restated("15m")).toEqual([false]);
    expect(await restated("month")).toEqual([true]);
    expect(await restated("day", "port")).toEqual([false]);
    const [year] = await rowsOf({ site: "works", window: "year", from: "2026-01-01", to: "2027-01-01" });
    expect(year?.restated).toBe(true);
  });

  it("belong to the variant of a group that was asked for", async () => {
    await board.store.write({ ledger: [entry("group", "county!national", "day", "2026-10-05")] });
    await board.put(
      figure("group", "county", "day", "2026-10-05", 1),
      figure("group", "county!national", "day", "2026-10-05", 1),
    );
    const restated = async (nationalList: string) =>
      (
        await rowsOf({ group: "county", nationalList, window: "day", from: "2026-10-01", to: "2026-11-01" })
      )[0]?.restated;
    expect(await restated("include")).toBe(false);
    expect(await restated("exclude")).toBe(true);
  });
});

describe("a zone with daylight saving", () => {
  it("has days of 23 and 25 hours, and hours that belong to one day each", async () => {
    const berlin = openBoard({
      ...county,
      county: { ...county.county, zone: "Europe/Berlin" },
      sites: [site("works", [meter("a", { from: 0 })])],
    });
    const spring = Date.parse("2026-03-29T00:00:00+01:00");
    const autumn = Date.parse("2026-10-25T00:00:00+02:00");
    const quarters = (start: number, count: number) =>
      Array.from({ length: count }, (_, n) => figure("site", "works", "15m", start + n * QUARTER, 1));
    await berlin.put(
      figure("site", "works", "day", spring, 92),
      figure("site", "works", "day", autumn, 100),
      ...quarters(spring, 92),
      ...quarters(autumn, 100),
    );
    const rows = async (window: string, from: string, to: string) =>
      (await berlin.ask<ConsumptionAnswer>("consumption", { site: "works", window, from, to })).rows;
    const days = await rows("day", "2026-03-29", "2026-10-26");
    expect(days.map(({ start, end }) => [start, end])).toEqual([
      ["2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"],
      ["2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"],
    ]);
    const short = await rows("hour", "2026-03-29", "2026-03-30");
    expect(short).toHaveLength(23);
    expect(short[2]?.start).toBe("2026-03-29T03:00:00+02:00");
    expect(short.every((row) => row.amount === 4 && row.coverage === 1)).toBe(true);
    expect(await rows("hour", "2026-10-25", "2026-10-26")).toHaveLength(25);
    await berlin.close();
  });
});

describe("limits and mistakes", () => {
  const problem = async (params: Record<string, unknown>): Promise<ProblemAnswer> => {
    const answer = await board.run("consumption", params);
    expect(answer.contentType).toContain("application/problem+json");
    const body = JSON.parse(answer.body) as ProblemAnswer;
    expect(body.status).toBe(answer.status);
    return body;
  };
  const good = { site: "works", window: "day", ...november };

  it.each([
    [{ ...good, colour: "red" }, 400, "unknown-parameter", "colour", "red"],
    [{ ...good, window: "week" }, 400, "bad-parameter", "window", "week"],
    [{ ...good, window: undefined }, 400, "missing-parameter", "window", undefined],
    [{ ...good, from: undefined }, 400, "missing-parameter", "from", undefined],
    [{ ...good, from: "2026-11-01T00:00:00" }, 400, "bad-time", "from", "2026-11-01T00:00:00"],
    [{ ...good, to: "soon" }, 400, "bad-time", "to", "soon"],
    [{ ...good, to: "2026-11-01" }, 400, "empty-range", "from", "2026-11-01"],
    [{ ...good, site: ["works", "port"] }, 400, "repeated-parameter", "site", "works,port"],
    [{ ...good, group: "county" }, 400, "site-or-group", "group", undefined],
    [{ ...good, site: undefined }, 400, "site-or-group", "site", undefined],
    [{ ...good, site: "work" }, 404, "unknown-site", "site", "work"],
    [{ ...good, meter: "z" }, 404, "unknown-meter", "meter", "z"],
    [{ ...good, carrier: "coal" }, 404, "unknown-carrier", "carrier", "coal"],
    [{ ...good, nationalList: "maybe" }, 400, "bad-parameter", "nationalList", "maybe"],
    [{ ...good, nationalList: "exclude" }, 400, "bad-parameter", "nationalList", "exclude"],
    [{ ...good, format: "xml" }, 400, "bad-parameter", "format", "xml"],
    [{ ...good, site: undefined, group: "town:nowhere" }, 404, "unknown-group", "group", "town:nowhere"],
    [
      { ...good, site: undefined, group: "county!national" },
      404,
      "unknown-group",
      "group",
      "county!national",
    ],
    [{ ...good, site: undefined, group: "county", meter: "a" }, 400, "bad-parameter", "meter", "a"],
  ])("%j is a problem that names it", async (params, status, code, parameter, value) => {
    const body = await problem(params);
    expect(body).toMatchObject({ type: "about:blank", status, code, parameter });
    expect(body.value).toBe(value);
    expect(body.detail).toContain(`'${parameter}'`);
    if (value !== undefined) expect(body.detail).toContain(value);
  });

  it("names what is allowed", async () => {
    expect((await problem({ ...good, window: "week" })).allowed).toEqual([
      "15m",
      "hour",
      "day",
      "month",
      "year",
    ]);
    expect((await problem({ ...good, colour: "red" })).detail).toContain("carrier");
    expect((await problem({ ...good, site: undefined, group: "class:x" })).detail).toContain(
      "class:two-high",
    );
  });

  it("names every mistake at once", async () => {
    const { detail } = await problem({ site: "works", window: "week", from: "2026-11-01", colour: "red" });
    for (const part of ["'window'", "'to'", "'colour'"]) expect(detail).toContain(part);
  });

  it("says which window fits before it reads too many rows", async () => {
    const years = { from: "2016-01-01", to: "2026-01-01" };
    const body = await problem({ site: "works", window: "15m", ...years });
    expect(body).toMatchObject({ code: "too-many-rows", value: "15m", allowed: ["day", "month", "year"] });
    expect(body.detail).toContain("window=day");
    // 50,000 rows of one carrier fit to the row.
    const end = at("2026-01-01") + 50_000 * QUARTER;
    const range = (extra: number) => ({ from: "2026-01-01", to: new Date(end + extra).toISOString() });
    const one = { site: "works", window: "15m", carrier: "electricity" };
    expect((await board.run("consumption", { ...one, ...range(0) })).status).toBe(200);
    expect((await board.run("consumption", { ...one, ...range(1) })).status).toBe(400);
    expect(
      (await board.run("consumption", { ...one, site: "works", carrier: undefined, ...range(0) })).status,
    ).toBe(400);
  });

  it("answers nothing, and no problem, for what is known but has no figures", async () => {
    expect(await rowsOf(good)).toEqual([]);
    expect(await rowsOf({ ...good, carrier: "heat" })).toEqual([]);
    expect(await rowsOf({ ...good, meter: "a", carrier: "heat" })).toEqual([]);
  });
});
