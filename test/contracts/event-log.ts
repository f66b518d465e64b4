/** What every EventLog must do, whatever it is built on. */
import { afterEach, describe, expect, test } from "vitest";
import type { EventLog, LogBatch, LogShare } from "../../model/ports.ts";

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

/** Batches of every share, as they come, until told to stop. */
async function follow(
  log: EventLog,
  group: string,
  each: (batch: LogBatch, share: LogShare) => Promise<boolean>,
): Promise<void> {
  const stop = new AbortController();
  const one = async (share: LogShare): Promise<void> => {
    for await (const batch of share.batches()) {
      if (stop.signal.aborted || (await each(batch, share))) break;
    }
    stop.abort();
  };
  const running: Promise<void>[] = [];
  for await (const share of log.consume("readings", group, stop.signal)) running.push(one(share));
  await Promise.all(running);
}

/** Reads until `count` records came, committing each batch unless told otherwise. */
async function take(log: EventLog, group: string, count: number, commit = true): Promise<number[]> {
  const seen: number[] = [];
  await follow(log, group, async (batch) => {
    seen.push(...numbers(batch));
    if (commit) await batch.commit();
    return seen.length >= count;
  });
  return seen;
}

/** Of records that share a key the order is kept; `records` has three keys. */
function expectInOrder(seen: readonly number[], from: number, count: number): void {
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => from + i));
  for (const rest of [0, 1, 2]) {
    const own = seen.filter((n) => n % 3 === rest);
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
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
      expectInOrder(await take(log, "g", 705), 0, 705);
    });

    test("offsets rise, and values and keys come back as they were", async () => {
      const { log } = await start();
      const awkward = [{ key: "站点-1", value: '{"text":"\\u0000 \\n 岱山 \\ud83d\\ude00"}' }];
      await log.append("readings", [...records(0, 3), ...awkward]);
      const back: { key: string; value: string }[] = [];
      await follow(log, "g", async (batch, share) => {
        const offsets = batch.records.map((record) => record.offset);
        expect([...offsets].sort((a, b) => a - b)).toEqual(offsets);
        expect(new Set(offsets).size).toBe(offsets.length);
        for (const { key, value } of batch.records) {
          expect(share.owns(key)).toBe(true);
          back.push({ key, value });
        }
        return back.length >= 4;
      });
      expect(back).toContainEqual(awkward[0]!);
    });

    test("goes on behind the last committed batch after a crash, and repeats what was not committed", async () => {
      const { log, reopen } = await start();
      await log.append("readings", records(0, 10));
      expect(await take(log, "g", 10)).toHaveLength(10);
      await log.append("readings", records(10, 10));
      expectInOrder(await take(log, "g", 10, false), 10, 10);
      const again = await reopen();
      expectInOrder(await take(again, "g", 10), 10, 10);
    });

    test("groups and topics do not see each other", async () => {
      const { log } = await start();
      await log.append("readings", records(0, 4));
      await log.append("rejects", records(100, 4));
      expectInOrder(await take(log, "one", 4), 0, 4);
      expectInOrder(await take(log, "two", 4), 0, 4);
    });

    test("an empty batch says that the end was reached, and a later append wakes the consumer", async () => {
      const { log } = await start();
      const seen: number[] = [];
      let ends = 0;
      const reading = follow(log, "g", async (batch) => {
        if (batch.records.length === 0) ends += 1;
        seen.push(...numbers(batch));
        await batch.commit();
        return seen.length === 3;
      });
      while (ends === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await log.append("readings", records(0, 3));
      await reading;
      expectInOrder(seen, 0, 3);
    });
  });
}
