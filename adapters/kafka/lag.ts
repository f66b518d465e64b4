/** How far a group is behind the end of each partition. */
import { readOffsets } from "./offsets.ts";
import type { Questions } from "./questions.ts";

const KEEP_MS = 1_000;

export interface PartitionLag {
  readonly partition: number;
  /** Records that are not committed yet. */
  readonly records: number;
  /** Offset of the next record that will be appended. */
  readonly end: number;
}

/** @param isFresh the answer is to be of now, and not up to a second old */
export type Lag = (name: string, group: string, isFresh?: boolean) => Promise<PartitionLag[]>;

/** @returns a function that asks at most once a second for the same topic and group, unless told otherwise */
export function createLag(questions: Questions): Lag {
  const known = new Map<string, { at: number; answer: Promise<PartitionLag[]> }>();

  const ask = async (name: string, group: string): Promise<PartitionLag[]> =>
    (await readOffsets(questions, name, group)).map(({ partition, low, high, next }) => ({
      partition,
      records: Math.max(0, high - Math.max(next, low)),
      end: high,
    }));

  return (name, group, isFresh = false) => {
    const last = known.get(group);
    if (!isFresh && last && performance.now() < last.at + KEEP_MS) return last.answer;
    const answer = ask(name, group);
    answer.catch(() => known.delete(group));
    known.set(group, { at: performance.now(), answer });
    return answer;
  };
}
