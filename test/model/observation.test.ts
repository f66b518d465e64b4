import { describe, expect, test } from "vitest";
import { measurements } from "../../model/measurements.ts";
import { byTagsThenTime, type Observation, observed, observedNames } from "../../model/observation.ts";

describe.each(observedNames)("%s", (kind) => {
  const { tags, numbers, texts } = observed[kind];

  test("has no field with the name of a tag or of another field, which InfluxQL would mix up", () => {
    const names: string[] = [...tags, ...numbers, ...texts, "time", "unknown"];
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test("is a measurement, with what is unknown named in a field", () => {
    expect(measurements[kind]).toEqual({ tags, fields: [...numbers, ...texts, "unknown"] });
  });
});

test("rows are ordered by their tags as the kind names them, those without first, then by time", () => {
  const row = (tags: Record<string, string>, at: number): Observation => {
    return { measurement: "limit_usage", tags, at, numbers: {}, texts: {} };
  };
  const rows = [
    row({ limit: "a", purpose: "budget", group: "county" }, 2),
    row({ limit: "a", purpose: "budget", site: "s" }, 1),
    row({ limit: "a", purpose: "budget", site: "s" }, 2),
    row({ limit: "a10", purpose: "approved", site: "a" }, 0),
    row({ limit: "a2", purpose: "approved", site: "a" }, 0),
  ];
  expect(rows.toReversed().sort(byTagsThenTime)).toEqual(rows);
});
