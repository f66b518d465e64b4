/** What a list and a page say of a matter. */
import { describe, expect, it } from "vitest";
import type { ApiMatter, ApiMatterEvent } from "../../../board/api/matters.ts";
import { faultOf, formOf, inOrder } from "../../../board/web/format/actions.ts";
import {
  dueOf,
  extentOf,
  isWaitingTooLong,
  sortMatters,
  stepsOf,
  withNames,
} from "../../../board/web/format/matters.ts";
import { monthAt, monthStep } from "../../../board/web/format/month.ts";

const NOON = "2026-11-23T12:00:00+08:00";
const at = (hours: number) => new Date(Date.parse(NOON) + hours * 3_600_000).toISOString();

const matter = (id: string, part: Partial<ApiMatter> = {}): ApiMatter => ({
  id,
  rule: "limit-red",
  colour: "red",
  domain: "budget",
  state: "notified",
  firing: true,
  summary: { zh: "超限", en: "over" },
  values: {},
  raisedAt: at(0),
  overdue: false,
  escalations: 0,
  others: [],
  officers: [],
  may: [],
  ...part,
});

describe("the list of matters", () => {
  const all = [
    matter("yellow", { colour: "yellow", raisedAt: at(3), site: "b" }),
    matter("red-closed", { state: "closed", raisedAt: at(4), site: "a" }),
    matter("red", { raisedAt: at(1), site: "c" }),
    matter("red-late", { raisedAt: at(0), overdue: true, site: "b" }),
    matter("red-was-late", { raisedAt: at(2), overdue: true, state: "explained", site: "b" }),
  ];
  const ids = (sort: Parameters<typeof sortMatters>[1]) =>
    sortMatters(all, sort, (one) => one.site ?? "").map((one) => one.id);

  it("puts open before closed, red before yellow, what waits too long first, then the newest", () => {
    expect(ids("urgency")).toEqual(["red-late", "red-was-late", "red", "yellow", "red-closed"]);
  });

  it("orders by time and by place", () => {
    expect(ids("newest")).toEqual(["red-closed", "yellow", "red-was-late", "red", "red-late"]);
    expect(ids("site")).toEqual(["red-closed", "yellow", "red-was-late", "red-late", "red"]);
  });

  it("calls late only what still waits", () => {
    expect(all.filter(isWaitingTooLong).map((one) => one.id)).toEqual(["red-late"]);
  });
});

describe("the time to acknowledge", () => {
  const now = Date.parse(NOON);
  it.each([
    [{ dueAt: at(1.5) }, { kind: "waits", ms: 5_400_000 }],
    [{ dueAt: at(-1) }, { kind: "late", ms: 3_600_000 }],
    [{ dueAt: at(0) }, { kind: "waits", ms: 0 }],
    [
      { dueAt: at(-1), acknowledgedAt: at(-2) },
      { kind: "answered", late: false },
    ],
    [
      { dueAt: at(-2), acknowledgedAt: at(-1), overdue: true },
      { kind: "answered", late: true },
    ],
    [{}, { kind: "none" }],
    [{ state: "closed", dueAt: at(-1) } as const, { kind: "none" }],
  ])("%j is %j", (part, due) => expect(dueOf(matter("m", part), now)).toEqual(due));
});

describe("how far a matter is", () => {
  const event = (seq: number, action: ApiMatterEvent["action"], actor = "system"): ApiMatterEvent => ({
    seq,
    at: at(seq),
    action,
    actor,
    text: "",
    details: {},
  });
  const how = (part: Partial<ApiMatter>, events: ApiMatterEvent[] = []) =>
    stepsOf(matter("m", part), events).map((one) => one.how);

  it("names the step it is at, and those before and after", () => {
    expect(how({ notifiedAt: at(1) })).toEqual(["done", "now", "open", "open", "open", "open", "open"]);
  });

  it("says when a step was passed over", () => {
    // Acknowledged on the board before any notice arrived.
    expect(how({ state: "acknowledged", acknowledgedAt: at(2) })).toEqual([
      "done",
      "passed",
      "now",
      "open",
      "open",
      "open",
      "open",
    ]);
  });

  it("takes the newest event of a step, and nobody for what the system did", () => {
    const events = [
      event(1, "raise"),
      event(2, "deliver"),
      event(3, "explain", "a"),
      event(4, "explain", "b"),
    ];
    const steps = stepsOf(matter("m", { state: "explained", explainedAt: at(4) }), events);
    expect(steps.map((one) => one.event?.actor)).toEqual([
      undefined,
      undefined,
      undefined,
      "b",
      undefined,
      undefined,
      undefined,
    ]);
    expect(steps[3]).toMatchObject({ how: "now", at: at(4) });
  });

  it("counts handing on as the explaining step", () => {
    const steps = stepsOf(matter("m", { state: "assigned" }), [event(5, "assign", "a")]);
    expect(steps[3]).toMatchObject({ step: "explained", how: "now", at: at(5) });
  });

  it("says nothing of later steps after a matter was sent back", () => {
    const steps = stepsOf(matter("m", { state: "acknowledged", acknowledgedAt: at(1) }), [
      event(1, "acknowledge", "a"),
      event(2, "explain", "a"),
      event(3, "reject", "b"),
    ]);
    expect(steps[3]).toEqual({ step: "explained", how: "open" });
  });
});

describe("how much a matter is about", () => {
  const watched = { field: "stuckHours", op: ">=", threshold: 24 } as const;
  it.each([
    [
      { values: { value: 1.03, used: 1030, allowed: 1000 }, watched },
      { kind: "limit", ratio: 1.03 },
    ],
    // Without a limit there is no ratio to tell.
    [
      { values: { value: 3, used: 3, allowed: 0 }, watched },
      { kind: "value", field: "stuckHours", value: 3 },
    ],
    [
      { values: { value: 30 }, watched },
      { kind: "value", value: 30, op: ">=", threshold: 24 },
    ],
    // A number without a name says nothing: its rule is configured no more.
    [{ values: { value: 30 } }, { kind: "none" }],
    [{ values: {}, watched }, { kind: "none" }],
  ])("%j", (about, extent) => expect(extentOf(about)).toMatchObject(extent));
});

describe("a matter's title", () => {
  it.each([
    ["works 用能预算 budget：已用 3", "大厂 用能预算 年度预算：已用 3"],
    ["works's main meter and works", "大厂's main meter and works"],
    ["networks and steelworks", "networks and steelworks"],
    ["表计 main 没有数据", "表计 总进线 没有数据"],
  ])("%s becomes %s", (summary, title) => {
    expect(
      withNames(summary, {
        works: "大厂",
        budget: "年度预算",
        ...(summary.includes("表计") && { main: "总进线" }),
      }),
    ).toBe(title);
  });

  it("takes a name as it is, whatever is in it", () => {
    expect(withNames("a.b over", { "a.b": "$& $1 <b>" })).toBe("$& $1 <b> over");
    expect(withNames("axb over", { "a.b": "name" })).toBe("axb over");
  });
});

describe("what an action asks for", () => {
  it("wants words where it says nothing without them, and an officer to hand on to", () => {
    expect(faultOf("acknowledge", { text: "", officer: "" })).toBeUndefined();
    expect(faultOf("explain", { text: " \n ", officer: "" })).toBe("text");
    expect(faultOf("explain", { text: "why", officer: "" })).toBeUndefined();
    expect(faultOf("assign", { text: "", officer: "" })).toBe("officer");
    expect(faultOf("assign", { text: "", officer: "li" })).toBeUndefined();
  });

  it("asks again only before what ends the follow-up", () => {
    const all = inOrder([
      "reopen",
      "close",
      "reject",
      "review",
      "rectify",
      "assign",
      "explain",
      "acknowledge",
    ]);
    expect(all[0]).toBe("acknowledge");
    expect(all.filter((action) => formOf(action).isFinal)).toEqual(["close"]);
  });
});

describe("months", () => {
  it("are stepped through over the turn of a year", () => {
    expect(monthAt("2026-11-23")).toBe("2026-11");
    expect(monthStep("2026-01", -1)).toBe("2025-12");
    expect(monthStep("2025-12", 1)).toBe("2026-01");
    expect(monthStep("2026-11", -23)).toBe("2024-12");
  });
});
