/** The short form of the production chaos; `npm run chaos -- --stack` is the long one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haveServices } from "../services/available.ts";
import { temporaryDirectory } from "../world.ts";
import { play } from "./production.ts";
import { shortScenarios } from "./production-scenarios.ts";
import { openStage, type Stage } from "./production-stage.ts";

const HOURS = 30;

describe.skipIf(!(await haveServices(["kafka", "influx", "mosquitto"], { own: true })))("chaos", () => {
  let stage: Stage;
  const directory = temporaryDirectory();
  beforeAll(async () => {
    stage = await openStage(directory.path, { hours: HOURS, isSmall: true });
  });
  afterAll(async () => {
    await stage?.close();
    directory.remove();
  });

  test.each(shortScenarios)("$name", { timeout: 1_200_000 }, async (scenario) => {
    const seed = Number(process.env.CHAOS_SEED ?? 20_261_123);
    const outcome = await play(stage, scenario, { seed, isLong: false, say: () => undefined });
    console.info(outcome);
    expect(outcome.problems).toEqual([]);
    expect(outcome.rows).toBeGreaterThan(10_000);
  });
});
