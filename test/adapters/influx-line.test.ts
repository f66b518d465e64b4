/** Points of a write: each once, the last of those with the same series and time. */
import "../property-seed.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPoints } from "../../adapters/influx/line.ts";

test("of points with the same series and time the last is written, whatever their order", () => {
  const point = fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: -3, max: 12 }), fc.nat());
  fc.assert(
    fc.property(fc.array(point), (given) => {
      const points = createPoints();
      const last = new Map<string, string>();
      for (const [series, time, value] of given) {
        points.add(series, time, `v=${value}`);
        last.set(`${series} ${time}`, `${series} v=${value} ${time}`);
      }
      expect(points.lines().sort()).toEqual([...last.values()].sort());
    }),
  );
});
