/** GET /api/v1/sites: the registry with live state. */
import type { Meter, Site } from "../../model/registry.ts";
import type { ApiMeter, ApiSite, SitesAnswer } from "../api/sites.ts";
import type { QueryContext } from "./context.ts";
import { countMeters, type LiveMeters, lastAtOf, meterState, powerOf, readLive } from "./live.ts";

function apiMeter(context: QueryContext, meter: Meter, live: LiveMeters): ApiMeter {
  const { calendar, carriers, now } = context;
  const newest = live.get(`${meter.site}/${meter.id}`);
  return {
    id: meter.id,
    name: meter.name,
    carrier: meter.carrier,
    unit: carriers.get(meter.carrier)?.unit ?? "",
    role: meter.role,
    contributes: meter.contributes,
    ...(meter.countsTo === undefined ? {} : { countsTo: meter.countsTo }),
    conversionOutput: meter.conversionOutput,
    from: calendar.iso(meter.from),
    ...(meter.to === undefined ? {} : { to: calendar.iso(meter.to) }),
    intervalMinutes: meter.intervalMinutes,
    ...(meter.ratedPowerKw === undefined ? {} : { ratedPowerKw: meter.ratedPowerKw }),
    registers: meter.registers.map(({ id, kind, unit, digits, decimals }) => ({
      id,
      kind,
      unit,
      digits,
      decimals,
    })),
    multipliers: meter.multipliers.map(({ from, value }) => ({ from: calendar.iso(from), value })),
    swaps: meter.swaps.map((swap) => ({ ...swap, at: calendar.iso(swap.at) })),
    ...(newest ? { live: liveOf(context, newest) } : {}),
    state: meterState(meter, newest, now),
  };
}

function liveOf({ calendar }: QueryContext, newest: NonNullable<ReturnType<LiveMeters["get"]>>) {
  const { at, receivedAt, register, value, powerKw } = newest;
  return { at: calendar.iso(at), receivedAt: calendar.iso(receivedAt), register, value, powerKw };
}

function apiSite(context: QueryContext, site: Site, live: LiveMeters): ApiSite {
  const { calendar, now } = context;
  const { online, total } = countMeters([site], live, now);
  const lastAt = lastAtOf(site, live);
  return {
    id: site.id,
    name: site.name,
    category: site.category,
    classes: site.classes.map((row) => ({
      id: row.id,
      from: calendar.dateOf(row.from),
      ...(row.to === undefined ? {} : { to: calendar.dateOf(row.to) }),
    })),
    ...(site.industry === undefined ? {} : { industry: site.industry }),
    ...(site.town === undefined ? {} : { town: site.town }),
    nationalList: site.nationalList,
    ...(site.location ? { location: [site.location[0], site.location[1]] as [number, number] } : {}),
    ...(site.approved ? { approved: site.approved } : {}),
    berths: [...site.berths],
    ...(site.charging ? { charging: site.charging } : {}),
    meters: site.meters.map((meter) => apiMeter(context, meter, live)),
    live: {
      online,
      meters: total,
      ...(lastAt === undefined ? {} : { lastAt: calendar.iso(lastAt) }),
      ...powerOf(context, [site], live, now),
    },
  };
}

/** The county, its carriers and its sites with their meters. */
export async function sites(context: QueryContext): Promise<SitesAnswer> {
  const { calendar, county, now, registry } = context;
  const live = await readLive(context);
  const closed = county.closedThrough;
  return {
    county: {
      id: county.id,
      name: county.name,
      zone: county.zone,
      region: county.region,
      ...(closed === undefined ? {} : { closedThrough: calendar.dateOf(closed) }),
    },
    towns: [...county.towns],
    sectors: county.sectors.map(({ id, name }) => ({ id, name })),
    carriers: [...registry.carriers],
    outline: (county.outline ?? []).map((ring) => ring.map(([lon, lat]): [number, number] => [lon, lat])),
    asOf: calendar.iso(now),
    sites: registry.sites.map((site) => apiSite(context, site, live)),
  };
}
