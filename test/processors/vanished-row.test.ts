/** What a store that merges fields would hold: a value that is unknown again must be told to go. */
import { expect, test } from "vitest";
import type { Figure } from "../../model/figure.ts";
import type { Changes } from "../../model/ports.ts";
import { at, everything, openPipeline, reading, registry, site } from "../world.ts";

const HOUR = 3_600_000;
const start = at("2026-04-01");

/** Fields that are null are left out of a write, and keep the value they had. */
function createMergingStore() {
  const rows = new Map<string, Record<string, unknown>>();
  const name = ({ scope, owner, carrier, window, start: from }: Figure): string =>
    `${scope} ${owner} ${carrier} ${window} ${from}`;
  return {
    write({ figures = [], unknown = [] }: Changes): void {
      for (const figure of unknown) rows.delete(name(figure));
      for (const figure of figures) {
        const known = Object.entries(figure).filter(([, value]) => value !== null);
        rows.set(name(figure), { ...rows.get(name(figure)), ...Object.fromEntries(known) });
      }
    },
    equivalentOf: (figure: Figure): unknown => rows.get(name(figure))?.kgceEquivalent ?? null,
  };
}

test("a row that vanished and comes back has no value of the vanished one", async () => {
  const merging = createMergingStore();
  const pipeline = await openPipeline(
    registry([site()]),
    ":memory:",
    () => start + 20 * HOUR,
    (changes) => merging.write(changes),
  );
  const send = async (value: number, revision: number): Promise<void> => {
    await pipeline.publish([reading(start + HOUR, value, { revision })]);
    await pipeline.settled();
  };
  await pipeline.publish([reading(start, 100)]);
  await send(110, 0);
  // Below the first: the later one waits, and nothing is known of the hour.
  await send(20, 1);
  expect((await pipeline.figures("site", "15m")).length).toBe(0);
  await send(115, 2);
  const rows = (await everything(pipeline)).filter(({ scope }) => scope !== "meter");
  await pipeline.close();
  expect(rows.length).toBeGreaterThan(8);
  // No factor makes equivalent standard coal here.
  for (const row of rows)
    expect([row.window, row.owner, merging.equivalentOf(row)]).toEqual([row.window, row.owner, null]);
});
