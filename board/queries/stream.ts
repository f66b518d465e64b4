/** What GET /api/v1/stream tells its listeners: the county and its sites now, when anything changed. */
import { createHash } from "node:crypto";
import { type Answer, jsonAnswer } from "../answer.ts";
import type { StreamEvent } from "../api/session.ts";
import type { ParametersOf } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { countMeters, lastAtOf, powerOf, readLive } from "./live.ts";
import { overviewOf } from "./overview.ts";

/** Digest of what an event says, the time it is said left out. */
function digestOf(event: StreamEvent): string {
  const timeless = { ...event, asOf: "", overview: { ...event.overview, asOf: "" } };
  return createHash("sha1").update(JSON.stringify(timeless)).digest("base64url");
}

/** The next event, or 304 without a body when it would say what `since` said. */
export async function stream(context: QueryContext, given: ParametersOf<"stream">): Promise<Answer> {
  const { calendar, now, registry } = context;
  const live = await readLive(context);
  const event: StreamEvent = {
    asOf: calendar.iso(now),
    overview: await overviewOf(context, true, live),
    sites: registry.sites.map((site) => {
      const { online, total } = countMeters([site], live, now);
      const lastAt = lastAtOf(site, live);
      return {
        site: site.id,
        online,
        meters: total,
        ...powerOf(context, [site], live, now),
        ...(lastAt === undefined ? {} : { lastAt: calendar.iso(lastAt) }),
      };
    }),
  };
  const etag = digestOf(event);
  if (etag === given.since) return { status: 304, contentType: "application/json", body: "", etag };
  return { ...jsonAnswer(event), etag };
}
