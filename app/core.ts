/** Log, store and processors with their threads: what every command works with. */
import { setFlagsFromString } from "node:v8";
import { type ResourceLimits, Worker } from "node:worker_threads";
import { databaseFile, leave, occupy } from "../adapters/data-directory.ts";
import { payloadBytes } from "../adapters/payload-bytes.ts";
import { type Caller, callWorker } from "../adapters/thread-call.ts";
import type { Answer } from "../board/answer.ts";
import type { BoardActions } from "../board/server.ts";
import { warnOfCalendar } from "../config/check-calendar.ts";
import { loadConfig } from "../config/load.ts";
import { createAcceptor } from "../ingest/accept.ts";
import { createCollector } from "../ingest/collector.ts";
import type { Problem } from "../model/errors.ts";
import type { EventLog, LogRecord } from "../model/ports.ts";
import type { Topic } from "../model/records.ts";
import type { Registry } from "../model/registry.ts";
import type { Span } from "../model/time.ts";
import { type ActionParts, createActions } from "./actions.ts";
import type { ReconcilePart, ReconcileScope } from "./queries.ts";
import type { ReaderData } from "./reader.ts";
import type { Progress, WriterData } from "./writer.ts";

/** What a process of any kind works with. */
export interface Core {
  readonly registry: Registry;
  readonly warnings: readonly Problem[];
  readonly actions: BoardActions;
  query(name: string, params: Record<string, unknown>): Promise<Answer>;
  progress(): Promise<Progress>;
  /** Resolves when everything appended so far has become figures. */
  caughtUp(): Promise<void>;
  /** Resolves with why a thread ended; unasked, nothing is taken in any more and the process must begin anew. */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

export interface OpenCore extends Core {
  readonly writer: Caller;
  readonly reader: Caller;
  /** A reader of its own, for long work beside the board's questions. */
  openReader(heap?: ResourceLimits): Caller;
  readonly collector: ReturnType<typeof createCollector>;
}

/** A thread's program, beside this one. */
export const threadFile = (name: string): URL => new URL(`./${name}.js`, import.meta.url);

/** A reader's garbage is that of one answer at a time. */
const READER_HEAP = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 16 };
/** A checker's is rows by the million: more room for them to die young. */
const CHECKER_HEAP = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 96 };

/**
 * Left alone a heap grows to four times what lives in it before the next full collection. What lives in it for
 * this many meters is large enough for half as much again to hold a good while.
 */
const MANY_METERS = 20_000;
const HEAP_GROWTH = "--heap-growing-percent=50";

function isLarge({ sites }: Registry): boolean {
  return sites.reduce((sum, site) => sum + site.meters.length, 0) >= MANY_METERS;
}

/** The log, as seen from a thread that does not write. */
function remoteLog(writer: Caller): EventLog {
  return {
    append: (topic: Topic, records: readonly LogRecord[]) =>
      writer.call(
        "append",
        topic,
        records.map((record) => record.key),
        records.map((record) => record.value),
      ),
    consume() {
      throw new Error("The log is consumed in the writer's thread.");
    },
    close: async () => undefined,
  };
}

/** What a reconciliation's threads share out: of a large registry each would have one more plan in memory. */
function scopesFor(registry: Registry): readonly ReconcileScope[] {
  return isLarge(registry) ? ["all"] : ["sites", "groups"];
}

/** Readers of their own, one a scope: the board's questions do not wait for them. */
async function* reconcileWith(
  openReader: OpenCore["openReader"],
  scopes: readonly ReconcileScope[],
  span: Span,
  site: string | undefined,
): AsyncGenerator<ReconcilePart> {
  const checkers = scopes.map((scope) => ({ scope, checker: openReader(CHECKER_HEAP) }));
  const streams = checkers.map(({ scope, checker }) =>
    checker.stream<ReconcilePart>("reconcile", span, site, scope),
  );
  let done = 0;
  try {
    for await (const part of asTheyCome(streams)) {
      done += 1;
      yield { ...part, done };
    }
  } finally {
    await Promise.all(checkers.map(({ checker }) => checker.call("stop")));
  }
}

/** The items of several streams, each as soon as it is there. */
async function* asTheyCome<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const next = async (iterator: AsyncIterator<T>) => ({ iterator, result: await iterator.next() });
  const open = new Map(
    streams.map((stream) => {
      const iterator = stream[Symbol.asyncIterator]();
      return [iterator, next(iterator)] as const;
    }),
  );
  while (open.size > 0) {
    const { iterator, result } = await Promise.race(open.values());
    if (result.done) open.delete(iterator);
    else {
      open.set(iterator, next(iterator));
      yield result.value;
    }
  }
}

function actionParts({
  registry,
  writer,
  reader,
  openReader,
  collector,
}: Pick<OpenCore, "registry" | "writer" | "reader" | "openReader" | "collector">): ActionParts {
  return {
    append: collector.append,
    request: (records) => writer.call("recompute", records),
    sumAgain: (days) => writer.call("sumAgain", days),
    caughtUp: () => writer.call("caughtUp"),
    rejects: (query) => reader.call("rejects", query),
    replayLogged: ({ offset }) => writer.call("replayLogged", offset),
    write: (changes) => writer.call("write", changes),
    reconcile: (span, site) => reconcileWith(openReader, scopesFor(registry), span, site),
  };
}

/** Opens log and store with their threads. @throws ConfigError, UsageError */
export async function openCore(config: string, data: string): Promise<OpenCore> {
  const { registry, warnings: found } = await loadConfig(config);
  const warnings = [...found, ...warnOfCalendar(registry, Date.now())];
  if (isLarge(registry)) setFlagsFromString(HEAP_GROWTH);
  occupy(data);
  const file = databaseFile(data);
  const writerThread = new Worker(threadFile("app-writer"), {
    workerData: { file, registry } satisfies WriterData,
  });
  const writer = callWorker(writerThread, "writer");
  await writer.call("ready").catch((error: unknown) => {
    leave(data);
    throw error;
  });
  const openReader = (heap: ResourceLimits = READER_HEAP): Caller =>
    callWorker(
      new Worker(threadFile("app-reader"), {
        workerData: { file, registry } satisfies ReaderData,
        resourceLimits: heap,
      }),
      "reader",
    );
  const reader = openReader();
  const acceptor = createAcceptor({ registry, bytes: payloadBytes });
  const collector = createCollector(acceptor, remoteLog(writer));
  const parts = { registry, writer, reader, openReader, collector };
  return {
    ...parts,
    warnings,
    actions: createActions(registry, actionParts(parts), acceptor),
    query: (name, params) => reader.call("query", name, params),
    progress: () => writer.call("progress"),
    caughtUp: () => writer.call("caughtUp"),
    lost: Promise.race([writer.ended, reader.ended]),
    async close() {
      // A thread that is gone answers nothing; the others must end all the same.
      await Promise.allSettled([collector.stop(), reader.call("stop")]);
      try {
        await writer.call("stop");
      } finally {
        leave(data);
      }
    },
  };
}
