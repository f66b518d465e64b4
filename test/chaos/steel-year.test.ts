import { afterAll, expect, test } from "vitest";
import { temporaryDirectory } from "../world.ts";
import { steelChaos } from "./steel-year.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const KILLS = Number(process.env.CHAOS_KILLS ?? 50);

test(`the steel year in random order, with ${KILLS} kills, gives the figures of a quiet run`, {
  timeout: 900_000,
}, async () => {
  const seed = Number(process.env.CHAOS_SEED ?? 20_261_123);
  const result = await steelChaos(directory.path, KILLS, seed);
  console.info(result);
  expect(result.kills).toBe(KILLS);
  expect(result.lost).toBe(0);
  expect(result.differences).toEqual([]);
  expect(result.reconciled).toBe("no difference");
});
