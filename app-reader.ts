/** A reader thread: the board's queries, explanations and reconciliation, on a connection that cannot write. */
import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "./adapters/sqlite/driver.ts";
import { createNames } from "./adapters/sqlite/names.ts";
import { createSqliteReader } from "./adapters/sqlite/reader.ts";
import { setPragmas } from "./adapters/sqlite/schema.ts";
import { serveCalls } from "./adapters/thread-call.ts";
import type { ConsumptionAnswer, ConsumptionRow } from "./board/api.ts";
import type { ExplainRequest } from "./board/queries/context.ts";
import { createBoardQueries } from "./board/queries/dispatch.ts";
import { windowEnd, windowStart } from "./board/queries/windows.ts";
import type { RejectQuery } from "./model/ports.ts";
import type { Registry } from "./model/registry.ts";
import { calendarOf, type Instant, type Span } from "./model/time.ts";
import { explainFigure } from "./processors/explain/explain.ts";
import { type Plan, planOf } from "./processors/plan.ts";
import { createReconcile } from "./processors/reconcile.ts";

export interface ReaderData {
  readonly file: string;
  readonly registry: Registry;
}

const { file, registry } = workerData as ReaderData;
const calendar = calendarOf(registry.county.zone);
let known: Plan | undefined;
/** Made when first needed: of a great registry it is large, and the board's questions do without. */
const plan = (): Plan => {
  known ??= planOf(registry);
  return known;
};
const db = openDatabase(file, { readOnly: true });
setPragmas(db);
const reader = createSqliteReader(db, createNames(db), calendar);

function spanOf(window: ExplainRequest["window"], at: Instant): Span {
  const start = windowStart(calendar, window, at);
  return { start, end: windowEnd(calendar, window, start) };
}

/** The figure as the API shows it, so that an explanation and an answer cannot differ. */
async function figureOf(
  { site, carrier, window, at }: ExplainRequest,
  now: Instant,
): Promise<ConsumptionRow | null> {
  const span = spanOf(window, at);
  const params = {
    site,
    carrier,
    window,
    from: calendar.iso(span.start),
    to: calendar.iso(span.end),
  };
  const answer = await queries.run("consumption", params, now);
  return answer.status === 200 ? ((JSON.parse(answer.body) as ConsumptionAnswer).rows[0] ?? null) : null;
}

const queries = createBoardQueries(reader, registry, {
  async explain(request, now) {
    const { site, carrier, window, at } = request;
    const explanation = await explainFigure(plan(), reader, { site, carrier, span: spanOf(window, at) });
    return { figure: await figureOf(request, now), ...explanation };
  },
});

/** One snapshot for one piece of work, so that rows of different tables belong together. */
async function inSnapshot<T>(work: () => Promise<T>): Promise<T> {
  db.exec("BEGIN");
  try {
    return await work();
  } finally {
    db.exec("COMMIT");
  }
}

async function* reconcile(span: Span, site: string | undefined) {
  const check = createReconcile(plan(), reader);
  const sites = registry.sites.filter((one) => site === undefined || one.id === site);
  for (const [i, one] of sites.entries()) {
    const result = await inSnapshot(() => check.site(one, span));
    yield { done: i + 1, of: sites.length + 1, ...result };
  }
  const differences = await inSnapshot(() => check.groups(span));
  yield { done: sites.length + 1, of: sites.length + 1, site: "", readings: 0, differences };
}

serveCalls(parentPort!, {
  query: (name: string, params: Record<string, unknown>) =>
    inSnapshot(() => queries.run(name, params, Date.now())),
  reconcile,
  rejects: (query: RejectQuery) => reader.rejects(query),
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
