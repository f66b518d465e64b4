/**
 * Answers of the HTTP API (`/api/v1/…`), shared by the server and the page. Limits, and how far they are used.
 * Times are ISO 8601 with the zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg;
 * null means unknown.
 */
import type { Colour, LimitBasis, Period, Purpose, Quantity } from "../../model/limit.ts";
import type { LocalText } from "../../model/registry.ts";

/** A limit as it stood at `asOf`, the end of what is known of the day. */
export interface ApiLimit {
  limit: string;
  name: LocalText;
  purpose: Purpose;
  /** One of the two; a group's key as it is stored, such as `town:gaoting` or `county!national`. */
  site?: string;
  group?: string;
  quantity: Quantity;
  carrier?: string;
  basis?: LimitBasis;
  product?: string;
  period: Period;
  unit: string;
  value: number;
  used: number | null;
  ratio: number | null;
  /** Share of the period's time that is gone; of rolling periods 1. */
  gone: number | null;
  planned: number | null;
  projected: number | null;
  projectedRatio: number | null;
  /** How `projected` was come by: split, same-period, linear; empty where there is none. */
  method: string;
  daysLeft: number | null;
  coverage: number;
  /** Enough is known for a level to hold; `green` says something of judged limits alone. */
  judged: boolean;
  colour: "green" | Colour;
  asOf: string;
  levels: { colour: Colour; ratio: number; toDate: boolean }[];
}

/** GET /api/v1/limits?at=DATE[&site=|group=|purpose=] : limits that hold on the day, by id. */
export interface LimitsAnswer {
  rows: ApiLimit[];
}
