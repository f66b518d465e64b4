/** Records of rejects → rows that can be looked at and replayed, and their part of the balance. */
import type { Changes, LoggedRecord } from "../model/ports.ts";
import type { RejectRecord } from "../model/records.ts";
import type { StoredReject } from "../model/reject.ts";
import type { Plan } from "./plan.ts";
import { addRejected, createTally, type IsCounted } from "./tally.ts";

/** @param placeOf a number for a record's offset that no other reject has */
export function rejectChanges(
  plan: Plan,
  records: readonly LoggedRecord[],
  placeOf: (offset: number) => number = (offset) => offset,
  isCounted?: IsCounted,
): Changes {
  const tally = createTally(plan, isCounted);
  const rejects: StoredReject[] = records.map((record) => {
    const { received, reject } = JSON.parse(record.value) as RejectRecord;
    const counts = tally.of(reject.site, reject.receivedAt, record.offset);
    counts.received += received;
    addRejected(counts, reject.code, reject.values);
    return { ...reject, offset: placeOf(record.offset) };
  });
  return { rejects, balance: tally.counts() };
}
