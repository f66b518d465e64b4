/** Counts of what a batch held, by site and day of receipt, for the balance. */
import type { BalanceCount } from "../model/balance.ts";
import type { RejectCode } from "../model/reject.ts";
import type { DayIndex, Instant } from "../model/time.ts";
import type { Plan } from "./plan.ts";

/** What a record adds to; a record that was counted before adds to nothing. */
export interface Counts {
  received: number;
  accepted: number;
  repeated: number;
  rejected: Partial<Record<RejectCode, number>>;
}

/** Whether the record at an offset is in a site's total of a day already. */
export type IsCounted = (site: string, day: DayIndex, offset: number) => boolean;

const emptyCounts = (): Counts => ({ received: 0, accepted: 0, repeated: 0, rejected: {} });

export interface Tally {
  of(site: string, receivedAt: Instant, offset: number): Counts;
  counts(): BalanceCount[];
}

/** @param isCounted absent where counts are stored in one transaction with the offset */
export function createTally(plan: Plan, isCounted?: IsCounted): Tally {
  const days = new Map<DayIndex, Map<string, Counts>>();
  const nowhere = emptyCounts();
  let day = 0;
  let start = 0;
  let end = 0;
  let sites = new Map<string, Counts>();
  const turnTo = (at: Instant): void => {
    day = plan.calendar.dayOf(at);
    start = plan.calendar.dayStart(day);
    end = plan.calendar.dayStart(day + 1);
    sites = days.get(day) ?? new Map();
    days.set(day, sites);
  };
  return {
    of(site, receivedAt, offset) {
      if (receivedAt < start || receivedAt >= end) turnTo(receivedAt);
      if (isCounted?.(site, day, offset)) return nowhere;
      let row = sites.get(site);
      if (row === undefined) {
        row = emptyCounts();
        sites.set(site, row);
      }
      return row;
    },
    counts: () =>
      [...days].flatMap(([of, bySite]) => [...bySite].map(([site, row]) => ({ site, day: of, ...row }))),
  };
}

/** Adds `values` refused ones under a code. */
export function addRejected(counts: Counts, code: RejectCode, values: number): void {
  counts.rejected[code] = (counts.rejected[code] ?? 0) + values;
}
