/** The readings of one share: what is gained starts from the store, what is lost stops at once. */
import type { Changes, LogBatch, LoggedRecord, LogRecord, LogShare } from "../../model/ports.ts";
import type { ChangedRecord } from "../../model/records.ts";
import type { StoredReject } from "../../model/reject.ts";
import { createCache } from "../cache.ts";
import type { Collector } from "../changes.ts";
import { createStatus } from "../quality/status.ts";
import { createReadings } from "../readings.ts";
import { createSetBack } from "../set-back.ts";
import { createLookAhead } from "./look-ahead.ts";
import { checkVersion, LeaseLost, type ShareOptions } from "./options.ts";
import { placeOf } from "./rejects.ts";
import { createTotals } from "./totals.ts";
import { createWriter, requestsFor } from "./writer.ts";

/** All changed days go to one owner. */
export const CHANGED_KEY = "county";

/** Records worked on at once, so that a write stays well inside its deadline. */
const STEP_RECORDS = 4_000;
/**
 * So many records after the last committed one may have been worked on before, by an owner that died between its
 * figures and the notice of them. More than a batch of the log has.
 */
const REDONE_RECORDS = 5_000;
const TICK_MS = 200;
const LIVE_EVERY_MS = 1_000;
/** While records wait their newest is old anyway, and the next ones take its place. */
const LIVE_BEHIND_EVERY_MS = 10_000;
/** How things stand is looked at so often meanwhile: by what was worked off they look worse than they are. */
const LOOK_BEHIND_EVERY_MS = 5_000;
/** A batch of so many records says that more are waiting. */
const BEHIND_RECORDS = 1_000;

/** The days a step changed, for the owner of the sums. */
export function changedRecords(out: Collector, cause: string, part: Partial<ChangedRecord>): LogRecord[] {
  const records: LogRecord[] = [];
  for (const [area, days] of out.dirtyDays) {
    for (const [day, quarters] of days) {
      const { site, carrier } = { site: area.site.id, carrier: area.carrier };
      const record: ChangedRecord = { site, carrier, day, quarters: [...quarters], cause, ...part };
      records.push({ key: CHANGED_KEY, value: JSON.stringify(record) });
    }
  }
  return records;
}

export interface ReadingsShare {
  /** Works until the share is lost; rejects when log or store fail, or another configuration took over. */
  run(): Promise<void>;
  /** Recomputes everything that waits now. */
  drain(): Promise<void>;
  waiting(): number;
}

export function createReadingsShare(share: LogShare, options: ShareOptions): ReadingsShare {
  const { plan, log, store, config, now } = options;
  const ahead = createLookAhead(store);
  const cache = createCache(plan, ahead.reader);
  const totals = createTotals(store, "readings", share);
  const write = createWriter(options, share, (changes) => ({
    topic: "readings",
    records: requestsFor(changes, now(), { config }),
  }));
  // Past the view of what a step is about to read: how things stand is looked at beside the steps.
  const status = createStatus(plan, store);
  const work = createReadings({
    plan,
    cache,
    reader: ahead.reader,
    ahead,
    owns: share.owns,
    sendOn: (records) => log.append("readings", records),
    admit: (request) => checkVersion(config, request.config),
    isCounted: totals.isCounted,
    expect: totals.load,
    isInSteps: true,
    heard: status.heard,
    // The notice comes after the figures, so that whoever follows it reads them.
    note: async (out, cause) => {
      const records = changedRecords(out, cause, { config });
      if (records.length > 0) await log.append("changed", records);
    },
    write,
    now,
  });
  let chain: Promise<unknown> = Promise.resolve();
  let lastLive = now();
  let isBehind = false;
  let lastLook = now();
  let seen = 0;
  const isSetBack = createSetBack();

  /** One thing at a time, and nothing after a failure: what is at hand may then not be what is stored. */
  const exclusively = <T>(step: () => Promise<T>): Promise<T> => {
    const result = chain.then(step);
    result.catch(() => undefined);
    chain = result;
    return result;
  };

  /** Rejects of logged readings have the negative of an offset, which other partitions have, too. */
  const placed = (reject: StoredReject): StoredReject => {
    const { partition } = share;
    const origin = `log:readings:${partition}:${-reject.offset}`;
    return { ...reject, origin, offset: -placeOf(partition, -reject.offset) };
  };

  const handle = async (records: readonly LoggedRecord[]): Promise<void> => {
    work.markAll(seen < REDONE_RECORDS);
    seen += records.length;
    await work.handle(records, (changes: Changes) => {
      const { balance = [], rejects = [], ...rest } = changes;
      const balanceTotals = totals.add(balance, records.at(-1)!.offset);
      return write({ ...rest, balanceTotals, rejects: rejects.map(placed) });
    });
  };

  const take = async (batch: LogBatch): Promise<void> => {
    for (let i = 0; i < batch.records.length; i += STEP_RECORDS) {
      if (share.lease.aborted) throw new LeaseLost(share);
      await handle(batch.records.slice(i, i + STEP_RECORDS));
    }
    if (batch.records.length > 0) await batch.commit();
  };

  const catchUp = async (): Promise<void> => {
    if (isSetBack(now())) {
      lastLive = 0;
      lastLook = 0;
      status.load(await store.live(), share.owns, now());
    }
    if (now() - lastLive >= (isBehind ? LIVE_BEHIND_EVERY_MS : LIVE_EVERY_MS)) {
      lastLive = now();
      await work.flushLive();
    }
    await work.recomputePending(false);
  };

  const follow = async (): Promise<void> => {
    for await (const batch of share.batches())
      await exclusively(async () => {
        isBehind = batch.records.length >= BEHIND_RECORDS;
        await take(batch);
        await catchUp();
      });
  };

  /** Writes how things stand, as far as it is due. */
  const look = async (): Promise<void> => {
    if (!status.isDue(now()) || (isBehind && now() - lastLook < LOOK_BEHIND_EVERY_MS)) return;
    lastLook = now();
    const { rows } = await status.look(now());
    if (rows.length > 0) await write({ observations: rows });
  };

  /** Does what is due while no readings come; the first failure ends it. */
  const tick = (end: AbortSignal, step: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      let isWaiting = false;
      const timer = setInterval(() => {
        if (isWaiting) return;
        isWaiting = true;
        const done = (): void => {
          isWaiting = false;
        };
        step().then(done, (error: unknown) => {
          clearInterval(timer);
          reject(error);
        });
      }, TICK_MS);
      const stop = (): void => {
        clearInterval(timer);
        resolve();
      };
      if (end.aborted) stop();
      else end.addEventListener("abort", stop, { once: true });
    });

  return {
    async run() {
      const done = new AbortController();
      try {
        await exclusively(work.reload);
        status.load(await store.live(), share.owns, now());
        const never = () => new Promise<never>(() => undefined);
        await Promise.race([
          follow(),
          tick(done.signal, () => exclusively(catchUp)).then(never),
          tick(done.signal, look).then(never),
        ]);
      } catch (error) {
        if (!(error instanceof LeaseLost) && !share.lease.aborted) throw error;
      } finally {
        done.abort();
        await chain.catch(() => undefined);
      }
    },
    drain: () =>
      exclusively(async () => {
        await work.flushLive();
        while (await work.recomputePending(true));
      }),
    waiting: work.waiting,
  };
}
