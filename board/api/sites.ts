/**
 * Answers of the HTTP API (`/api/v1/…`), shared by the server and the page. What there is: sites, meters, carriers.
 * Times are ISO 8601 with the zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg;
 * null means unknown.
 */
import type { Berth, Carrier, LocalText, MeterRole, SiteCategory } from "../../model/registry.ts";

/** `online`: heard of within two intervals; `late`: within a day; `silent`: longer ago; `never`: not yet. */
export type MeterState = "online" | "late" | "silent" | "never";

export interface ApiMeter {
  id: string;
  name: LocalText;
  carrier: string;
  unit: string;
  role: MeterRole;
  contributes: "add" | "subtract" | "none";
  countsTo?: string;
  conversionOutput: boolean;
  from: string;
  to?: string;
  intervalMinutes: number;
  ratedPowerKw?: number;
  registers: {
    id: string;
    kind: "cumulative" | "interval";
    unit: string;
    digits: number;
    decimals: number;
  }[];
  multipliers: { from: string; value: number }[];
  swaps: { at: string; register: string; final: number; first: number }[];
  live?: { at: string; receivedAt: string; register: string; value: number; powerKw: number | null };
  state: MeterState;
}

export interface ApiSite {
  id: string;
  name: LocalText;
  category: SiteCategory;
  classes: { id: string; from: string; to?: string }[];
  industry?: string;
  town?: string;
  nationalList: boolean;
  location?: [number, number];
  approved?: { tce: number; basis: "calorific" | "equivalent" };
  berths: Berth[];
  charging?: { guns: number; ratedKw: number };
  meters: ApiMeter[];
  /** Counts over its meters. */
  live: { online: number; meters: number; lastAt?: string; powerKw: number | null; power: PowerShare };
}

/** How many of the electricity meters that make a power figure are online and show their power. */
export interface PowerShare {
  reporting: number;
  meters: number;
}

/** GET /api/v1/sites */
export interface SitesAnswer {
  county: { id: string; name: LocalText; zone: string; region: string; closedThrough?: string };
  towns: { id: string; name: LocalText }[];
  sectors: { id: string; name: LocalText }[];
  carriers: Carrier[];
  /** The county's outline as rings of [longitude, latitude]; drawn by hand for the example, no survey. */
  outline: [number, number][][];
  asOf: string;
  sites: ApiSite[];
}
