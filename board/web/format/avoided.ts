/** What the shore power and charging answers know, and of how much of the time. */

import type { Instant } from "../../../model/time.ts";
import type { AvoidedAnswer } from "../../api/figures.ts";

export type Service = "shore-power" | "charging";
export type ServiceTotal = AvoidedAnswer["totals"][Service];

/** The totals of one service; undefined where no row speaks of it: nothing known is not nothing delivered. */
export function totalOf(answer: AvoidedAnswer | undefined, kind: Service): ServiceTotal | undefined {
  return answer?.rows.some((row) => row.kind === kind) ? answer.totals[kind] : undefined;
}

/** Measured share of the time from `from` to `now`, of the service's worst site; undefined without rows. */
export function measuredOf(
  answer: AvoidedAnswer | undefined,
  kind: Service,
  from: Instant,
  now: Instant,
): number | undefined {
  const measured = new Map<string, number>();
  for (const row of answer?.rows ?? []) {
    if (row.kind !== kind) continue;
    const ms = row.coverage * (Date.parse(row.end) - Date.parse(row.start));
    measured.set(row.site, (measured.get(row.site) ?? 0) + ms);
  }
  if (measured.size === 0 || now <= from) return undefined;
  return Math.min(1, Math.min(...measured.values()) / (now - from));
}
