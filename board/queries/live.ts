/** Signs of life: which meters are heard of, and the power they show. */
import { inService, meterStateAt } from "../../model/meter-state.ts";
import type { LiveMeter } from "../../model/ports.ts";
import type { Meter, Site } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import type { MeterState, PowerShare } from "../api/sites.ts";
import type { BoardIndex, QueryContext } from "./context.ts";

/** Newest signs of life by `site/meter`. */
export type LiveMeters = ReadonlyMap<string, LiveMeter>;

/** Reads the newest sign of life of every meter. */
export async function readLive(context: QueryContext): Promise<LiveMeters> {
  const live = await context.reader.live();
  return new Map(live.map((meter) => [`${meter.site}/${meter.meter}`, meter]));
}

export { inService };

/** State of a meter by its newest sign of life. */
export function meterState(meter: Meter, live: LiveMeter | undefined, now: Instant): MeterState {
  return meterStateAt(meter, live?.at, now);
}

export interface MeterCounts {
  online: number;
  late: number;
  silent: number;
  never: number;
  total: number;
}

/** Meters in service, by state. */
export function countMeters(sites: readonly Site[], live: LiveMeters, now: Instant): MeterCounts {
  const counts = { online: 0, late: 0, silent: 0, never: 0, total: 0 };
  for (const site of sites) {
    for (const meter of site.meters) {
      if (!inService(meter, now)) continue;
      counts[meterState(meter, live.get(`${meter.site}/${meter.id}`), now)] += 1;
      counts.total += 1;
    }
  }
  return counts;
}

/** Power in kW; null when no meter shows any. */
export interface Power {
  readonly powerKw: number | null;
  readonly power: PowerShare;
}

/** Power of sites: what their electricity meters show now, added and subtracted as their energy is. */
export function powerOf(index: BoardIndex, sites: readonly Site[], live: LiveMeters, now: Instant): Power {
  let powerKw: number | null = null;
  let reporting = 0;
  let meters = 0;
  for (const site of sites) {
    for (const area of index.areasOfSite.get(site.id) ?? []) {
      if (index.carriers.get(area.carrier)?.unit !== "kWh") continue;
      for (const { meter, sign } of area.members) {
        if (sign === 0 || !inService(meter, now)) continue;
        meters += 1;
        const newest = live.get(`${meter.site}/${meter.id}`);
        const shown = newest?.powerKw ?? null;
        if (shown === null || meterState(meter, newest, now) !== "online") continue;
        reporting += 1;
        powerKw = (powerKw ?? 0) + sign * shown;
      }
    }
  }
  return { powerKw, power: { reporting, meters } };
}

/** Time of a site's newest reading. */
export function lastAtOf(site: Site, live: LiveMeters): Instant | undefined {
  let last: Instant | undefined;
  for (const meter of site.meters) {
    const at = live.get(`${meter.site}/${meter.id}`)?.at;
    if (at !== undefined && (last === undefined || at > last)) last = at;
  }
  return last;
}
