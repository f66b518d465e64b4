/** Months and groups, by the one owner of the changed days. */
import type { LogBatch, LogShare } from "../../model/ports.ts";
import type { ChangedRecord } from "../../model/records.ts";
import { createCache } from "../cache.ts";
import { createRollup } from "../rollup.ts";
import { createSums } from "../sums.ts";
import { createMonths } from "./months.ts";
import { checkVersion, LeaseLost, type ShareOptions } from "./options.ts";
import { createWriter } from "./writer.ts";

/** Days are summed at most this often: what changes meanwhile is summed together. */
const EVERY_MS = 1_000;
/** The most of the time that sums may take while days keep changing: a backlog is for its readings first. */
const LARGEST_SHARE = 1 / 3;
/** So many notices are summed without waiting any longer. */
const MOST_MARKS = 50_000;

export interface ChangedShare {
  /** Works until the share is lost; rejects when log or store fail, or another configuration took over. */
  run(): Promise<void>;
  /** Days that are yet to be summed. */
  waiting(): number;
}

export function createChangedShare(share: LogShare, options: ShareOptions): ChangedShare {
  const { plan, store, config, now } = options;
  const cache = createCache(plan, store);
  const months = createMonths(plan, store);
  const sums = createSums(plan, createRollup(plan, store, cache, months.known));
  /** Noted and not yet committed. */
  let marks: ChangedRecord[] = [];
  const write = createWriter(options, share, () => ({
    topic: "changed",
    records: marks.map((mark) => ({ key: mark.site, value: JSON.stringify({ ...mark, reread: true }) })),
  }));

  const note = (mark: ChangedRecord): void => {
    checkVersion(config, mark.config);
    if (mark.reread) {
      cache.clear();
      months.clear();
    }
    const area = plan.areaOf.get(`${mark.site}\n${mark.carrier}`);
    for (const owner of area?.plans ?? []) months.changed(owner, mark.day);
    sums.mark(mark, mark.quarters && new Set(mark.quarters), mark.cause);
  };

  const take = (batch: LogBatch): void => {
    for (const record of batch.records) {
      const mark = JSON.parse(record.value) as ChangedRecord;
      marks.push(mark);
      note(mark);
    }
  };

  /** @param last the newest batch that was taken: with it all before it are done */
  const sum = async (last: LogBatch): Promise<void> => {
    while (sums.size() > 0) {
      if (share.lease.aborted) throw new LeaseLost(share);
      await sums.step(now(), write);
    }
    await last.commit();
    marks = [];
  };

  const follow = async (): Promise<void> => {
    let last: LogBatch | undefined;
    let due = 0;
    for await (const batch of share.batches()) {
      take(batch);
      const isMore = batch.records.length > 0;
      if (isMore) last = batch;
      if (last === undefined) continue;
      // The end of the log is told by an empty batch: until then more may come to be summed together.
      if (isMore && now() < due && marks.length < MOST_MARKS) continue;
      if (!isMore) await restUntil(due - now(), share.lease);
      const started = now();
      await sum(last);
      last = undefined;
      due = started + Math.max(EVERY_MS, (now() - started) / LARGEST_SHARE);
    }
  };

  return {
    async run() {
      try {
        await follow();
      } catch (error) {
        if (!(error instanceof LeaseLost) && !share.lease.aborted) throw error;
      }
    },
    waiting: sums.size,
  };
}

function restUntil(ms: number, lease: AbortSignal): Promise<void> {
  if (ms <= 0 || lease.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      lease.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    lease.addEventListener("abort", end);
  });
}
