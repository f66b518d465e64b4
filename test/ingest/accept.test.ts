import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { acceptMessage } from "../../ingest/accept.ts";
import type { SourceMessage } from "../../model/ports.ts";
import type { DecoderProfile } from "../../model/registry.ts";
import {
  at,
  bytes,
  county,
  good,
  native,
  newAcceptor,
  readingsOf,
  receivedAt,
  rejectsOf,
  send,
  TOPIC,
  tally,
} from "./county.ts";

const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const change = (parts: object): object => ({ ...good, ...parts });

test("a good reading becomes one record", () => {
  const [out, ...others] = send(good, { username: "works-1-gw1" });
  expect(others).toEqual([]);
  expect(out).toEqual({
    topic: "readings",
    record: {
      kind: "readings",
      site: "works-1",
      meter: "m-1",
      receivedAt,
      gateway: "gw1",
      received: 1,
      readings: [{ register: "active-import", at: at(good.at), value: 12345.67, revision: 0, seq: 7 }],
      powerKw: 512.3,
    },
  });
});

// What the whole message is refused for counts one value; a reading counts its registers.
const bad: [what: string, payload: string | Uint8Array | object, code: string, values?: number][] = [
  ["truncated JSON", JSON.stringify(good).slice(0, -1), "malformed-json"],
  ["no JSON", "hello", "malformed-json"],
  ["an empty payload", "", "malformed-json"],
  ["binary", Uint8Array.of(0, 255, 254, 1, 2, 3), "malformed-json"],
  ["text that is not UTF-8", Buffer.from('{"at":"\xe9"}', "latin1"), "malformed-json"],
  ["NaN", '{"at":"2026-11-01T00:15:00+08:00","registers":{"active-import":NaN}}', "malformed-json"],
  ["Infinity", '{"at":1793463300000,"registers":{"active-import":Infinity}}', "malformed-json"],
  ["two documents", `${JSON.stringify(good)}${JSON.stringify(good)}`, "malformed-json"],
  [
    "a register twice",
    '{"at":1793463300000,"registers":{"active-import":1,"active-import":2}}',
    "malformed-json",
  ],
  [
    "a time twice",
    '{"at":1793463300000,"at":1793463400000,"registers":{"active-import":1}}',
    "malformed-json",
  ],
  ["deep nesting", nested, "wrong-shape"],
  [
    "deep nesting under an unknown key",
    `{"at":1,"x":${nested},"registers":{"active-import":1}}`,
    "wrong-shape",
  ],
  ["a number", "42", "wrong-shape"],
  ["null", "null", "wrong-shape"],
  ["a text", '"hello"', "wrong-shape"],
  ["an empty array", "[]", "wrong-shape"],
  ["an empty object", "{}", "wrong-shape"],
  ["an array of no objects", "[1,null,[],true]", "wrong-shape", 4],
  ["no registers", { at: good.at }, "wrong-shape"],
  ["empty registers", change({ registers: {} }), "wrong-shape"],
  ["registers in an array", change({ registers: [1] }), "wrong-shape"],
  ["registers as a number", change({ registers: 5 }), "wrong-shape"],
  ["units in an array", change({ units: ["kWh"] }), "wrong-shape"],
  ["a negative revision", change({ revision: -1 }), "wrong-shape"],
  ["half a revision", change({ revision: 0.5 }), "wrong-shape"],
  ["a revision as text", change({ revision: "1" }), "wrong-shape"],
  ["a negative seq", change({ seq: -1 }), "wrong-shape"],
  [
    "a seq beyond whole numbers",
    '{"at":1793463300000,"seq":1e17,"registers":{"active-import":1}}',
    "wrong-shape",
  ],
  ["no time", { registers: good.registers }, "bad-time"],
  ["a time as object", change({ at: {} }), "bad-time"],
  ["a time as null", change({ at: null }), "bad-time"],
  ["a time that is none", change({ at: "2026-02-30T00:00:00Z" }), "bad-time"],
  ["an endless time", '{"at":1e400,"registers":{"active-import":1}}', "bad-time"],
  ["no zone", change({ at: "2026-11-01T00:15:00" }), "no-zone"],
  ["eleven minutes ahead", change({ at: receivedAt + 11 * 60_000 }), "future"],
  ["the year 9999", change({ at: "9999-12-31T23:59:59Z" }), "future"],
  ["1970", change({ at: 0 }), "before-service"],
  ["before 1970", change({ at: -1e15 }), "before-service"],
  ["seconds for milliseconds", change({ at: 1793463300 }), "before-service"],
  ["an unknown register", change({ registers: { "active-imports": 1 } }), "unknown-register"],
  ["a prototype as register", '{"at":1793463300000,"registers":{"__proto__":1}}', "unknown-register"],
  [
    "a constructor as register",
    change({ registers: { constructor: 1, toString: 2 } }),
    "unknown-register",
    2,
  ],
  ["everything under __proto__", `{"__proto__":${JSON.stringify(good)}}`, "wrong-shape"],
  ["another unit", change({ units: { "active-import": "MWh" } }), "unit-mismatch"],
  ["power for energy", change({ units: { "active-import": "kW" } }), "unit-mismatch"],
  ["a unit in other case", change({ units: { "active-import": "kwh" } }), "unit-mismatch"],
  ["a unit that is none", change({ units: { "active-import": 5 } }), "unit-mismatch"],
  ["a value as text", change({ registers: { "active-import": "12.5" } }), "not-a-number"],
  ["a value as null", change({ registers: { "active-import": null } }), "not-a-number"],
  ["a value as boolean", change({ registers: { "active-import": true } }), "not-a-number"],
  ["a value as object", change({ registers: { "active-import": { value: 1 } } }), "not-a-number"],
  ["1e400", '{"at":1793463300000,"registers":{"active-import":1e400}}', "not-finite"],
  ["-1e400", '{"at":1793463300000,"registers":{"active-import":-1e400}}', "not-finite"],
  ["1e308", '{"at":1793463300000,"registers":{"active-import":1e308}}', "out-of-range"],
  ["a negative value", change({ registers: { "active-import": -0.01 } }), "out-of-range"],
  ["one digit too many", change({ registers: { "active-import": 1e6 } }), "out-of-range"],
];

test.each(bad)("%s is refused with its code, and counted", (_, payload, code, values = 1) => {
  const records = send(payload);
  expect(tally(records)).toEqual({
    received: values,
    accepted: 0,
    rejected: { [code]: values },
    isBalanced: true,
  });
  const sent =
    typeof payload === "object" && !(payload instanceof Uint8Array) ? JSON.stringify(payload) : payload;
  const { reject } = rejectsOf(records)[0]!;
  expect(Buffer.from(reject.payload!, "base64")).toEqual(Buffer.from(sent));
  expect(reject).toMatchObject({ origin: TOPIC, profile: "native", site: "works-1", receivedAt });
  expect(reject.length).toBe(Buffer.byteLength(sent));
  expect(reject.sha256).toBe(createHash("sha256").update(sent).digest("hex"));
  expect(reject.detail.length).toBeGreaterThan(10);
  expect(reject.detail.length).toBeLessThan(400);
});

const taken: [what: string, payload: object | string, value?: number][] = [
  ["unknown keys", change({ firmware: { x: [1, 2] }, comment: "a:b" })],
  ["no seq, revision and power", { at: good.at, registers: good.registers }],
  ["null where a key may be absent", change({ seq: null, revision: null, powerKw: null, units: null })],
  ["power that is no number", change({ powerKw: "much" })],
  ["the right unit", change({ units: { "active-import": "kWh", other: "MWh" } })],
  ["the first millisecond of service", change({ at: county.sites[0]!.meters[0]!.from })],
  ["ten minutes ahead", change({ at: receivedAt + 10 * 60_000 })],
  ["a byte order mark", `\uFEFF${JSON.stringify(good)}`],
  ["the largest value", change({ registers: { "active-import": 999999.99 } }), 999999.99],
  ["zero", change({ registers: { "active-import": 0 } }), 0],
  ["minus zero, which is zero", '{"at":1793463300000,"registers":{"active-import":-0}}', 0],
];

test.each(taken)("%s is accepted", (_, payload, value = 12345.67) => {
  const records = send(payload);
  expect(tally(records)).toMatchObject({ received: 1, accepted: 1, rejected: {}, isBalanced: true });
  expect(readingsOf(records)[0]!.readings[0]!.value).toBe(value);
});

test("what a payload does not say is said by default", () => {
  const [record] = readingsOf(send({ at: good.at, registers: good.registers }));
  expect(record!.readings[0]).toMatchObject({ revision: 0, seq: -1 });
  expect(record).not.toHaveProperty("powerKw");
  expect(record).not.toHaveProperty("gateway");
});

test.each([
  ["another topic", "some/other/topic", "unknown-topic", "_unknown"],
  ["$SYS", "$SYS/x", "unknown-topic", "_unknown"],
  ["an unknown site", "v1/sites/works-9/meters/m-1/readings", "unknown-site", "_unknown"],
  ["a site named like a prototype", "v1/sites/__proto__/meters/m-1/readings", "unknown-site", "_unknown"],
  ["an unknown meter", "v1/sites/works-1/meters/m-9/readings", "unknown-meter", "works-1"],
  ["an empty meter", "v1/sites/works-1/meters//readings", "unknown-meter", "works-1"],
])("%s: %s", (_, topic, code, site) => {
  const records = send(good, { topic });
  expect(tally(records)).toMatchObject({ received: 1, rejected: { [code]: 1 }, isBalanced: true });
  expect(rejectsOf(records)[0]!.reject).toMatchObject({ site, origin: topic });
});

test("rejects that name no site are booked under that of their gateway", () => {
  const unknown = send(good, { topic: "some/topic", username: "works-1-gw1" });
  expect(rejectsOf(unknown)[0]!.reject).toMatchObject({ site: "works-1", gateway: "gw1" });
  const undecodable = send("{", { topic: "v1/sites/works-9/meters/m/readings", username: "works-1-gw1" });
  expect(rejectsOf(undecodable)[0]!.reject).toMatchObject({ site: "works-1", code: "malformed-json" });
});

test("values are judged one by one, and the payload is kept once", () => {
  const registers = { "active-import": 5, "active-export": -1, reactive: 3, apparent: 4 };
  const records = send({ ...good, registers });
  expect(tally(records)).toEqual({
    received: 4,
    accepted: 1,
    rejected: { "out-of-range": 1, "unknown-register": 2 },
    isBalanced: true,
  });
  expect(records.map((out) => out.record.received)).toEqual([1, 1, 2]);
  const [first, second] = rejectsOf(records).map(({ reject }) => reject);
  expect(first).toMatchObject({ code: "out-of-range", meter: "m-1", register: "active-export" });
  expect(second).toMatchObject({ code: "unknown-register", values: 2, meter: "m-1" });
  expect(first).toHaveProperty("payload");
  expect(second).not.toHaveProperty("payload");
  expect(second!.sha256).toBe(first!.sha256);
});

test("elements of an array are judged one by one, into one record", () => {
  const elements = [
    good,
    { ...good, at: "2026-11-01T00:00:00", registers: { "active-import": 1, "active-export": 2 } },
    { ...good, at: "2026-11-01T00:10:00+08:00", powerKw: 400, seq: 6 },
    7,
  ];
  const records = send(elements);
  expect(tally(records)).toEqual({
    received: 5,
    accepted: 2,
    rejected: { "no-zone": 2, "wrong-shape": 1 },
    isBalanced: true,
  });
  const [record, ...others] = readingsOf(records);
  expect(others).toEqual([]);
  expect(record!.readings.map((reading) => reading.seq)).toEqual([7, 6]);
  expect(record!.powerKw).toBe(512.3);
});

test("a meter that left service is refused what came later", () => {
  const topic = "v1/sites/works-1/meters/m-2/readings";
  expect(tally(send(good, { topic })).rejected).toEqual({ "after-service": 1 });
  const last = { ...good, at: "2026-06-01T00:00:00+08:00" };
  expect(tally(send(last, { topic }))).toMatchObject({ accepted: 1, rejected: {} });
});

test("an interval register takes any finite number: the judge sets aside what cannot be", () => {
  const topic = "v1/sites/works-1/meters/m-3/readings";
  const elements = [-5, 1e7, 1e308].map((value) => ({ at: good.at, registers: { "active-import": value } }));
  expect(tally(send(elements, { topic }))).toMatchObject({ received: 3, accepted: 3, isBalanced: true });
});

test("one payload may bring several meters", () => {
  const device = (device_id: string, forward: unknown, unit: string, timestamp = "20261101001500000") => ({
    timestamp,
    device_id,
    metrics: { energy: { unit, value: { forward } } },
  });
  const payload = {
    batch: [
      device("m-1", 5, "kWh"),
      device("m-3", 6, "kWh"),
      device("m-1", 7, "kW", "20261101000000000"),
      device("m-9", 8, "kWh"),
      device("m-3", 9, "kWh", "2026-11-01"),
      { timestamp: "20261101001500000", metrics: {} },
    ],
  };
  const records = send(payload, { topic: "device/power/up/works-1" });
  expect(tally(records)).toEqual({
    received: 6,
    accepted: 2,
    rejected: { "unit-mismatch": 1, "unknown-meter": 2, "bad-time": 1 },
    isBalanced: true,
  });
  expect(readingsOf(records).map(({ meter, received }) => [meter, received])).toEqual([
    ["m-1", 1],
    ["m-3", 1],
  ]);
  expect(readingsOf(records)[0]!.readings[0]!.at).toBe(at("2026-11-01T00:15:00+08:00"));
});

test("CSV may come by MQTT; a broken row costs that row", () => {
  const csv = [
    "time,import,kw,seq",
    "2026-11-01T00:00:00+08:00,1,10,1",
    "2026-11-01T00:05:00+08:00,2",
    "2026-11-01T00:10:00+08:00,NaN,10,3",
    "2026-11-01T00:10:00+08:00,inf,10,3",
    "2026-11-01T00:10:00+08:00,,10,3",
    '2026-11-01T00:10:00+08:00,"1,000",10,3',
    "2026-11-01T00:15:00+08:00,3.5e0,,",
  ];
  const records = send(csv.join("\r\n"), { topic: "csv/works-1/m-1" });
  expect(tally(records)).toEqual({
    received: 7,
    accepted: 2,
    rejected: { "malformed-csv": 1, "not-a-number": 3, "not-finite": 1 },
    isBalanced: true,
  });
  expect(readingsOf(records)[0]!.readings.map(({ value, seq }) => [value, seq])).toEqual([
    [1, 1],
    [3.5, -1],
  ]);
  expect(tally(send("time,import", { topic: "csv/works-1/m-1" })).rejected).toEqual({ "malformed-csv": 1 });
});

test("many readings are split before a record outgrows the log, and many reasons are merged", () => {
  const one = (i: number) => ({ at: receivedAt - i * 1000, registers: { "active-import": i } });
  const many = send(Array.from({ length: 4500 }, (_, i) => one(i)));
  expect(readingsOf(many).map(({ received, readings }) => [received, readings.length])).toEqual([
    [4000, 4000],
    [500, 500],
  ]);
  const numbers = send(`[${"1,".repeat(120_000)}1]`);
  expect(numbers).toHaveLength(1);
  expect(tally(numbers)).toMatchObject({ received: 120_001, isBalanced: true });
  const names = Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`r${i}`, 1]));
  expect(send({ at: good.at, registers: names })).toHaveLength(1);
  const meters = Array.from({ length: 5000 }, (_, i) => ({ device_id: `x${i}` }));
  const unknown = send({ batch: meters }, { topic: "device/power/up/works-1" });
  expect(unknown.length).toBeLessThan(300);
  expect(tally(unknown)).toMatchObject({ received: 5000, isBalanced: true });
});

test("retained and oversized messages are refused whatever they hold", () => {
  const acceptor = newAcceptor();
  const message = { topic: TOPIC, payload: Buffer.from(JSON.stringify(good)), receivedAt };
  const retained = acceptMessage(acceptor, { ...message, retained: true });
  expect(tally(retained)).toMatchObject({ received: 1, rejected: { retained: 1 }, isBalanced: true });
  const payload = Buffer.alloc(256 * 1024 + 1, " ");
  const large = rejectsOf(acceptMessage(acceptor, { ...message, payload, retained: false }))[0]!.reject;
  expect(large).toMatchObject({ code: "too-large", length: payload.length, sha256: bytes.sha256(payload) });
  expect(Buffer.from(large.payload!, "base64")).toHaveLength(1024);
  const largest = Buffer.from(JSON.stringify(good).padEnd(256 * 1024));
  const taken = acceptMessage(acceptor, { ...message, payload: largest, retained: false });
  expect(tally(taken)).toMatchObject({ accepted: 1 });
});

test("what a source refused is logged with its reason and never decoded", () => {
  const refused = {
    code: "too-large",
    detail: "10 MB",
    values: 3,
    whole: { length: 9, sha256: "ab" },
  } as const;
  const payload = Buffer.from(JSON.stringify(good));
  const username = "works-1-gw1";
  const message = { topic: TOPIC, payload, retained: false, receivedAt, username, refused };
  const records = acceptMessage(newAcceptor(), message);
  expect(tally(records)).toEqual({
    received: 3,
    accepted: 0,
    rejected: { "too-large": 3 },
    isBalanced: true,
  });
  expect(rejectsOf(records)[0]!.reject).toMatchObject({
    site: "works-1",
    length: 9,
    sha256: "ab",
    gateway: "gw1",
  });
});

test("one payload may bring several sites: what is received is counted with each", () => {
  const everywhere: DecoderProfile = {
    ...native,
    id: "everywhere",
    topic: "everywhere",
    each: "",
    site: { pointer: "/site" },
    meter: { pointer: "/meter" },
  };
  const acceptor = newAcceptor({ ...county, profiles: [everywhere] });
  const of = (site: string, value: number) => ({
    ...good,
    site,
    meter: "m-1",
    registers: { "active-import": value },
  });
  const payload = Buffer.from(
    JSON.stringify([of("works-1", 1), of("works-2", 2), of("works-9", 3), of("works-2", -1)]),
  );
  const records = acceptMessage(acceptor, { topic: "everywhere", payload, retained: false, receivedAt });
  expect(tally(records)).toMatchObject({ received: 4, accepted: 2, isBalanced: true });
  const counts = records.map((out) => [
    out.topic === "readings" ? out.record.site : out.record.reject.site,
    out.record.received,
  ]);
  expect(counts).toEqual([
    ["works-1", 1],
    ["works-2", 1],
    ["_unknown", 1],
    ["works-2", 1],
  ]);
});

test("a sender's quota is its own: gateways of one id, sites behind an outside broker, and who was not let in", () => {
  const acceptor = newAcceptor(county, 100);
  const isKept = (more: Partial<SourceMessage>): boolean => {
    const message = { topic: TOPIC, payload: Buffer.alloc(60, "x"), retained: false, receivedAt };
    return "payload" in rejectsOf(acceptMessage(acceptor, { ...message, ...more }))[0]!.reject;
  };
  const of = (site: string) => `v1/sites/${site}/meters/m-1/readings`;
  const refused = { code: "bad-credentials", detail: "wrong password", values: 1 } as const;
  expect(isKept({ username: "works-1-gw1", refused })).toBe(true);
  expect(isKept({ username: "works-1-gw1", refused })).toBe(false);
  expect(isKept({ username: "works-1-gw1" })).toBe(true);
  expect(isKept({ username: "works-1-gw1" })).toBe(false);
  expect(isKept({ username: "works-2-gw1", topic: of("works-2") })).toBe(true);
  expect([isKept({ topic: of("works-1") }), isKept({ topic: of("works-1") })]).toEqual([true, false]);
  expect(isKept({ topic: of("works-2") })).toBe(true);
  expect([isKept({ topic: of("nowhere") }), isKept({ topic: "else" })]).toEqual([true, false]);
});

test("beyond a gateway's daily quota payloads are counted and hashed only", () => {
  const acceptor = newAcceptor(county, 100);
  const refuse = (username: string | undefined, hours: number) => {
    const message = { topic: TOPIC, payload: Buffer.alloc(60, "x"), retained: false };
    const named = username === undefined ? message : { ...message, username };
    return rejectsOf(acceptMessage(acceptor, { ...named, receivedAt: receivedAt + hours * 3_600_000 }))[0]!;
  };
  expect(refuse("works-1-gw1", 0).reject).toHaveProperty("payload");
  expect(refuse("works-1-gw1", 1).reject).not.toHaveProperty("payload");
  expect(refuse("works-1-gw1", 1)).toMatchObject({ received: 1, reject: { length: 60 } });
  expect(refuse("works-1-gw10", 1).reject).toHaveProperty("payload");
  expect(refuse(undefined, 1).reject).toHaveProperty("payload");
  expect(refuse(undefined, 1).reject).not.toHaveProperty("payload");
  // The day is the county's: it began at 16:00 UTC.
  expect(refuse("works-1-gw1", 23).reject).not.toHaveProperty("payload");
  expect(refuse("works-1-gw1", 24).reject).toHaveProperty("payload");
});

test("a profile that cannot be used is named", () => {
  const broken = { ...county.profiles[0]!, id: "broken", registersAt: "registers" };
  expect(() => newAcceptor({ ...county, profiles: [broken] })).toThrow(
    /profile broken: "registers" is no JSON/,
  );
});
