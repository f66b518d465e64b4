/** Limits made by hand, for tests. */
import type { Limit } from "../model/limit.ts";
import type { Observation } from "../model/observation.ts";
import type { Reading } from "../model/reading.ts";
import { HOUR_MS } from "../model/time.ts";
import { at, type Pipeline, reading } from "./world.ts";

/** A month's budget of one tonne for site `s`, unless said otherwise. */
export function limit(part: Partial<Limit> = {}): Limit {
  const id = part.id ?? "budget";
  return {
    id,
    name: { zh: id, en: id },
    ...(part.group === undefined ? { site: "s" } : {}),
    purpose: "budget",
    quantity: "tce",
    ...(part.quantity === undefined || part.quantity === "tce" ? { basis: "calorific" as const } : {}),
    period: "month",
    value: 1,
    unit: "tce",
    validFrom: at("2000-01-01"),
    levels: [
      { colour: "yellow", ratio: 0.8, toDate: false },
      { colour: "orange", ratio: 0.9, toDate: false },
      { colour: "red", ratio: 1, toDate: false },
    ],
    minCoverage: 0.9,
    ...part,
  };
}

/** A reading each `hours` from `from` to `to`, both included, of a meter that counts `perHour`. */
export function steady(from: string, to: string, perHour: number, first = 0, hours = 1): Reading[] {
  const rows: Reading[] = [];
  const start = at(from);
  for (let time = start; time <= at(to); time += hours * HOUR_MS)
    rows.push(reading(time, first + ((time - start) / HOUR_MS) * perHour));
  return rows;
}

/** The rows of a limit, by time; those of which nothing is known any more are left out. */
export async function usage(pipeline: Pick<Pipeline, "store">, id?: string): Promise<Observation[]> {
  const rows = await pipeline.store.observations({
    measurement: "limit_usage",
    ...(id === undefined ? {} : { tags: { limit: id } }),
    from: at("2010-01-01"),
    to: at("2035-01-01"),
  });
  return rows.filter(({ numbers }) => numbers.used !== null || numbers.coverage !== 0);
}

/** The numbers of a limit's row on a day. */
export async function onDay(
  pipeline: Pick<Pipeline, "store">,
  id: string,
  day: string,
): Promise<Observation["numbers"] | undefined> {
  return (await usage(pipeline, id)).find((row) => row.at === at(day))?.numbers;
}
