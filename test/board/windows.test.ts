import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apiWindows } from "../../board/parameters.ts";
import { countStarts, firstStart, startsIn, windowEnd, windowStart } from "../../board/queries/windows.ts";
import { calendarOf, HOUR_MS } from "../../model/time.ts";

const shanghai = calendarOf("Asia/Shanghai");
const berlin = calendarOf("Europe/Berlin");
const zones = [shanghai, berlin, calendarOf("Asia/Kolkata"), calendarOf("Australia/Lord_Howe")];

describe("windows", () => {
  it("begin at local midnight, on the first of the month and of the year", () => {
    const moment = Date.parse("2026-11-22T10:07:00+08:00");
    expect(shanghai.iso(windowStart(shanghai, "15m", moment))).toBe("2026-11-22T10:00:00+08:00");
    expect(shanghai.iso(windowStart(shanghai, "hour", moment))).toBe("2026-11-22T10:00:00+08:00");
    expect(shanghai.iso(windowStart(shanghai, "day", moment))).toBe("2026-11-22T00:00:00+08:00");
    expect(shanghai.iso(windowStart(shanghai, "month", moment))).toBe("2026-11-01T00:00:00+08:00");
    expect(shanghai.iso(windowStart(shanghai, "year", moment))).toBe("2026-01-01T00:00:00+08:00");
    expect(shanghai.iso(windowEnd(shanghai, "year", Date.parse("2026-01-01T00:00:00+08:00")))).toBe(
      "2027-01-01T00:00:00+08:00",
    );
  });

  it("are 23 and 25 hours long where clocks change", () => {
    const spring = Date.parse("2026-03-29T00:00:00+01:00");
    const autumn = Date.parse("2026-10-25T00:00:00+02:00");
    expect(windowEnd(berlin, "day", spring) - spring).toBe(23 * HOUR_MS);
    expect(windowEnd(berlin, "day", autumn) - autumn).toBe(25 * HOUR_MS);
    expect(countStarts(berlin, "hour", autumn, windowEnd(berlin, "day", autumn))).toBe(25);
    expect(berlin.iso(windowStart(berlin, "day", Date.parse("2026-10-25T23:30:00+01:00")))).toBe(
      "2026-10-25T00:00:00+02:00",
    );
  });

  it("follow on each other without gap or overlap, and are counted as they are listed", () => {
    const from = fc.integer({ min: Date.parse("2025-01-01"), max: Date.parse("2026-12-31") });
    const length = fc.integer({ min: 1, max: 5 * 24 * HOUR_MS });
    const property = fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...apiWindows),
      from,
      length,
      (zone, window, begin, ms) => {
        const starts = startsIn(zone, window, begin, begin + ms);
        expect(countStarts(zone, window, begin, begin + ms)).toBe(starts.length);
        for (const [i, start] of starts.entries()) {
          expect(start >= begin && start < begin + ms).toBe(true);
          expect(windowStart(zone, window, start)).toBe(start);
          const end = windowEnd(zone, window, start);
          expect(windowStart(zone, window, end - 1)).toBe(start);
          if (i + 1 < starts.length) expect(starts[i + 1]).toBe(end);
        }
        expect(firstStart(zone, window, begin)).toBe(starts[0] ?? firstStart(zone, window, begin + ms));
      },
    );
    fc.assert(property, { numRuns: 400, seed: 7 });
  });
});
