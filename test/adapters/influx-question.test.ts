/** Conditions of questions: they hold for what is wanted and for nothing else, and stay flat. */
import "../property-seed.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyOf, oneOf } from "../../adapters/influx/question.ts";

/** Whether a condition on tags a and b holds: its words are those of JavaScript but for the operators. */
function holds(condition: string, a: string, b: string): boolean {
  const text = condition
    .replaceAll("=", "===")
    .replaceAll(" AND ", " && ")
    .replaceAll(" OR ", " || ")
    .replaceAll('"a"', "a")
    .replaceAll('"b"', "b");
  return Function("a", "b", `return ${text}`)(a, b) as boolean;
}

const values = ["p", "q", "r", "s", "t"];

test("pairs of tags' values are all named, and no other pair", () => {
  const pair = fc.tuple(fc.constantFrom(...values), fc.constantFrom(...values));
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1 }), (given) => {
      const pairs = new Map<string, Set<string>>();
      for (const [a, b] of given) pairs.set(a, (pairs.get(a) ?? new Set()).add(b));
      const condition = oneOf("a", "b", pairs);
      for (const a of values)
        for (const b of values) expect(holds(condition, a, b)).toBe(pairs.get(a)?.has(b) ?? false);
    }),
  );
});

test("a thousand alternatives lie ten deep", () => {
  const condition = anyOf(Array.from({ length: 1_000 }, (_, i) => `"a"='${i}'`));
  let deepest = 0;
  let depth = 0;
  for (const character of condition) {
    depth += character === "(" ? 1 : character === ")" ? -1 : 0;
    deepest = Math.max(deepest, depth);
  }
  expect(deepest).toBe(10);
  expect(holds(condition, "999", "")).toBe(true);
  expect(holds(condition, "1000", "")).toBe(false);
});
