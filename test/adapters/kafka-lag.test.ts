import { expect, test } from "vitest";
import { createLag } from "../../adapters/kafka/lag.ts";
import type { Questions } from "../../adapters/kafka/questions.ts";

test("whoever waits for what was just appended is not told of the second before", async () => {
  let high = 5;
  const admin = {
    fetchTopicOffsets: async () => [{ partition: 0, low: "0", high: String(high) }],
    fetchOffsets: async () => [{ partitions: [{ partition: 0, offset: "5" }] }],
  };
  const questions = { ask: (_: string, question: (from: unknown) => unknown) => question(admin) };
  const lag = createLag(questions as unknown as Questions);
  expect(await lag("readings", "g-readings")).toEqual([{ partition: 0, records: 0, end: 5 }]);
  high = 8;
  expect(await lag("readings", "g-readings")).toEqual([{ partition: 0, records: 0, end: 5 }]);
  expect(await lag("readings", "g-readings", true)).toEqual([{ partition: 0, records: 3, end: 8 }]);
  // Others have the newer answer, too.
  expect(await lag("readings", "g-readings")).toEqual([{ partition: 0, records: 3, end: 8 }]);
});
