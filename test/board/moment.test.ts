import { describe, expect, it } from "vitest";
import { parseMoment } from "../../board/moment.ts";
import { calendarOf } from "../../model/time.ts";

const shanghai = calendarOf("Asia/Shanghai");
const berlin = calendarOf("Europe/Berlin");

describe("parseMoment", () => {
  it.each([
    ["2026-11-01", "2026-10-31T16:00:00.000Z"],
    ["2026-11-01T00:15:00+08:00", "2026-10-31T16:15:00.000Z"],
    ["2026-11-01T00:15+08:00", "2026-10-31T16:15:00.000Z"],
    ["2026-11-01T00:15:00.250Z", "2026-11-01T00:15:00.250Z"],
    ["2026-11-01T00:15:00 08:00", "2026-10-31T16:15:00.000Z"],
    ["2026-11-01T00:15:00-05:00", "2026-11-01T05:15:00.000Z"],
  ])("reads %s", (text, iso) => {
    expect(new Date(parseMoment(shanghai, text) ?? 0).toISOString()).toBe(iso);
  });

  it("begins a day where the zone begins it", () => {
    expect(parseMoment(berlin, "2026-03-30")).toBe(Date.parse("2026-03-30T00:00:00+02:00"));
    expect(parseMoment(berlin, "2026-03-29")).toBe(Date.parse("2026-03-29T00:00:00+01:00"));
  });

  it.each([
    "",
    "yesterday",
    "2026-11-01T00:15:00",
    "2026-02-30",
    "2026-02-30T00:00:00Z",
    "2026-11-01T25:00:00Z",
    "2026-11-01T00:15:00+0800",
    "2026-11-01 00:15:00 08:00",
    "1700000000000",
    "1969-12-31",
    "2200-01-01",
    "275760-09-13",
    "2026-11-01T00:15:00+08:00x",
    "２０２６-11-01",
  ])("refuses %j", (text) => {
    expect(parseMoment(shanghai, text)).toBeUndefined();
  });
});
