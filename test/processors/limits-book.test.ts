/** What is kept at hand of the stored figures that limits are made from. */
import { expect, test } from "vitest";
import { calendarOf } from "../../model/time.ts";
import { createBook } from "../../processors/limits/book.ts";
import { subjectsOf } from "../../processors/limits/subjects.ts";
import { planOf } from "../../processors/plan.ts";
import { limit } from "../limit-world.ts";
import { at, registry, site } from "../world.ts";

const calendar = calendarOf("Asia/Shanghai");
const newest = calendar.dayOf(at("2026-04-10"));
const subjects = subjectsOf(planOf(registry([site()], { limits: [limit({ carrier: "electricity" })] })));
const series = subjects[0]!.series[0]!;

test("quarter-hours of past days are not kept after all was forgotten", async () => {
  const asked: string[] = [];
  const figures = async (_keys: unknown, window: string, from: number) => {
    asked.push(`${window} ${calendar.dayOf(from) - newest}`);
    return [];
  };
  const book = createBook(calendar, { figures });
  const kept = async (): Promise<boolean[]> => {
    for (const back of [5, 1, 0]) book.wantDetail(series, newest - back);
    await book.load();
    return [5, 1, 0].map((back) => book.detail(series, newest - back)?.quarters !== undefined);
  };
  book.wantNewest(series, newest, newest);
  expect(await kept()).toEqual([false, true, true]);
  book.clear();
  expect(await kept()).toEqual([false, false, false]);
  // A day that changes is read anew, and as the newest it is kept again.
  asked.length = 0;
  book.changed(series, newest, new Set([3]));
  book.wantNewest(series, newest, newest);
  await book.load();
  expect(await kept()).toEqual([false, false, true]);
  expect(asked).toContain("15m 0");
});
