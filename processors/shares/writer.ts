/** Writes for a share. What was under way when the share was lost is asked of its next owner once more. */
import type { Changes, LogRecord, LogShare } from "../../model/ports.ts";
import type { RecomputeRecord, Topic } from "../../model/records.ts";
import type { Instant } from "../../model/time.ts";
import { createRestatements, withRestatements } from "../quality/events.ts";
import { LeaseLost, type ShareOptions } from "./options.ts";

/** For the ledger: a write may have come after those of the next owner, with what was right before. */
export const DOUBT_CAUSE = "a write in doubt";

export interface Doubt {
  readonly topic: Topic;
  readonly records: readonly LogRecord[];
}

/**
 * @param doubtOf what to ask of the next owner when it is not sure that a write came before its own
 * @returns a write that throws `LeaseLost` as soon as the share is lost
 */
export function createWriter(
  { plan, store, log, written, now }: ShareOptions,
  share: LogShare,
  doubtOf: (changes: Changes) => Doubt,
): (changes: Changes) => Promise<void> {
  const settleDoubt = async (changes: Changes): Promise<never> => {
    const { topic, records } = doubtOf(changes);
    if (records.length > 0) await log.append(topic, records);
    throw new LeaseLost(share);
  };
  const restatements = createRestatements(plan.calendar);
  return async (given) => {
    if (share.lease.aborted) throw new LeaseLost(share);
    const changes = withRestatements(restatements, given);
    const started = now();
    try {
      await store.write(changes, share.lease);
    } catch (error) {
      if (share.lease.aborted) await settleDoubt(changes);
      throw error;
    }
    if (share.lease.aborted) await settleDoubt(changes);
    written?.(changes, now() - started);
  };
}

/** Requests to recompute everything of the meters that changes speak of, over the time they speak of. */
export function requestsFor(
  changes: Changes,
  now: Instant,
  part: Pick<RecomputeRecord, "config">,
): LogRecord[] {
  const spans = new Map<string, { site: string; meter: string; from: Instant; to: Instant }>();
  const add = (site: string, meter: string, from: Instant, to = from + 1): void => {
    const known = spans.get(`${site}/${meter}`);
    if (known === undefined) spans.set(`${site}/${meter}`, { site, meter, from, to });
    else {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  };
  for (const { series, rows } of changes.readings ?? [])
    for (const row of rows) add(series.site, series.meter, row.at);
  for (const { scope, owner, start } of changes.figures ?? []) {
    const [site = "", meter = ""] = owner.split("/");
    if (scope !== "group") add(site, meter, start);
  }
  // Said to be done too late, a span would be taken from what the next owner has yet to do.
  for (const { site, meter, start, end } of changes.pendingDone ?? [])
    if (start !== undefined) add(site, meter, start, end);
  return [...spans.values()].map((span) => {
    const record: RecomputeRecord = {
      kind: "recompute",
      ...span,
      cause: DOUBT_CAUSE,
      receivedAt: now,
      ...part,
    };
    return { key: span.site, value: JSON.stringify(record) };
  });
}
