/** What a changed configuration makes wrong: compared with the one last computed with, site by site. */
import { UsageError } from "../model/errors.ts";
import type { DirtyDay, SeriesReader } from "../model/ports.ts";
import type { RecomputeRecord } from "../model/records.ts";
import type { Factor, Meter, Registry, Site } from "../model/registry.ts";
import { HOUR_MS, type Instant } from "../model/time.ts";
import type { Plan } from "./plan.ts";

/** What a site's figures depend on. */
interface SiteSnapshot {
  readonly category: string;
  readonly town: string | null;
  /** Absent in what was stored before there were sectors. */
  readonly sector?: string | null;
  readonly classes: Site["classes"];
  readonly nationalList: boolean;
  readonly meters: readonly Meter[];
}

export interface Restatement {
  /** To be appended to the log. */
  readonly records: RecomputeRecord[];
  /** Days whose groups are to be summed anew, since their members changed. */
  readonly dirty: DirtyDay[];
  /** The configuration as it is now, to be stored when the records are in the log. */
  readonly facts: { readonly name: string; readonly value: string }[];
}

const SITE_FACT = "config:site:";
const SITES_FACT = "config:sites";
const COMMON_FACT = "config:common";

function snapshotOf(site: Site): SiteSnapshot {
  const { category, town = null, sector = null, classes, nationalList } = site;
  const meters = site.meters.map((meter) => ({ ...meter, name: { zh: "", en: "" } }));
  return { category, town, sector, classes, nationalList, meters };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The earliest moment at which two versions of a dated list differ. */
function firstDifference<T>(
  before: readonly T[],
  after: readonly T[],
  at: (row: T) => Instant,
): Instant | undefined {
  const changed = [
    ...before.filter((row) => !after.some((other) => same(row, other))),
    ...after.filter((row) => !before.some((other) => same(row, other))),
  ];
  return changed.length === 0 ? undefined : Math.min(...changed.map(at));
}

/** From when on a meter's own figures may differ; undefined when they cannot. */
function meterChange(before: Meter | undefined, after: Meter): { from: Instant; cause: string } | undefined {
  if (before === undefined) return undefined;
  const dated = {
    multipliers: [],
    swaps: [],
    contributes: "none",
    role: "sub",
    countsTo: undefined,
    conversionOutput: false,
  };
  if (!same({ ...before, ...dated }, { ...after, ...dated })) {
    return { from: Math.min(before.from, after.from), cause: `registry: ${after.site}/${after.id}` };
  }
  const multiplier = firstDifference(before.multipliers, after.multipliers, (row) => row.from);
  const swap = firstDifference(before.swaps, after.swaps, (row) => row.at);
  if (multiplier === undefined && swap === undefined) return undefined;
  const cause = multiplier === undefined ? "swap" : "multiplier";
  return {
    from: Math.min(multiplier ?? Number.POSITIVE_INFINITY, swap ?? Number.POSITIVE_INFINITY),
    cause: `${cause}: ${after.site}/${after.id}`,
  };
}

/** Sites whose rows a meter's changed part in them makes wrong. */
function partChange(
  before: Meter | undefined,
  after: Meter | undefined,
): { sites: string[]; from: Instant } | undefined {
  const part = (meter: Meter | undefined) =>
    meter && [
      meter.contributes,
      meter.role,
      meter.countsTo ?? null,
      meter.conversionOutput,
      meter.carrier,
      meter.from,
      meter.to ?? null,
    ];
  if (same(part(before), part(after))) return undefined;
  const known = [before, after].filter((meter) => meter !== undefined);
  const sites = new Set(
    known.flatMap((meter) => [meter.site, ...(meter.countsTo === undefined ? [] : [meter.countsTo])]),
  );
  return { sites: [...sites], from: Math.min(...known.map((meter) => meter.from)) };
}

/**
 * A day of each month in which a meter's part in a site changed: of a meter that was never read no row of a day
 * changes, but a month's coverage is that of the least known meter.
 */
function partMonths(
  plan: Plan,
  before: SiteSnapshot,
  after: SiteSnapshot,
  site: string,
  now: Instant,
): DirtyDay[] {
  const { calendar } = plan;
  const of = ({ meters }: SiteSnapshot) => new Map(meters.map((meter) => [meter.id, meter]));
  const [old, current] = [of(before), of(after)];
  const days: DirtyDay[] = [];
  for (const id of new Set([...old.keys(), ...current.keys()])) {
    const [was, is] = [old.get(id), current.get(id)];
    const change = partChange(was, is);
    if (change === undefined) continue;
    const first = calendar.dayOf(change.from);
    const carriers = new Set([was, is].flatMap((meter) => meter?.carrier ?? []));
    const areas = change.sites.flatMap((target) =>
      [...carriers]
        .filter((carrier) => plan.areaOf.has(`${target}\n${carrier}`))
        .map((carrier) => ({ target, carrier })),
    );
    for (
      let month = calendar.monthOfDay(first);
      month <= calendar.monthOfDay(calendar.dayOf(now));
      month += 1
    ) {
      const day = Math.max(first, calendar.monthFirstDay(month));
      for (const { target, carrier } of areas)
        days.push({ site: target, carrier, day, causes: [`registry: ${site}/${id}`] });
    }
  }
  return days;
}

function siteChanges(
  before: SiteSnapshot,
  after: SiteSnapshot,
  site: string,
  now: Instant,
): RecomputeRecord[] {
  const records: RecomputeRecord[] = [];
  const to = now + HOUR_MS;
  const add = (target: string, meter: string, from: Instant, cause: string): void => {
    records.push({ kind: "recompute", site: target, meter, from, to, cause, receivedAt: now });
  };
  const old = new Map(before.meters.map((meter) => [meter.id, meter]));
  for (const meter of after.meters) {
    const change = meterChange(old.get(meter.id), meter);
    if (change) add(site, meter.id, change.from, change.cause);
  }
  const current = new Map(after.meters.map((meter) => [meter.id, meter]));
  for (const id of new Set([...old.keys(), ...current.keys()])) {
    const change = partChange(old.get(id), current.get(id));
    for (const target of change?.sites ?? []) add(target, "", change!.from, `registry: ${site}/${id}`);
  }
  return records;
}

function factorChanges(
  before: readonly Factor[],
  registry: Registry,
  plan: Plan,
  now: Instant,
): RecomputeRecord[] {
  const records: RecomputeRecord[] = [];
  const carriers = new Set([...before, ...registry.factors].map((row) => row.carrier));
  for (const carrier of carriers) {
    const old = before.filter((row) => row.carrier === carrier);
    const current = registry.factors.filter((row) => row.carrier === carrier);
    const from = firstDifference(old, current, (row) => row.validFrom);
    if (from === undefined) continue;
    for (const area of plan.areas.filter((one) => one.carrier === carrier)) {
      const start = Math.max(from, Math.min(...area.members.map((member) => member.meter.from)));
      records.push({
        kind: "recompute",
        site: area.site.id,
        meter: "",
        from: start,
        to: now + HOUR_MS,
        cause: `factor: ${carrier}`,
        receivedAt: now,
      });
    }
  }
  return records;
}

/**
 * Days of the sites that share or shared a group with a site whose memberships changed, or with carriers that
 * are gone from it: their groups are to be summed without what is no longer in them.
 * @param site absent: it was removed
 */
function regrouped(
  plan: Plan,
  before: SiteSnapshot,
  after: SiteSnapshot | undefined,
  site: string,
  now: Instant,
): DirtyDay[] {
  const groups = (snapshot: SiteSnapshot) => [
    snapshot.category,
    snapshot.town,
    snapshot.sector ?? null,
    snapshot.classes,
    snapshot.nationalList,
  ];
  const carriersOf = (snapshot: SiteSnapshot | undefined) =>
    new Set(snapshot?.meters.map((meter) => meter.carrier));
  const current = carriersOf(after);
  const gone = new Set([...carriersOf(before)].filter((carrier) => !current.has(carrier)));
  const isRegrouped = after === undefined || !same(groups(before), groups(after));
  if (!isRegrouped && gone.size === 0) return [];
  const from = Math.min(...before.meters.map((meter) => meter.from));
  const areas = plan.areas.filter((area) => isRegrouped || gone.has(area.carrier) || area.site.id === site);
  const days: DirtyDay[] = [];
  const causes = [`registry: ${site}`];
  // Every area of the county: they share that group at the least, and sums that stay the same are not written.
  for (const area of areas) {
    for (let day = plan.calendar.dayOf(from); day <= plan.calendar.dayOf(now); day += 1) {
      days.push({ site: area.site.id, carrier: area.carrier, day, causes });
    }
  }
  return days;
}

/** What all sites' figures depend on. */
function commonSnapshot(registry: Registry) {
  const { factors, carriers, county } = registry;
  return {
    factors,
    region: county.region,
    carriers: carriers.map(({ id, unit, co2 }) => ({ id, unit, co2 })),
  };
}

type CommonSnapshot = ReturnType<typeof commonSnapshot>;

/** Rows of every site, when the region or a carrier's way to CO2 changed; else what changed factors touch. */
function commonChanges(before: CommonSnapshot, plan: Plan, now: Instant): RecomputeRecord[] {
  const { registry } = plan;
  const after = commonSnapshot(registry);
  const rest = (one: CommonSnapshot) => [one.region, one.carriers];
  if (same(rest(before), rest(after))) return factorChanges(before.factors, registry, plan, now);
  return plan.areas.map((area) => ({
    kind: "recompute",
    site: area.site.id,
    meter: "",
    from: Math.min(...area.members.map((member) => member.meter.from)),
    to: now + HOUR_MS,
    cause: "registry: region or carriers",
    receivedAt: now,
  }));
}

/** Without one site in common it is another county's registry, by which all figures would be taken for removed. */
function checkCounty(stored: readonly string[], ids: readonly string[]): void {
  if (stored.length === 0 || stored.some((id) => ids.includes(id))) return;
  const some = stored.slice(0, 3).join(", ");
  throw new UsageError(
    `What is stored is of other sites than the configuration has: ${some}${stored.length > 3 ? ", …" : ""}. Give the county's own configuration by --config.`,
  );
}

/**
 * Compares the registry with the one the stored figures were computed with.
 * @throws UsageError when they have no site in common
 */
export async function restatementOf(plan: Plan, reader: SeriesReader, now: Instant): Promise<Restatement> {
  const { registry } = plan;
  const result: Restatement = { records: [], dirty: [], facts: [] };
  /** The stored fact where it differs from what is so now; undefined where it does not, or there was none. */
  const changedFact = async (name: string, value: string): Promise<string | undefined> => {
    const stored = await reader.fact(name);
    if (stored === value) return undefined;
    result.facts.push({ name, value });
    return stored;
  };
  const compareSite = async (id: string, after: SiteSnapshot | undefined): Promise<void> => {
    const stored = await changedFact(SITE_FACT + id, JSON.stringify(after ?? null));
    const before = stored === undefined ? null : (JSON.parse(stored) as SiteSnapshot | null);
    if (before === null) return;
    if (after) for (const record of siteChanges(before, after, id, now)) result.records.push(record);
    if (after) for (const day of partMonths(plan, before, after, id, now)) result.dirty.push(day);
    for (const day of regrouped(plan, before, after, id, now)) result.dirty.push(day);
  };
  const ids = registry.sites.map((site) => site.id);
  for (const site of registry.sites) await compareSite(site.id, snapshotOf(site));
  const earlier = await changedFact(SITES_FACT, JSON.stringify(ids));
  const stored = earlier === undefined ? [] : (JSON.parse(earlier) as string[]);
  checkCounty(stored, ids);
  for (const id of stored) {
    if (!ids.includes(id)) await compareSite(id, undefined);
  }
  const common = await changedFact(COMMON_FACT, JSON.stringify(commonSnapshot(registry)));
  if (common !== undefined)
    result.records.push(...commonChanges(JSON.parse(common) as CommonSnapshot, plan, now));
  return result;
}
