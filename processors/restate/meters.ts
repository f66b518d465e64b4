/** Meters that changed: what of their own figures, and of the sites they count at, is made anew. */
import type { DirtyDay, SeriesReader } from "../../model/ports.ts";
import type { RecomputeRecord } from "../../model/records.ts";
import type { Meter } from "../../model/registry.ts";
import { HOUR_MS, type Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { firstDifference } from "./first-difference.ts";
import { type SiteSnapshot, same } from "./snapshot.ts";

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
export function partMonths(
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

export function siteChanges(
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

export async function wasRead(reader: SeriesReader, { site, id, registers }: Meter): Promise<boolean> {
  for (const register of registers)
    if ((await reader.extent({ site, meter: id, register: register.id })) !== undefined) return true;
  return false;
}
