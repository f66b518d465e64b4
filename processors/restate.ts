/** What a changed configuration makes wrong: compared with the one last computed with, site by site. */
import { UsageError } from "../model/errors.ts";
import type { DirtyDay, SeriesReader } from "../model/ports.ts";
import type { RecomputeRecord } from "../model/records.ts";
import { HOUR_MS, type Instant } from "../model/time.ts";
import type { Plan } from "./plan.ts";
import { type CommonSnapshot, commonChanges, commonSnapshot } from "./restate/factors.ts";
import { newGroups, type Regrouping, regrouped, regrouping } from "./restate/groups.ts";
import { partMonths, siteChanges, wasRead } from "./restate/meters.ts";
import { lastOf, type SiteSnapshot, snapshotOf, without } from "./restate/snapshot.ts";

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

/** Without one site in common it is another county's registry, by which all figures would be taken for removed. */
function checkCounty(stored: readonly string[], ids: readonly string[]): void {
  if (stored.length === 0 || stored.some((id) => ids.includes(id))) return;
  const some = stored.slice(0, 3).join(", ");
  throw new UsageError(
    `What is stored is of other sites than the configuration has: ${some}${stored.length > 3 ? ", …" : ""}. Give the county's own configuration by --config; where every site has a new id, begin with an empty directory or bucket.`,
  );
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
