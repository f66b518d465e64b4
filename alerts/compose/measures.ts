/** Numbers, shares and times as notices write them. */
import type { Calendar, Instant } from "../../model/time.ts";

/** Four digits that count, grouped by thousands; whole numbers in full. The stored figure is on the board. */
export function amountText(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 1_000 || Number.isInteger(value) ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/**
 * A share in percent, with one decimal; cut off and not rounded, so that 99.97 % of a limit never reads as 100 %, and
 * what is over never as reached exactly.
 */
export function shareText(ratio: number): string {
  if (!Number.isFinite(ratio)) return "–";
  // 1e-9: 1.1 × 1000 is a little more than 1100 in binary, and other products a little less.
  const tenths = Math.floor(ratio * 1_000 + 1e-9);
  return `${(tenths / 10).toFixed(1).replace(/\.0$/, "")} %`;
}

/** `2026-11-23 14:05` in the county's zone. */
export function momentText(at: Instant, calendar: Calendar): string {
  return calendar.iso(at).slice(0, 16).replace("T", " ");
}

/** A time span by its largest two parts: `2 d 3 h`, `3 h 20 min`, `45 s`. */
export function spanText(ms: number, language: "zh" | "en"): string {
  if (!Number.isFinite(ms)) return "–";
  const names = language === "zh" ? ["天", "小时", "分钟", "秒"] : ["d", "h", "min", "s"];
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const first = parts.findIndex((part) => part > 0);
  if (first < 0) return `0 ${names[3]}`;
  return parts
    .slice(first, first + 2)
    .flatMap((part, index) => (part > 0 ? [`${part} ${names[first + index]}`] : []))
    .join(" ");
}
