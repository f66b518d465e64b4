/** Every case as it is, with a restart before every look, and through the document. */
import { beforeAll, describe, expect, test } from "vitest";
import { alertsOf } from "../../alerts/document.ts";
import { documentsOf, fingerprintOf } from "../../alerts/evaluate/document.ts";
import { type AlertChange, createEvaluator } from "../../alerts/evaluate/evaluator.ts";
import { loadConfig } from "../../config/load.ts";
import type { Rule } from "../../model/rule.ts";
import { projectRoot } from "../program.ts";
import { type AlertCase, alertCases } from "./case-files.ts";

let shipped: readonly Rule[] = [];
beforeAll(async () => {
  shipped = (await loadConfig(`${projectRoot}/config/example`)).registry.rules;
});

function rulesFor({ rules }: AlertCase): readonly Rule[] {
  if (rules === undefined) return shipped;
  return rules.map((id) => {
    const rule = shipped.find((one) => one.id === id);
    if (rule === undefined) throw new Error(`no shipped rule ${id}`);
    return rule;
  });
}

interface Told {
  readonly now: number;
  readonly change: AlertChange;
}

function run(one: AlertCase, restarts: boolean): Told[] {
  const rules = rulesFor(one);
  let evaluator = createEvaluator(rules);
  return one.steps.flatMap(({ now, rows }) => {
    const taken = rows.length > 0 ? evaluator.take(rows, now) : [];
    if (restarts) evaluator = createEvaluator(rules, evaluator.state());
    const ticked = evaluator.tick(now);
    if (restarts) evaluator = createEvaluator(rules, evaluator.state());
    return [...taken, ...ticked].map((change) => ({ now, change }));
  });
}

const seen = (one: AlertCase, { now, change }: Told) => ({
  at: (now - one.start) / 1000,
  [change.status]: change.labels.rule,
  kind: change.kind,
  tags: change.tags,
});

describe.each(alertCases)("$name", (one) => {
  test("raises and ends these alerts, and no others", () => {
    const found = run(one, false);
    expect(found.map((told) => seen(one, told))).toEqual(
      one.expected.map(({ at, firing, resolved, kind, tags }) => ({
        at: at / 1000,
        ...(firing === undefined ? { resolved } : { firing }),
        kind,
        tags,
      })),
    );
    one.expected.forEach(({ reason, value }, i) => {
      if (reason !== undefined) expect(found[i]!.change.reason).toBe(reason);
      if (value !== undefined) expect(found[i]!.change.values.value).toBe(value);
    });
  });

  test("is the same with a restart at every step", () => {
    expect(run(one, true)).toEqual(run(one, false));
  });

  test("reads back from its documents as it was", () => {
    const found = run(one, false);
    const read = documentsOf(found.map(({ change }) => change)).flatMap((document) => {
      const result = alertsOf(JSON.parse(JSON.stringify(document)));
      if (!result.ok) throw new Error(result.problems.join("; "));
      return result.alerts;
    });
    expect(
      read.map(({ fingerprint, status, startsAt, endsAt }) => [fingerprint, status, startsAt, endsAt]),
    ).toEqual(
      found.map(({ change }) => [
        fingerprintOf(change.labels),
        change.status,
        change.startsAt,
        change.endsAt,
      ]),
    );
    for (const { change } of found.filter(({ change }) => change.status === "resolved"))
      expect(
        found.some((begun) => begun.change.status === "firing" && begun.change.startsAt === change.startsAt),
      ).toBe(true);
  });
});

test("there are cases", () => expect(alertCases.length).toBeGreaterThanOrEqual(20));
