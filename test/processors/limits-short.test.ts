/** Rows of quarter-hours and hours. */
import { expect, test } from "vitest";
import { calendarOf, QUARTER_MS } from "../../model/time.ts";
import { createBook } from "../../processors/limits/book.ts";
import { emptyQuarters } from "../../processors/limits/rows.ts";
import { shortRows } from "../../processors/limits/short.ts";
import { subjectsOf } from "../../processors/limits/subjects.ts";
import { planOf } from "../../processors/plan.ts";
import { limit } from "../limit-world.ts";
import { at, registry, site } from "../world.ts";

const part = { quantity: "energy", carrier: "electricity", unit: "kWh" } as const;
const plan = planOf(registry([site()], { limits: [limit({ ...part, period: "hour" })] }));
const calendar = calendarOf("Asia/Shanghai");
const day = calendar.dayOf(at("2026-04-01"));

test("an hour is gone when any of its quarter-hours vanished and none is known any more", () => {
  const [subject] = subjectsOf(plan);
  const quarters = { ...emptyQuarters(96), vanished: new Set([9, 10, 11]) };
  const detail = { asOf: at("2026-04-01"), peakKw: Number.NaN, quarters };
  const book = { ...createBook(calendar, { figures: async () => [] }), detail: () => detail };
  const rows = shortRows({ calendar, book, outputs: new Map() }, subject!, day, undefined);
  expect(rows.map((row) => [row.at, row.numbers.used, row.numbers.coverage])).toEqual([
    [at("2026-04-01") + 8 * QUARTER_MS, null, 0],
  ]);
});
