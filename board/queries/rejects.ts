/** GET /api/v1/rejects: what was refused, newest first, with what was sent. */
import { Buffer, isUtf8 } from "node:buffer";
import type { RejectQuery } from "../../model/ports.ts";
import type { StoredReject } from "../../model/reject.ts";
import type { RejectsAnswer } from "../api/records.ts";
import { momentOf } from "../moment.ts";
import { type ParametersOf, REJECT_ROWS } from "../parameters.ts";
import { siteOrUnknown } from "./balance.ts";
import type { QueryContext } from "./context.ts";

type Row = RejectsAnswer["rows"][number];

/** A page ends early once its payloads are this long; a payload may have 256 KiB. */
const PAGE_CHARACTERS = 4 * 1024 * 1024;
/** Rejects read at once, so that no more than a few payloads are in memory beside the page. */
const STEP = 25;

/** The payload as text when it is UTF-8 without control characters that a page could not show, else base64. */
function payloadOf(base64: string | undefined): Pick<Row, "payload" | "encoding"> {
  if (base64 === undefined) return {};
  const bytes = Buffer.from(base64, "base64");
  return isUtf8(bytes)
    ? { payload: bytes.toString("utf8"), encoding: "text" }
    : { payload: base64, encoding: "base64" };
}

function rowOf({ calendar }: QueryContext, reject: StoredReject): Row {
  return {
    offset: reject.offset,
    code: reject.code,
    detail: reject.detail,
    site: reject.site,
    ...(reject.meter === undefined ? {} : { meter: reject.meter }),
    ...(reject.register === undefined ? {} : { register: reject.register }),
    ...(reject.gateway === undefined ? {} : { gateway: reject.gateway }),
    origin: reject.origin,
    receivedAt: calendar.iso(reject.receivedAt),
    length: reject.length,
    sha256: reject.sha256,
    ...payloadOf(reject.payload),
    ...(reject.replayedAt === undefined ? {} : { replayedAt: calendar.iso(reject.replayedAt) }),
  };
}

async function pageOf(context: QueryContext, query: RejectQuery): Promise<RejectsAnswer> {
  const rows: Row[] = [];
  let { before } = query;
  let characters = 0;
  while (rows.length < query.limit) {
    const limit = Math.min(STEP, query.limit - rows.length);
    const found = await context.reader.rejects({
      ...query,
      limit,
      ...(before === undefined ? {} : { before }),
    });
    for (const reject of found) {
      const row = rowOf(context, reject);
      rows.push(row);
      before = reject.offset;
      characters += row.payload?.length ?? 0;
      if (characters > PAGE_CHARACTERS) return { rows, next: reject.offset };
    }
    if (found.length < limit) return { rows };
  }
  return before === undefined ? { rows } : { rows, next: before };
}

/** One page of rejects; `next` is there as long as there may be older ones. */
export async function rejects(context: QueryContext, given: ParametersOf<"rejects">): Promise<RejectsAnswer> {
  const { calendar } = context;
  return pageOf(context, {
    from: given.from === undefined ? 0 : momentOf(calendar, "from", given.from),
    to: given.to === undefined ? Number.MAX_SAFE_INTEGER : momentOf(calendar, "to", given.to),
    limit: given.limit ?? REJECT_ROWS.otherwise,
    ...(given.site === undefined ? {} : { site: siteOrUnknown(context, given.site) }),
    ...(given.code === undefined ? {} : { code: given.code }),
    ...(given.before === undefined ? {} : { before: given.before }),
  });
}
