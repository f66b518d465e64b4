/**
 * The processors at work: consume, settle, recompute, write, commit. The one impure file here: it waits and
 * asks the clock, for what is deferred; figures depend on neither.
 */
import type { Changes, DirtyDay, EventLog, LogBatch, SeriesReader } from "../model/ports.ts";
import type { Instant } from "../model/time.ts";
import { createCache } from "./cache.ts";
import { createNames } from "./info.ts";
import { createLimitStage, endedLimits } from "./limits/stage.ts";
import type { Plan } from "./plan.ts";
import { createFactorEvents, createRestatements, withRestatements } from "./quality/events.ts";
import { createStatus } from "./quality/status.ts";
import { createReadings } from "./readings.ts";
import { rejectChanges } from "./rejects.ts";
import { createRollup } from "./rollup.ts";
import { createSetBack } from "./set-back.ts";
import { createSums } from "./sums.ts";

export const CONSUMER = "processors";

/** Months and groups are summed at most this often. */
const ROLLUP_EVERY_MS = 1_000;
/** What is deferred is looked at so often while there is any, and otherwise when it may be due. */
const TICK_MS = 50;
/** A batch of at least so many records says that readings are waiting, and for how long that counts. */
const BUSY_RECORDS = 100;
const BUSY_MS = 300;
/** Share of the time that sums may take while readings wait, and while they do not. */
const ROLLUP_SHARE = { busy: 0.1, quiet: 0.6 } as const;

/** For the ledger, of marks that an earlier version stored: they do not say why they were set. */
const EARLIER_CAUSE = "days or members that changed before a restart";
const REPAIR_CAUSE = "repair";

export interface RunnerOptions {
  readonly plan: Plan;
  readonly log: EventLog;
  readonly store: SeriesReader;
  /** Writes changes, then marks the batch as done; one transaction where the stack has one. */
  readonly commit: (batch: LogBatch, changes: Changes) => Promise<void>;
  /** Writes changes that no batch of the log led to. */
  readonly write: (changes: Changes) => Promise<void>;
  readonly now: () => Instant;
}

export interface Runner {
  /** Works until the signal aborts; rejects when the log or the store fails. */
  run(signal: AbortSignal): Promise<void>;
  /** Recomputes everything that waits now. */
  drain(): Promise<void>;
  /** Sums the months and groups of days anew, whatever is stored of them. */
  sumAgain(days: readonly { carrier: string; start: Instant }[]): Promise<void>;
  /** Spans and days that wait to be computed. */
  waiting(): { pending: number; dirty: number };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function createRunner(options: RunnerOptions): Promise<Runner> {
  const { plan, log, store, now } = options;
  const { calendar } = plan;
  const cache = createCache(plan, store);
  const limits = plan.registry.limits.length > 0 ? createLimitStage(plan, store) : undefined;
  const sums = createSums(plan, createRollup(plan, store, cache, cache.meterMonth), limits);
  const status = createStatus(plan, store);
  const factorRows = createFactorEvents(plan.registry);
  let names = createNames(plan);
  let restatements = createRestatements(calendar);
  const write = (changes: Changes): Promise<void> => options.write(withRestatements(restatements, changes));
  const commit = (batch: LogBatch, changes: Changes): Promise<void> =>
    options.commit(batch, withRestatements(restatements, changes));
  const readings = createReadings({
    plan,
    cache,
    reader: store,
    owns: () => true,
    sendOn: (records) => log.append("readings", records),
    isInSteps: false,
    heard: status.heard,
    note: sums.note,
    pause: nextTurn,
    write,
    now,
  });
  let lastBusy = 0;
  let lastCatchUp = 0;
  let tookMs = 0;
  let soonest = 0;
  const isSetBack = createSetBack();
  let chain: Promise<unknown> = Promise.resolve();

  const reload = async (): Promise<void> => {
    await readings.reload();
    sums.clear();
    sums.load(await store.dirty(), EARLIER_CAUSE);
    restatements = createRestatements(calendar);
    names = createNames(plan);
    status.load(await store.live(), () => true, now());
  };

  /** One thing at a time; after a failure nothing in memory is sure to be stored. */
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const result = chain.then(work).catch(async (error: unknown) => {
      await reload();
      throw error;
    });
    chain = result.catch(() => undefined);
    return result;
  };

  const handlers = {
    readings: (batch: LogBatch) => readings.handle(batch.records, (changes) => commit(batch, changes)),
    rejects: (batch: LogBatch) => commit(batch, rejectChanges(plan, batch.records)),
  };

  const sumSome = (): Promise<void> => sums.step(now(), write);

  /** Writes how things stand, as far as it is due; returns whether there is more. */
  const tellStatus = async (): Promise<boolean> => {
    const at = now();
    const { rows, more } = await status.look(at);
    const observations = [...rows, ...factorRows(at), ...names(at)];
    if (observations.length > 0) await write({ observations });
    return more;
  };

  /** What was deferred, as far as it is due, for a share of the time. */
  const catchUp = async (): Promise<void> => {
    const started = now();
    if (isSetBack(started)) {
      lastBusy = 0;
      lastCatchUp = 0;
      soonest = 0;
      status.load(await store.live(), () => true, started);
    }
    const share = started - lastBusy < BUSY_MS ? ROLLUP_SHARE.busy : ROLLUP_SHARE.quiet;
    if (started < soonest || started < lastCatchUp + tookMs / share) return;
    await readings.flushLive();
    const more = await readings.recomputePending(false);
    // While backfills are due, their sites' days would only be summed again and again.
    if (!more) await sumSome();
    const hasNews = await tellStatus();
    lastCatchUp = now();
    tookMs = lastCatchUp - started;
    soonest = more || hasNews || sums.size() > 0 ? 0 : started + ROLLUP_EVERY_MS;
  };

  const follow = async (topic: keyof typeof handlers, signal: AbortSignal): Promise<void> => {
    for await (const share of log.consume(topic, CONSUMER, signal)) {
      for await (const batch of share.batches()) {
        await exclusively(async () => {
          if (batch.records.length > 0) {
            await handlers[topic](batch);
            if (batch.records.length >= BUSY_RECORDS) lastBusy = now();
          }
          await catchUp();
        });
      }
    }
  };

  /** Wakes what is deferred while no readings come. */
  const tick = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout>;
      const again = (): void => {
        if (signal.aborted) return;
        const untilDue = Math.min(soonest - now(), ROLLUP_EVERY_MS);
        timer = setTimeout(look, Math.max(TICK_MS, untilDue));
      };
      const look = (): void => void exclusively(catchUp).then(again, reject);
      again();
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });

  const sumAgain = async (days: readonly { carrier: string; start: Instant }[]): Promise<void> => {
    const marks = days.flatMap(({ carrier, start }) =>
      plan.areas
        .filter((area) => area.carrier === carrier)
        .map((area): DirtyDay => {
          const day = calendar.dayOf(start);
          return { site: area.site.id, carrier, day, causes: [REPAIR_CAUSE] };
        }),
    );
    await write({ dirtySet: marks });
    limits?.reread();
    sums.load(marks, REPAIR_CAUSE);
  };

  /** Between two steps whatever else the thread has to do goes on: where the store answers at once nothing else would. */
  const drainAll = async (): Promise<void> => {
    await readings.flushLive();
    while (await readings.recomputePending(true)) await nextTurn();
    while (sums.size() > 0) {
      await sumSome();
      await nextTurn();
    }
  };

  await reload();
  const ended = limits ? undefined : await endedLimits(plan, store, now());
  if (ended) await write(ended);
  return {
    async run(signal) {
      const stop = new AbortController();
      signal.addEventListener("abort", () => stop.abort(), { once: true });
      const parts = [follow("readings", stop.signal), follow("rejects", stop.signal), tick(stop.signal)];
      try {
        await Promise.all(parts);
      } finally {
        stop.abort();
        await Promise.allSettled(parts);
        await exclusively(readings.flushLive).catch(() => undefined);
      }
    },
    drain: () => exclusively(drainAll),
    sumAgain: (days) => exclusively(() => sumAgain(days)),
    waiting: () => ({ pending: readings.waiting(), dirty: sums.waiting() }),
  };
}
