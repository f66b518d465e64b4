import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reading } from "../../model/reading.ts";
import {
  at,
  everything,
  meter,
  openPipeline,
  type Pipeline,
  reading,
  register,
  registry,
  site,
} from "../world.ts";

const QUARTER = 900_000;
const start = at("2026-10-30T20:00:00");

/** A year of trouble in a few days: the register of a meter and what became of it. */
const config = registry([
  site({
    meters: [
      meter({
        maxPerHour: 400,
        registers: [
          register({ digits: 5, decimals: 1 }),
          register({ id: "batch", digits: 6, decimals: 2, resetsToZero: true }),
        ],
        multipliers: [
          { from: at("2026-01-01"), value: 10, registers: {} },
          { from: at("2026-10-31T03:07:00"), value: 20, registers: {} },
        ],
        swaps: [{ at: at("2026-10-31T09:22:00"), register: "active-import", final: 9_999, first: 12 }],
      }),
      meter({ id: "i", role: "sub", contributes: "subtract", registers: [register({ kind: "interval" })] }),
    ],
  }),
]);

interface Sent {
  readonly meter: string;
  readonly reading: Reading;
}

/** Readings with jitter, gaps, spikes, dips, rollovers, repeats of a moment and corrections. */
const sentArbitrary: fc.Arbitrary<Sent[]> = fc
  .array(
    fc.record({
      slot: fc.integer({ min: 0, max: 150 }),
      shift: fc.constantFrom(0, 0, 0, 60_000, -400_000),
      noise: fc.constantFrom(0, 0, 0, 0, 0.1, -0.1, -0.3, 700, -500, 9_000),
      register: fc.constantFrom("active-import", "active-import", "batch", "i"),
      revision: fc.constantFrom(0, 0, 0, 1),
      seq: fc.integer({ min: -1, max: 3 }),
    }),
    { minLength: 5, maxLength: 120 },
  )
  .map((list) =>
    list.map(({ slot, shift, noise, register: name, revision, seq }): Sent => {
      const when = start + slot * QUARTER + shift;
      if (name === "i") return { meter: "i", reading: reading(when, 3 + noise / 100, { revision, seq }) };
      const base = name === "batch" ? (slot % 40) * 1.25 : (9_200 + slot * 8) % 10_000;
      const value = Math.max(0, Math.round((base + noise) * 10) / 10) % 10_000;
      return { meter: "m", reading: reading(when, value, { register: name, revision, seq }) };
    }),
  );

async function sendAll(pipeline: Pipeline, sent: readonly Sent[], sizes: readonly number[]): Promise<void> {
  let done = 0;
  for (let i = 0; done < sent.length; i += 1) {
    const size = sizes[i % sizes.length]!;
    const batch = sent.slice(done, done + size);
    await Promise.all(batch.map((one) => pipeline.publish([one.reading], { meter: one.meter })));
    done += size;
    if (i % 3 === 0) await pipeline.settled();
  }
  await pipeline.settled();
}

async function outcome(sent: readonly Sent[], sizes: readonly number[]) {
  const pipeline = await openPipeline(config);
  await sendAll(pipeline, sent, sizes);
  const figures = await everything(pipeline);
  const verdicts = [];
  for (const [name, id] of [
    ["m", "active-import"],
    ["m", "batch"],
    ["i", "active-import"],
  ] as const) {
    const rows = await pipeline.store.readings({ site: "s", meter: name, register: id }, 0, at("2030-01-01"));
    verdicts.push(rows.map(({ offset: _, receivedAt: __, ...row }) => row));
  }
  await pipeline.close();
  return { figures, verdicts };
}

describe("stored figures are a function of the set of readings", () => {
  test("whatever the order, the batches and the repeats", async () => {
    await fc.assert(
      fc.asyncProperty(
        sentArbitrary,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        async (sent, random, sizes) => {
          const shuffled = [...sent, ...sent.filter((_, i) => i % 10 === 3)]
            .map((one) => ({ one, rank: random.next().value }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ one }) => one);
          const ordered = [...sent].sort((a, b) => a.reading.at - b.reading.at);
          expect(await outcome(shuffled, sizes)).toEqual(await outcome(ordered, [ordered.length]));
        },
      ),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 60), seed: 20_261_123 },
    );
  });
});
