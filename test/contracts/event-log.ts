/** What every EventLog must do, whatever it is built on. */
import { afterEach, describe, expect, test } from "vitest";
import type { EventLog, LogBatch } from "../../model/ports.ts";

export interface LogUnderTest {
  readonly log: EventLog;
  /** Opens the same log again, as after a crash: nothing is closed first. */
  reopen(): Promise<EventLog>;
  close(): Promise<void>;
}

const records = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    key: `site-${(from + i) % 3}`,
    value: JSON.stringify({ n: from + i }),
  }));
const numbers = (batch: LogBatch): number[] =>
  batch.records.map((record) => (JSON.parse(record.value) as { n: number }).n);

/** Reads until `count` records came, committing each batch unless told otherwise. */
async function take(log: EventLog, group: string, count: number, commit = true): Promise<number[]> {
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const batch of log.consume("readings", group, stop.signal)) {
    seen.push(...numbers(batch));
    if (commit) await batch.commit();
    if (seen.length >= count) break;
  }
  stop.abort();
  return seen;
}

export function eventLogContract(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`${name} is an event log`, () => {
    const opened: LogUnderTest[] = [];
    const start = async (): Promise<LogUnderTest> => {
      const one = await open();
      opened.push(one);
      return one;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    test("gives back what was appended, in order", async () => {
      const { log } = await start();
      await Promise.all([log.append("readings", records(0, 5)), log.append("readings", records(5, 700))]);
      expect(await take(log, "g", 705)).toEqual(Array.from({ length: 705 }, (_, i) => i));
    });

    test("offsets rise, and values and keys come back as they were", async () => {
      const { log } = await start();
      const awkward = [{ key: "站点-1", value: '{"text":"\\u0000 \\n 岱山 \\ud83d\\ude00"}' }];
      await log.append("readings", [...records(0, 3), ...awkward]);
      const stop = new AbortController();
      for await (const batch of log.consume("readings", "g", stop.signal)) {
        const offsets = batch.records.map((record) => record.offset);
        expect([...offsets].sort((a, b) => a - b)).toEqual(offsets);
        expect(new Set(offsets).size).toBe(offsets.length);
        expect(batch.records.at(-1)).toMatchObject(awkward[0]!);
        break;
      }
      stop.abort();
    });

    test("goes on behind the last committed batch after a crash, and repeats what was not committed", async () => {
      const { log, reopen } = await start();
      await log.append("readings", records(0, 10));
      expect(await take(log, "g", 10)).toHaveLength(10);
      await log.append("readings", records(10, 10));
      expect(await take(log, "g", 10, false)).toEqual(Array.from({ length: 10 }, (_, i) => 10 + i));
      const again = await reopen();
      expect(await take(again, "g", 10)).toEqual(Array.from({ length: 10 }, (_, i) => 10 + i));
    });

    test("groups and topics do not see each other", async () => {
      const { log } = await start();
      await log.append("readings", records(0, 4));
      await log.append("rejects", records(100, 4));
      expect(await take(log, "one", 4)).toEqual([0, 1, 2, 3]);
      expect(await take(log, "two", 4)).toEqual([0, 1, 2, 3]);
    });

    test("an empty batch says that the end was reached, and a later append wakes the consumer", async () => {
      const { log } = await start();
      const stop = new AbortController();
      const seen: number[] = [];
      let ends = 0;
      const reading = (async () => {
        for await (const batch of log.consume("readings", "g", stop.signal)) {
          if (batch.records.length === 0) ends += 1;
          seen.push(...numbers(batch));
          await batch.commit();
          if (seen.length === 3) stop.abort();
        }
      })();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(ends).toBeGreaterThan(0);
      await log.append("readings", records(0, 3));
      await reading;
      expect(seen).toEqual([0, 1, 2]);
    });
  });
}
