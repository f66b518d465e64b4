/**
 * Answers of the HTTP API (`/api/v1/…`), shared by the server and the page. Figures: consumption, totals, ranking, twelve months, avoided CO2, breakdown.
 * Times are ISO 8601 with the zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg;
 * null means unknown.
 */
import type { MeterRole, SiteCategory } from "../../model/registry.ts";
import type { PowerShare } from "./sites.ts";

/** A row of GET /api/v1/consumption */
export interface ConsumptionRow {
  start: string;
  end: string;
  site?: string;
  group?: string;
  meter?: string;
  carrier: string;
  amount: number;
  unit: string;
  kgceCalorific: number | null;
  kgceEquivalent: number | null;
  kgCo2Location: number | null;
  kgCo2Market: number | null;
  /** Net of metered conversion output; equal to the gross where there is none. */
  netAmount: number;
  netKgceCalorific: number | null;
  netKgceEquivalent: number | null;
  netKgCo2Location: number | null;
  netKgCo2Market: number | null;
  coverage: number;
  estimated: number;
  missingMeters?: number;
  factors: string[];
  restated: boolean;
}

export interface ConsumptionAnswer {
  rows: ConsumptionRow[];
}

/** Sum over carriers. A basis is null when a carrier of it has no factor; `unknown` names those carriers. */
export interface Totals {
  kgceCalorific: number | null;
  kgceEquivalent: number | null;
  kgCo2Location: number | null;
  kgCo2Market: number | null;
  /** The same, net of metered conversion output. */
  netKgceCalorific: number | null;
  netKgceEquivalent: number | null;
  netKgCo2Location: number | null;
  netKgCo2Market: number | null;
  unknown: { field: "kgceCalorific" | "kgceEquivalent" | "kgCo2Location" | "kgCo2Market"; carrier: string }[];
}

/** GET /api/v1/overview?nationalList=include|exclude : the county now. */
export interface OverviewAnswer {
  asOf: string;
  /** Since local midnight, yesterday over the same whole quarter-hours, and all of yesterday. */
  today: { rows: ConsumptionRow[]; totals: Totals };
  yesterdaySoFar: { rows: ConsumptionRow[]; totals: Totals };
  yesterday: { rows: ConsumptionRow[]; totals: Totals };
  month: { rows: ConsumptionRow[]; totals: Totals };
  meters: { online: number; late: number; silent: number; never: number; total: number };
  /** Sum over the meters that show it; `power` says how many do. */
  powerKw: number | null;
  power: PowerShare;
}

/** GET /api/v1/ranking?window=day|month&at= &carrier= : sites by kgce of the window, most first. */
export interface RankingAnswer {
  rows: {
    site: string;
    category: SiteCategory;
    kgceCalorific: number | null;
    kgCo2Location: number | null;
    electricityKwh: number | null;
    coverage: number;
    previousKgceCalorific: number | null;
    /** Net of metered conversion output. */
    netKgceCalorific: number | null;
  }[];
}

/**
 * GET /api/v1/rolling?at=DATE[&class=two-high] : twelve calendar months before the date. Coal is net of metered
 * conversion output (综合能源消费量).
 */
export interface RollingAnswer {
  from: string;
  to: string;
  rows: {
    site: string;
    twoHigh: boolean;
    tceCalorific: number | null;
    tceEquivalent: number | null;
    approved?: { tce: number; basis: "calorific" | "equivalent" };
    /** Share of the twelve months' time that was measured, of the site's worst carrier. */
    coverage: number;
    daysWithData: number;
  }[];
}

/** GET /api/v1/avoided?from=&to=&window=day|month : CO2 avoided by shore power and by charging. */
export interface AvoidedAnswer {
  rows: {
    kind: "shore-power" | "charging";
    site: string;
    start: string;
    end: string;
    kwh: number;
    grossKgCo2: number | null;
    gridKgCo2: number | null;
    netKgCo2: number | null;
    coverage: number;
    factors: string[];
  }[];
  totals: Record<
    "shore-power" | "charging",
    { kwh: number; grossKgCo2: number | null; gridKgCo2: number | null; netKgCo2: number | null }
  >;
  /** Five specialised berth types with shore power, of all of them; exempt tanker berths apart. */
  berths: { specialised: number; equipped: number; exempt: number };
  guns: { count: number; ratedKw: number; energyUtilisation: number | null };
}

/** GET /api/v1/breakdown?site=&carrier=&from=&to= : what the site's `none` meters say of its amount. */
export interface BreakdownAnswer {
  site: string;
  carrier: string;
  unit: string;
  amount: number;
  rows: { meter: string; role: MeterRole; amount: number; coverage: number; estimated: number }[];
  /** amount − Σ of the breakdown; its own row, never hidden. */
  unmetered: number;
  /** The worst measured and estimated share over the meters that make `amount`. */
  coverage: number;
  estimated: number;
}
