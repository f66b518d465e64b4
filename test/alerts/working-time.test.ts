import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quietUntil, whenToTell } from "../../alerts/escalate/quiet.ts";
import { workingTimeOf } from "../../alerts/escalate/working-time.ts";
import type { WorkingCalendar } from "../../model/duty.ts";
import { calendarOf, MINUTE_MS, parseDate } from "../../model/time.ts";
import { duties } from "./desk/county.ts";

const calendar = calendarOf("Asia/Shanghai");
const at = (text: string): number => Date.parse(`${text}+08:00`);
const days = (...texts: string[]) => new Set(texts.map((text) => parseDate(text)!));
const office: WorkingCalendar = {
  hours: [
    [510, 720],
    [810, 1020],
  ],
  workdays: [1, 2, 3, 4, 5],
  // National day of 2026: seven days off, two days of the weekend worked for them.
  holidays: days(
    "2026-10-01",
    "2026-10-02",
    "2026-10-03",
    "2026-10-04",
    "2026-10-05",
    "2026-10-06",
    "2026-10-07",
  ),
  extraWorkdays: days("2026-09-20", "2026-10-10"),
};
const work = workingTimeOf(office, calendar);

describe("working time", () => {
  test.each([
    ["within the morning", "2026-11-23T09:00:00", 60, "2026-11-23T10:00:00"],
    ["over lunch", "2026-11-23T11:30:00", 60, "2026-11-23T14:00:00"],
    ["from before the hours begin", "2026-11-23T06:00:00", 30, "2026-11-23T09:00:00"],
    ["from the evening into the next day", "2026-11-23T20:00:00", 30, "2026-11-24T09:00:00"],
    ["to the very end of a day", "2026-11-23T16:00:00", 60, "2026-11-23T17:00:00"],
    ["from Friday over the weekend", "2026-11-27T16:30:00", 60, "2026-11-30T09:00:00"],
    ["over seven days off", "2026-09-30T16:30:00", 60, "2026-10-08T09:00:00"],
    ["on a Sunday that is worked", "2026-09-20T09:00:00", 60, "2026-09-20T10:00:00"],
    ["on a Saturday that is worked", "2026-10-09T16:30:00", 60, "2026-10-10T09:00:00"],
    ["one working day", "2026-11-23T10:00:00", 420, "2026-11-24T10:00:00"],
  ])("%s", (_what, from, minutes, to) => {
    expect(work.after(at(from), minutes)).toBe(at(to));
  });

  test("a year's end without known days off counts plain weekdays", () => {
    expect(work.after(at("2027-10-01T09:00:00"), 60)).toBe(at("2027-10-01T10:00:00"));
  });

  test("a calendar in which nobody ever works ends the wait all the same", () => {
    const never = workingTimeOf({ ...office, workdays: [], extraWorkdays: new Set() }, calendar);
    expect(never.after(at("2026-11-23T09:00:00"), 60)).toBeGreaterThan(at("2028-01-01T00:00:00"));
  });

  test("what `after` adds, `between` finds; time never goes back", () => {
    const start = at("2026-09-15T00:00:00");
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 * 1440 }),
        fc.integer({ min: 1, max: 5_000 }),
        (offset, minutes) => {
          const from = start + offset * MINUTE_MS;
          const to = work.after(from, minutes);
          expect(to).toBeGreaterThan(from);
          expect(work.between(from, to)).toBe(minutes);
          expect(work.isWorking(to - MINUTE_MS)).toBe(true);
          expect(work.after(from, minutes + 1)).toBeGreaterThan(to);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("quiet hours", () => {
  const night = { from: 1320, to: 420 };
  test.each([
    ["2026-11-23T21:59:59", undefined],
    ["2026-11-23T22:00:00", "2026-11-24T07:00:00"],
    ["2026-11-24T00:00:00", "2026-11-24T07:00:00"],
    ["2026-11-24T06:59:59", "2026-11-24T07:00:00"],
    ["2026-11-24T07:00:00", undefined],
  ])("over midnight, %s: until %s", (from, until) => {
    expect(quietUntil(night, at(from), calendar)).toBe(until === undefined ? undefined : at(until));
  });

  test("within a day, and none at all", () => {
    expect(quietUntil({ from: 720, to: 780 }, at("2026-11-23T12:30:00"), calendar)).toBe(
      at("2026-11-23T13:00:00"),
    );
    expect(quietUntil({ from: 720, to: 780 }, at("2026-11-23T13:00:00"), calendar)).toBeUndefined();
    expect(quietUntil(undefined, at("2026-11-23T23:00:00"), calendar)).toBeUndefined();
  });

  test("red is never held back, whatever the configuration says", () => {
    const red = { ...duties.policies.red, isHeldBack: true };
    const now = at("2026-11-23T23:00:00");
    const own = { ...duties, policies: { ...duties.policies, red } };
    expect(whenToTell(own, "red", { messages: 0 }, now, calendar)).toBe(now);
    expect(whenToTell(own, "orange", { messages: 0 }, now, calendar)).toBe(at("2026-11-24T07:00:00"));
  });

  test("after the window's number of messages the rest waits for a digest, red for a minute at most", () => {
    const now = at("2026-11-23T10:00:00");
    const full = { messages: duties.digest.afterNotices };
    expect(whenToTell(duties, "orange", { messages: full.messages - 1 }, now, calendar)).toBe(now);
    expect(whenToTell(duties, "orange", full, now, calendar)).toBe(now + 30_000);
    expect(whenToTell(duties, "orange", { ...full, lastDigestAt: now }, now, calendar)).toBe(
      now + 5 * MINUTE_MS,
    );
    expect(whenToTell(duties, "red", full, now, calendar)).toBe(now + 5_000);
    expect(whenToTell(duties, "red", { ...full, lastDigestAt: now - 10_000 }, now, calendar)).toBe(
      now + 50_000,
    );
  });
});
