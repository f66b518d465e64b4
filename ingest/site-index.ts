/** The registry as ingest asks it: by the names that messages carry. */
import type { Gateway, Meter, Registry } from "../model/registry.ts";

export interface IndexedRegister {
  readonly id: string;
  readonly unit: string;
  /** Cumulative values are below this, 10^(digits − decimals); undefined for interval registers. */
  readonly span: number | undefined;
}

export interface IndexedMeter {
  readonly meter: Meter;
  readonly registers: ReadonlyMap<string, IndexedRegister>;
}

export interface IndexedGateway {
  readonly gateway: Gateway;
  readonly site: string;
}

export interface SiteIndex {
  /** Meters by site id, then meter id. */
  readonly sites: ReadonlyMap<string, ReadonlyMap<string, IndexedMeter>>;
  /** Gateways by user name. */
  readonly gateways: ReadonlyMap<string, IndexedGateway>;
}

/**
 * Builds the index; the registry was checked for doubles when it was loaded. Meters that share their list of
 * registers share the index of it.
 */
export function indexSites(registry: Registry): SiteIndex {
  const sites = new Map<string, ReadonlyMap<string, IndexedMeter>>();
  const gateways = new Map<string, IndexedGateway>();
  const known = new Map<Meter["registers"], IndexedMeter["registers"]>();
  const registersOf = ({ registers }: Meter): IndexedMeter["registers"] => {
    const index = known.get(registers) ?? indexRegisters(registers);
    known.set(registers, index);
    return index;
  };
  for (const site of registry.sites) {
    sites.set(
      site.id,
      new Map(site.meters.map((meter) => [meter.id, { meter, registers: registersOf(meter) }])),
    );
    for (const gateway of site.gateways) gateways.set(gateway.username, { gateway, site: site.id });
  }
  return { sites, gateways };
}

function indexRegisters(registers: Meter["registers"]): IndexedMeter["registers"] {
  const index = new Map<string, IndexedRegister>();
  for (const { id, unit, kind, digits, decimals } of registers) {
    index.set(id, { id, unit, span: kind === "cumulative" ? 10 ** (digits - decimals) : undefined });
  }
  return index;
}
