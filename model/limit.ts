/** Limits: how much of what a site or a group may use in which period, and from which share on who is warned. */
import type { LocalText } from "./registry.ts";
import type { Instant } from "./time.ts";

/** Colours are the key of a level; numbers run both ways in the schemes in force. Green is none of them. */
export const colours = ["yellow", "orange", "red"] as const;
export type Colour = (typeof colours)[number];

/** What a limit is for; rules and duties go by it. */
export const purposes = [
  "budget",
  "approved",
  "two-high",
  "contract-demand",
  "co2-budget",
  "unit-consumption",
  "other",
] as const;
export type Purpose = (typeof purposes)[number];

/**
 * What is limited. `energy` is one carrier's amount in its canonical unit; `demand` the highest quarter-hour mean
 * of electric power, in kW; `tce` and `tco2` are over all carriers, net of metered conversion output;
 * `unit-consumption` is kgce over the output given for the same months.
 */
export const quantities = ["energy", "demand", "tce", "tco2", "unit-consumption"] as const;
export type Quantity = (typeof quantities)[number];

/** Coal: 当量 calorific or 等价 equivalent. CO2: location- or market-based for the grid's share. */
export const limitBases = ["calorific", "equivalent", "location", "market"] as const;
export type LimitBasis = (typeof limitBases)[number];

/** Calendar periods in the county's zone; `rolling-12m` at day D is [D + 1 − 12 calendar months, D + 1). */
export const periods = ["15m", "hour", "day", "month", "quarter", "year", "rolling-12m"] as const;
export type Period = (typeof periods)[number];

/** From `ratio` of the limit on, the level holds. */
export interface Level {
  readonly colour: Colour;
  /** used ÷ limit; for a budget with a split, used ÷ the budget to date where `toDate` is set. */
  readonly ratio: number;
  /** Compares with what was planned up to now instead of the whole period's limit. */
  readonly toDate: boolean;
  readonly label?: LocalText;
}

export interface Limit {
  /** Unique; of a limit given for each of several sites, `<id>:<site>`. */
  readonly id: string;
  readonly name: LocalText;
  /** Exactly one of the two. A group's key as the figures have it, such as `town:gaoting` or `county!national`. */
  readonly site?: string;
  readonly group?: string;
  readonly purpose: Purpose;
  readonly quantity: Quantity;
  /** Of `energy` and `demand`. */
  readonly carrier?: string;
  /** Of `tce`, `tco2` and `unit-consumption`. */
  readonly basis?: LimitBasis;
  readonly period: Period;
  /** In `unit`. */
  readonly value: number;
  /** The carrier's canonical unit, kW, tce, tCO2, or kgce per unit of output. */
  readonly unit: string;
  /** Of a year: planned for each month, January first, in `unit`; adds up to `value`. */
  readonly months?: readonly number[];
  /** Of `unit-consumption`. */
  readonly product?: string;
  readonly validFrom: Instant;
  /** Exclusive. */
  readonly validTo?: Instant;
  /** Rising by ratio; never empty. */
  readonly levels: readonly Level[];
  /** Share of the period's time so far that must be known before a level may hold. */
  readonly minCoverage: number;
  readonly source?: string;
}

/** What a site made of a product in a calendar month; figures of the statistics office or of the plant. */
export interface Output {
  readonly site: string;
  readonly product: string;
  /** year × 12 + (month − 1) */
  readonly month: number;
  readonly amount: number;
  readonly unit: string;
}
