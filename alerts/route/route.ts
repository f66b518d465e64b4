/** Who answers for an alert, and whom an audience means. Pure: duties, registry and the day come in. */
import type { Alert } from "../../model/alert.ts";
import type { Audience, Duties, Duty } from "../../model/duty.ts";
import { WITHOUT_NATIONAL } from "../../model/groups.ts";
import type { DeskRegistry, NamedSite } from "../../model/registry.ts";
import type { DayIndex } from "../../model/time.ts";
import { presenceOn } from "./presence.ts";

/** Who answers for an alert. */
export interface Route {
  /** The agency that leads: of the most exact duty that names one, else the office. */
  readonly lead?: string;
  readonly others: readonly string[];
  /** Officers of the most exact duty that names some (of the plant), as the duty names them. */
  readonly officers: readonly string[];
}

/** From the most exact. */
const scopes = ["site", "town", "sector", "category", "county"] as const;
type Scope = (typeof scopes)[number];

/** What of each scope an alert is about; a scope that is absent does not fit it. */
type Places = Readonly<Partial<Record<Scope, string>>>;

function placesOfSite(site: NamedSite): Places {
  return {
    site: site.id,
    category: site.category,
    county: "",
    ...(site.town === undefined ? {} : { town: site.town }),
    ...(site.sector === undefined ? {} : { sector: site.sector }),
  };
}

function placesOf(alert: Pick<Alert, "site" | "group">, registry: DeskRegistry): Places {
  const site = registry.sites.find(({ id }) => id === alert.site);
  if (site) return placesOfSite(site);
  if (alert.site !== undefined) return { site: alert.site, county: "" };
  const [kind = "", id = ""] = (alert.group ?? "").replace(WITHOUT_NATIONAL, "").split(":");
  const scope = scopes.find((one) => one === kind);
  return scope === undefined || scope === "county" ? { county: "" } : { [scope]: id, county: "" };
}

function scopeOf(duty: Duty): Scope {
  return scopes.find((scope) => duty[scope] !== undefined) ?? "county";
}

function fits(duty: Duty, places: Places, domain: Alert["domain"]): boolean {
  if (duty.domains !== undefined && !duty.domains.includes(domain)) return false;
  const scope = scopeOf(duty);
  return scope === "county" ? places.county !== undefined : duty[scope] === places[scope];
}

/** Duties that fit an alert, the most exact first; of equal ones those for some domains go before those for all. */
export function dutiesFor(alert: Alert, duties: Duties, registry: DeskRegistry): Duty[] {
  const places = placesOf(alert, registry);
  const rank = (duty: Duty): number =>
    scopes.indexOf(scopeOf(duty)) * 2 + (duty.domains === undefined ? 1 : 0);
  return duties.duties.filter((duty) => fits(duty, places, alert.domain)).sort((a, b) => rank(a) - rank(b));
}

/** Who answers for an alert. Without a lead and without an office nobody does, which the matter then says. */
export function routeOf(alert: Alert, registry: DeskRegistry): Route {
  const { duties } = registry;
  const fitting = dutiesFor(alert, duties, registry);
  const leading = fitting.find((duty) => duty.lead !== undefined);
  const lead = leading?.lead ?? duties.office;
  return {
    ...(lead === undefined ? {} : { lead }),
    others: leading?.others ?? [],
    officers: fitting.find((duty) => duty.officers.length > 0)?.officers ?? [],
  };
}

/** Officers that some audiences mean on a day, each once, in the order of the audiences. */
export function officersOf(
  audiences: readonly Audience[],
  route: Route,
  duties: Duties,
  day: DayIndex,
): string[] {
  const { standIn, askedOf, headOf } = presenceOn(duties, day);
  const of: Readonly<Record<Audience, () => (string | undefined)[]>> = {
    officers: () => route.officers.map(standIn),
    lead: () => (route.lead === undefined ? [] : [askedOf(route.lead)]),
    "lead-head": () => (route.lead === undefined ? [] : [headOf(route.lead)]),
    others: () => route.others.map(askedOf),
    office: () => (duties.office === undefined ? [] : [headOf(duties.office)]),
  };
  const found = audiences.flatMap((audience) => of[audience]()).filter((one) => one !== undefined);
  return [...new Set(found)];
}

/** Those of the audiences, and where there is nobody among them, whoever of the office is there. */
export function recipientsOf(
  audiences: readonly Audience[],
  route: Route,
  duties: Duties,
  day: DayIndex,
): string[] {
  const found = officersOf(audiences, route, duties, day);
  if (found.length > 0 || audiences.length === 0) return found;
  return officersOf(["office"], route, duties, day);
}
