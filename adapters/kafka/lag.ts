/** How far a group is behind the end of each partition. */
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";

const KEEP_MS = 1_000;
const ANSWER_MS = 5_000;

export interface PartitionLag {
  readonly partition: number;
  /** Records that are not committed yet. */
  readonly records: number;
}

/** @returns a function that asks at most once a second for the same topic and group */
export function createLag(
  settings: Settings,
  questions: Questions,
): (name: string, group: string) => Promise<PartitionLag[]> {
  const known = new Map<string, { at: number; answer: Promise<PartitionLag[]> }>();

  const ask = (name: string, group: string): Promise<PartitionLag[]> =>
    questions.ask(
      `reading the lag of ${group}`,
      async (admin) => {
        const [ends, done] = await Promise.all([
          admin.fetchTopicOffsets(name),
          admin.fetchOffsets({ groupId: group, topics: [name] }),
        ]);
        return ends.map(({ partition, low, high }) => {
          const offset = done[0]?.partitions.find((one) => one.partition === partition)?.offset ?? "-1";
          return { partition, records: Math.max(0, Number(high) - Math.max(Number(offset), Number(low))) };
        });
      },
      ANSWER_MS,
    );

  return (name, group) => {
    const key = `${name}\n${group}`;
    const last = known.get(key);
    if (last && performance.now() < last.at + KEEP_MS) return last.answer;
    const answer = ask(name, group);
    answer.catch((error: unknown) => settings.log("debug", String(error)));
    known.set(key, { at: performance.now(), answer });
    return answer;
  };
}
