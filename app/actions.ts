/** What an operator may set going: imports, replays and reconciliations. */
import { payloadBytes } from "../adapters/payload-bytes.ts";
import { momentOf } from "../board/moment.ts";
import type { BoardActions } from "../board/server.ts";
import type { createAcceptor, OutRecord } from "../ingest/accept.ts";
import { importCsv } from "../ingest/csv-import.ts";
import { replayReject } from "../ingest/replay.ts";
import { UsageError } from "../model/errors.ts";
import type { RejectQuery } from "../model/ports.ts";
import type { RecomputeRecord } from "../model/records.ts";
import type { Registry } from "../model/registry.ts";
import type { StoredReject } from "../model/reject.ts";
import { calendarOf, HOUR_MS, type Instant, type Span } from "../model/time.ts";
import type { Difference, ReconcileSite } from "../processors/reconcile.ts";

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

/** What actions work with, on either stack. */
export interface ActionParts {
  /** Takes records in like those of live messages. */
  append(records: readonly OutRecord[]): Promise<void>;
  /** Asks the owners of sites to recompute. */
  request(records: readonly RecomputeRecord[]): Promise<void>;
  /** Has the months and groups of days summed anew, whatever is stored of them. */
  sumAgain(days: readonly { carrier: string; start: Instant }[]): Promise<void>;
  /** Resolves when everything appended so far has become figures. */
  caughtUp(): Promise<void>;
  /** Newest first. */
  rejects(query: RejectQuery): Promise<StoredReject[]>;
  /** Appends those readings of a logged record again that the registry knows by now. */
  replayLogged(origin: LoggedOrigin): Promise<LoggedReplay>;
  write(changes: { readonly rejects: readonly StoredReject[] }): Promise<void>;
  reconcile(span: Span, site: string | undefined): AsyncIterable<ReconcileSite>;
}

/** The place of a record in the log of readings. */
export interface LoggedOrigin {
  readonly partition: number;
  readonly offset: number;
}

/** What became of the readings of a logged record: known by now and appended, or still unknown. */
export interface LoggedReplay {
  readonly taken: number;
  readonly refused: number;
}

/** Where a reject's record is in the log of readings; undefined for what never got there. */
function loggedOrigin(origin: string): LoggedOrigin | undefined {
  const [, partition = "0", offset] = /^log:readings:(?:(\d+):)?(\d+)$/.exec(origin) ?? [];
  return offset === undefined ? undefined : { partition: Number(partition), offset: Number(offset) };
}

/** Rejects of a span, page by page, oldest page last. */
async function* rejectsOf(
  parts: ActionParts,
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
      ...(before === undefined ? {} : { before }),
    };
    const page = await parts.rejects(query);
    yield* page;
    if (page.length < 500) return;
    before = page.at(-1)!.offset;
  }
}

export function createActions(
  registry: Registry,
  parts: ActionParts,
  acceptor: ReturnType<typeof createAcceptor>,
): BoardActions {
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
    return parts.request(records);
  };

  /** Sites are recomputed from their readings; months and groups are summed anew. */
  const repairAll = async (wrong: readonly Difference[], span: Span): Promise<void> => {
    const sites = new Set(wrong.filter((one) => one.scope !== "group").map((one) => one.site));
    await recompute([...sites], span, "repair");
    const sums = wrong.filter((one) => one.scope === "group" || one.window === "month");
    await parts.sumAgain(sums.map(({ carrier, start }) => ({ carrier, start })));
    await parts.caughtUp();
  };

  async function* replayRejects(span: Span, site: string | undefined, signal: AbortSignal) {
    const total = { replayed: 0, stillRefused: 0, skipped: 0 };
    /** What of it is still refused is tried again the next time; what came in by then is a repeat. */
    const tell = async (reject: StoredReject, replayed: boolean, refused: number): Promise<void> => {
      total.stillRefused += refused;
      if (!replayed) return;
      total.replayed += 1;
      if (refused === 0) await parts.write({ rejects: [{ ...reject, replayedAt: Date.now() }] });
    };
    for await (const reject of rejectsOf(parts, span, site)) {
      if (signal.aborted) return;
      if (reject.replayedAt !== undefined) continue;
      const logged = loggedOrigin(reject.origin);
      if (logged !== undefined) {
        const { taken, refused } = await parts.replayLogged(logged);
        if (taken + refused === 0) total.skipped += 1;
        await tell(reject, taken > 0, refused);
      } else {
        const { records, refused, skipped } = replayReject(acceptor, payloadBytes, reject);
        if (records.length > 0) await parts.append(records);
        if (skipped !== undefined) total.skipped += 1;
        await tell(reject, records.length > 0, refused.length);
      }
      yield { ...total };
    }
    await parts.caughtUp();
    yield { ...total, finished: true };
  }

  return {
    async *importCsv({ site, meter, profile, file, body, signal }) {
      const source = { site, meter, profile, file, receivedAt: Date.now() };
      const total = { rows: 0, accepted: 0, rejected: 0 };
      for await (const chunk of importCsv(acceptor, source, decodeText(body))) {
        if (signal.aborted) return;
        await parts.append(chunk.records);
        total.rows += chunk.accepted + chunk.rejected;
        total.accepted += chunk.accepted;
        total.rejected += chunk.rejected;
        yield { ...total };
      }
      await parts.caughtUp();
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
      await parts.caughtUp();
      yield { sites: sites.length, finished: true };
    },
    async *reconcile({ from, to, site, repair = false, signal }) {
      checkSite(registry, site);
      const span = spanOf(registry, from, to);
      await parts.caughtUp();
      const wrong: Difference[] = [];
      for await (const result of parts.reconcile(span, site)) {
        if (signal.aborted) return;
        wrong.push(...result.differences);
        yield result;
      }
      const repaired = repair && wrong.length > 0;
      if (repaired) await repairAll(wrong, span);
      yield { finished: true, differences: wrong.length, repaired };
    },
  };
}
