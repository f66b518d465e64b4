import { afterAll, expect, test } from "vitest";
import { temporaryDirectory } from "../world.ts";
import { notifierChaos } from "./notifier.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const KILLS = Number(process.env.CHAOS_NOTICES ?? 20);

test(`${KILLS} kills between an alert and its notices: each alert one matter, each officer told, repeats marked`, {
  timeout: 900_000,
}, async () => {
  const seed = Number(process.env.CHAOS_SEED ?? 20_261_123);
  const result = await notifierChaos(directory.path, KILLS, seed);
  console.info(result);
  expect(result.lost).toEqual([]);
  expect(result.unmarked).toEqual([]);
  expect(result.matters).toBe(result.alerts);
  // The kills hit what they are meant for: some before the answer, some between the answer and the delivery.
  expect(result.answered).toBeGreaterThan(0);
  expect(result.postedAgain + result.repeats).toBeGreaterThan(0);
});
