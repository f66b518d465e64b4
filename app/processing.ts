/** The processors of one process on the shares that it has of a log: started, watched, and started again. */
import type { KafkaLog } from "../adapters/kafka/log.ts";
import { TransientError } from "../model/errors.ts";
import type { Log } from "../model/log.ts";
import type { Changes, LogShare, SeriesStore } from "../model/ports.ts";
import type { ConfigVersion, Topic } from "../model/records.ts";
import type { Plan } from "../processors/plan.ts";
import { CONSUMER } from "../processors/runner.ts";
import { type ChangedShare, createChangedShare } from "../processors/shares/changed.ts";
import { NewerConfiguration, type ShareOptions } from "../processors/shares/options.ts";
import { createReadingsShare, type ReadingsShare } from "../processors/shares/readings.ts";
import { runRejects } from "../processors/shares/rejects.ts";
import { newestConfiguration } from "../processors/shares/versions.ts";

/** Waits between attempts to go on after a failure. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
/** While log or store are away no wait is longer than this: the outage should not last longer than it does. */
const OUTAGE_RETRY_MS = 5_000;
/** A consumer that worked for so long begins anew with the waits. */
const STEADY_MS = 60_000;
/** A consumer that works again for so long without a failure is told of as one that works. */
const MENDED_MS = 10_000;
const VERSION_EVERY_MS = 10_000;

export interface ProcessingOptions {
  readonly plan: Plan;
  readonly log: KafkaLog;
  readonly store: SeriesStore;
  readonly config: ConfigVersion;
  readonly tell: Log;
  readonly written: (changes: Changes, tookMs: number) => void;
}

export interface Processing {
  /** What is wrong, while something is. */
  failure(): string | undefined;
  /** Partitions of readings that this process has now. */
  partitions(): number[];
  /** Sites whose readings come to this process now. */
  sites(): string[];
  /** Spans and days that wait here. */
  waiting(): { pending: number; dirty: number };
  /** Leaves the groups, so that others take over at once. */
  stop(): Promise<void>;
}

export function startProcessing(options: ProcessingOptions): Processing {
  const { plan, log, store, config, tell, written } = options;
  const stop = new AbortController();
  const share: ShareOptions = { plan, log, store, config, now: Date.now, written };
  const readings = new Map<number, { readonly of: LogShare; readonly work: ReadingsShare }>();
  const changed = new Set<ChangedShare>();
  const failures = new Map<string, string>();
  let replaced: string | undefined;

  const work = {
    async readings(one: LogShare): Promise<void> {
      const own = { of: one, work: createReadingsShare(one, share) };
      readings.set(one.partition, own);
      try {
        await own.work.run();
      } finally {
        if (readings.get(one.partition) === own) readings.delete(one.partition);
      }
    },
    rejects: (one: LogShare): Promise<void> => runRejects(one, share),
    async changed(one: LogShare): Promise<void> {
      const own = createChangedShare(one, share);
      changed.add(own);
      try {
        await own.run();
      } finally {
        changed.delete(own);
      }
    },
  };

  /** What a later configuration asks for is not ours to compute: nothing is written any more. */
  const giveWay = (why: string): void => {
    if (replaced === undefined) tell.error("configuration-replaced", { why });
    replaced ??= why;
    stop.abort();
  };

  /** Consumes a topic until told to stop; the first share that fails ends it for all, to begin again. */
  const consume = async (topic: Topic & keyof typeof work): Promise<void> => {
    const failed = new AbortController();
    let reason: unknown;
    const running = new Set<Promise<void>>();
    for await (const one of log.consume(topic, CONSUMER, AbortSignal.any([stop.signal, failed.signal]))) {
      tell.info("share-gained", { topic, partition: one.partition });
      failures.delete(topic);
      const done: Promise<void> = work[topic](one)
        .catch((error: unknown) => {
          reason ??= error;
          failed.abort();
        })
        .finally(() => {
          running.delete(done);
          tell.info("share-left", { topic, partition: one.partition });
        });
      running.add(done);
    }
    await Promise.all(running);
    if (reason !== undefined) throw reason;
  };

  const keepConsuming = async (topic: Topic & keyof typeof work): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      const started = performance.now();
      // Another process may have its share by now: without one there is nothing that could fail, or say so.
      const mended = setTimeout(() => failures.delete(topic), MENDED_MS);
      try {
        await consume(topic);
      } catch (error) {
        if (error instanceof NewerConfiguration) giveWay(error.message);
        if (stop.signal.aborted) return;
        failures.set(topic, error instanceof Error ? error.message : String(error));
        tell.error("processing-failed", { topic, error });
        if (performance.now() - started > STEADY_MS) attempt = 0;
        const longest = error instanceof TransientError ? OUTAGE_RETRY_MS : Number.POSITIVE_INFINITY;
        const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!;
        clearTimeout(mended);
        await pause(Math.min(wait, longest), stop.signal);
      } finally {
        clearTimeout(mended);
      }
    }
  };

  const watchVersions = setInterval(() => {
    newestConfiguration(store)
      .then((newest) => {
        if (newest !== undefined && newest.number >= config.number && newest.version !== config.version)
          giveWay(
            `configuration ${config.version} was replaced by ${newest.version}: give this process the new one and start it again`,
          );
      })
      .catch((error: unknown) => tell.warn("configuration-unknown", { error }));
  }, VERSION_EVERY_MS);

  const running = Promise.all((["readings", "rejects", "changed"] as const).map(keepConsuming));
  return {
    failure: () => replaced ?? [...failures].map(([topic, why]) => `${topic}: ${why}`)[0],
    partitions: () => [...readings.keys()].sort((a, b) => a - b),
    sites: () =>
      plan.registry.sites
        .map(({ id }) => id)
        .filter((id) => [...readings.values()].some(({ of }) => of.owns(id))),
    waiting: () => ({
      pending: [...readings.values()].reduce((sum, { work }) => sum + work.waiting(), 0),
      dirty: [...changed].reduce((sum, one) => sum + one.waiting(), 0),
    }),
    async stop() {
      clearInterval(watchVersions);
      stop.abort();
      await running;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
