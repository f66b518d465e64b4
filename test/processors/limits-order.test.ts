/** Rows of limits are a function of the readings: no order of arrival gives others. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Reading } from "../../model/reading.ts";
import { createReconcile } from "../../processors/reconcile.ts";
import { limit, usage } from "../limit-world.ts";
import { at, meter, openPipeline, reading, registry, site } from "../world.ts";

const SIX_HOURS = 6 * 3_600_000;
const SLOTS = 4 * 40;
const start = at("2025-12-05");
const from = at("2024-01-01");
const long = { from, intervalMinutes: 360, multipliers: [{ from, value: 1, registers: {} }] };
/** In service from within the month on. */
const laterFrom = at("2025-12-10T09:00");
const later = { ...long, from: laterFrom, multipliers: [{ from: laterFrom, value: 1, registers: {} }] };
const part = { carrier: "electricity", unit: "kWh", value: 500 } as const;
const config = registry(
  [
    site({
      meters: [
        meter(long),
        meter({ ...later, id: "new" }),
        meter({ ...later, id: "gas", carrier: "natural-gas", role: "fuel" }),
      ],
    }),
    site({ id: "t", town: "west", nationalList: true, meters: [meter({ ...long, maxPerHour: 300 })] }),
  ],
  {
    limits: [
      limit(),
      limit({ id: "rolling", period: "rolling-12m", value: 5 }),
      limit({ id: "split", period: "year", value: 12, months: new Array(12).fill(1) }),
      limit({ id: "county", group: "county!national", period: "quarter", quantity: "tco2", basis: "market" }),
      limit({ ...part, id: "town", group: "town:west", period: "day", quantity: "energy" }),
      limit({ ...part, id: "demand", quantity: "demand", minCoverage: 0.3 }),
      limit({
        ...part,
        id: "hour",
        quantity: "energy",
        period: "hour",
        validFrom: at("2025-12-20"),
        validTo: at("2025-12-23"),
      }),
    ],
  },
);

interface Sent {
  readonly site: string;
  readonly meter: string;
  readonly reading: Reading;
}

const sentArbitrary: fc.Arbitrary<Sent[]> = fc
  .uniqueArray(
    fc.record({
      slot: fc.integer({ min: 0, max: SLOTS }),
      owner: fc.constantFrom("s/m", "s/m", "s/gas", "s/new", "t/m"),
      spike: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 5_000),
    }),
    { minLength: 10, maxLength: 50, selector: ({ slot, owner }) => `${owner} ${slot}` },
  )
  .map((list) =>
    list.map(({ slot, owner, spike }): Sent => {
      const [id = "", name = ""] = owner.split("/");
      const value = slot * 40 + (slot > 60 ? (slot - 60) * 25 : 0) + spike;
      return { site: id, meter: name, reading: reading(start + slot * SIX_HOURS, value) };
    }),
  );

async function outcome(sent: readonly Sent[], sizes: readonly number[], isChecked: boolean) {
  const pipeline = await openPipeline(config, ":memory:", () => at("2026-03-01"));
  for (let done = 0, i = 0; done < sent.length; i += 1) {
    const batch = sent.slice(done, done + sizes[i % sizes.length]!);
    await Promise.all(batch.map(({ reading: one, ...owner }) => pipeline.publish([one], owner)));
    done += batch.length;
    if (i % 2 === 0) await pipeline.settled();
  }
  await pipeline.settled();
  const rows = await usage(pipeline);
  if (isChecked) {
    const check = createReconcile(pipeline.plan, pipeline.store);
    expect(await check.groups({ start: 0, end: at("2026-03-01") })).toEqual([]);
  }
  await pipeline.close();
  return rows;
}

test("whatever the order and the batches, and a recompute of everything finds no difference", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      sentArbitrary,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      async (sent, random, sizes) => {
        const shuffled = sent
          .map((one) => ({ one, rank: random.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ one }) => one);
        const ordered = [...sent].sort((a, b) => a.reading.at - b.reading.at);
        const expected = await outcome(ordered, [ordered.length], false);
        expect(await outcome(shuffled, sizes, true)).toEqual(expected);
        compared += expected.length;
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 5), seed: 20_261_123 },
  );
  expect(compared).toBeGreaterThan(500);
}, 300_000);

test("a day that changes together with later ones is looked at anew, though its quarter-hours are no longer kept", async () => {
  const pipeline = await openPipeline(config, ":memory:", () => at("2026-03-01"));
  const send = async (first: number, last: number): Promise<void> => {
    const slots = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    await pipeline.publish(slots.map((slot) => reading(start + slot * SIX_HOURS, slot * 40)));
    await pipeline.settled();
  };
  await send(0, 1);
  // The rest of the first day, and three more days: a gateway that was out of reach.
  await send(2, 14);
  const rows = await usage(pipeline, "demand");
  expect(rows.map(({ at: day, numbers }) => numbers.asOf! - day)).toEqual(
    [4, 4, 4, 2].map((n) => n * SIX_HOURS),
  );
  const check = createReconcile(pipeline.plan, pipeline.store);
  expect(await check.groups({ start: 0, end: at("2026-03-01") })).toEqual([]);
  await pipeline.close();
});

test("a row that is changed by hand is found", async () => {
  const pipeline = await openPipeline(config, ":memory:", () => at("2026-03-01"));
  await pipeline.publish(
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((slot) => reading(start + slot * SIX_HOURS, slot * 40)),
  );
  await pipeline.settled();
  const [row] = await usage(pipeline, "budget");
  await pipeline.store.write({ observations: [{ ...row!, numbers: { ...row!.numbers, red: 1.5 } }] });
  const check = createReconcile(pipeline.plan, pipeline.store);
  const differences = await check.groups({ start: 0, end: at("2026-03-01") });
  expect(differences.map((one) => [one.what, one.start])).toEqual([["limit budget", row!.at]]);
  await pipeline.runner.sumAgain(differences);
  await pipeline.settled();
  expect(await check.groups({ start: 0, end: at("2026-03-01") })).toEqual([]);
  await pipeline.close();
});
