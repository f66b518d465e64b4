/** The rejects of one share. */
import type { LogShare } from "../../model/ports.ts";
import type { RejectRecord } from "../../model/records.ts";
import { rejectChanges } from "../rejects.ts";
import { LeaseLost, type ShareOptions } from "./options.ts";
import { createTotals } from "./totals.ts";
import { createWriter } from "./writer.ts";

/** More than a log has partitions, so that offsets of several make one number. */
const PARTITIONS = 1_000;

/** A number for a record of a partition that no other record of the topic has, rising with its offset. */
export const placeOf = (partition: number, offset: number): number => offset * PARTITIONS + partition;

/** Works until the share is lost; rejects when log or store fail. */
export async function runRejects(share: LogShare, options: ShareOptions): Promise<void> {
  const { plan, store } = options;
  const totals = createTotals(store, "rejects", share);
  // A reject written twice is the same row: there is nothing to be in doubt about.
  const write = createWriter(options, share, () => ({ topic: "rejects", records: [] }));
  try {
    for await (const { records, commit } of share.batches()) {
      const last = records.at(-1);
      if (last === undefined) continue;
      await totals.load(
        new Set(
          records.map(({ value }) =>
            plan.calendar.dayOf((JSON.parse(value) as RejectRecord).reject.receivedAt),
          ),
        ),
      );
      const place = (offset: number): number => placeOf(share.partition, offset);
      const { rejects = [], balance = [] } = rejectChanges(plan, records, place, totals.isCounted);
      await write({ rejects, balanceTotals: totals.add(balance, last.offset) });
      await commit();
    }
  } catch (error) {
    if (!(error instanceof LeaseLost) && !share.lease.aborted) throw error;
  }
}
