/**
 * Answers of the HTTP API (`/api/v1/…`), shared by the server and the page. Records behind the figures: quality, readings, balance, rejects, ledger, and where a figure comes from.
 * Times are ISO 8601 with the zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg;
 * null means unknown.
 */
import type { Verdict } from "../../model/reading.ts";
import type { LocalText, MeterRole } from "../../model/registry.ts";
import type { RejectCode } from "../../model/reject.ts";
import type { ConsumptionRow } from "./figures.ts";

/** GET /api/v1/quality?day=DATE ; `online` and `onlineRate` are of now, whatever the day. */
export interface QualityAnswer {
  day: string;
  onlineRate: number | null;
  /** Measured share of all contributing meters' time on that day, so far as it has passed. */
  completeness: number | null;
  sites: {
    site: string;
    online: number;
    meters: number;
    completeness: number | null;
    estimated: number | null;
    missingMeters: number;
    lastAt?: string;
  }[];
  /** Figures left null for want of a factor. */
  factorGaps: { carrier: string; field: string; since: string }[];
  pending: { site: string; meter: string; from: string; to: string; cause: string }[];
}

/** A row of GET /api/v1/readings */
export interface ReadingsAnswer {
  rows: {
    at: string;
    value: number;
    revision: number;
    seq: number | null;
    receivedAt: string;
    offset: number;
    verdict: Verdict;
  }[];
  unit: string;
}

/** GET /api/v1/balance?day=[&site=] */
export interface BalanceAnswer {
  rows: {
    site: string;
    day: string;
    received: number;
    accepted: number;
    repeated: number;
    setAside: number;
    rejected: Partial<Record<RejectCode, number>>;
  }[];
}

/** GET /api/v1/rejects?[site=&code=&from=&to=&limit=&before=] newest first */
export interface RejectsAnswer {
  rows: {
    offset: number;
    code: RejectCode;
    detail: string;
    site: string;
    meter?: string;
    register?: string;
    gateway?: string;
    origin: string;
    receivedAt: string;
    length: number;
    sha256: string;
    /** Text when it is UTF-8, else base64 with `encoding: base64`. */
    payload?: string;
    encoding?: "text" | "base64";
    replayedAt?: string;
  }[];
  /** There are older ones: ask again with `before` set to this. */
  next?: number;
}

/** GET /api/v1/ledger?[site=&from=&to=&limit=] newest first */
export interface LedgerAnswer {
  rows: {
    scope: "meter" | "site" | "group";
    owner: string;
    carrier: string;
    window: "15m" | "day" | "month";
    start: string;
    before: {
      amount: number;
      kgceCalorific: number | null;
      kgceEquivalent: number | null;
      kgCo2Location: number | null;
      kgCo2Market: number | null;
      coverage: number;
      estimated: number;
    } | null;
    after: {
      amount: number;
      kgceCalorific: number | null;
      kgceEquivalent: number | null;
      kgCo2Location: number | null;
      kgCo2Market: number | null;
      coverage: number;
      estimated: number;
    };
    cause: string;
    at: string;
  }[];
}

/** GET /api/v1/explain?site=&carrier=&window=&at= : where one figure comes from. */
export interface ExplainAnswer {
  figure: ConsumptionRow | null;
  /** Why it is not measured through and through, in plain words of both languages. */
  notes: LocalText[];
  meters: {
    meter: string;
    role: MeterRole;
    contributes: "add" | "subtract" | "none";
    sign: 1 | -1 | 0;
    amount: number;
    coverage: number;
    estimated: number;
    pairs: {
      register: string;
      from: string;
      to: string;
      fromValue: number;
      toValue: number;
      how: "joined" | "rollover" | "reset" | "interval";
      quality: "measured" | "estimated";
      multipliers: number[];
      /** Energy of the whole pair and the share of it inside the window. */
      energy: number;
      share: number;
    }[];
    setAside: { register: string; at: string; value: number; verdict: Verdict }[];
    swaps: { at: string; register: string; final: number; first: number }[];
  }[];
  factors: {
    id: string;
    kind: string;
    basis: string;
    value: number;
    unit: string;
    source: string;
    clause?: string;
    status: string;
  }[];
  /** The arithmetic, line by line. */
  lines: string[];
}
