import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BalanceAnswer, LedgerAnswer, ReadingsAnswer, RejectsAnswer } from "../../board/api/records.ts";
import type { ProblemAnswer } from "../../board/api/session.ts";
import type { ExplainRequest } from "../../board/queries/context.ts";
import { createBoardQueries } from "../../board/queries/dispatch.ts";
import { TransientError } from "../../model/errors.ts";
import type { StoredReading } from "../../model/reading.ts";
import type { StoredReject } from "../../model/reject.ts";
import { at, type Board, county, day, figure, NOW, openBoard } from "./county.ts";

let board: Board;
beforeEach(() => {
  board = openBoard();
});
afterEach(() => board.close());

const series = { site: "works", meter: "a", register: "active-import" };
const reading = (moment: number, value: number, part: Partial<StoredReading> = {}): StoredReading => ({
  register: "active-import",
  at: moment,
  value,
  revision: 0,
  seq: -1,
  receivedAt: moment + 500,
  offset: 3,
  verdict: "ok",
  certain: true,
  ...part,
});

describe("readings", () => {
  it("come with their verdicts, from ≤ at < to", async () => {
    const start = at("2026-11-01");
    const rows = [
      reading(start - 1, 1),
      reading(start, 2, { seq: 7, revision: 1 }),
      reading(start + 1, 3, { verdict: "spike", certain: false }),
      reading(at("2026-11-02"), 4),
    ];
    await board.store.write({ readings: [{ series, rows }] });
    const answer = await board.ask<ReadingsAnswer>("readings", {
      ...series,
      from: "2026-11-01",
      to: "2026-11-02",
    });
    expect(answer).toEqual({
      unit: "kWh",
      rows: [
        {
          at: "2026-11-01T00:00:00+08:00",
          value: 2,
          revision: 1,
          seq: 7,
          receivedAt: "2026-11-01T00:00:00.500+08:00",
          offset: 3,
          verdict: "ok",
        },
        {
          at: "2026-11-01T00:00:00.001+08:00",
          value: 3,
          revision: 0,
          seq: null,
          receivedAt: "2026-11-01T00:00:00.501+08:00",
          offset: 3,
          verdict: "spike",
        },
      ],
    });
  });

  it("are at most 50,000, and the problem says up to where they fit", async () => {
    const step = 60_000;
    const start = at("2026-09-01");
    const rows = Array.from({ length: 50_001 }, (_, n) => reading(start + n * step, n));
    await board.store.write({ readings: [{ series, rows }] });
    const params = { ...series, from: "2026-01-01", to: "2027-01-01" };
    const problem = await board.ask<ProblemAnswer>("readings", params);
    expect(problem).toMatchObject({ status: 400, code: "too-many-rows", parameter: "to" });
    const [to = ""] = problem.allowed ?? [];
    const fitting = await board.ask<ReadingsAnswer>("readings", { ...params, to });
    expect(fitting.rows).toHaveLength(50_000);
    expect(fitting.rows.map((row) => row.value)).toEqual(rows.slice(0, 50_000).map((row) => row.value));
  });

  it("name what is unknown", async () => {
    const range = { from: "2026-11-01", to: "2026-11-02" };
    const ask = (params: Record<string, string>) =>
      board.ask<ProblemAnswer>("readings", { ...series, ...range, ...params });
    expect(await ask({ register: "x" })).toMatchObject({
      status: 404,
      parameter: "register",
      allowed: ["active-import"],
    });
    expect(await ask({ meter: "x" })).toMatchObject({ status: 404, parameter: "meter" });
    expect(await ask({ site: "x" })).toMatchObject({ status: 404, parameter: "site" });
    expect(await ask({ to: "2026-11-01" })).toMatchObject({ status: 400, code: "empty-range" });
    expect(await ask({})).toEqual({ rows: [], unit: "kWh" });
  });
});

describe("balance", () => {
  it("is kept by site and day of receipt", async () => {
    const count = {
      day: day("2026-11-01"),
      received: 5,
      accepted: 3,
      repeated: 1,
      rejected: { "bad-time": 1 },
    };
    await board.store.write({
      balance: [
        { site: "works", ...count },
        {
          site: "_unknown",
          ...count,
          received: 2,
          accepted: 0,
          repeated: 0,
          rejected: { "unknown-site": 2 },
        },
        { site: "works", ...count, day: day("2026-11-02") },
      ],
    });
    const ask = (params: Record<string, string>) => board.ask<BalanceAnswer>("balance", params);
    const { rows } = await ask({ day: "2026-11-01" });
    expect(rows).toEqual([
      expect.objectContaining({ site: "_unknown", received: 2, rejected: { "unknown-site": 2 } }),
      {
        site: "works",
        day: "2026-11-01",
        received: 5,
        accepted: 3,
        repeated: 1,
        setAside: 0,
        rejected: { "bad-time": 1 },
      },
    ]);
    expect((await ask({ day: "2026-11-01", site: "_unknown" })).rows).toHaveLength(1);
    expect(await ask({ site: "works" })).toMatchObject({ status: 400, parameter: "day" });
    expect(await ask({ day: "2026-11-31" })).toMatchObject({ status: 400, parameter: "day" });
    expect(await ask({ day: "2026-11-01", site: "x" })).toMatchObject({ status: 404, parameter: "site" });
  });
});

describe("rejects", () => {
  const reject = (offset: number, part: Partial<StoredReject> = {}): StoredReject => ({
    offset,
    code: "bad-time",
    detail: "no time",
    site: "works",
    origin: "v1/sites/works",
    receivedAt: at("2026-11-01") + offset,
    values: 1,
    payload: Buffer.from(`{"at":${offset}}`).toString("base64"),
    length: 9,
    sha256: "ab",
    ...part,
  });
  const ask = (params: Record<string, string> = {}) => board.ask<RejectsAnswer>("rejects", params);

  it("show what was sent, as text where it is text", async () => {
    const binary = Buffer.from([0xff, 0xfe, 0x00]).toString("base64");
    const { payload: _, ...bare } = reject(4);
    await board.store.write({
      rejects: [
        reject(1),
        reject(2, { payload: binary, meter: "a", gateway: "gw", replayedAt: at("2026-11-02") }),
        reject(3, { payload: Buffer.from("<script>表</script>").toString("base64") }),
        bare,
      ],
    });
    const { rows, next } = await ask();
    expect(rows.map((row) => row.offset)).toEqual([4, 3, 2, 1]);
    expect(rows[0]).not.toHaveProperty("payload");
    expect(rows[1]).toMatchObject({ payload: "<script>表</script>", encoding: "text" });
    expect(rows[2]).toMatchObject({
      payload: binary,
      encoding: "base64",
      replayedAt: "2026-11-02T00:00:00+08:00",
    });
    expect(rows[3]).toEqual({
      offset: 1,
      code: "bad-time",
      detail: "no time",
      site: "works",
      origin: "v1/sites/works",
      receivedAt: "2026-11-01T00:00:00.001+08:00",
      length: 9,
      sha256: "ab",
      payload: '{"at":1}',
      encoding: "text",
    });
    expect(next).toBeUndefined();
  });

  it("come page by page, newest first, each once", async () => {
    await board.store.write({ rejects: Array.from({ length: 130 }, (_, n) => reject(n + 1)) });
    const seen: number[] = [];
    let before: number | undefined;
    do {
      const page: RejectsAnswer = await ask({
        limit: "60",
        ...(before === undefined ? {} : { before: String(before) }),
      });
      seen.push(...page.rows.map((row) => row.offset));
      before = page.next;
    } while (before !== undefined);
    expect(seen).toEqual(Array.from({ length: 130 }, (_, n) => 130 - n));
  });

  it("go on from page to page where logged readings were refused, whose offsets are negative", async () => {
    await board.store.write({ rejects: [2, 1, 0, -1, -2, -3].map((offset) => reject(offset)) });
    const seen: number[] = [];
    let before: number | undefined;
    do {
      const page: RejectsAnswer = await ask({
        limit: "2",
        ...(before === undefined ? {} : { before: String(before) }),
      });
      seen.push(...page.rows.map((row) => row.offset));
      before = page.next;
    } while (before !== undefined);
    expect(seen).toEqual([2, 1, 0, -1, -2, -3]);
  });

  it("end a page early when its payloads are long", async () => {
    const payload = Buffer.alloc(256 * 1024, "x").toString("base64");
    await board.store.write({ rejects: Array.from({ length: 40 }, (_, n) => reject(n + 1, { payload })) });
    const page = await ask({ limit: "40" });
    expect(page.rows).toHaveLength(17);
    expect((await ask({ limit: "40", before: String(page.next) })).rows[0]?.offset).toBe(40 - 17);
  });

  it("are asked for by site, code and time of receipt", async () => {
    await board.store.write({
      rejects: [
        reject(1),
        reject(2, { code: "future" }),
        reject(3, { site: "_unknown", code: "unknown-site" }),
      ],
    });
    const offsets = async (params: Record<string, string>) =>
      (await ask(params)).rows.map((row) => row.offset);
    expect(await offsets({ site: "works" })).toEqual([2, 1]);
    expect(await offsets({ site: "_unknown" })).toEqual([3]);
    expect(await offsets({ code: "future" })).toEqual([2]);
    expect(await offsets({ from: "2026-11-01T00:00:00.002+08:00" })).toEqual([3, 2]);
    expect(await offsets({ to: "2026-11-01T00:00:00.002+08:00" })).toEqual([1]);
    for (const [name, value] of [
      ["code", "nonsense"],
      ["limit", "0"],
      ["limit", "1001"],
      ["limit", "1.5"],
      ["before", "x"],
      ["from", "x"],
    ] as const) {
      expect(await ask({ [name]: value }), name).toMatchObject({ status: 400, parameter: name, value });
    }
  });
});

describe("ledger", () => {
  it("tells before and after, newest first", async () => {
    const values = (amount: number) => {
      const {
        scope: _,
        owner: __,
        carrier: ___,
        window: ____,
        start: _____,
        ...rest
      } = figure("site", "x", "day", 0, amount);
      return rest;
    };
    const entry = (scope: "site" | "group" | "meter", owner: string, start: string, written: string) => ({
      scope,
      owner,
      carrier: "electricity",
      window: "day" as const,
      start: at(start),
      before: owner === "works" ? values(1) : null,
      after: values(2),
      cause: "late reading",
      at: at(written),
    });
    await board.store.write({
      ledger: [
        entry("site", "works", "2026-10-01", "2026-11-01"),
        entry("meter", "works/a", "2026-10-02", "2026-11-02"),
        entry("group", "county", "2026-10-03", "2026-11-03"),
      ],
    });
    const ask = (params: Record<string, string> = {}) => board.ask<LedgerAnswer>("ledger", params);
    const { rows } = await ask();
    expect(rows.map((row) => row.owner)).toEqual(["county", "works/a", "works"]);
    expect(rows[2]).toMatchObject({
      start: "2026-10-01T00:00:00+08:00",
      at: "2026-11-01T00:00:00+08:00",
      cause: "late reading",
      before: { amount: 1, kgceEquivalent: null },
      after: { amount: 2, coverage: 1 },
    });
    expect(rows[0]?.before).toBeNull();
    expect((await ask({ site: "works" })).rows.map((row) => row.owner)).toEqual(["works/a", "works"]);
    expect((await ask({ from: "2026-10-02", to: "2026-10-03" })).rows.map((row) => row.owner)).toEqual([
      "works/a",
    ]);
    expect((await ask({ limit: "1" })).rows.map((row) => row.owner)).toEqual(["county"]);
    expect(await ask({ site: "x" })).toMatchObject({ status: 404, parameter: "site" });
  });
});

describe("explain", () => {
  it("is asked with a checked figure and the time it is", async () => {
    const asked: [ExplainRequest, number][] = [];
    const own = openBoard(county, {
      explain: async (request, now) => {
        asked.push([request, now]);
        return { figure: null, notes: [], meters: [], factors: [], lines: ["1 + 1 = 2"] };
      },
    });
    const params = { site: "works", carrier: "electricity", window: "day", at: "2026-11-01" };
    expect(await own.ask("explain", params)).toMatchObject({ lines: ["1 + 1 = 2"] });
    expect(asked).toEqual([
      [{ site: "works", carrier: "electricity", window: "day", at: at("2026-11-01") }, NOW],
    ]);
    expect(await own.ask("explain", { ...params, site: "x" })).toMatchObject({
      status: 404,
      parameter: "site",
    });
    expect(await own.ask("explain", { ...params, carrier: "x" })).toMatchObject({
      status: 404,
      parameter: "carrier",
    });
    expect(await own.ask("explain", { ...params, at: "x" })).toMatchObject({ status: 400, parameter: "at" });
    expect(await own.ask("explain", { ...params, window: "x" })).toMatchObject({
      status: 400,
      parameter: "window",
    });
    expect(asked).toHaveLength(1);
    await own.close();
  });
});

describe("the dispatcher", () => {
  it("knows its queries by name", async () => {
    expect(await board.ask("toString")).toMatchObject({ status: 404, code: "unknown-query" });
    expect(await board.ask("sites", { x: "1" })).toMatchObject({ status: 400, parameter: "x", allowed: [] });
  });

  it("answers 503 while the store cannot be reached, and lets a bug be a bug", async () => {
    const failing = (error: Error) =>
      createBoardQueries({ ...board.store, live: () => Promise.reject(error) }, county, {
        explain: () => Promise.reject(error),
      });
    const away = await failing(new TransientError("STORE_UNAVAILABLE", "the store does not answer")).run(
      "sites",
      {},
      NOW,
    );
    expect(away.status).toBe(503);
    expect(JSON.parse(away.body)).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(failing(new RangeError("bug")).run("sites", {}, NOW)).rejects.toThrow("bug");
  });
});
