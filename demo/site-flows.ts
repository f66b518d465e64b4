/** Which flow passes each meter of a site. */
import type { Meter, Site } from "../model/registry.ts";
import { balance } from "./balance.ts";
import { chargingFlow } from "./charging.ts";
import type { FleetDays } from "./days.ts";
import { type Flow, shareOf, stillFlow, sumFlow, tableFlow } from "./flow.ts";
import { yearlyAmounts } from "./levels.ts";
import { keyOf, mix } from "./random.ts";
import type { ShapeTables } from "./shape-tables.ts";
import { type ShapeId, shapeOf, shapes } from "./shapes.ts";
import { shoreFlow } from "./ships.ts";
import { solarFlow } from "./sun.ts";
import { windFlow } from "./wind.ts";

/** What all sites of a fleet share. */
export interface FlowContext {
  readonly seed: number;
  readonly days: FleetDays;
  readonly tables: (id: ShapeId) => ShapeTables;
}

/** No meter is driven beyond this share of what it can count. */
const HEADROOM = 0.98;
/** Share of a main meter that its sub-meters do not see. */
const UNMETERED = 0.08;
/** Most of a main meter's capacity that ships and cars may take together. */
const EVENT_SHARE = 0.6;
const YEAR_HOURS = 8760;
/** Where a site names no place. */
const SOMEWHERE = [122.2, 30.25] as const;

const consumers: ReadonlySet<string> = new Set(["grid-import", "fuel", "sub", "shore-power", "charging"]);

/** The flow of every meter, by meter id; main = inside + unmetered rest + export − generation. */
export function flowsOfSite(site: Site, context: FlowContext): Map<string, Flow> {
  const flows = new Map<string, Flow>();
  for (const carrier of new Set(site.meters.map((meter) => meter.carrier))) {
    const meters = site.meters.filter((meter) => meter.carrier === carrier);
    carrierFlows({ site, context, flows }, meters);
  }
  return flows;
}

interface SiteWork {
  readonly site: Site;
  readonly context: FlowContext;
  readonly flows: Map<string, Flow>;
}

function carrierFlows(work: SiteWork, meters: readonly Meter[]): void {
  const mains = meters.filter(
    (meter) => meter.contributes === "add" && (meter.role === "grid-import" || meter.role === "fuel"),
  );
  const inside = mains.length === 0 ? [] : meters.filter(isInside);
  const generators = meters.filter((meter) => meter.role === "generation");
  const exports = meters.filter((meter) => meter.role === "export");
  for (const meter of meters) {
    const alone = consumers.has(meter.role) && !mains.includes(meter) && !inside.includes(meter);
    if (alone || (meter.role === "export" && generators.length === 0)) {
      work.flows.set(meter.id, ownFlow(work, meter, meter.maxPerHour * HEADROOM));
    }
  }
  const load = loadOf(work, mains, inside);
  if (generators.length === 0) splitOver(work, mains, load);
  else balanceSite(work, { mains, generators, exports, load });
}

function isInside(meter: Meter): boolean {
  return meter.contributes !== "add" && consumers.has(meter.role);
}

function capacityOf(meters: readonly Meter[]): number {
  return meters.reduce((sum, meter) => sum + meter.maxPerHour, 0);
}

/** Several feeders carry their site's flow by their capacity. */
function splitOver(work: SiteWork, meters: readonly Meter[], flow: Flow): void {
  const capacity = capacityOf(meters);
  for (const meter of meters) {
    const only = meters.length === 1;
    work.flows.set(meter.id, only ? flow : shareOf(flow, meter.maxPerHour / capacity));
  }
}

function siteKey(work: SiteWork): number {
  return mix(work.context.seed, keyOf(work.site.id));
}

function meterKey(work: SiteWork, id: string): number {
  return mix(siteKey(work), keyOf(id));
}

/** A load of the meter's kind with a yearly mean in canonical units per hour. */
function loadFlow(work: SiteWork, meter: Meter, id: string, mean: number): Flow {
  const { context, site } = work;
  return tableFlow(context.tables(shapeOf(site, meter)), mean, {
    seed: context.seed,
    site: siteKey(work),
    load: meterKey(work, id),
  });
}

/** Yearly mean of a meter as a share of what it can count. */
function loadFactor(work: SiteWork, meter: Meter): number {
  return shapes[shapeOf(work.site, meter)].loadFactor;
}

/** Mean that keeps the peak of a meter's kind within `cap`. */
function meanWithin(work: SiteWork, meter: Meter, mean: number, cap: number): number {
  const unit = loadFlow(work, meter, meter.id, 1).peak;
  return Math.min(mean, cap / unit);
}

/** What a meter counts that nothing else decides. */
function ownFlow(work: SiteWork, meter: Meter, cap: number): Flow {
  const event = eventFlow(work, meter, cap);
  if (event) return event;
  const mean = meanWithin(work, meter, loadFactor(work, meter) * meter.maxPerHour, cap);
  return loadFlow(work, meter, meter.id, mean);
}

function eventFlow(work: SiteWork, meter: Meter, cap: number): Flow | undefined {
  const { site, context } = work;
  const peers = site.meters.filter((peer) => peer.role === meter.role);
  const place = peers.indexOf(meter);
  const key = meterKey(work, meter.id);
  if (meter.role === "shore-power") {
    const berth = site.berths.filter((row) => row.shorePower)[place];
    return shoreFlow(key, context.days, cap, berth);
  }
  if (meter.role !== "charging") return undefined;
  const guns = site.charging ?? { guns: peers.length * 2, ratedKw: Math.min(60, meter.maxPerHour / 2) };
  const extra = place < guns.guns % peers.length ? 1 : 0;
  const count = Math.max(1, Math.floor(guns.guns / peers.length) + extra);
  return chargingFlow(key, { count, ratedKw: guns.ratedKw, depot: /bus|depot/.test(site.id) }, cap);
}

/** What a site uses of a carrier, its inside meters set on the way. */
function loadOf(work: SiteWork, mains: readonly Meter[], inside: readonly Meter[]): Flow {
  const main = mains[0];
  if (!main) return ownUse(work);
  const capacity = capacityOf(mains);
  const events = eventsInside(work, inside, capacity);
  const eventPeak = events.reduce((sum, flow) => sum + flow.peak, 0);
  const steady = inside.filter((meter) => !work.flows.has(meter.id));
  const yearly = yearlyAmounts[work.site.id]?.[main.carrier];
  const base = yearly === undefined ? loadFactor(work, main) * capacity : yearly / YEAR_HOURS;
  const means = steadyMeans(work, steady, base);
  const rest = base - [...means.values()].reduce((sum, mean) => sum + mean, 0);
  const build = (scale: number): [string, Flow][] => [
    ...[...means].map(([meter, mean]): [string, Flow] => [
      meter.id,
      loadFlow(work, meter, meter.id, mean * scale),
    ]),
    ["", loadFlow(work, main, steady.length > 0 ? "rest" : main.id, rest * scale)],
  ];
  const peak = sumFlow(build(1).map(([, flow]) => flow)).peak;
  const parts = build(Math.min(1, (capacity * HEADROOM - eventPeak) / peak));
  for (const [id, flow] of parts) if (id !== "") work.flows.set(id, flow);
  return parts.length + events.length === 1
    ? (parts[0]?.[1] ?? stillFlow)
    : sumFlow([...parts.map(([, flow]) => flow), ...events]);
}

/** Without a main meter a plant uses a little of what it makes. */
function ownUse(work: SiteWork): Flow {
  const generator = work.site.meters.find((meter) => meter.role === "generation");
  if (!generator) return stillFlow;
  return loadFlow(work, generator, "own-use", generator.maxPerHour * 0.012);
}

function eventsInside(work: SiteWork, inside: readonly Meter[], capacity: number): Flow[] {
  const meters = inside.filter((meter) => meter.role === "shore-power" || meter.role === "charging");
  const room = Math.min(1, (capacity * EVENT_SHARE) / Math.max(1e-9, capacityOf(meters)));
  return meters.map((meter) => {
    const flow = ownFlow(work, meter, meter.maxPerHour * Math.min(HEADROOM, room));
    work.flows.set(meter.id, flow);
    return flow;
  });
}

/** Yearly means of sub-meters: by size and kind, leaving a rest that nobody meters. */
function steadyMeans(work: SiteWork, meters: readonly Meter[], base: number): Map<Meter, number> {
  const weigh = (meter: Meter) => loadFactor(work, meter) * meter.maxPerHour;
  const total = meters.reduce((sum, meter) => sum + weigh(meter), 0);
  const room = base * (1 - UNMETERED);
  return new Map(
    meters.map((meter) => {
      const mean = (room * weigh(meter)) / total;
      return [meter, meanWithin(work, meter, mean, meter.maxPerHour * HEADROOM)];
    }),
  );
}

interface BalanceMeters {
  readonly mains: readonly Meter[];
  readonly generators: readonly Meter[];
  readonly exports: readonly Meter[];
  readonly load: Flow;
}

function balanceSite(work: SiteWork, meters: BalanceMeters): void {
  const { mains, generators, exports, load } = meters;
  const free = mains.length === 0 && exports.length === 0;
  const flows = balance({
    load,
    generators: generators.map((meter) => generatorFlow(work, meter)),
    imports: mains.length > 0,
    exportCap: free ? Number.MAX_VALUE : capacityOf(exports) * HEADROOM,
  });
  splitOver(work, mains, flows.imported);
  splitOver(work, exports, flows.exported);
  for (const [i, meter] of generators.entries()) {
    work.flows.set(meter.id, flows.generated[i] ?? stillFlow);
  }
}

const windWords = /wind|turbine/;
const sunWords = /pv|solar|photovolt/;

function generatorFlow(work: SiteWork, meter: Meter): Flow {
  const { site, context } = work;
  const words = `${meter.id} ${site.id} ${site.name.en}`.toLowerCase();
  const cap = meter.maxPerHour * HEADROOM;
  const key = meterKey(work, meter.id);
  // One sky and one wind over a site, however many meters measure it.
  const weather = mix(siteKey(work), keyOf("weather"));
  if (windWords.test(words)) return windFlow(weather, context.days, cap);
  if (sunWords.test(words) || !(site.industry ?? "").startsWith("44")) {
    return solarFlow(weather, context.days, site.location ?? SOMEWHERE, cap);
  }
  const mean = loadFactor(work, meter) * meter.maxPerHour;
  return tableFlow(context.tables("heat"), meanWithin(work, meter, mean, cap), {
    seed: context.seed,
    site: siteKey(work),
    load: key,
  });
}
