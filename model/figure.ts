/** Figures: what is stored for a window of a meter, a site or a group. */
import type { Instant } from "./time.ts";

export const figureScopes = ["meter", "site", "group"] as const;
export type FigureScope = (typeof figureScopes)[number];

export const figureWindows = ["15m", "day", "month"] as const;
export type FigureWindow = (typeof figureWindows)[number];

/**
 * One series of figures. `owner` is `site/meter` for a meter, the site's id for a site, and the group's key
 * for a group (`county`, `town:gaoting`, `class:two-high!national` …, see `groups.ts`).
 */
export interface FigureKey {
  readonly scope: FigureScope;
  readonly owner: string;
  readonly carrier: string;
}

/** Amounts of coal and CO2; null where no factor was in force. Meters have none. */
export interface Effects {
  readonly kgceCalorific: number | null;
  readonly kgceEquivalent: number | null;
  readonly kgCo2Location: number | null;
  readonly kgCo2Market: number | null;
}

/** What a figure says of its window. */
export interface FigureValues extends Effects {
  /** Measured and estimated energy, in the carrier's canonical unit. */
  readonly amount: number;
  /** Share of the window's time that was measured, 0 to 1. */
  readonly coverage: number;
  /** Share of the window's time that was estimated, 0 to 1. */
  readonly estimated: number;
  /** Contributing meters with missing time; 0 for a meter's own figure. */
  readonly missingMeters: number;
  /** Metered conversion output within the window, in the carrier's canonical unit and as coal and CO2. */
  readonly output: number;
  readonly outputEffects: Effects;
  /** Ids of the factors used, sorted. */
  readonly factors: readonly string[];
}

export interface Figure extends FigureKey, FigureValues {
  readonly window: FigureWindow;
  readonly start: Instant;
}

/** A change to a figure of a closed day, written before the figure. */
export interface LedgerEntry extends FigureKey {
  readonly window: FigureWindow;
  readonly start: Instant;
  /** null: there was no figure. */
  readonly before: FigureValues | null;
  readonly after: FigureValues;
  readonly cause: string;
  readonly at: Instant;
}
