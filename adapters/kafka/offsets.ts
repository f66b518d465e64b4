/** Where the partitions of a topic begin and end, and how far a group is. */
import type { Questions } from "./questions.ts";

export interface PartitionOffsets {
  readonly partition: number;
  /** Offset of the oldest record that is kept, and the one the next record will get. */
  readonly low: number;
  readonly high: number;
  /** The first record the group has not committed; the oldest one while it never committed. */
  readonly next: number;
}

/** Rejects within 5 s. */
export async function readOffsets(
  questions: Questions,
  name: string,
  group: string,
): Promise<PartitionOffsets[]> {
  return await questions.ask(
    `reading the offsets of ${group}`,
    async (admin) => {
      const [ends, committed] = await Promise.all([
        admin.fetchTopicOffsets(name),
        admin.fetchOffsets({ groupId: group, topics: [name] }),
      ]);
      const done = new Map(committed[0]?.partitions.map((one) => [one.partition, Number(one.offset)]));
      return ends.map(({ partition, low, high }) => {
        const offset = done.get(partition) ?? -1;
        return { partition, low: Number(low), high: Number(high), next: offset < 0 ? Number(low) : offset };
      });
    },
    5_000,
  );
}
