/** What an explanation says of one figure of a site: readings, multipliers, factors, and the arithmetic. */
import type { Verdict } from "../../model/reading.ts";
import type { Contribution, LocalText, MeterRole } from "../../model/registry.ts";
import type { Span } from "../../model/time.ts";
import type { Piece } from "../consumption/pieces.ts";

/** The figure to explain: one carrier of a site over a window. */
export interface ExplainRequest {
  readonly site: string;
  readonly carrier: string;
  readonly span: Span;
}

/** Two neighbouring readings with the energy between them, in the carrier's canonical unit. */
export interface ExplainedPair {
  register: string;
  from: string;
  to: string;
  /** As the register showed it; 0 for an interval value, which has no value before it. */
  fromValue: number;
  toValue: number;
  how: Piece["how"];
  quality: Piece["quality"];
  /** Those in force within the pair, in time. */
  multipliers: number[];
  energy: number;
  /** Share of the energy inside the window, 0 to 1; of the time where there is no energy. */
  share: number;
}

export interface ExplainedMeter {
  /** The meter's id; `site/meter` for one of another site that counts here. */
  meter: string;
  role: MeterRole;
  contributes: Contribution;
  sign: 1 | -1 | 0;
  amount: number;
  coverage: number;
  estimated: number;
  pairs: ExplainedPair[];
  setAside: { register: string; at: string; value: number; verdict: Verdict }[];
  swaps: { at: string; register: string; final: number; first: number }[];
}

export interface ExplainedFactor {
  id: string;
  kind: string;
  basis: string;
  value: number;
  unit: string;
  source: string;
  clause?: string;
  status: string;
}

/** Times are ISO 8601 in the county's zone. */
export interface Explanation {
  /** Why the figure is not measured through and through. */
  notes: LocalText[];
  meters: ExplainedMeter[];
  factors: ExplainedFactor[];
  /** The arithmetic, to be followed with a pocket calculator. */
  lines: string[];
}
