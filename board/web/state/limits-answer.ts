/** GET /api/v1/limits, until `board/api.ts` names it. */
import type { Colour, LimitBasis, Period, Purpose, Quantity } from "../../../model/limit.ts";
import type { LocalText } from "../../../model/registry.ts";

export interface ApiLimit {
  limit: string;
  name: LocalText;
  purpose: Purpose;
  site?: string;
  group?: string;
  quantity: Quantity;
  basis?: LimitBasis;
  period: Period;
  unit: string;
  value: number;
  used: number | null;
  ratio: number | null;
  gone: number | null;
  planned: number | null;
  projected: number | null;
  projectedRatio: number | null;
  method: string;
  daysLeft: number | null;
  coverage: number | null;
  colour: "green" | Colour;
  asOf: string;
  levels?: { colour: Colour; ratio: number; toDate: boolean }[];
}

export interface LimitsAnswer {
  rows: ApiLimit[];
}
