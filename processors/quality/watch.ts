/** What is kept in memory of meters and gateways: their newest signs of life, and what was last said of them. */

import type { LimitBasis } from "../../model/limit.ts";
import { inService, onlineMs } from "../../model/meter-state.ts";
import type { LiveMeter } from "../../model/ports.ts";
import type { Meter, Registry, Site } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import { metersOfGateway } from "../../model/topics.ts";
import type { AreaPlan } from "../plan.ts";
import { basesOf, factorCounts } from "./factors.ts";
import type { MeterDetails, Sign } from "./meter.ts";
import { newMemory, type SiteMemory } from "./read.ts";
import type { OnlineCount, SiteDetails } from "./site.ts";

/** Nothing was said of it yet since the start. */
export const UNSAID = -1;

export interface MeterWatch {
  readonly meter: Meter;
  readonly site: SiteWatch;
  readonly gateway: GatewayWatch | undefined;
  sign: Sign | undefined;
  /** State and power ratio last written, and when. */
  state: number;
  power: number;
  saidAt: Instant;
  details: MeterDetails | undefined;
  /** It waits in the schedule. */
  isScheduled: boolean;
}

export interface GatewayWatch {
  readonly id: string;
  /** Place among the site's gateways. */
  readonly index: number;
  readonly meters: MeterWatch[];
  /** Without a message for so long it is out. */
  readonly outageMs: number;
  lastReceived: Instant | undefined;
  state: number;
  silent: number;
}

export interface SiteWatch {
  readonly site: Site;
  readonly areas: readonly AreaPlan[];
  readonly bases: ReadonlySet<LimitBasis>;
  readonly meters: MeterWatch[];
  readonly gateways: readonly GatewayWatch[];
  readonly memory: SiteMemory;
  /** As last written; undefined before the first look. */
  details: SiteDetails | undefined;
  metersOnline: number;
  saidAt: Instant;
  isScheduled: boolean;
  /** Events up to here are written. */
  eventsAt: Instant;
}

export function watchSite(registry: Registry, site: Site, areas: readonly AreaPlan[]): SiteWatch {
  const gatewayOf = new Map<Meter, GatewayWatch>();
  const gateways = site.gateways.map((gateway, index): GatewayWatch => {
    const meters = metersOfGateway(site, gateway, registry.profiles);
    const outageMs = Math.max(0, ...meters.map(onlineMs));
    const watch = {
      id: gateway.id,
      index,
      meters: [],
      outageMs,
      lastReceived: undefined,
      state: UNSAID,
      silent: 0,
    };
    for (const meter of meters) gatewayOf.set(meter, watch);
    return watch;
  });
  const watch: SiteWatch = {
    site,
    areas,
    bases: basesOf(registry, site),
    meters: [],
    gateways,
    memory: newMemory(),
    details: undefined,
    metersOnline: UNSAID,
    saidAt: Number.NEGATIVE_INFINITY,
    isScheduled: false,
    eventsAt: Number.NEGATIVE_INFINITY,
  };
  for (const meter of site.meters) {
    const gateway = gatewayOf.get(meter);
    const own: MeterWatch = {
      meter,
      site: watch,
      gateway,
      sign: undefined,
      state: UNSAID,
      power: 0,
      saidAt: Number.NEGATIVE_INFINITY,
      details: undefined,
      isScheduled: false,
    };
    watch.meters.push(own);
    gateway?.meters.push(own);
  }
  return watch;
}

/** Takes a stored sign of life. */
export function takeLive(watch: MeterWatch, live: LiveMeter): void {
  watch.sign = { at: live.at, receivedAt: live.receivedAt, powerKw: live.powerKw };
  const { gateway } = watch;
  if (gateway) gateway.lastReceived = Math.max(gateway.lastReceived ?? live.receivedAt, live.receivedAt);
}

/** Meters in service, and those of them that are online by what was last said or is said now. */
export function onlineCount(watch: SiteWatch, now: Instant): OnlineCount {
  let [meters, metersOnline] = [0, 0];
  for (const one of watch.meters) {
    if (!inService(one.meter, now)) continue;
    meters += 1;
    if (one.state === 0) metersOnline += 1;
  }
  return { meters, metersOnline };
}

export const factorsOf = (watch: SiteWatch, now: Instant) => factorCounts(watch.areas, watch.bases, now);
