/** What an operator may set going: imports, replays and reconciliations. */
import { payloadBytes } from "./adapters/payload-bytes.ts";
import type { Caller } from "./adapters/thread-call.ts";
import type { OpenCore } from "./app-core.ts";
import { momentOf } from "./board/moment.ts";
import type { BoardActions } from "./board/server.ts";
import type { createAcceptor } from "./ingest/accept.ts";
import { importCsv } from "./ingest/csv-import.ts";
import { replayReject } from "./ingest/replay.ts";
import { UsageError } from "./model/errors.ts";
import type { RecomputeRecord } from "./model/records.ts";
import type { Registry } from "./model/registry.ts";
import type { StoredReject } from "./model/reject.ts";
import { calendarOf, HOUR_MS, type Span } from "./model/time.ts";
import type { Difference, ReconcileSite } from "./processors/reconcile.ts";

function spanOf(registry: Registry, from: string | undefined, to: string | undefined): Span {
  const calendar = calendarOf(registry.county.zone);
  return {
    start: from === undefined ? 0 : momentOf(calendar, "from", from),
    end: to === undefined ? Date.now() + HOUR_MS : momentOf(calendar, "to", to),
  };
}

function checkSite(registry: Registry, site: string | undefined): void {
  if (site === undefined || registry.sites.some((one) => one.id === site)) return;
  throw new UsageError(`--site ${site}: not in the registry`);
}

async function* decodeText(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Rejects of a span, page by page, oldest page last. */
async function* rejectsOf(
  reader: Caller,
  span: Span,
  site: string | undefined,
): AsyncGenerator<StoredReject> {
  let before: number | undefined;
  for (;;) {
    const query = {
      from: span.start,
      to: span.end,
      limit: 500,
      ...(site ? { site } : {}),
      ...(before ? { before } : {}),
    };
    const page = await reader.call<StoredReject[]>("rejects", query);
    yield* page;
    if (page.length < 500) return;
    before = page.at(-1)!.offset;
  }
}

export function createActions(
  registry: Registry,
  core: Pick<OpenCore, "writer" | "reader" | "openReader" | "collector">,
  acceptor: ReturnType<typeof createAcceptor>,
): BoardActions {
  const { writer, reader, openReader, collector } = core;
  const recompute = (sites: readonly string[], span: Span, cause: string): Promise<void> => {
    const receivedAt = Date.now();
    const records = sites.map(
      (site): RecomputeRecord => ({
        kind: "recompute",
        site,
        from: span.start,
        to: span.end,
        cause,
        receivedAt,
      }),
    );
    return writer.call("recompute", records);
  };

  /** Sites are recomputed from their readings; months and groups are summed anew. */
  const repairAll = async (wrong: readonly Difference[], span: Span): Promise<void> => {
    const sites = new Set(wrong.filter((one) => one.scope !== "group").map((one) => one.site));
    await recompute([...sites], span, "repair");
    const sums = wrong.filter((one) => one.scope === "group" || one.window === "month");
    await writer.call(
      "sumAgain",
      sums.map(({ carrier, start }) => ({ carrier, start })),
    );
    await writer.call("caughtUp");
  };

  async function* replayRejects(span: Span, site: string | undefined, signal: AbortSignal) {
    const total = { replayed: 0, stillRefused: 0, skipped: 0 };
    for await (const reject of rejectsOf(reader, span, site)) {
      if (signal.aborted) return;
      if (reject.replayedAt !== undefined) continue;
      const logged = /^log:readings:(\d+)$/.exec(reject.origin)?.[1];
      if (logged !== undefined) {
        if ((await writer.call<number>("replayLogged", Number(logged))) === 0) continue;
        await writer.call("write", { rejects: [{ ...reject, replayedAt: Date.now() }] });
        total.replayed += 1;
        continue;
      }
      const { records, refused, skipped } = replayReject(acceptor, payloadBytes, reject);
      if (records.length > 0) {
        await collector.append(records);
        await writer.call("write", { rejects: [{ ...reject, replayedAt: Date.now() }] });
        total.replayed += 1;
      } else if (skipped === undefined) total.stillRefused += refused.length;
      else total.skipped += 1;
      yield { ...total };
    }
    await writer.call("caughtUp");
    yield { ...total, finished: true };
  }

  return {
    async *importCsv({ site, meter, profile, file, body, signal }) {
      const source = { site, meter, profile, file, receivedAt: Date.now() };
      const total = { rows: 0, accepted: 0, rejected: 0 };
      for await (const chunk of importCsv(acceptor, source, decodeText(body))) {
        if (signal.aborted) return;
        await collector.append(chunk.records);
        total.rows += chunk.accepted + chunk.rejected;
        total.accepted += chunk.accepted;
        total.rejected += chunk.rejected;
        yield { ...total };
      }
      await writer.call("caughtUp");
      yield { ...total, finished: true };
    },
    async *replay({ what, from, to, site, signal }) {
      checkSite(registry, site);
      const span = spanOf(registry, from, to);
      if (what === "rejects") {
        yield* replayRejects(span, site, signal);
        return;
      }
      const sites = site === undefined ? registry.sites.map((one) => one.id) : [site];
      await recompute(sites, span, "replay");
      await writer.call("caughtUp");
      yield { sites: sites.length, finished: true };
    },
    async *reconcile({ from, to, site, repair = false, signal }) {
      checkSite(registry, site);
      const span = spanOf(registry, from, to);
      await writer.call("caughtUp");
      const wrong: Difference[] = [];
      // A reader of its own: the board's questions do not wait for it.
      const checker = openReader();
      try {
        for await (const result of checker.stream<ReconcileSite>("reconcile", span, site)) {
          if (signal.aborted) return;
          wrong.push(...result.differences);
          yield result;
        }
      } finally {
        await checker.call("stop");
      }
      const repaired = repair && wrong.length > 0;
      if (repaired) await repairAll(wrong, span);
      yield { finished: true, differences: wrong.length, repaired };
    },
  };
}
