import { expect, test } from "vitest";
import { alertRecord, alertRows } from "../../../alerts/desk/publish.ts";
import { observed } from "../../../model/observation.ts";
import type { AlertRecord } from "../../../model/records.ts";
import { admin, alertOf, HOUR, MONDAY_10, openDesk } from "./county.ts";

test("a row of a matter has every field of its kind, and is overwritten as the matter goes on", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  const [first] = alertRows(store.eventsSince(0, 100), MONDAY_10);
  expect(Object.keys(first!.numbers).sort()).toEqual([...observed.alert.numbers].sort());
  expect(Object.keys(first!.texts).sort()).toEqual([...observed.alert.texts].sort());
  expect(first).toMatchObject({
    tags: { rule: "limit-yellow", purpose: "budget", site: "works-1", colour: "yellow", agency: "industry" },
    numbers: { open: 1, value: 1.01, acknowledgedAt: null },
    texts: { state: "raised", officer: "plant-1" },
  });
  desk.act("20261123-0001", { action: "acknowledge", text: "" }, admin, MONDAY_10 + HOUR);
  const [after] = alertRows(store.eventsSince(0, 100), MONDAY_10 + HOUR);
  expect([after!.tags, after!.at]).toEqual([first!.tags, first!.at]);
  expect(after).toMatchObject({ numbers: { acknowledgedAt: MONDAY_10 + HOUR, open: 1 } });
});

test("a matter that worsened leaves no open row under its earlier colour", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  desk.receive([alertOf("red")], MONDAY_10 + HOUR);
  const rows = alertRows(store.eventsSince(0, 100), MONDAY_10 + HOUR);
  expect(rows.map(({ tags, numbers, texts }) => [tags.rule, tags.colour, numbers.open, texts.state])).toEqual(
    [
      ["limit-red", "red", 1, "raised"],
      ["limit-yellow", "yellow", 0, "worsened"],
    ],
  );
  // Asked for again from a later place, the earlier row is not written as if it were open.
  const later = alertRows(store.eventsSince(3, 100), MONDAY_10 + HOUR);
  expect(later.filter(({ numbers }) => numbers.open === 1)).toHaveLength(1);
});

test("matters of one rule and site that were raised together are rows of their own", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow"), alertOf("yellow", { limit: "other", fingerprint: "f2" })], MONDAY_10);
  const rows = alertRows(store.eventsSince(0, 100), MONDAY_10);
  expect(rows).toHaveLength(2);
  expect(new Set(rows.map(({ at, tags }) => JSON.stringify([at, tags]))).size).toBe(2);
});

test("records carry the number of their event, keyed by site, and go on where they stopped", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  const { site: _, ...ofCounty } = alertOf("red", { fingerprint: "f2" });
  desk.receive([{ ...ofCounty, group: "county" }], MONDAY_10);
  const all = store.eventsSince(0, 100).map(alertRecord);
  expect(new Set(all.map(({ key }) => key))).toEqual(new Set(["works-1", "_county"]));
  const numbers = all.map(({ value }) => (JSON.parse(value) as AlertRecord).number);
  expect(numbers).toEqual(numbers.map((_n, i) => i + 1));
  expect(store.eventsSince(2, 100).map(alertRecord)).toEqual(all.slice(2));
});
