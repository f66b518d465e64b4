/** A message → the records it becomes in the log. Bad data becomes rejects; nothing here throws for it. */
import type { SourceMessage } from "../model/ports.ts";
import type { ReadingsRecord, RejectRecord } from "../model/records.ts";
import type { Registry } from "../model/registry.ts";
import type { Reject } from "../model/reject.ts";
import { calendarOf, type Instant } from "../model/time.ts";
import { compileDecoder, type Decoder } from "./decode.ts";
import type { Fault } from "./fault.ts";
import {
  createRejectWriter,
  type Envelope,
  knownSite,
  LARGEST_PAYLOAD,
  type PayloadBytes,
  type Reason,
  type RejectWriter,
} from "./rejects.ts";
import { type MeterReadings, sift } from "./sift.ts";
import { type IndexedGateway, indexSites, type SiteIndex } from "./site-index.ts";
import { createRouter, type Route } from "./topic-filter.ts";

/** A record and the log's topic it goes to. */
export type OutRecord =
  | { readonly topic: "readings"; readonly record: ReadingsRecord }
  | { readonly topic: "rejects"; readonly record: RejectRecord };

/** Readings of one record. A record of more would outgrow what logs take as one. */
const MOST_READINGS = 4000;

/** What ingest needs to judge messages; made once from the registry. */
export interface Acceptor {
  readonly index: SiteIndex;
  readonly profiles: ReadonlyMap<string, Decoder>;
  readonly route: (topic: string) => Route<Decoder> | undefined;
  readonly writeRejects: RejectWriter;
}

/**
 * Compiles registry and profiles.
 * @throws Error that names a profile which cannot be used.
 */
export function createAcceptor(options: {
  readonly registry: Registry;
  readonly bytes: PayloadBytes;
  readonly rejectQuotaBytes?: number;
}): Acceptor {
  const { registry, bytes, rejectQuotaBytes } = options;
  const calendar = calendarOf(registry.county.zone);
  const profiles = new Map(
    registry.profiles.map((profile) => [profile.id, compileDecoder(profile)] as const),
  );
  const targets = [...profiles.values()].flatMap((target) =>
    target.profile.topic === undefined ? [] : [{ topic: target.profile.topic, target }],
  );
  return {
    index: indexSites(registry),
    profiles,
    route: createRouter(targets),
    writeRejects: createRejectWriter(bytes, calendar, rejectQuotaBytes),
  };
}

/**
 * Judges one message: one `readings` record per meter it holds values of, and `rejects` for the rest. Each record
 * carries as `received` the values that are in it, so that the balance holds for each site, and of what is in the
 * log whatever was not.
 */
export function acceptMessage(acceptor: Acceptor, message: SourceMessage): OutRecord[] {
  const { username } = message;
  const sender = username === undefined ? undefined : acceptor.index.gateways.get(username);
  const { topic, payload, receivedAt, refused } = message;
  const gateway = sender?.gateway.id;
  const envelope = { origin: topic, payload, receivedAt, gateway, payer: username, profile: undefined };
  if (refused) {
    const { code, detail, values, whole } = refused;
    const site = knownSite(acceptor.index.sites, sender?.site);
    // Whose name it is that nobody proved is not known.
    const payer = code === "bad-credentials" ? REFUSED_PAYER : username;
    const shown = { ...envelope, payer, ...(whole ? { whole } : {}) };
    return refuseAll(acceptor, shown, { code, detail, values, site });
  }
  const route = acceptor.route(topic);
  const book = (fault: Fault): Reason => bookedReason(acceptor, fault, route, sender);
  const fault = faultOfMessage(message);
  const payer = username ?? payerOf(acceptor, route);
  if (fault || !route) return refuseAll(acceptor, { ...envelope, payer }, book(fault ?? UNKNOWN_TOPIC));
  const { target, captures } = route;
  const known = { ...envelope, payer, profile: target.profile.id };
  const decoded = target.decode(payload, captures);
  if (decoded.fault) return refuseAll(acceptor, known, book(decoded.fault));
  const sifted = sift(acceptor.index, decoded.readings, receivedAt);
  const rejects = sifted.refused.length === 0 ? [] : acceptor.writeRejects(known, sifted.refused);
  return assemble(sifted.meters, known, rejects);
}

const REFUSED_PAYER = "_refused";

/** Behind an outside broker, which lets each gateway speak for its own site alone, the site stands for who sent. */
function payerOf({ index }: Acceptor, route: Route<Decoder> | undefined): string | undefined {
  const site = route?.captures.get("site");
  return site !== undefined && index.sites.has(site) ? `_site/${site}` : undefined;
}

const UNKNOWN_TOPIC: Fault = {
  code: "unknown-topic",
  detail: "no decoder profile has this topic; add one, or mend the topic",
};

/** What is wrong with a message before anybody looks at its topic or into its payload. */
function faultOfMessage({ retained, payload }: SourceMessage): Fault | undefined {
  if (retained)
    return {
      code: "retained",
      detail: "retained messages do not tell when they were sent; publish without retain",
    };
  if (payload.length <= LARGEST_PAYLOAD) return undefined;
  const detail = `payload of ${payload.length} bytes, at most ${LARGEST_PAYLOAD} are taken; send several messages`;
  return { code: "too-large", detail };
}

/** An undecodable message counts one value, under the site its topic names, else its gateway's. */
function bookedReason(
  { index }: Acceptor,
  { code, detail }: Fault,
  route: Route<Decoder> | undefined,
  sender: IndexedGateway | undefined,
): Reason {
  const site = knownSite(index.sites, route?.captures.get("site"), sender?.site);
  return { code, detail, site, values: 1 };
}

function refuseAll(acceptor: Acceptor, envelope: Envelope, reason: Reason): OutRecord[] {
  return acceptor
    .writeRejects(envelope, [reason])
    .map((reject) => ({ topic: "rejects", record: { received: reject.values, reject } }));
}

/** Records of sifted values: readings first. */
export function assemble(
  meters: readonly MeterReadings[],
  message: { readonly receivedAt: Instant; readonly gateway: string | undefined },
  rejects: readonly Reject[],
): OutRecord[] {
  const records: OutRecord[] = [];
  for (const { indexed, readings, powerKw } of meters) {
    for (let start = 0; start < readings.length; start += MOST_READINGS) {
      const part = readings.length <= MOST_READINGS ? readings : readings.slice(start, start + MOST_READINGS);
      const record = {
        kind: "readings" as const,
        site: indexed.meter.site,
        meter: indexed.meter.id,
        receivedAt: message.receivedAt,
        ...(message.gateway === undefined ? {} : { gateway: message.gateway }),
        received: part.length,
        readings: part,
        ...(powerKw === undefined ? {} : { powerKw }),
      };
      records.push({ topic: "readings", record });
    }
  }
  for (const reject of rejects)
    records.push({ topic: "rejects", record: { received: reject.values, reject } });
  return records;
}
