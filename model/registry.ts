/**
 * Terminology of what is monitored: a county has sites, a site has meters, a meter has registers.
 * These are the checked, resolved values; their YAML form is in `config/schema.ts`.
 */
import type { Duties } from "./duty.ts";
import type { Limit, Output } from "./limit.ts";
import type { Rule } from "./rule.ts";
import type { DayIndex, Instant } from "./time.ts";

/** A name in both languages of the county. */
export interface LocalText {
  readonly zh: string;
  readonly en: string;
}

export interface County {
  readonly id: string;
  readonly name: LocalText;
  /** IANA zone of all windows. */
  readonly zone: string;
  /** Region whose grid factors apply, such as `zhejiang`. */
  readonly region: string;
  /** Days up to and including this one are closed: changes to them are restatements. */
  readonly closedThrough?: DayIndex;
  readonly towns: readonly { readonly id: string; readonly name: LocalText }[];
  /** Sectors (行业) as sets of industries: a site belongs to the first that has a beginning of its GB/T 4754 code. */
  readonly sectors: readonly {
    readonly id: string;
    readonly name: LocalText;
    readonly industries: readonly string[];
  }[];
  /** Rings of [longitude, latitude], for the map; no survey. */
  readonly outline?: readonly (readonly (readonly [number, number])[])[];
}

/** How a carrier's CO2 arises: bought from the grid, burnt (or bought as heat) at the site, or not at all. */
export type Co2Path = "grid" | "direct" | "none";

/** An energy carrier (能源品种) and its canonical unit. */
export interface Carrier {
  readonly id: string;
  readonly name: LocalText;
  /** kWh, m3, MJ or t. */
  readonly unit: string;
  readonly co2: Co2Path;
}

export const siteCategories = [
  "key-energy-user",
  "port",
  "shore-power",
  "charging",
  "public-building",
  "generation",
  "other",
] as const;
export type SiteCategory = (typeof siteCategories)[number];

export const meterRoles = [
  "grid-import",
  "sub",
  "generation",
  "export",
  "shore-power",
  "charging",
  "fuel",
] as const;
export type MeterRole = (typeof meterRoles)[number];

export const contributions = ["add", "subtract", "none"] as const;
export type Contribution = (typeof contributions)[number];

export interface Register {
  readonly id: string;
  readonly kind: "cumulative" | "interval";
  /** As the meter says it: kWh, MWh, GJ, kg, L … */
  readonly unit: string;
  /** Canonical units in one unit of the register. */
  readonly unitFactor: number;
  readonly direction: "import" | "export";
  readonly digits: number;
  readonly decimals: number;
  /** The register is set to zero now and then (a batch counter, a charging session). */
  readonly resetsToZero: boolean;
  /** Its travel counts into the meter's amount. */
  readonly counted: boolean;
}

/** CT × PT ratio from `from` on. */
export interface MultiplierRow {
  readonly from: Instant;
  readonly value: number;
  /** What each register showed at `from`, where it was read then. */
  readonly registers: Readonly<Record<string, number>>;
}

/** A meter exchanged at `at`: `final` ends the old register, `first` begins the new one. */
export interface Swap {
  readonly at: Instant;
  readonly register: string;
  readonly final: number;
  readonly first: number;
}

export interface Meter {
  readonly site: string;
  readonly id: string;
  readonly name: LocalText;
  readonly carrier: string;
  readonly role: MeterRole;
  readonly contributes: Contribution;
  /** Site at which a subtracted meter counts instead. */
  readonly countsTo?: string;
  /** Energy that a conversion plant made and sold: taken off the net totals of groups. */
  readonly conversionOutput: boolean;
  readonly from: Instant;
  readonly to?: Instant;
  readonly intervalMinutes: number;
  /** Most the meter can count in an hour, in the carrier's canonical unit after the multiplier. */
  readonly maxPerHour: number;
  readonly ratedPowerKw?: number;
  readonly registers: readonly Register[];
  /** Sorted by `from`; never empty. */
  readonly multipliers: readonly MultiplierRow[];
  /** Sorted by `at`. */
  readonly swaps: readonly Swap[];
}

export interface Gateway {
  readonly id: string;
  readonly username: string;
  /** MQTT topic filters it may publish to. */
  readonly topics: readonly string[];
}

/** A dated membership, such as `two-high`; `to` is exclusive. */
export interface ClassRow {
  readonly id: string;
  readonly from: DayIndex;
  readonly to?: DayIndex;
}

/** Berth types; the first five are the specialised ones whose shore-power coverage the plan counts. */
export const berthTypes = [
  "container",
  "ro-ro-passenger",
  "cruise",
  "passenger-3000gt",
  "dry-bulk-50000t",
  "tanker",
  "other",
] as const;

export interface Berth {
  readonly id: string;
  readonly name: LocalText;
  readonly type: (typeof berthTypes)[number];
  readonly shorePower: boolean;
}

export interface Site {
  readonly id: string;
  readonly name: LocalText;
  readonly category: SiteCategory;
  readonly classes: readonly ClassRow[];
  /** GB/T 4754 industry code. */
  readonly industry?: string;
  readonly town?: string;
  /** Sector of its industry. */
  readonly sector?: string;
  /** 国家单列: left out of the county's assessed totals. */
  readonly nationalList: boolean;
  /** Longitude, latitude. */
  readonly location?: readonly [number, number];
  readonly approved?: { readonly tce: number; readonly basis: "calorific" | "equivalent" };
  readonly gateways: readonly Gateway[];
  readonly meters: readonly Meter[];
  readonly berths: readonly Berth[];
  /** Charging guns: count and rated power of each, in kW. */
  readonly charging?: { readonly guns: number; readonly ratedKw: number };
}

export const factorKinds = [
  /** kgce per canonical unit. */
  "standard-coal",
  /** kgCO2 per canonical unit of a fuel or of bought heat. */
  "co2-direct",
  /** kgCO2 per kWh, location-based: the region's grid average. */
  "co2-grid-location",
  /** kgCO2 per kWh, market-based: the residual mix. */
  "co2-grid-market",
  /** kgCO2 per kWh delivered to a ship that its auxiliary engines would have emitted. */
  "shore-power-baseline",
  /** kgCO2 per kWh charged that a petrol car would have emitted over the same distance. */
  "charging-baseline",
  /** kg per litre. */
  "density",
] as const;
export type FactorKind = (typeof factorKinds)[number];

export const factorStatuses = ["verified", "second-hand", "unverified"] as const;

/** A dated, sourced coefficient. */
export interface Factor {
  readonly id: string;
  readonly kind: FactorKind;
  readonly carrier: string;
  /** For standard coal: 当量 calorific, 等价 equivalent, or both where the two agree (fuels). */
  readonly basis: "calorific" | "equivalent" | "both";
  /** The county's region, a wider one, or `any`. */
  readonly region: string;
  readonly dataYear?: number;
  /** As the source prints it, per `unit`. */
  readonly value: number;
  readonly unit: string;
  /** Per canonical unit of the carrier, in kgce or kgCO2. */
  readonly perCanonical: number;
  readonly validFrom: Instant;
  /** Exclusive. Without it the row holds until the next of its kind. */
  readonly validTo?: Instant;
  readonly source: string;
  readonly clause?: string;
  readonly status: (typeof factorStatuses)[number];
}

/** Everything the bureau configured, checked and frozen. */
export interface Registry {
  /** Hash of what the figures depend on. */
  readonly version: string;
  readonly county: County;
  readonly carriers: readonly Carrier[];
  /** Sorted by id. */
  readonly sites: readonly Site[];
  readonly factors: readonly Factor[];
  readonly profiles: readonly DecoderProfile[];
  /** Sorted by id; those given for each of several sites are here once a site. */
  readonly limits: readonly Limit[];
  readonly outputs: readonly Output[];
  readonly rules: readonly Rule[];
  readonly duties: Duties;
}

/** A site as the desk needs it: who answers for it, and names to tell. */
export type NamedSite = Pick<Site, "id" | "name" | "category" | "town" | "sector"> & {
  readonly meters: readonly Pick<Meter, "id" | "name">[];
};

/** What the desk needs of the registry: a county's meters are too many to be kept whole in one more thread. */
export type DeskRegistry = Pick<Registry, "county" | "limits" | "rules" | "duties"> & {
  readonly sites: readonly NamedSite[];
};

export function deskRegistryOf({ county, limits, rules, duties, sites }: Registry): DeskRegistry {
  return {
    county,
    limits,
    rules,
    duties,
    sites: sites.map(({ id, name, category, town, sector, meters }) => ({
      id,
      name,
      category,
      ...(town === undefined ? {} : { town }),
      ...(sector === undefined ? {} : { sector }),
      meters: meters.map((meter) => ({ id: meter.id, name: meter.name })),
    })),
  };
}

/** Where a decoder finds a value: a topic or file-name capture, a JSON pointer, a CSV column, or a constant. */
export type ValueSource =
  | { readonly capture: string }
  | { readonly pointer: string }
  | { readonly column: string }
  | { readonly constant: string | number };

export interface ProfileRegister {
  /** Register id of the registry. */
  readonly register: string;
  readonly value: ValueSource;
  /** Unit the payload claims, as a constant or from the payload; compared with the registry's. */
  readonly unit?: ValueSource;
}

/** How a payload is read: data, so that a new gateway make needs no code. */
export interface DecoderProfile {
  readonly id: string;
  /** MQTT topic filter whose `{name}` levels capture; absent for profiles that only read CSV. */
  readonly topic?: string;
  readonly format: "json" | "csv";
  /** JSON pointer to the array of readings inside the payload; absent: the payload itself. */
  readonly each?: string;
  readonly site?: ValueSource;
  readonly meter?: ValueSource;
  readonly time: {
    readonly value: ValueSource;
    /** `iso`, `epoch-ms`, `epoch-s`, or a pattern of yyyy MM dd HH mm ss SSS; default: ISO or a number of ms. */
    readonly form?: string;
    /** Zone of times that carry none. */
    readonly zone?: string;
    /** A day's `00:00` row closes that day (24:00) and does not open it. */
    readonly midnightEndsDay?: boolean;
  };
  /** Registers by place; absent: the object at `registersAt` maps register ids to values. */
  readonly registers?: readonly ProfileRegister[];
  readonly registersAt?: string;
  readonly unitsAt?: string;
  readonly powerKw?: ValueSource;
  readonly seq?: ValueSource;
  readonly revision?: ValueSource;
}
