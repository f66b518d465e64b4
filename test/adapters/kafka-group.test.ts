import type { Kafka } from "kafkajs";
import { expect, test } from "vitest";
import { joinGroup } from "../../adapters/kafka/group.ts";
import { settingsOf } from "../../adapters/kafka/options.ts";
import type { Questions } from "../../adapters/kafka/questions.ts";
import type { Share } from "../../adapters/kafka/share.ts";

const names = [
  "REQUEST",
  "HEARTBEAT",
  "FETCH",
  "GROUP_JOIN",
  "REBALANCING",
  "STOP",
  "CRASH",
  "COMMIT_OFFSETS",
];

/** A consumer that is told what happens, and a topic of so many partitions. */
function openGroup(partitions: number) {
  const handlers = new Map<string, ((event: unknown) => void)[]>();
  const nothing = async () => undefined;
  const consumer = {
    events: Object.fromEntries(names.map((name) => [name, name])),
    on: (name: string, handler: (event: unknown) => void) =>
      handlers.set(name, [...(handlers.get(name) ?? []), handler]),
    ...{ connect: nothing, subscribe: nothing, run: nothing, disconnect: nothing, commitOffsets: nothing },
    ...{ pause: () => undefined, resume: () => undefined, seek: () => undefined },
  };
  const all = Array.from({ length: partitions }, (_, partition) => ({ partition, low: "0", high: "0" }));
  const admin = { fetchTopicOffsets: async () => all, fetchOffsets: async () => [] };
  const shares: Share[] = [];
  const membership = joinGroup({
    kafka: { consumer: () => consumer } as unknown as Kafka,
    settings: settingsOf({ brokers: ["127.0.0.1:1"], clientId: "test" }),
    questions: {
      ask: (_: string, question: (from: unknown) => unknown) => question(admin),
    } as unknown as Questions,
    ...{ topic: "readings", group: "g", count: 2, give: (share) => shares.push(share) },
  });
  return {
    membership,
    shares,
    has(own: readonly number[]): void {
      for (const handler of handlers.get("GROUP_JOIN") ?? [])
        handler({ payload: { memberAssignment: { readings: own } } });
    },
  };
}

test("a topic that grew stops a member that still counts the old partitions, though the new ones went to others", async () => {
  const { membership, shares, has } = openGroup(3);
  has([0, 1]);
  await expect(membership.over).rejects.toThrow(/more partitions than when this process started \(2\)/);
  await membership.leave("it failed");
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(shares).toEqual([]);
});

test("a member of a topic that is as it was gets its shares", async () => {
  const { membership, shares, has } = openGroup(2);
  has([1]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(shares.map(({ partition }) => partition)).toEqual([1]);
  await membership.leave("done");
});
