/** A reader thread: the board's queries, explanations and reconciliation, on a connection that cannot write. */
import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { createNames } from "../adapters/sqlite/names.ts";
import { createSqliteReader } from "../adapters/sqlite/reader.ts";
import { setPragmas } from "../adapters/sqlite/schema.ts";
import { serveCalls } from "../adapters/thread-call.ts";
import type { RejectQuery } from "../model/ports.ts";
import type { Registry } from "../model/registry.ts";
import { shareTexts } from "../model/share-texts.ts";
import { calendarOf, type DayIndex, type Span } from "../model/time.ts";
import { createQueries, type ReconcileScope } from "./queries.ts";

export interface ReaderData {
  readonly file: string;
  readonly registry: Registry;
}

const { file } = workerData as ReaderData;
const registry = shareTexts((workerData as ReaderData).registry);
const calendar = calendarOf(registry.county.zone);
const db = openDatabase(file, { readOnly: true });
setPragmas(db);
const reader = createSqliteReader(db, createNames(db), calendar);
const queries = createQueries(registry, reader);

/** One snapshot for one piece of work, so that rows of different tables belong together. */
async function inSnapshot<T>(work: () => Promise<T>): Promise<T> {
  db.exec("BEGIN");
  try {
    return await work();
  } finally {
    db.exec("COMMIT");
  }
}

serveCalls(parentPort!, {
  query: (name: string, params: Record<string, unknown>) =>
    inSnapshot(() => queries.run(name, params, Date.now())),
  reconcile: (span: Span, site: string | undefined, scope: ReconcileScope) =>
    queries.reconcile(span, site, (_site, _span, work) => inSnapshot(work), scope),
  rejects: (query: RejectQuery) => reader.rejects(query),
  balance: (day: DayIndex) => reader.balance(day),
  lastReadings: async () =>
    Promise.all(
      (await reader.live()).map(async ({ site, meter, register, at }) => {
        const extent = await reader.extent({ site, meter, register });
        return { site, meter, at: Math.max(at, extent?.end ?? at), oldest: extent?.start ?? at };
      }),
    ),
  async stop() {
    db.close();
    setImmediate(() => parentPort!.close());
  },
});
