/** A meter that stands still beside one that is silent: zero, of which nothing is known, is no row. */
import { expect, test } from "vitest";
import { createReconcile } from "../../processors/reconcile.ts";
import {
  at,
  everything,
  meter,
  openPipeline,
  reading,
  registry,
  site,
  temporaryDirectory,
} from "../world.ts";

const start = at("2026-03-30");
const HOUR = 3_600_000;

test("is the same in memory, in the store, and computed again", async () => {
  const directory = temporaryDirectory();
  const file = `${directory.path}/energy.db`;
  const config = registry([site({ meters: [meter(), meter({ id: "silent" })] })]);
  const still = Array.from({ length: 97 }, (_, i) => reading(start + (i * HOUR) / 4, 5));
  const moving = Array.from({ length: 97 }, (_, i) => reading(start + 24 * HOUR + (i * HOUR) / 4, 5 + i));
  const first = await openPipeline(config, file);
  await first.publish([...still, ...moving]);
  await first.settled();
  expect(await first.figures("site", "15m")).toHaveLength(96);
  const span = { start, end: start + 72 * HOUR };
  const { differences } = await createReconcile(first.plan, first.store).site(config.sites[0]!, span);
  expect(differences).toEqual([]);
  expect(await createReconcile(first.plan, first.store).groups(span)).toEqual([]);
  const before = await everything(first);
  await first.close();

  const second = await openPipeline(config, file);
  const request = {
    kind: "recompute",
    site: "s",
    from: span.start,
    to: span.end,
    cause: "test",
    receivedAt: start,
  } as const;
  await second.send([request]);
  await second.settled();
  expect(await everything(second)).toEqual(before);
  await second.close();
  directory.remove();
});
