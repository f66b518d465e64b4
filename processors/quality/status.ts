/**
 * Status of meters, gateways and sites as observations: at each change of state, and once an hour. What is due is
 * found by its time; a reading that comes in costs a comparison. Time comes in as `now`.
 */
import { inService, stateEndsAt } from "../../model/meter-state.ts";
import type { Observation } from "../../model/observation.ts";
import type { LiveMeter, SeriesReader } from "../../model/ports.ts";
import type { Site } from "../../model/registry.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../../model/time.ts";
import type { AreaPlan, MeterPlan, Plan } from "../plan.ts";
import type { MeterBatch } from "../step.ts";
import { outageEvent, siteEvents } from "./events.ts";
import { gatewayRow, meterRow, powerRatioOf, stateNumber } from "./meter.ts";
import { createSiteReader } from "./read.ts";
import { createSchedule } from "./schedule.ts";
import { siteRow } from "./site.ts";
import {
  factorsOf,
  type GatewayWatch,
  type MeterWatch,
  onlineCount,
  type SiteWatch,
  takeLive,
  watchSite,
} from "./watch.ts";

/** Meters looked at in one step, so that it stays short when thousands fall silent at once. */
const METERS_A_STEP = 1_000;
/** After a start so many meters a second are looked at for the first time: the work of an hour is no burst. */
const FIRST_METERS_A_SECOND = 25;
/** A site of whose last day less is known is looked at again so soon: it may be sending what is missing. */
const INCOMPLETE = 0.95;
const INCOMPLETE_EVERY_MS = 5 * MINUTE_MS;
/** From this share of its rated power on a meter's power is told as it changes, by so much, and so often. */
const HIGH_POWER = 0.9;
const POWER_STEP = 0.05;
const POWER_EVERY_MS = 30_000;
/** How often a site's row follows the states of its meters. */
const SITE_EVERY_MS = 15_000;

export interface Looked {
  readonly rows: readonly Observation[];
  /** There is more to do at once. */
  readonly more: boolean;
}

export interface Status {
  /** Forgets what was said, and goes on from the stored signs of life of these sites' meters. */
  load(live: readonly LiveMeter[], owns: (site: string) => boolean, now: Instant): void;
  /** Takes note of readings that came in and are stored. */
  heard(batch: MeterBatch, now: Instant): void;
  /** What there is to say by now; a part of it where there is much. */
  look(now: Instant): Promise<Looked>;
  isDue(now: Instant): boolean;
}

/** The moment in the hour at which a site has its turn. */
function phaseOf(text: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
  return (hash >>> 0) % HOUR_MS;
}

/** The next moment after `now` that is so far into an hour. */
function nextTurn(site: Site, now: Instant): Instant {
  const phase = phaseOf(site.id);
  return Math.floor((now - phase) / HOUR_MS + 1) * HOUR_MS + phase;
}

export function createStatus(plan: Plan, reader: SeriesReader): Status {
  const { registry, calendar } = plan;
  const electricity = registry.carriers.find((carrier) => carrier.co2 === "grid")?.id ?? "";
  const read = createSiteReader(reader, calendar);
  const turns = createSchedule<SiteWatch>();
  const meters = createSchedule<MeterWatch>();
  const sites = createSchedule<SiteWatch>();
  const urgent = new Set<MeterWatch>();
  let events: Observation[] = [];
  /** All of them at once are no more work than at the start. */
  let againMs = INCOMPLETE_EVERY_MS;
  let watches = new Map<MeterPlan, MeterWatch>();

  const scheduleMeter = (watch: MeterWatch, now: Instant): void => {
    if (watch.sign === undefined || watch.isScheduled) return;
    const at = stateEndsAt(watch.meter, watch.sign.at, now);
    if (at === undefined) return;
    watch.isScheduled = true;
    meters.add(at, watch);
  };

  const meterRowOf = (watch: MeterWatch, now: Instant): Observation => {
    watch.state = stateNumber(watch.meter, watch.sign, now);
    watch.power = powerRatioOf(watch.meter, watch.sign, now) ?? 0;
    watch.saidAt = now;
    return meterRow(watch.meter, watch.sign, watch.details!, now);
  };

  const gatewayRowOf = (site: Site, watch: GatewayWatch, now: Instant): Observation | undefined => {
    const row = gatewayRow(site.id, watch.id, watch.meters, now);
    watch.state = row?.numbers.state ?? watch.state;
    watch.silent = row?.numbers.metersSilent ?? watch.silent;
    return row;
  };

  const siteRowOf = (watch: SiteWatch, now: Instant): Observation => {
    const count = onlineCount(watch, now);
    watch.metersOnline = count.metersOnline;
    watch.saidAt = now;
    return siteRow(watch.site.id, count, watch.details!, now);
  };

  /** A change worth telling: another state, or high power that rose, fell, or is high no more. */
  const isNews = (watch: MeterWatch, now: Instant): boolean => {
    if (watch.details === undefined || !inService(watch.meter, now)) return false;
    if (stateNumber(watch.meter, watch.sign, now) !== watch.state) return true;
    if (watch.sign === undefined || watch.sign.powerKw === null) return false;
    const power = powerRatioOf(watch.meter, watch.sign, now) ?? 0;
    const isHigh = power >= HIGH_POWER;
    if (isHigh !== watch.power >= HIGH_POWER) return now - watch.saidAt >= POWER_EVERY_MS || isHigh;
    return isHigh && Math.abs(power - watch.power) >= POWER_STEP && now - watch.saidAt >= POWER_EVERY_MS;
  };

  /** Everything there is to say of a site. */
  const turnOf = async (watch: SiteWatch, now: Instant): Promise<Observation[]> => {
    const own = watch.meters.filter(({ meter }) => inService(meter, now));
    const past = siteEvents(watch.site, watch.eventsAt, now);
    watch.eventsAt = now;
    if (own.length === 0) {
      turns.add(nextTurn(watch.site, now), watch);
      return past;
    }
    const { memory, site } = watch;
    const details = await read.meters(
      own.map(({ meter }) => meter),
      now,
      memory,
    );
    const siteDetails = await read.site({ site, electricity }, details, now, memory);
    for (const one of own) one.details = details.get(one.meter.id)!;
    watch.details = { ...siteDetails, ...factorsOf(watch, now) };
    const isIncomplete = (siteDetails.completeness ?? 1) < INCOMPLETE;
    turns.add(Math.min(nextTurn(site, now), isIncomplete ? now + againMs : Number.POSITIVE_INFINITY), watch);
    const meterRows = own.map((one) => meterRowOf(one, now));
    const gatewayRows = watch.gateways.flatMap((one) => gatewayRowOf(site, one, now) ?? []);
    return [...past, ...meterRows, ...gatewayRows, siteRowOf(watch, now)];
  };

  /** Rows of gateways that changed with their meters, and of sites that have their turn for it. */
  const aroundOf = (changed: readonly MeterWatch[], now: Instant): Observation[] => {
    const rows: Observation[] = [];
    for (const gateway of new Set(changed.map((one) => one.gateway))) {
      const site = changed.find((one) => one.gateway === gateway)!.site.site;
      const [state, silent] = [gateway?.state, gateway?.silent];
      const row = gateway && gatewayRowOf(site, gateway, now);
      if (row && (row.numbers.state !== state || row.numbers.metersSilent !== silent)) rows.push(row);
    }
    for (const { site } of changed) {
      if (site.isScheduled) continue;
      site.isScheduled = true;
      sites.add(Math.max(now, site.saidAt + SITE_EVERY_MS), site);
    }
    for (const site of sites.take(now, METERS_A_STEP)) {
      site.isScheduled = false;
      if (site.details && onlineCount(site, now).metersOnline !== site.metersOnline)
        rows.push(siteRowOf(site, now));
    }
    return rows;
  };

  /** Rows of meters with news. */
  const newsOf = (now: Instant): Observation[] => {
    const due = meters.take(now, METERS_A_STEP);
    for (const watch of due) {
      watch.isScheduled = false;
      scheduleMeter(watch, now);
    }
    const told = [...urgent].slice(0, METERS_A_STEP);
    for (const watch of told) urgent.delete(watch);
    const changed = [...new Set([...due, ...told])].filter((watch) => isNews(watch, now));
    const rows = changed.map((watch) => meterRowOf(watch, now));
    return [...rows, ...aroundOf(changed, now)];
  };

  const isDue = (now: Instant): boolean =>
    events.length > 0 || urgent.size > 0 || [turns, meters, sites].some((schedule) => schedule.isDue(now));

  /** A gateway that nothing came from for longer than its meters may take. */
  const noteOutage = (watch: MeterWatch, gateway: GatewayWatch, batch: MeterBatch): void => {
    const newest = batch.newest!.receivedAt;
    const last = gateway.lastReceived;
    gateway.lastReceived = Math.max(last ?? newest, newest);
    if (last === undefined || newest - last <= gateway.outageMs) return;
    // A batch may hold hours of a backlog of our own.
    let oldest = newest;
    for (const list of batch.byRegister.values())
      for (const { receivedAt } of list) oldest = Math.min(oldest, receivedAt);
    if (oldest - last <= gateway.outageMs) return;
    events.push(outageEvent(watch.meter.site, gateway.id, last + gateway.index, oldest));
  };

  return {
    isDue,
    load(live, owns, now) {
      for (const schedule of [turns, meters, sites]) schedule.clear();
      urgent.clear();
      events = [];
      watches = new Map();
      const areasOf = new Map<string, AreaPlan[]>();
      for (const area of plan.areas) areasOf.set(area.site.id, [...(areasOf.get(area.site.id) ?? []), area]);
      let before = 0;
      for (const site of registry.sites) {
        if (!owns(site.id)) continue;
        const watch = watchSite(registry, site, areasOf.get(site.id) ?? []);
        for (const one of watch.meters) watches.set(plan.meters.get(`${site.id}/${one.meter.id}`)!, one);
        before += site.meters.length;
        turns.add(Math.min(nextTurn(site, now), now + (before * 1_000) / FIRST_METERS_A_SECOND), watch);
      }
      againMs = Math.max(INCOMPLETE_EVERY_MS, (before * 1_000) / FIRST_METERS_A_SECOND);
      for (const row of live) {
        const owner = plan.meters.get(`${row.site}/${row.meter}`);
        const watch = owner && watches.get(owner);
        if (watch === undefined) continue;
        takeLive(watch, row);
        scheduleMeter(watch, now);
      }
    },
    heard(batch, now) {
      const { newest, powerKw, plan: owner } = batch;
      const watch = watches.get(owner);
      if (newest === undefined || watch === undefined) return;
      if (watch.gateway) noteOutage(watch, watch.gateway, batch);
      if (watch.sign !== undefined && newest.at < watch.sign.at) return;
      const { at, receivedAt } = newest;
      watch.sign = { at, receivedAt, powerKw: powerKw ?? watch.sign?.powerKw ?? null };
      scheduleMeter(watch, now);
      if (isNews(watch, now)) urgent.add(watch);
    },
    async look(now) {
      const rows = [...events, ...newsOf(now)];
      events = [];
      const [turn] = turns.take(now, 1);
      if (turn) rows.push(...(await turnOf(turn, now)));
      return { rows, more: isDue(now) };
    },
  };
}
