/** Rejects brought back through the decoder, after the registry or a profile was mended. */
import type { Reject, RejectCode } from "../model/reject.ts";
import { type Acceptor, assemble, type OutRecord } from "./accept.ts";
import { importOrigin } from "./csv-import.ts";
import type { PayloadBytes } from "./rejects.ts";
import { type Refused, sift } from "./sift.ts";
import { type Captures, compileFilter } from "./topic-filter.ts";

/** Codes that mended configuration can turn into readings; the others speak of how a message was sent. */
export const replayableCodes: readonly RejectCode[] = [
  "malformed-json",
  "malformed-csv",
  "wrong-shape",
  "unknown-topic",
  "unknown-site",
  "unknown-meter",
  "unknown-register",
  "unit-mismatch",
  "bad-time",
  "no-zone",
  "future",
  "before-service",
  "after-service",
  "not-a-number",
  "out-of-range",
  "forbidden-topic",
];

/** What a replay led to. */
export interface Replayed {
  /** To be appended; each counts as received what it brings, so that the balance stays one. */
  readonly records: readonly OutRecord[];
  /** Values that are still refused; their first rejects stand, and no new ones are written. */
  readonly refused: readonly Refused[];
  /** Why nothing could be tried: the code is none that mends, or the payload was not kept whole. */
  readonly skipped?: string;
}

/**
 * Decodes a reject's payload anew, with the configuration of now and its own `receivedAt`. A message of
 * which only some values were refused is replayed whole: those accepted before come out as repeated.
 */
export function replayReject(acceptor: Acceptor, bytes: PayloadBytes, reject: Reject): Replayed {
  const skip = (skipped: string): Replayed => ({ records: [], refused: [], skipped });
  if (!replayableCodes.includes(reject.code)) return skip(`${reject.code} is not mended by configuration`);
  if (reject.payload === undefined)
    return skip("payload is kept with the message's first reject, or was over the day's quota");
  const payload = bytes.fromBase64(reject.payload);
  if (payload.length !== reject.length) return skip("payload was too large to be kept whole");
  if (reject.code === "forbidden-topic" && !isPermitted(acceptor, reject))
    return skip("its gateway may still not publish to its topic");
  const route = routeOf(acceptor, reject);
  if (!route) return skip("no decoder profile has its topic");
  const decoded = route.target.decode(payload, route.captures);
  const { site, receivedAt, gateway } = reject;
  if (decoded.fault) {
    const { code, detail } = decoded.fault;
    return {
      records: [],
      refused: [{ code, detail, site, meter: undefined, register: undefined, values: 1 }],
    };
  }
  const sifted = sift(acceptor.index, decoded.readings, receivedAt);
  const records = assemble(sifted.meters, { receivedAt, gateway }, []);
  return { records, refused: sifted.refused };
}

function isPermitted({ index }: Acceptor, { gateway, site, origin }: Reject): boolean {
  const senders = [...index.gateways.values()].filter(
    (sender) => sender.site === site && sender.gateway.id === gateway,
  );
  return senders.some((sender) => sender.gateway.topics.some((topic) => compileFilter(topic)(origin)));
}

/** A row of an import keeps its profile, site and meter; everything else goes by its topic. */
function routeOf(acceptor: Acceptor, { origin, profile, site, meter }: Reject) {
  if (!importOrigin.test(origin)) return acceptor.route(origin);
  const target = acceptor.profiles.get(profile ?? "");
  const captures: Captures = new Map([
    ["site", site],
    ["meter", meter ?? ""],
  ]);
  return target && { target, captures };
}
