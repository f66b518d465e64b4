/** Limits that are not those the stored rows were made with: what is to be made anew, and what is over. */
import type { Limit } from "../../model/limit.ts";
import type { Observation } from "../../model/observation.ts";
import { monthsBefore } from "../../model/period.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { DAY_MS, type DayIndex, HOUR_MS, type Instant, QUARTER_MS } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { isShort, type Subject } from "./subjects.ts";
import { goneRow } from "./usage.ts";

const FACT = "limits";
/** How far back the rows of a changed limit are made anew, and compared. */
const MONTHS_BACK = 13;
/** Of limits of quarter-hours and hours, which have many. */
const DAYS_BACK_SHORT = 31;
/** Rows of a removed limit so old are history, and stay. */
const REMOVED_MS = 2 * DAY_MS;

export interface ChangedLimits {
  readonly subjects: readonly Subject[];
  /** No figure before it is looked for. */
  readonly first: DayIndex;
  /** Rows that nothing will make anew, or nothing may. */
  readonly gone: readonly Observation[];
  /** To be stored when all of it is done. */
  readonly fact: { readonly name: string; readonly value: string };
}

/** First day whose rows of a changed limit are made anew, where `newest` is the newest day with figures. */
export const madeFrom = (limit: Limit, newest: DayIndex): DayIndex =>
  isShort(limit) ? newest - DAYS_BACK_SHORT : monthsBefore(newest, MONTHS_BACK);

const DIGITS = 16;

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

/** The digest of a limit, and what its rows are of. */
function versionOf(plan: Plan, subject: Subject): string {
  const { period, quantity, carrier } = subject.limit;
  return [digestOf(plan, subject), period, quantity, carrier ?? ""].join(" ");
}

/** Rows of the new version may be of other moments: none of the old one is to stay. Earliest versions do not tell. */
const isOther = (before: string, version: string): boolean =>
  before.length > DIGITS && before.slice(DIGITS) !== version.slice(DIGITS);

const sameTags = (a: Observation["tags"], b: Observation["tags"]): boolean =>
  a.purpose === b.purpose && a.site === b.site && a.group === b.group;

/** Whether a limit has a row at that moment, as far as the limit goes. */
function mayHave(plan: Plan, limit: Limit, { tags, at }: Observation): boolean {
  const { purpose, site, group } = limit;
  const own = { purpose, ...(site === undefined ? {} : { site }), ...(group === undefined ? {} : { group }) };
  if (!sameTags(tags, own)) return false;
  const day = plan.calendar.dayOf(at);
  const inDay = at - plan.calendar.dayStart(day);
  if (!isShort(limit)) return inDay === 0 && isValidOn(plan, limit, day);
  const isStart = inDay % (limit.period === "hour" ? HOUR_MS : QUARTER_MS) === 0;
  return isStart && limit.validFrom <= at && at < (limit.validTo ?? Number.POSITIVE_INFINITY);
}

/** A limit has rows on the days that it holds on, be it in part. */
export function isValidOn({ calendar }: Pick<Plan, "calendar">, limit: Limit, day: DayIndex): boolean {
  const ends = limit.validTo ?? Number.POSITIVE_INFINITY;
  return limit.validFrom < calendar.dayStart(day + 1) && calendar.dayStart(day) < ends;
}

type Reader = Pick<SeriesReader, "fact" | "observations">;

/** Rows of limits that are other ones or none any more, to be ended. */
async function goneRows(
  plan: Plan,
  reader: Reader,
  limits: readonly Limit[],
  versions: { readonly before: ReadonlyMap<string, string>; readonly now: ReadonlyMap<string, string> },
  now: Instant,
): Promise<Observation[]> {
  const { before } = versions;
  const today = plan.calendar.dayOf(now);
  const to = plan.calendar.dayStart(today + 366);
  const ask = (limit: string, from: Instant): Promise<Observation[]> =>
    reader.observations({ measurement: "limit_usage", tags: { limit }, from, to });
  const gone: Observation[] = [];
  for (const limit of limits) {
    const was = before.get(limit.id);
    if (was === undefined) continue;
    const none = isOther(was, versions.now.get(limit.id)!);
    for (const row of await ask(limit.id, plan.calendar.dayStart(monthsBefore(today, MONTHS_BACK))))
      if (none || !mayHave(plan, limit, row)) gone.push(goneRow(row.tags, row.at));
  }
  for (const id of before.keys()) {
    if (versions.now.has(id)) continue;
    for (const row of await ask(id, now - REMOVED_MS)) gone.push(goneRow(row.tags, row.at));
  }
  return gone;
}

/** Compares the registry's limits with those that the stored rows were made with; undefined when nothing differs. */
export async function changedLimits(
  plan: Plan,
  reader: Reader,
  subjects: readonly Subject[],
  now: Instant,
): Promise<ChangedLimits | undefined> {
  const stored = (await reader.fact(FACT)) ?? "{}";
  const before = new Map(Object.entries(JSON.parse(stored) as Record<string, string>));
  const versions = new Map(subjects.map((one) => [one.limit.id, versionOf(plan, one)]));
  const value = JSON.stringify(Object.fromEntries(versions));
  if (value === stored) return undefined;
  const changed = subjects.filter(({ limit }) => before.get(limit.id) !== versions.get(limit.id));
  const limits = changed.map(({ limit }) => limit);
  return {
    subjects: changed,
    first: monthsBefore(plan.calendar.dayOf(now), MONTHS_BACK),
    gone: await goneRows(plan, reader, limits, { before, now: versions }, now),
    fact: { name: FACT, value },
  };
}
