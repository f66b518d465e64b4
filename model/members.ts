/** Which meters make a site's figures, and how. */
import type { Co2Path, Meter, Registry, Site } from "./registry.ts";

/** A meter that counts at a site: its own, or one whose `countsTo` names the site. */
export interface Member {
  readonly meter: Meter;
  /** +1 adds, −1 subtracts, 0 is conversion output only. */
  readonly sign: 1 | -1 | 0;
  /** Effect on the energy that carries CO2 at this site: +1, −1 or none. */
  readonly co2Sign: 1 | -1 | 0;
}

/** One carrier of one site, with the meters that make it, sorted by site then meter id. */
export interface SiteCarrier {
  readonly site: Site;
  readonly carrier: string;
  readonly members: readonly Member[];
}

/** Roles whose subtraction takes off grid CO2 as well; generation and export carry none. */
const gridSubtracted: ReadonlySet<string> = new Set(["sub", "shore-power", "charging"]);
const ownMade: ReadonlySet<string> = new Set(["generation", "export"]);

function co2SignOf(meter: Meter, co2: Co2Path, sign: 1 | -1): 1 | -1 | 0 {
  if (co2 === "none") return 0;
  if (co2 === "direct") return ownMade.has(meter.role) ? 0 : sign;
  if (sign === 1) return meter.role === "grid-import" ? 1 : 0;
  return gridSubtracted.has(meter.role) ? -1 : 0;
}

function ownMember(meter: Meter, co2: Co2Path): Member | undefined {
  if (meter.contributes === "add") return { meter, sign: 1, co2Sign: co2SignOf(meter, co2, 1) };
  if (meter.contributes === "subtract") return { meter, sign: -1, co2Sign: co2SignOf(meter, co2, -1) };
  return meter.conversionOutput ? { meter, sign: 0, co2Sign: 0 } : undefined;
}

/** What is taken off one site and counts at another carries its CO2 with it. */
function guestMember(meter: Meter, co2: Co2Path): Member {
  return { meter, sign: 1, co2Sign: co2SignOf(meter, co2, -1) === -1 ? 1 : 0 };
}

/** Every (site, carrier) with a figure, by site id then carrier id. */
export function siteCarriersOf(registry: Registry): SiteCarrier[] {
  const members = new Map<string, Member[]>();
  const add = (site: string, member: Member): void => {
    const key = `${site}\n${member.meter.carrier}`;
    const list = members.get(key);
    if (list) list.push(member);
    else members.set(key, [member]);
  };
  const co2Of = new Map(registry.carriers.map((carrier) => [carrier.id, carrier.co2]));
  for (const site of registry.sites) {
    for (const meter of site.meters) {
      const co2 = co2Of.get(meter.carrier) ?? "none";
      const own = ownMember(meter, co2);
      if (own) add(site.id, own);
      if (meter.countsTo !== undefined && meter.contributes === "subtract") {
        add(meter.countsTo, guestMember(meter, co2));
      }
    }
  }
  const sites = new Map(registry.sites.map((site) => [site.id, site]));
  const result: SiteCarrier[] = [];
  for (const [key, list] of members) {
    const [id = "", carrier = ""] = key.split("\n");
    const site = sites.get(id);
    if (site) result.push({ site, carrier, members: list.sort(byMeter) });
  }
  return result.sort((a, b) => compare(a.site.id, b.site.id) || compare(a.carrier, b.carrier));
}

/** Order in which a site's meters are added: by meter id; a guest's site breaks a tie. */
function byMeter(a: Member, b: Member): number {
  return compare(a.meter.id, b.meter.id) || compare(a.meter.site, b.meter.site);
}

/** Orders ids by their code units, the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
