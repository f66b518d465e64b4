/** A small county for the tests of ingest: two works, their gateways, and the shipped forms of profiles. */

import { createHash } from "node:crypto";
import { acceptMessage, createAcceptor, type OutRecord } from "../../ingest/accept.ts";
import { noDuties } from "../../model/duty.ts";
import type { ReadingsRecord, RejectRecord } from "../../model/records.ts";
import type { DecoderProfile, Meter, Register, Registry, Site } from "../../model/registry.ts";

export const at = (text: string): number => Date.parse(text);

/** When the test messages come in. */
export const receivedAt: number = at("2026-11-01T00:20:00+08:00");

export function register(id: string, parts: Partial<Register> = {}): Register {
  const kind = "cumulative" as const;
  const flags = { resetsToZero: false, counted: true };
  return {
    id,
    kind,
    unit: "kWh",
    unitFactor: 1,
    direction: "import",
    digits: 8,
    decimals: 2,
    ...flags,
    ...parts,
  };
}

export function meter(site: string, id: string, parts: Partial<Meter> = {}): Meter {
  return {
    site,
    id,
    name: { zh: id, en: id },
    carrier: "electricity",
    role: "grid-import",
    contributes: "add",
    conversionOutput: false,
    from: at("2018-01-01T00:00:00+08:00"),
    intervalMinutes: 15,
    maxPerHour: 2000,
    registers: [register("active-import"), register("active-export", { unit: "MWh", direction: "export" })],
    multipliers: [{ from: at("2018-01-01T00:00:00+08:00"), value: 1, registers: {} }],
    swaps: [],
    ...parts,
  };
}

function site(id: string, gateways: readonly string[], meters: readonly Meter[]): Site {
  return {
    id,
    name: { zh: id, en: id },
    category: "key-energy-user",
    classes: [],
    nationalList: false,
    gateways: gateways.map((name) => ({
      id: name,
      username: `${id}-${name}`,
      topics: [`v1/sites/${id}/#`],
    })),
    meters,
    berths: [],
  };
}

export const native: DecoderProfile = {
  id: "native",
  topic: "v1/sites/{site}/meters/{meter}/readings",
  format: "json",
  time: { value: { pointer: "/at" } },
  registersAt: "/registers",
  unitsAt: "/units",
  powerKw: { pointer: "/powerKw" },
  seq: { pointer: "/seq" },
  revision: { pointer: "/revision" },
};

/** A gateway that sends batches for several meters, with local times. */
export const batch: DecoderProfile = {
  id: "batch",
  topic: "device/power/up/{site}",
  format: "json",
  each: "/batch",
  meter: { pointer: "/device_id" },
  time: { value: { pointer: "/timestamp" }, form: "yyyyMMddHHmmssSSS", zone: "Asia/Shanghai" },
  registers: [
    {
      register: "active-import",
      value: { pointer: "/metrics/energy/value/forward" },
      unit: { pointer: "/metrics/energy/unit" },
    },
    { register: "active-export", value: { pointer: "/metrics/energy/value/reverse" } },
  ],
};

export const steel: DecoderProfile = {
  id: "uci-steel",
  format: "csv",
  time: {
    value: { column: "date" },
    form: "dd/MM/yyyy HH:mm",
    zone: "Asia/Shanghai",
    midnightEndsDay: true,
  },
  registers: [{ register: "active-import", value: { column: "Usage_kWh" }, unit: { constant: "kWh" } }],
};

/** Rows of CSV in an MQTT payload. */
export const rows: DecoderProfile = {
  id: "rows",
  topic: "csv/{site}/{meter}",
  format: "csv",
  time: { value: { column: "time" } },
  registers: [{ register: "active-import", value: { column: "import" } }],
  powerKw: { column: "kw" },
  seq: { column: "seq" },
};

export const county: Registry = {
  version: "test",
  county: {
    id: "test",
    name: { zh: "测试县", en: "Test" },
    zone: "Asia/Shanghai",
    region: "zhejiang",
    towns: [],
    sectors: [],
  },
  carriers: [],
  factors: [],
  profiles: [native, batch, steel, rows],
  limits: [],
  outputs: [],
  rules: [],
  duties: noDuties,
  sites: [
    site(
      "works-1",
      ["gw1", "gw10"],
      [
        meter("works-1", "m-1"),
        meter("works-1", "m-2", { to: at("2026-06-01T00:00:00+08:00") }),
        meter("works-1", "m-3", {
          registers: [register("active-import", { kind: "interval", digits: 8, decimals: 2 })],
        }),
      ],
    ),
    site("works-2", ["gw1"], [meter("works-2", "m-1")]),
  ],
};

export const bytes = {
  sha256: (part: Uint8Array): string => createHash("sha256").update(part).digest("hex"),
  base64: (part: Uint8Array): string => Buffer.from(part).toString("base64"),
  fromBase64: (text: string): Uint8Array => Buffer.from(text, "base64"),
};

export const newAcceptor = (registry: Registry = county, rejectQuotaBytes?: number) =>
  createAcceptor({ registry, bytes, ...(rejectQuotaBytes === undefined ? {} : { rejectQuotaBytes }) });

/** What records say of their message: each value must be in exactly one place. */
export function tally(records: readonly OutRecord[]) {
  let received = 0;
  let accepted = 0;
  const rejected: Record<string, number> = {};
  // Of each record: records of a message have different sites, and may be logged and lost apart.
  let isBalanced = records.length > 0;
  for (const out of records) {
    received += out.record.received;
    const own = out.topic === "readings" ? out.record.readings.length : out.record.reject.values;
    if (out.topic === "readings") accepted += own;
    else rejected[out.record.reject.code] = (rejected[out.record.reject.code] ?? 0) + own;
    isBalanced &&= out.record.received === own;
  }
  return { received, accepted, rejected, isBalanced: isBalanced && received > 0 };
}

export function readingsOf(records: readonly OutRecord[]): ReadingsRecord[] {
  return records.flatMap((out) => (out.topic === "readings" ? [out.record] : []));
}

export function rejectsOf(records: readonly OutRecord[]): RejectRecord[] {
  return records.flatMap((out) => (out.topic === "rejects" ? [out.record] : []));
}

export const TOPIC = "v1/sites/works-1/meters/m-1/readings";

/** A good reading of m-1. */
export const good = {
  at: "2026-11-01T00:15:00+08:00",
  registers: { "active-import": 12345.67 },
  powerKw: 512.3,
  seq: 7,
  revision: 0,
};

/** Sends a payload through decode and accept; objects are written as JSON. */
export function send(payload: unknown, options: { topic?: string; username?: string } = {}) {
  const isRaw = typeof payload === "string" || payload instanceof Uint8Array;
  const message = {
    topic: options.topic ?? TOPIC,
    payload: Buffer.from(isRaw ? payload : JSON.stringify(payload)),
    retained: false,
    receivedAt,
    ...(options.username === undefined ? {} : { username: options.username }),
  };
  return acceptMessage(newAcceptor(), message);
}
