/** The balance of a share where write and commit are two: totals with the offset they reach to. */
import type { BalanceCount, BalanceTotal } from "../../model/balance.ts";
import type { LogShare, SeriesStore } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import type { RejectCode } from "../../model/reject.ts";
import type { DayIndex } from "../../model/time.ts";
import type { IsCounted } from "../tally.ts";

export interface Totals {
  /** Has the totals of these days of receipt at hand. */
  load(days: Iterable<DayIndex>): Promise<void>;
  readonly isCounted: IsCounted;
  /** Totals with counts of records up to an offset added. */
  add(counts: readonly BalanceCount[], upTo: number): BalanceTotal[];
}

export function createTotals(store: SeriesStore, topic: Topic, { partition }: LogShare): Totals {
  const byDay = new Map<DayIndex, Map<string, BalanceTotal>>();
  return {
    async load(days) {
      for (const day of days) {
        if (byDay.has(day)) continue;
        const rows = (await store.balanceTotals?.(topic, partition, day)) ?? [];
        byDay.set(day, new Map(rows.map((row) => [row.site, row])));
      }
    },
    isCounted: (site, day, offset) => offset <= (byDay.get(day)?.get(site)?.upTo ?? -1),
    add: (counts, upTo) =>
      counts.map((count) => {
        const rows = byDay.get(count.day)!;
        const total = sum(rows.get(count.site), count, { topic, partition, upTo });
        rows.set(count.site, total);
        return total;
      }),
  };
}

function sum(
  known: BalanceTotal | undefined,
  count: BalanceCount,
  place: Pick<BalanceTotal, "topic" | "partition" | "upTo">,
): BalanceTotal {
  const rejected: Partial<Record<RejectCode, number>> = { ...known?.rejected };
  for (const [code, n] of Object.entries(count.rejected) as [RejectCode, number][])
    rejected[code] = (rejected[code] ?? 0) + n;
  return {
    ...place,
    site: count.site,
    day: count.day,
    received: (known?.received ?? 0) + count.received,
    accepted: (known?.accepted ?? 0) + count.accepted,
    repeated: (known?.repeated ?? 0) + count.repeated,
    rejected,
  };
}
