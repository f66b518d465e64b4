/** Tests that look at "today" and must not begin just before it ends. */
import { setTimeout as sleep } from "node:timers/promises";
import { calendarOf } from "../model/time.ts";

/** Waits out a day of the zone that ends within so many minutes. */
export async function awayFromMidnight(zone: string, minutes: number): Promise<void> {
  const calendar = calendarOf(zone);
  const now = Date.now();
  const end = calendar.dayStart(calendar.dayOf(now) + 1);
  if (end - now < minutes * 60_000) await sleep(end - now + 1_000);
}
