import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFilterIndex, filterProblem } from "../../config/topic-filter.ts";
import { filtersOverlap } from "../../model/topics.ts";

const filters = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "", "+"), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, open]) => [...levels, ...(open ? ["#"] : [])].join("/"));

/** Every topic of up to five levels over a, b and c; c stands for every other name. */
const topics: string[] = [];
function addTopics(levels: string[]): void {
  if (levels.length > 0) topics.push(levels.join("/"));
  if (levels.length < 4) for (const name of ["a", "b", "", "c"]) addTopics([...levels, name]);
}
addTopics([]);

/** MQTT 3.1.1, 4.7, written out: does a topic match a filter? */
function matches(filter: string[], topic: string[]): boolean {
  const [level, ...rest] = filter;
  if (level === "#") return true;
  if (level === undefined || topic.length === 0) return filter.length === topic.length;
  if (level !== "+" && level !== topic[0]) return false;
  return matches(rest, topic.slice(1));
}

/** "a/#" also matches "a". */
function matchesTopic(filter: string, topic: string): boolean {
  const levels = filter.split("/");
  const parent = levels.at(-1) === "#" && levels.length > 1 ? levels.slice(0, -1) : undefined;
  const names = topic.split("/");
  return matches(levels, names) || (parent !== undefined && matches(parent, names));
}

describe("filtersOverlap", () => {
  it.each([
    ["a/b", "a/b", true],
    ["a/b", "a/c", false],
    ["a/+", "a/b", true],
    ["a/+", "a", false],
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["#", "a/b", true],
    ["+/b", "a/+", true],
    ["+/b/#", "a/c", false],
    ["a/+/c", "a/b/#", true],
    ["a//c", "a/+/c", true],
  ])("%s and %s: %s", (a, b, overlap) => {
    expect(filtersOverlap(a, b)).toBe(overlap);
    expect(filtersOverlap(b, a)).toBe(overlap);
  });

  it("is true exactly where some topic matches both", () => {
    fc.assert(
      fc.property(filters, filters, (a, b) => {
        const some = topics.some((topic) => matchesTopic(a, topic) && matchesTopic(b, topic));
        expect(filtersOverlap(a, b)).toBe(some);
      }),
      { numRuns: 500 },
    );
  });
});

describe("createFilterIndex", () => {
  it("finds the filters that comparing each with each finds", () => {
    fc.assert(
      fc.property(fc.array(filters, { maxLength: 12 }), filters, (list, asked) => {
        const index = createFilterIndex<number>();
        list.forEach((filter, at) => {
          index.add(filter, at);
        });
        const expected = list.flatMap((filter, at) => (filtersOverlap(filter, asked) ? [at] : []));
        expect(index.overlapping(asked).sort((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("asks for ten thousand gateways within a second", () => {
    const index = createFilterIndex<number>();
    const started = performance.now();
    for (let at = 0; at < 10_000; at++) {
      const filter = `v1/sites/works-${at}/#`;
      expect(index.overlapping(filter)).toEqual([]);
      index.add(filter, at);
    }
    expect(index.overlapping("v1/+/works-77/meters/+/readings")).toEqual([77]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("filterProblem", () => {
  it.each(["a", "a/b/#", "+/b", "#", "+", "/", "a//b"])("%s is a filter", (filter) => {
    expect(filterProblem(filter)).toBeUndefined();
  });

  it.each(["", "a+/b", "a/#/b", "a/b#", "$SYS/#", "$share/g/a", "a\0b", "a".repeat(65_536)])(
    "%j is none",
    (filter) => {
      expect(filterProblem(filter)).toEqual(expect.any(String));
    },
  );
});
