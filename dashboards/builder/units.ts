/** Units as Grafana names them. */
import type { Carrier } from "../../model/registry.ts";

export const unit = {
  tce: "suffix:tce",
  tco2: "suffix:tCO₂",
  kwh: "kwatth",
  kw: "kwatt",
  /** 0 to 1 shown as per cent. */
  share: "percentunit",
  ratio: "none",
  count: "none",
  days: "suffix:d",
  hours: "h",
  ms: "ms",
  at: "dateTimeAsIso",
  megabytes: "decmbytes",
  perSecond: "suffix:/s",
  text: "string",
} as const;

const carrierUnits: Readonly<Record<string, string>> = {
  kWh: "kwatth",
  m3: "m3",
  MJ: "suffix:MJ",
  t: "suffix:t",
};

/** A carrier's canonical unit. @throws Error for one that is not known here */
export function unitOf(carrier: Carrier): string {
  const found = carrierUnits[carrier.unit];
  if (found === undefined) throw new Error(`carrier ${carrier.id}: no unit of Grafana for ${carrier.unit}`);
  return found;
}
