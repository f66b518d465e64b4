/** Limits that are not those the stored rows were made with: what is to be made anew, and what is over. */
import type { Limit } from "../../model/limit.ts";
import type { Observation } from "../../model/observation.ts";
import { monthsBefore } from "../../model/period.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { DAY_MS, type DayIndex, type Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { isShort, type Subject } from "./subjects.ts";
import { goneRow } from "./usage.ts";

const FACT = "limits";
/** How far back the rows of a changed limit are made anew. */
export const MONTHS_BACK = 13;
/** Of limits of quarter-hours and hours. */
const DAYS_BACK_SHORT = 31;
/** Rows of a removed limit so old are history, and stay. */
const REMOVED_MS = 2 * DAY_MS;

export interface ChangedLimits {
  readonly subjects: readonly { readonly subject: Subject; readonly from: DayIndex }[];
  /** Rows that nothing will make anew. */
  readonly gone: readonly Observation[];
  /** To be stored when all of it is done. */
  readonly fact: { readonly name: string; readonly value: string };
}

/** Sixteen hex digits that tell texts apart (FNV-1a, forwards and backwards); no guard against forgery. */
function digest(text: string): string {
  let [a, b] = [0x811c9dc5, 0x811c9dc5];
  for (let i = 0, j = text.length - 1; j >= 0; i += 1, j -= 1) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(j), 0x01000193);
  }
  return [a, b].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Everything a limit's rows depend on beside figures; names and sources may change freely. */
function digestOf(plan: Plan, { limit, series }: Subject): string {
  const { name: _name, source: _source, levels, ...facts } = limit;
  const outputs = plan.registry.outputs
    .filter((row) => row.site === limit.site && row.product === limit.product)
    .map(({ month, amount }) => [month, amount]);
  // Of a meter without figures nothing else tells that its time of service is another.
  const services = series.map(({ name, service, changing }) => [name, service, [...changing]]);
  const text = [facts, levels.map(({ label: _label, ...level }) => level), outputs, services];
  return digest(JSON.stringify(text));
}

const sameTags = (a: Observation["tags"], b: Observation["tags"]): boolean =>
  a.purpose === b.purpose && a.site === b.site && a.group === b.group;

/** Whether a limit has a row at that moment, as far as the limit goes. */
function mayHave(plan: Plan, limit: Limit, { tags, at }: Observation): boolean {
  const { purpose, site, group } = limit;
  const own = { purpose, ...(site === undefined ? {} : { site }), ...(group === undefined ? {} : { group }) };
  if (!sameTags(tags, own)) return false;
  if (isShort(limit)) return limit.validFrom <= at && at < (limit.validTo ?? Number.POSITIVE_INFINITY);
  return (
    plan.calendar.dayStart(plan.calendar.dayOf(at)) === at && isValidOn(plan, limit, plan.calendar.dayOf(at))
  );
}

/** A limit has rows on the days that it holds on, be it in part. */
export function isValidOn({ calendar }: Pick<Plan, "calendar">, limit: Limit, day: DayIndex): boolean {
  const ends = limit.validTo ?? Number.POSITIVE_INFINITY;
  return limit.validFrom < calendar.dayStart(day + 1) && calendar.dayStart(day) < ends;
}

/** Compares the registry's limits with those that the stored rows were made with; undefined when nothing differs. */
export async function changedLimits(
  plan: Plan,
  reader: Pick<SeriesReader, "fact" | "observations">,
  subjects: readonly Subject[],
  now: Instant,
): Promise<ChangedLimits | undefined> {
  const stored = await reader.fact(FACT);
  const before = new Map(Object.entries(JSON.parse(stored ?? "{}") as Record<string, string>));
  const digests = Object.fromEntries(subjects.map((one) => [one.limit.id, digestOf(plan, one)]));
  const value = JSON.stringify(digests);
  if (value === (stored ?? "{}")) return undefined;
  const today = plan.calendar.dayOf(now);
  const changed = subjects.filter(({ limit }) => before.get(limit.id) !== digests[limit.id]);
  const dayStart = (day: DayIndex): Instant => plan.calendar.dayStart(day);
  const gone: Observation[] = [];
  const ask = (limit: string, from: Instant): Promise<Observation[]> =>
    reader.observations({
      measurement: "limit_usage",
      tags: { limit },
      from,
      to: dayStart(today + 366),
    });
  for (const { limit } of changed) {
    if (!before.has(limit.id)) continue;
    for (const row of await ask(limit.id, dayStart(monthsBefore(today, MONTHS_BACK))))
      if (!mayHave(plan, limit, row)) gone.push(goneRow(row.tags, row.at));
  }
  for (const id of before.keys()) {
    if (id in digests) continue;
    for (const row of await ask(id, now - REMOVED_MS)) gone.push(goneRow(row.tags, row.at));
  }
  return {
    subjects: changed.map((subject) => ({
      subject,
      from: isShort(subject.limit) ? today - DAYS_BACK_SHORT : monthsBefore(today, MONTHS_BACK),
    })),
    gone,
    fact: { name: FACT, value },
  };
}
