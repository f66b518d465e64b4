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
const GROUPS_FACT = "config:groups";

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

/** A site whose groups are to be summed anew, and with which others. */
interface Regrouping {
  readonly site: string;
  readonly from: Instant;
  /** With all of the county: they share that group at the least, and sums that stay the same are not written. */
  readonly withAll: boolean;
  /** Carriers of which a row's owner is gone: the others of the carrier are summed without it. */
  readonly carriers: ReadonlySet<string>;
  /** It did not change itself: it is a member of a group that came into being. */
  readonly isMember?: boolean;
}

/** Sites at which meters count, and their carriers (`siteCarriersOf`). */
const areasOf = ({ meters }: SiteSnapshot): { owner: string; carrier: string }[] =>
  meters.flatMap(({ contributes, conversionOutput, countsTo, site, carrier }) => [
    ...(contributes !== "none" || conversionOutput ? [{ owner: site, carrier }] : []),
    ...(contributes === "subtract" && countsTo !== undefined ? [{ owner: countsTo, carrier }] : []),
  ]);

/**
 * What becomes of groups when a site's memberships change, or when it is new, or gone with all or some carriers.
 * @param before absent: it is new. @param after absent: it was removed
 */
function regrouping(
  plan: Plan,
  site: string,
  before: SiteSnapshot | undefined,
  after: SiteSnapshot | undefined,
): Regrouping | undefined {
  const groups = ({ category, town, sector = null, classes, nationalList }: SiteSnapshot) =>
    JSON.stringify([category, town, sector, classes, nationalList]);
  const known = before ?? after;
  const from = Math.min(...(known?.meters ?? []).map((meter) => meter.from));
  if (known === undefined || !Number.isFinite(from)) return undefined;
  if (before === undefined) return { site, from, withAll: false, carriers: new Set() };
  const gone = areasOf(before).filter(({ owner, carrier }) => !plan.areaOf.has(`${owner}\n${carrier}`));
  const withAll = after === undefined || groups(before) !== groups(after);
  if (!withAll && gone.length === 0) return undefined;
  return { site, from, withAll, carriers: new Set(gone.map(({ carrier }) => carrier)) };
}

/** Groups that came into being, such as a town without its first nationally listed project: with all their past. */
function* newGroups(plan: Plan, earlier: readonly string[]): Generator<Regrouping> {
  const known = new Set(earlier);
  for (const [key, sites] of plan.groupSites)
    if (!known.has(key))
      for (const site of sites) {
        const from = Math.min(...site.meters.map((meter) => meter.from));
        if (Number.isFinite(from))
          yield { site: site.id, from, withAll: false, carriers: new Set(), isMember: true };
      }
}

/** So many sites a cause names; of more it says how many. */
const NAMED_SITES = 3;

function causesOf(changes: readonly Regrouping[]): string[] {
  const sites = new Set(changes.map(({ site }) => site));
  if (sites.size === 0) return ["registry: groups"];
  return sites.size > NAMED_SITES
    ? [`registry: ${sites.size} sites`]
    : [...sites].map((site) => `registry: ${site}`);
}

/** Days whose groups are to be summed anew: each once, however many sites changed. */
function regrouped(plan: Plan, changes: readonly Regrouping[], now: Instant): DirtyDay[] {
  const days: DirtyDay[] = [];
  for (const { site, carrier } of plan.areas) {
    const own = changes.filter((one) => one.withAll || one.site === site.id || one.carriers.has(carrier));
    if (own.length === 0) continue;
    const changed = own.filter((one) => !one.isMember);
    const causes = causesOf(changed.length > 0 ? changed : changes.filter((one) => !one.isMember));
    const first = plan.calendar.dayOf(Math.min(...own.map(({ from }) => from)));
    for (let day = first; day <= plan.calendar.dayOf(now); day += 1)
      days.push({ site: site.id, carrier, day, causes });
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
    `What is stored is of other sites than the configuration has: ${some}${stored.length > 3 ? ", …" : ""}. Give the county's own configuration by --config; where every site has a new id, begin with an empty directory or bucket.`,
  );
}

/** A site as it was when it was in the registry last: in the one before this, or `left` when it was taken out of it. */
function lastOf(stored: string | undefined): {
  known?: SiteSnapshot | undefined;
  left?: SiteSnapshot | undefined;
} {
  const last =
    stored === undefined ? null : (JSON.parse(stored) as SiteSnapshot | { removed?: SiteSnapshot } | null);
  if (last === null) return {};
  return "meters" in last ? { known: last } : { left: last.removed };
}

/** A site as it is without its meters. */
const without = (site: SiteSnapshot | undefined): SiteSnapshot | undefined =>
  site ? { ...site, meters: [] } : undefined;

async function wasRead(reader: SeriesReader, { site, id, registers }: Meter): Promise<boolean> {
  for (const register of registers)
    if ((await reader.extent({ site, meter: id, register: register.id })) !== undefined) return true;
  return false;
}

/**
 * Compares the registry with the one the stored figures were computed with.
 * @throws UsageError when they have no site in common
 */
export async function restatementOf(plan: Plan, reader: SeriesReader, now: Instant): Promise<Restatement> {
  const { registry } = plan;
  const result: Restatement = { records: [], dirty: [], facts: [] };
  /** What is stored of a fact, and whether it differs from what is so now. */
  const compareFact = async (name: string, value: string) => {
    const stored = await reader.fact(name);
    const isChanged = stored !== value;
    if (isChanged) result.facts.push({ name, value });
    return { stored, isChanged };
  };
  /** Meters that are in the registry anew and have readings from before: by another registry, or judged by none. */
  const addReturned = async (before: SiteSnapshot, after: SiteSnapshot): Promise<void> => {
    for (const meter of after.meters) {
      if (before.meters.some(({ id }) => id === meter.id) || !(await wasRead(reader, meter))) continue;
      const { site, id, from } = meter;
      const cause = `registry: ${site}/${id}`;
      const to = now + HOUR_MS;
      result.records.push({ kind: "recompute", site, meter: id, from, to, cause, receivedAt: now });
    }
  };
  const regroupings: Regrouping[] = [];
  const ids = registry.sites.map((site) => site.id);
  const { stored: earlier } = await compareFact(SITES_FACT, JSON.stringify(ids));
  const listed = earlier === undefined ? [] : (JSON.parse(earlier) as string[]);
  checkCounty(listed, ids);
  const compareSite = async (id: string, after: SiteSnapshot | undefined): Promise<void> => {
    const stored = await reader.fact(SITE_FACT + id);
    const { known, left } = lastOf(stored);
    const value = JSON.stringify(after ?? { removed: known ?? left });
    if (stored === value) return;
    result.facts.push({ name: SITE_FACT + id, value });
    // At the very first start nothing is restated.
    if (stored === undefined && earlier === undefined) return;
    const [before, current] = [known ?? without(after), after ?? without(known)];
    if (before === undefined || current === undefined) return;
    await addReturned(before, current);
    const own = siteChanges(before, current, id, now);
    // The rows of a site that is new or gone are made with its meters, or no more; those of its hosts here.
    const isWhole = known !== undefined && after !== undefined;
    for (const record of own)
      if (isWhole || (record.site !== id && ids.includes(record.site))) result.records.push(record);
    for (const day of partMonths(plan, before, current, id, now)) result.dirty.push(day);
    const change = regrouping(plan, id, known, after);
    if (change === undefined) return;
    // What was counted by meters that did not come back is still stored.
    const from = Math.min(change.from, ...(left?.meters ?? []).map((meter) => meter.from));
    regroupings.push({ ...change, from });
    if (left === undefined || after === undefined) return;
    const cause = `registry: ${id}`;
    const to = now + HOUR_MS;
    result.records.push({ kind: "recompute", site: id, meter: "", from, to, cause, receivedAt: now });
  };
  for (const site of registry.sites) await compareSite(site.id, snapshotOf(site));
  for (const id of listed) {
    if (!ids.includes(id)) await compareSite(id, undefined);
  }
  const groups = await compareFact(GROUPS_FACT, JSON.stringify([...plan.groupSites.keys()].sort()));
  if (groups.stored !== undefined)
    for (const change of newGroups(plan, JSON.parse(groups.stored) as string[])) regroupings.push(change);
  for (const day of regrouped(plan, regroupings, now)) result.dirty.push(day);
  const common = await compareFact(COMMON_FACT, JSON.stringify(commonSnapshot(registry)));
  if (common.isChanged && common.stored !== undefined)
    for (const record of commonChanges(JSON.parse(common.stored) as CommonSnapshot, plan, now))
      result.records.push(record);
  return result;
}
