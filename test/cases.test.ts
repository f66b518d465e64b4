/** Every folder of `test/cases/` is a case; adding one needs no code. Their form: `test/cases/README.md`. */
import { describe, expect, test } from "vitest";
import { checkStage } from "./case-checks.ts";
import { caseNames, readCase, type Stage, stagedCaseNames } from "./case-files.ts";
import { checkGoesOn } from "./case-properties.ts";
import { orders, play } from "./case-run.ts";
import { everythingIn } from "./case-stored.ts";

/** What a stage leaves behind, down to the bit; offsets and the time of receipt are those of the arrival. */
async function outcomes(stages: readonly Stage[], order: (typeof orders)[number]): Promise<unknown[]> {
  const found: unknown[] = [];
  await play(stages, order, async (player, stage, isLast) => {
    await checkStage(player, stage, order);
    found.push(await everythingIn(player.pipeline, stage.expected.window));
    if (isLast) await checkGoesOn(player, stage.expected.window);
  });
  return found;
}

describe.each(caseNames())("%s", (name) => {
  test("gives what is expected, in whatever order the readings arrive", async () => {
    const stages = await readCase(name);
    expect(stages.length, `test/cases/${name} has no expected.json`).toBeGreaterThan(0);
    const [first, ...others] = await Promise.all(orders.map((order) => outcomes(stages, order)));
    for (const other of others) expect(other).toEqual(first);
  });
});

describe.each(stagedCaseNames())("%s", (name) => {
  test("gives the same as if its last configuration and all readings had been there from the start", async () => {
    const stages = await readCase(name);
    const last = stages.at(-1)!;
    const ends: unknown[] = [];
    const whole = { ...last, lines: stages.flatMap((stage) => stage.lines) };
    for (const one of [stages, [whole]]) {
      await play(one, "as they arrived", async ({ pipeline }, { expected }, isLast) => {
        if (isLast) ends.push(await everythingIn(pipeline, expected.window));
      });
    }
    expect(ends[1]).toEqual(ends[0]);
  });
});
