import { expect, test } from "vitest";
import { compileTime } from "../../ingest/time-form.ts";
import type { DecoderProfile } from "../../model/registry.ts";

const value = { pointer: "/at" };
const read = (text: unknown, time: Partial<DecoderProfile["time"]> = {}) => {
  const found = compileTime({ value, ...time })(text);
  return typeof found === "number" ? new Date(found).toISOString() : found.code;
};

test.each([
  ["2026-11-01T00:15:00+08:00", "2026-10-31T16:15:00.000Z"],
  ["2026-11-01T00:15+08:00", "2026-10-31T16:15:00.000Z"],
  ["2026-11-01 00:15:00+0800", "2026-10-31T16:15:00.000Z"],
  ["2026-11-01T00:15:00+08", "2026-10-31T16:15:00.000Z"],
  ["2026-10-31T16:15:00Z", "2026-10-31T16:15:00.000Z"],
  ["2026-10-31T16:15:00.1239Z", "2026-10-31T16:15:00.123Z"],
  ["2026-10-31T16:15:00,5Z", "2026-10-31T16:15:00.500Z"],
  ["2026-10-31T12:45:00-03:30", "2026-10-31T16:15:00.000Z"],
  ["2026-10-31T24:00:00+08:00", "2026-10-31T16:00:00.000Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  [1793463300000, "2026-10-31T16:15:00.000Z"],
  [1793463300000.9, "2026-10-31T16:15:00.000Z"],
  [0, "1970-01-01T00:00:00.000Z"],
])("%s is %s", (text, instant) => {
  expect(read(text)).toBe(instant);
});

test.each([
  ["2026-11-01T00:15:00", "no-zone"],
  ["2026-11-01T00:15", "no-zone"],
  ["2026-11-01", "bad-time"],
  ["2025-02-29T00:00:00Z", "bad-time"],
  ["2026-11-31T00:00:00Z", "bad-time"],
  ["2026-13-01T00:00:00Z", "bad-time"],
  ["2026-00-10T00:00:00Z", "bad-time"],
  ["2026-11-00T00:00:00Z", "bad-time"],
  ["2026-11-01T24:00:01Z", "bad-time"],
  ["2026-11-01T25:00:00Z", "bad-time"],
  ["2026-11-01T00:60:00Z", "bad-time"],
  ["2026-11-01T00:00:60Z", "bad-time"],
  ["2026-11-01T00:00:00+15:00", "bad-time"],
  ["2026-11-01T00:00:00+08:60", "bad-time"],
  ["0026-11-01T00:00:00Z", "bad-time"],
  ["01/11/2026 00:15", "bad-time"],
  ["1793463300000", "bad-time"],
  ["", "bad-time"],
  ["now", "bad-time"],
  [null, "bad-time"],
  [undefined, "bad-time"],
  [true, "bad-time"],
  [{}, "bad-time"],
  [[], "bad-time"],
  [1e300, "bad-time"],
  [Infinity, "bad-time"],
])("%s is refused as %s", (text, code) => {
  expect(read(text)).toBe(code);
});

test("forms that profiles name", () => {
  expect(read(1793463300, { form: "epoch-s" })).toBe("2026-10-31T16:15:00.000Z");
  expect(read(1793463300.123, { form: "epoch-s" })).toBe("2026-10-31T16:15:00.123Z");
  expect(read("1793463300", { form: "epoch-s" })).toBe("2026-10-31T16:15:00.000Z");
  expect(read("1793463300000", { form: "epoch-ms" })).toBe("2026-10-31T16:15:00.000Z");
  expect(read("179346330x", { form: "epoch-s" })).toBe("bad-time");
  expect(read(1793463300000, { form: "iso" })).toBe("bad-time");
  const zone = "Asia/Shanghai";
  expect(read("20261101001500123", { form: "yyyyMMddHHmmssSSS", zone })).toBe("2026-10-31T16:15:00.123Z");
  expect(read("2026110100150012", { form: "yyyyMMddHHmmssSSS", zone })).toBe("bad-time");
  expect(read("20261101001500123", { form: "yyyyMMddHHmmssSSS" })).toBe("no-zone");
  expect(read("2026.11.01 (00:15)", { form: "yyyy.MM.dd (HH:mm)", zone })).toBe("2026-10-31T16:15:00.000Z");
  expect(read("2026-11-01x00:15", { form: "yyyy.MM.dd HH:mm", zone })).toBe("bad-time");
  expect(() => compileTime({ value, form: "HH:mm" })).toThrow(/yyyy, MM and dd/);
  expect(() => compileTime({ value, zone: "Asia/Nowhere" })).toThrow(RangeError);
});

test("a zone stands in for a missing offset only", () => {
  const zone = "Asia/Shanghai";
  expect(read("2026-11-01T00:15:00", { zone })).toBe("2026-10-31T16:15:00.000Z");
  expect(read("2026-11-01T00:15:00Z", { zone })).toBe("2026-11-01T00:15:00.000Z");
});

test("a day's 00:00 row closes the day where the profile says so", () => {
  const steel = { form: "dd/MM/yyyy HH:mm", zone: "Asia/Shanghai", midnightEndsDay: true };
  expect(read("01/01/2018 00:15", steel)).toBe("2017-12-31T16:15:00.000Z");
  expect(read("01/01/2018 23:45", steel)).toBe("2018-01-01T15:45:00.000Z");
  expect(read("01/01/2018 00:00", steel)).toBe("2018-01-01T16:00:00.000Z");
  expect(read("31/12/2018 00:00", steel)).toBe("2018-12-31T16:00:00.000Z");
  expect(read("01/01/2018 00:00", { ...steel, midnightEndsDay: false })).toBe("2017-12-31T16:00:00.000Z");
});

test("where clocks are changed, a time that came twice or never is refused", () => {
  const zone = "Europe/Berlin";
  expect(read("2026-03-29T01:59:59", { zone })).toBe("2026-03-29T00:59:59.000Z");
  expect(read("2026-03-29T02:30:00", { zone })).toBe("bad-time");
  expect(read("2026-03-29T03:00:00", { zone })).toBe("2026-03-29T01:00:00.000Z");
  expect(read("2026-10-25T01:59:59", { zone })).toBe("2026-10-24T23:59:59.000Z");
  expect(read("2026-10-25T02:30:00", { zone })).toBe("no-zone");
  expect(read("2026-10-25T03:00:00", { zone })).toBe("2026-10-25T02:00:00.000Z");
  expect(read("2026-10-25T02:30:00+01:00", { zone })).toBe("2026-10-25T01:30:00.000Z");
  expect(read("9999-10-25T02:30:00", { zone })).toBe("bad-time");
});
