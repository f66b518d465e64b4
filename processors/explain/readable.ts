/** Numbers and times as an officer reads them. */
import { type Calendar, DAY_MS, type Instant } from "../../model/time.ts";

/** A computed amount without the dust of binary arithmetic: at most 12 significant digits. */
export function amountText(value: number): string {
  const text = Number(value.toPrecision(12)).toString();
  return text.replace("-", "−");
}

/** A register's value with the decimals it shows. */
export function registerText(value: number, countsPerUnit: number): string {
  const fixed = value.toFixed(Math.round(Math.log10(countsPerUnit)));
  return Number(fixed) === value ? fixed : amountText(value);
}

/** `2026-11-01 00:15` in the county's zone; with the offset on a day when clocks change. */
export function momentText(calendar: Calendar, at: Instant): string {
  const [date = "", time = ""] = calendar.iso(at).split("T");
  const day = calendar.dayOf(at);
  const ordinary = calendar.dayStart(day + 1) - calendar.dayStart(day) === DAY_MS;
  const clock = time.replace(/[+-]\d\d:\d\d$/, "").replace(/:00$/, "");
  return `${date} ${clock}${ordinary ? "" : time.slice(-6)}`;
}
