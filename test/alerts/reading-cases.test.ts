/** Each case through the processors, their observations into the evaluation, time passing in steps of five minutes. */
import { describe, expect, test } from "vitest";
import { createNames } from "../../adapters/sqlite/names.ts";
import { createSqliteReader } from "../../adapters/sqlite/reader.ts";
import { type AlertChange, createEvaluator, type Evaluator } from "../../alerts/evaluate/evaluator.ts";
import { openPipeline, type Pipeline, reading } from "../world.ts";
import { type Arrival, type ReadingCase, readingCases } from "./reading-case-files.ts";

const STEP = 5 * 60_000;
const LOOK = 30_000;
const SOON = 2_000;

async function deliver(pipeline: Pipeline, arrivals: readonly Arrival[], now: number): Promise<void> {
  for (const { reading: one, powerKw } of arrivals)
    await pipeline.publish([one], { receivedAt: now, ...(powerKw === undefined ? {} : { powerKw }) });
  await pipeline.settled();
}

/** Makes the processors look at their clock, which they do with each message but at most once a second. */
async function wake(pipeline: Pipeline, now: number): Promise<void> {
  await pipeline.publish([reading(now, now / STEP)], { site: "clock", receivedAt: now });
  await pipeline.settled();
}

async function run(one: ReadingCase): Promise<{ at: number; change: AlertChange }[]> {
  const registry = await one.registry();
  let now = one.start;
  const pipeline = await openPipeline(registry, ":memory:", () => now);
  const reader = createSqliteReader(pipeline.db, createNames(pipeline.db), pipeline.plan.calendar);
  const evaluator: Evaluator = createEvaluator(registry.rules.filter(({ id }) => one.rules.includes(id)));
  const told: { at: number; change: AlertChange }[] = [];
  const note = (changes: readonly AlertChange[]): void => {
    for (const change of changes)
      if (change.tags.site !== "clock") told.push({ at: now - one.start, change });
  };
  let cursor = 0;
  try {
    for (; now <= one.end; now += STEP) {
      const due = one.arrivals.filter(({ at }) => at > now - STEP && at <= now);
      await deliver(pipeline, due, now);
      now += SOON;
      await wake(pipeline, now);
      now -= SOON;
      const observed = await reader.observedAfter(cursor, 100_000);
      cursor = observed.cursor;
      note(evaluator.take(observed.rows, now));
      const step = now;
      for (; now < step + STEP; now += LOOK) note(evaluator.tick(now));
      now = step;
    }
    return told;
  } finally {
    await pipeline.close();
  }
}

describe.each(readingCases)("$name", (one) => {
  test("raises and ends these alerts, and no others", async () => {
    const found = (await run(one)).map(({ at, change }) => ({
      at: at / 60_000,
      [change.status]: change.labels.rule,
      tags: change.tags,
    }));
    expect(found).toEqual(
      one.expected.map(({ at, firing, resolved, tags }) => ({
        at: at / 60_000,
        ...(firing === undefined ? { resolved } : { firing }),
        tags,
      })),
    );
  });
});
