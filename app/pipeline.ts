/** A process's own status, written every 15 seconds for as long as it runs. */
import type { Observation } from "../model/observation.ts";
import type { BalanceRow, SeriesStore } from "../model/ports.ts";
import { type Calendar, type Instant, MINUTE_MS } from "../model/time.ts";
import {
  countWrite,
  type PipelineFacts,
  pipelineRow,
  todayOf,
  type WriteCounts,
} from "../processors/quality/pipeline.ts";
import { type Repeating, repeat } from "./repeating.ts";

const EVERY_MS = 15_000;
const MEGABYTE = 1_000_000;

export interface PipelineOptions {
  /** The process among the others, and what it does. */
  readonly name: string;
  readonly role: string;
  readonly facts: () => Promise<Omit<PipelineFacts, "uptimeMs" | "memoryMb">>;
  readonly write: (rows: readonly Observation[]) => Promise<void>;
  /** Told of the first of several failures. */
  readonly failed: (error: unknown) => void;
}

/** @returns stops it, after what is under way */
export function startPipelineStatus(options: PipelineOptions): Repeating {
  const { name, role, facts, write, failed } = options;
  const started = performance.now();
  let wasFailing = false;
  return repeat(async (isStopping) => {
    try {
      const own = { uptimeMs: performance.now() - started, memoryMb: process.memoryUsage.rss() / MEGABYTE };
      await write([pipelineRow(name, role, { ...(await facts()), ...own }, Date.now())]);
      wasFailing = false;
    } catch (error) {
      if (!wasFailing && !isStopping()) failed(error);
      wasFailing = true;
    }
    return EVERY_MS;
  });
}

/** Today's balance, read once a minute: it is asked for more often than it is worth reading. */
export function createToday(calendar: Calendar, balance: (day: number) => Promise<readonly BalanceRow[]>) {
  let known: ReturnType<typeof todayOf> | undefined;
  let readAt: Instant = 0;
  return async (): Promise<ReturnType<typeof todayOf>> => {
    const now = Date.now();
    if (known === undefined || now - readAt >= MINUTE_MS) {
      known = todayOf(await balance(calendar.dayOf(now)));
      readAt = now;
    }
    return known;
  };
}

interface ProductionProcess {
  readonly name: string;
  readonly role: string;
  readonly store: Pick<SeriesStore, "write" | "live" | "balance">;
  readonly calendar: Calendar;
  /** Records not yet worked on, by topic and partition. */
  readonly behind: () => Promise<readonly { topic: string; partition: number; records: number }[]>;
  /** Absent where the role does not process. */
  readonly processing?: {
    partitions(): readonly number[];
    /** Sites whose readings this process has now. */
    sites(): readonly string[];
    waiting(): { readonly pending: number; readonly dirty: number };
    failure(): string | undefined;
  };
  /** Messages appended here; absent where the role takes none in. */
  readonly appended?: () => number;
  readonly counts: () => WriteCounts;
  readonly failed: (error: unknown) => void;
}

/** When a reading of these sites last came in, as the store has it: asked for once for the same sites. */
function createNewestStored(store: Pick<SeriesStore, "live">) {
  let asked: { readonly of: string; readonly newest: Promise<Instant | undefined> } | undefined;
  return (sites: readonly string[]): Promise<Instant | undefined> => {
    const of = sites.join();
    if (asked?.of === of) return asked.newest;
    const own = new Set(sites);
    const newest = store
      .live()
      .then((rows) => countWrite({ figures: 0 }, { live: rows.filter(({ site }) => own.has(site)) }, 0))
      .then(({ newestReadingAt }) => newestReadingAt);
    asked = { of, newest };
    newest.catch(() => {
      asked = undefined;
    });
    return newest;
  };
}

function newest(...instants: readonly (Instant | undefined)[]): { newestReadingAt?: Instant } {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? {} : { newestReadingAt: Math.max(...known) };
}

/**
 * Status of a process of the production stack. One that only processes is behind by the records of its own
 * partitions; the others speak of all of them, so that a partition that nobody has is not passed over.
 */
export function startProductionStatus(options: ProductionProcess): { stop(): Promise<void> } {
  const { store, processing, calendar, counts } = options;
  const isOne = options.role === "process";
  const today = createToday(calendar, (day) => store.balance(day));
  const newestStored = createNewestStored(store);
  const seen = async (): Promise<Partial<WriteCounts>> => {
    const sites = processing?.sites() ?? [];
    const { newestReadingAt, ...written } = counts();
    // Where no reading can come in, none is missing.
    if (sites.length === 0) return written;
    return { ...written, ...newest(newestReadingAt, await newestStored(sites)) };
  };
  return startPipelineStatus({
    ...options,
    write: (observations) => store.write({ observations }),
    facts: async () => {
      const own = new Set(processing?.partitions());
      const lags = await options.behind();
      const mine = isOne ? lags.filter((lag) => lag.topic === "readings" && own.has(lag.partition)) : lags;
      const waiting = processing?.waiting();
      const failure = processing?.failure();
      return {
        ...(isOne ? {} : await today()),
        ...(waiting ? { pendingSpans: waiting.pending, dirtyDays: waiting.dirty } : {}),
        ...(options.appended ? { appended: options.appended() } : {}),
        ...(processing ? await seen() : {}),
        ...(failure === undefined ? {} : { failure }),
        recordsBehind: mine.reduce((sum, { records }) => sum + records, 0),
      };
    },
  });
}
