/** Months and groups, by the one owner of the changed days. */
import type { LogBatch, LogShare } from "../../model/ports.ts";
import type { ChangedRecord } from "../../model/records.ts";
import { createCache } from "../cache.ts";
import { createNames } from "../info.ts";
import { createLimitStage, endedLimits } from "../limits/stage.ts";
import { createFactorEvents } from "../quality/events.ts";
import { createRollup } from "../rollup.ts";
import { createSetBack } from "../set-back.ts";
import { createSums } from "../sums.ts";
import { createMonths } from "./months.ts";
import { checkVersion, LeaseLost, NewerConfiguration, type ShareOptions } from "./options.ts";
import { newestConfiguration } from "./versions.ts";
import { createWriter } from "./writer.ts";

/** Days are summed at most this often: what changes meanwhile is summed together. */
const EVERY_MS = 1_000;
/** The most of the time that sums may take while days keep changing: a backlog is for its readings first. */
const LARGEST_SHARE = 0.1;
/** Days that keep changing are summed at least this often. */
const AT_LEAST_EVERY_MS = 30_000;
/** When no day has changed for so long, nothing is waited for any longer. */
const QUIET_MS = 1_000;
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
  const limits = plan.registry.limits.length > 0 ? createLimitStage(plan, store) : undefined;
  const sums = createSums(plan, createRollup(plan, store, cache, months.known), limits);
  /** Noted and not yet committed. */
  let marks: ChangedRecord[] = [];
  const write = createWriter(options, share, () => ({
    topic: "changed",
    records: marks.map((mark) => ({ key: mark.site, value: JSON.stringify({ ...mark, reread: true }) })),
  }));

  const factorRows = createFactorEvents(plan.registry);
  const names = createNames(plan);
  const tellFactors = async (): Promise<void> => {
    for (let rows = [...factorRows(now()), ...names(now())]; rows.length > 0; rows = names(now()))
      await write({ observations: rows });
  };

  const note = (mark: ChangedRecord): void => {
    checkVersion(config, mark.config);
    if (mark.reread) {
      cache.clear();
      months.clear();
      limits?.reread();
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
    await tellFactors();
    await last.commit();
    marks = [];
  };

  /** Limits that changed with the configuration; those of an earlier one are not to come back. */
  const catchUpLimits = async (): Promise<void> => {
    const newest = await newestConfiguration(store);
    if (newest !== undefined && newest.number > config.number) throw new NewerConfiguration(config, newest);
    const ended = limits ? undefined : await endedLimits(plan, store, now());
    if (ended) await write(ended);
    while (sums.size() > 0) {
      if (share.lease.aborted) throw new LeaseLost(share);
      await sums.step(now(), write);
    }
  };

  const follow = async (batches: AsyncIterator<LogBatch>): Promise<void> => {
    let last: LogBatch | undefined;
    const isSetBack = createSetBack();
    let due = 0;
    let heardAt = 0;
    for (let coming = batches.next(); ; ) {
      // Whoever leaves early does not wait for what comes.
      coming.catch(() => undefined);
      if (last !== undefined) {
        if (isSetBack(now())) due = 0;
        const wait = Math.min(due, heardAt + QUIET_MS) - now();
        if (wait <= 0 || marks.length >= MOST_MARKS) {
          const started = now();
          await sum(last);
          last = undefined;
          due = started + Math.min(AT_LEAST_EVERY_MS, Math.max(EVERY_MS, (now() - started) / LARGEST_SHARE));
        } else if (!(await comesWithin(coming, wait))) continue;
      }
      const { value: batch, done } = await coming;
      if (done) return;
      coming = batches.next();
      if (batch.records.length === 0) continue;
      take(batch);
      last = batch;
      heardAt = now();
    }
  };

  return {
    async run() {
      const batches = share.batches()[Symbol.asyncIterator]();
      try {
        await catchUpLimits();
        await tellFactors();
        await follow(batches);
      } catch (error) {
        if (!(error instanceof LeaseLost) && !share.lease.aborted) throw error;
      } finally {
        void batches.return?.();
      }
    },
    waiting: sums.waiting,
  };
}

/** Whether something comes within so many milliseconds. */
async function comesWithin(coming: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([coming.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
