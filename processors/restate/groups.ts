/** Groups whose members changed, and groups that came into being. */
import type { DirtyDay } from "../../model/ports.ts";
import type { Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import type { SiteSnapshot } from "./snapshot.ts";

/** A site whose groups are to be summed anew, and with which others. */
export interface Regrouping {
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
export function regrouping(
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
export function* newGroups(plan: Plan, earlier: readonly string[]): Generator<Regrouping> {
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
export function regrouped(plan: Plan, changes: readonly Regrouping[], now: Instant): DirtyDay[] {
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
