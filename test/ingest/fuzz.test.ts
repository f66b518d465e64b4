import { expect, test } from "vitest";
import { acceptMessage } from "../../ingest/accept.ts";
import { good, newAcceptor, receivedAt, rejectsOf, TOPIC, tally } from "./county.ts";

/** xorshift32: the same messages in every run. */
function createRandom(seed: number) {
  let state = seed;
  const next = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  return { next, pick: <T>(from: readonly T[]): T => from[next(from.length)]! };
}

const topics = [
  TOPIC,
  "v1/sites/works-1/meters/m-2/readings",
  "v1/sites/works-1/meters/m-3/readings",
  "v1/sites/works-9/meters/m-1/readings",
  "v1/sites/works-1/meters/m-9/readings",
  "device/power/up/works-1",
  "csv/works-1/m-1",
  "no/such/topic",
  "",
];

const atoms = [
  ...[null, true, "", "12.5", "NaN", 0, -0, -1, 1e308, 5e-324, 12345.67, 999999.99, 1e6, 2 ** 53],
  ...["2026-11-01T00:15:00+08:00", "2026-11-01T00:15:00", 1793463300000, "20261101001500000", "kWh", "MWh"],
  ...[[], {}, [[]], { "active-import": 1 }, "__proto__", "\u0000", "岱山", "\ud800"],
];

const keys = [
  ...["at", "registers", "units", "seq", "revision", "powerKw", "batch", "timestamp", "device_id", "metrics"],
  ...[
    "active-import",
    "active-export",
    "energy",
    "value",
    "forward",
    "reverse",
    "unit",
    "__proto__",
    "constructor",
  ],
];

type Random = ReturnType<typeof createRandom>;

function randomValue(random: Random, depth: number): unknown {
  if (depth === 0 || random.next(3) === 0) return random.pick(atoms);
  if (random.next(4) === 0)
    return Array.from({ length: random.next(5) }, () => randomValue(random, depth - 1));
  const made: [string, unknown][] = Array.from({ length: random.next(6) }, () => [
    random.pick(keys),
    randomValue(random, depth - 1),
  ]);
  return Object.fromEntries(made);
}

/** A good message in which something was changed. */
function almostGood(random: Random): unknown {
  const registers: Record<string, unknown> = { ...good.registers };
  const reading: Record<string, unknown> = { ...good, registers };
  if (random.next(2) === 0) registers[random.pick(keys)] = random.pick(atoms);
  for (let i = random.next(3); i > 0; i--) reading[random.pick(keys)] = random.pick(atoms);
  return random.next(3) === 0 ? [reading, good, random.pick(atoms)] : reading;
}

function mutate(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = random.next(4); i > 0 && copy.length > 0; i--)
    copy[random.next(copy.length)] = random.next(256);
  return random.next(5) === 0 ? copy.subarray(0, random.next(copy.length + 1)) : copy;
}

function randomPayload(random: Random): Buffer {
  const kind = random.next(10);
  if (kind === 0) return Buffer.from(Array.from({ length: random.next(60) }, () => random.next(256)));
  if (kind === 1)
    return Buffer.from(`time,import,kw,seq\n${random.pick(atoms)},${random.pick(atoms)},1,2\n"x`);
  const value = kind < 6 ? almostGood(random) : randomValue(random, 5);
  const text = Buffer.from(JSON.stringify(value) ?? "");
  return kind % 2 === 0 ? mutate(random, text) : text;
}

test("of 100,000 random messages every value is accepted or refused, and nothing throws", {
  timeout: 120_000,
}, () => {
  const random = createRandom(20261101);
  const acceptor = newAcceptor();
  const codes: Record<string, number> = {};
  let accepted = 0;
  for (let i = 0; i < 100_000; i++) {
    const message = {
      topic: random.pick(topics),
      payload: randomPayload(random),
      retained: false,
      receivedAt,
    };
    const records = acceptMessage(acceptor, message);
    const counted = tally(records);
    if (!counted.isBalanced) expect({ message, counted }).toEqual("balanced");
    accepted += counted.accepted;
    for (const { reject } of rejectsOf(records)) codes[reject.code] = (codes[reject.code] ?? 0) + 1;
  }
  // The messages reach every part of the decoder.
  expect(accepted).toBeGreaterThan(5000);
  expect(Object.keys(codes).sort()).toEqual([
    "after-service",
    "bad-time",
    "before-service",
    "malformed-csv",
    "malformed-json",
    "no-zone",
    "not-a-number",
    "out-of-range",
    "unit-mismatch",
    "unknown-meter",
    "unknown-register",
    "unknown-site",
    "unknown-topic",
    "wrong-shape",
  ]);
});
