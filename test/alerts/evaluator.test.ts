import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprintOf } from "../../alerts/evaluate/document.ts";
import { type AlertChange, createEvaluator } from "../../alerts/evaluate/evaluator.ts";
import { type Observation, observed } from "../../model/observation.ts";
import type { Rule } from "../../model/rule.ts";

const NOW = Date.parse("2026-11-23T00:00:00Z");

function ruleOf(part: Partial<Rule> = {}): Rule {
  return {
    id: "jump-red",
    name: { zh: "突增", en: "Jump" },
    series: { measurement: "site_status", field: "jumpRatio", where: {} },
    op: ">=",
    threshold: 2,
    clear: 1.5,
    also: [],
    forMs: 0,
    keepFiringMs: 0,
    staleMs: 3_600_000,
    colour: "red",
    domain: "energy",
    noData: "ok",
    summary: { zh: "{{site}} {{value|percent}}", en: "{{site}} {{value|percent}}" },
    ...part,
  };
}

function rowOf(
  site: string,
  at: number,
  set: Record<string, number | null>,
  measurement: Observation["measurement"] = "site_status",
): Observation {
  const zeros = Object.fromEntries(observed[measurement].numbers.map((field) => [field, 0]));
  const limit: Record<string, string> =
    measurement === "limit_usage" ? { limit: "l", purpose: "budget" } : {};
  return { measurement, tags: { ...limit, site }, at, numbers: { ...zeros, ...set }, texts: {} };
}

const told = (changes: readonly AlertChange[]) =>
  changes.map(({ status, labels, reason }) => [
    status,
    labels.rule,
    labels.site,
    ...(reason === undefined ? [] : [reason]),
  ]);

describe("an evaluator", () => {
  test("fires at once without a dwell, tells the row's values, and keeps start and labels until the end", () => {
    const evaluator = createEvaluator([ruleOf()]);
    const [begun] = evaluator.take([rowOf("s", NOW, { jumpRatio: 2 })], NOW);
    expect(begun).toMatchObject({
      status: "firing",
      startsAt: NOW,
      values: { value: 2 },
      tags: { site: "s" },
    });
    expect(begun!.labels).toEqual({
      alertname: "突增（红） · Jump (red)",
      rule: "jump-red",
      colour: "red",
      domain: "energy",
      site: "s",
    });
    const [ended] = evaluator.take([rowOf("s", NOW + 1000, { jumpRatio: 1.4 })], NOW + 1000);
    expect(ended).toMatchObject({ status: "resolved", startsAt: NOW, endsAt: NOW + 1000, reason: "cleared" });
    expect(ended!.labels).toEqual(begun!.labels);
  });

  test("looks at the series a rule names, and no others", () => {
    const evaluator = createEvaluator([
      ruleOf({ series: { measurement: "site_status", field: "jumpRatio", where: { site: ["a", "b"] } } }),
    ]);
    const rows = ["a", "b", "c"].map((site) => rowOf(site, NOW, { jumpRatio: 3 }));
    expect(told(evaluator.take(rows, NOW))).toEqual([
      ["firing", "jump-red", "a"],
      ["firing", "jump-red", "b"],
    ]);
  });

  test("ends the alerts of a rule that was removed, by the labels they began with", () => {
    const first = createEvaluator([ruleOf(), ruleOf({ id: "other-red" })]);
    const [begun] = first.take([rowOf("s", NOW, { jumpRatio: 2 })], NOW);
    const second = createEvaluator([ruleOf({ id: "other-red" })], first.state());
    const ended = second.tick(NOW + 10_000);
    expect(told(ended)).toEqual([["resolved", "jump-red", "s", "removed"]]);
    expect(fingerprintOf(ended[0]!.labels)).toBe(fingerprintOf(begun!.labels));
    expect(second.tick(NOW + 20_000)).toEqual([]);
  });

  test("lets a changed rule have its say with the next row", () => {
    const first = createEvaluator([ruleOf()]);
    first.take([rowOf("s", NOW, { jumpRatio: 2.5 })], NOW);
    const second = createEvaluator([ruleOf({ threshold: 4, clear: 3 })], first.state());
    expect(second.tick(NOW + 1000)).toEqual([]);
    expect(told(second.take([rowOf("s", NOW + 2000, { jumpRatio: 2.5 })], NOW + 2000))).toEqual([
      ["resolved", "jump-red", "s", "cleared"],
    ]);
  });

  test("drops a pending series of a removed rule without a word", () => {
    const first = createEvaluator([ruleOf({ forMs: 60_000 })]);
    first.take([rowOf("s", NOW, { jumpRatio: 2.5 })], NOW);
    expect(createEvaluator([], first.state()).tick(NOW + 1000)).toEqual([]);
  });

  test("passes over rows that were old when they came", () => {
    const evaluator = createEvaluator([ruleOf()]);
    expect(evaluator.take([rowOf("s", NOW - 3_600_001, { jumpRatio: 9 })], NOW)).toEqual([]);
    expect(evaluator.take([rowOf("s", NOW - 3_600_000, { jumpRatio: 9 })], NOW)).toHaveLength(1);
  });

  test("takes a clock that went back as one that stands still", () => {
    const evaluator = createEvaluator([ruleOf({ forMs: 60_000 })]);
    evaluator.take([rowOf("s", NOW, { jumpRatio: 3 })], NOW);
    expect(evaluator.tick(NOW - 3_600_000)).toEqual([]);
    expect(evaluator.tick(NOW + 60_000)).toHaveLength(1);
  });

  test("hears and ends as before once a clock that was a month ahead is put right, over a restart too", () => {
    const month = 30 * 86_400_000;
    const rules = [ruleOf({ forMs: 60_000 }), ruleOf({ id: "beat", noData: "alert", threshold: 99 })];
    const ahead = createEvaluator(rules);
    ahead.take([rowOf("s", NOW + month, { jumpRatio: 3 })], NOW + month);
    expect(told(ahead.tick(NOW + month + 60_000))).toEqual([["firing", "jump-red", "s"]]);
    const evaluator = createEvaluator(rules, ahead.state());
    expect(evaluator.tick(NOW)).toEqual([]);
    const rows = [rowOf("s", NOW, { jumpRatio: 1 }), rowOf("t", NOW, { jumpRatio: 3 })];
    expect(told(evaluator.take(rows, NOW + 1_000))).toEqual([["resolved", "jump-red", "s", "cleared"]]);
    expect(told(evaluator.tick(NOW + 61_000))).toEqual([["firing", "jump-red", "t"]]);
    for (let now = NOW + 120_000; now <= NOW + 3_600_000; now += 60_000)
      expect(evaluator.tick(now)).toEqual([]);
    const silent = evaluator.tick(NOW + 3_660_000).find(({ kind }) => kind === "no-data");
    expect(silent).toMatchObject({ status: "firing", startsAt: NOW + 3_660_000 });
  });

  test("ends that no row came when the rule minds no longer, or looks at other rows", () => {
    const rule = ruleOf({ noData: "alert" });
    const begin = () => {
      const evaluator = createEvaluator([rule]);
      for (let now = NOW; now <= NOW + 3_660_000; now += 60_000) evaluator.tick(now);
      return evaluator.state();
    };
    const series = { measurement: "pipeline_status", field: "recordsBehind", where: {} } as const;
    for (const changed of [ruleOf({ noData: "ok" }), ruleOf({ noData: "alert", series })]) {
      const changes = createEvaluator([changed], begin()).tick(NOW + 3_661_000);
      expect(changes[0]).toMatchObject({ status: "resolved", kind: "no-data", reason: "removed" });
      // Of the other rows none came either.
      expect(changes).toHaveLength(changed.noData === "alert" ? 2 : 1);
    }
    expect(createEvaluator([rule], begin()).tick(NOW + 3_661_000)).toEqual([]);
  });

  test("refuses a state that it did not write", () => {
    expect(() => createEvaluator([], '{"version":7}')).toThrow(/version 7, not 1/);
    expect(() => createEvaluator([], "no json")).toThrow();
  });

  test("keeps only what is on its way: thousands of quiet series leave a small state", () => {
    const evaluator = createEvaluator([ruleOf()]);
    const rows = Array.from({ length: 20_000 }, (_, i) => rowOf(`s-${i}`, NOW, { jumpRatio: 1 }));
    evaluator.take(rows, NOW);
    expect(evaluator.state().length).toBeLessThan(200);
    const loud = Array.from({ length: 1000 }, (_, i) => rowOf(`s-${i}`, NOW + 1, { jumpRatio: 3 }));
    expect(evaluator.take(loud, NOW + 1)).toHaveLength(1000);
    expect(
      evaluator.take(
        loud.map((row) => ({ ...row, at: NOW + 2, numbers: { ...row.numbers, jumpRatio: 0 } })),
        NOW + 2,
      ),
    ).toHaveLength(1000);
    expect(evaluator.state().length).toBeLessThan(200);
  });

  test("forgets limits whose rows are old", () => {
    const rule = ruleOf({ series: { measurement: "limit_usage", field: "red", where: {} } });
    const evaluator = createEvaluator([rule]);
    evaluator.take([rowOf("s", NOW, { red: 0.5 }, "limit_usage")], NOW);
    expect(evaluator.state()).toContain("limit_usage");
    evaluator.tick(NOW + 3_600_001);
    expect(evaluator.state()).not.toContain("limit_usage");
  });
});

describe("whatever comes", () => {
  const rules = [
    ruleOf({ forMs: 60_000, keepFiringMs: 120_000 }),
    ruleOf({ id: "low-yellow", op: "<", threshold: 0.5, clear: 0.7, colour: "yellow", staleMs: 600_000 }),
    ruleOf({
      id: "limit-red",
      series: { measurement: "limit_usage", field: "red", where: {} },
      clear: 1.9,
      also: [{ field: "coverage", op: ">=", value: 0.5 }],
      noData: "alert",
      staleMs: 300_000,
    }),
  ];
  const number = fc.option(fc.constantFrom(0, 0.4, 0.6, 1.4, 1.7, 1.95, 2, 3), { nil: null });
  const row = fc.record({
    site: fc.constantFrom("a", "b"),
    isLimit: fc.boolean(),
    value: number,
    coverage: number,
    lateMs: fc.constantFrom(0, 0, 0, 60_000, 700_000),
  });
  const step = fc.record({
    passMs: fc.constantFrom(1000, 10_000, 60_000, 110_000, 400_000),
    rows: fc.array(row, { maxLength: 3 }),
    restarts: fc.boolean(),
  });
  type StepOf = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function play(steps: readonly StepOf[], always: boolean): { changes: AlertChange[]; state: string } {
    let evaluator = createEvaluator(rules);
    let now = NOW;
    const changes: AlertChange[] = [];
    for (const { passMs, rows, restarts } of steps) {
      now += passMs;
      const taken = rows.map(({ site, isLimit, value, coverage, lateMs }) =>
        isLimit
          ? rowOf(site, now - lateMs, { red: value, coverage }, "limit_usage")
          : rowOf(site, now - lateMs, { jumpRatio: value }),
      );
      changes.push(...evaluator.take(taken, now));
      if (always && restarts) evaluator = createEvaluator(rules, evaluator.state());
      changes.push(...evaluator.tick(now));
      if (always) evaluator = createEvaluator(rules, evaluator.state());
    }
    return { changes, state: evaluator.state() };
  }

  test("a restart at any step changes nothing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        expect(play(steps, true)).toEqual(play(steps, false));
      }),
      { numRuns: 300 },
    );
  });

  test("beginnings and ends of one alert take turns, each end with the start of its beginning", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const open = new Map<string, number>();
        for (const { status, labels, startsAt, endsAt } of play(steps, false).changes) {
          const key = fingerprintOf(labels);
          if (status === "firing") {
            expect(open.has(key)).toBe(false);
            open.set(key, startsAt);
          } else {
            expect(open.get(key)).toBe(startsAt);
            expect(endsAt).toBeGreaterThanOrEqual(startsAt);
            open.delete(key);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
