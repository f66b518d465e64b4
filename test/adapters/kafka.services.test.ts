import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKafkaLog, type KafkaLog } from "../../adapters/kafka/log.ts";
import { partitionOf } from "../../adapters/kafka/murmur2.ts";
import type { KafkaLogOptions } from "../../adapters/kafka/options.ts";
import type { LoggedRecord, LogShare } from "../../model/ports.ts";
import { eventLogContract } from "../contracts/event-log.ts";
import { haveServices } from "../services/available.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { createTopic } from "../services/topics.ts";

describe.skipIf(!(await haveServices(["kafka"])))("Kafka", () => {
  let kafka: KafkaService;
  beforeAll(async () => {
    kafka = await startKafka({});
  });
  afterAll(async () => {
    await kafka?.stop();
  });

  const open = (topicPrefix: string, more: Partial<KafkaLogOptions> = {}): Promise<KafkaLog> =>
    createKafkaLog({
      brokers: kafka.brokers,
      clientId: "test",
      topicPrefix,
      partitions: 3,
      sessionTimeoutMs: 6_000,
      log: (level, message) => {
        if (process.env.KAFKA_DEBUG) console.log(level, message);
      },
      ...more,
    });

  const client = () => new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING });
  const withAdmin = async (work: (admin: Admin) => Promise<unknown>): Promise<void> => {
    const admin = client().admin();
    await admin.connect();
    await work(admin);
    await admin.disconnect();
  };
  const makeTopic = (
    topic: string,
    numPartitions: number,
    settings: Record<string, string>,
  ): Promise<void> => {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    return createTopic(client(), { topic, numPartitions, configEntries });
  };

  eventLogContract("Kafka", async () => {
    const prefix = `${randomUUID()}.`;
    const logs = [await open(prefix)];
    return {
      log: logs[0]!,
      reopen: async () => {
        const log = await open(prefix);
        logs.push(log);
        return log;
      },
      close: async () => {
        for (const log of logs) await log.close();
      },
    };
  });

  describe("beyond the contract", () => {
    const opened: KafkaLog[] = [];
    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close();
    });
    const openOwn = async (prefix: string, more: Partial<KafkaLogOptions> = {}): Promise<KafkaLog> => {
      const log = await open(prefix, more);
      opened.push(log);
      return log;
    };
    const inOrder = (log: KafkaLog, group: string, count: number) =>
      new Promise<Map<number, LoggedRecord[]>>((resolve, reject) => {
        const stop = new AbortController();
        const seen = new Map<number, LoggedRecord[]>();
        let left = count;
        const work = async (share: LogShare): Promise<void> => {
          for await (const batch of share.batches()) {
            seen.set(share.partition, [...(seen.get(share.partition) ?? []), ...batch.records]);
            left -= batch.records.length;
            await batch.commit();
            if (left <= 0) stop.abort();
          }
        };
        const all = async (): Promise<void> => {
          const working: Promise<void>[] = [];
          for await (const share of log.consume("readings", group, stop.signal)) working.push(work(share));
          await Promise.all(working);
          resolve(seen);
        };
        all().catch(reject);
      });

    test("many appends under way at once keep the order of each key", async () => {
      const log = await openOwn(`${randomUUID()}.`);
      const appends = Array.from({ length: 3_000 }, (_, n) =>
        log.append("readings", [{ key: `site-${n % 7}`, value: String(n) }]),
      );
      await Promise.all(appends);
      const seen = [...(await inOrder(log, "g", 3_000)).values()].flat();
      for (let site = 0; site < 7; site += 1) {
        const own = seen.filter(({ key }) => key === `site-${site}`).map(({ value }) => Number(value));
        expect(own).toEqual([...own].sort((a, b) => a - b));
      }
      expect(new Set(seen.map(({ value }) => value)).size).toBe(3_000);
    });

    test("sites of one route share a partition, whose owner says that they are its own", async () => {
      const prefix = `${randomUUID()}.`;
      const log = await openOwn(prefix, { routeOf: (site) => site.split("/")[0]! });
      const sites = ["port/a", "port/b", "port/c", "works/a", "works/b", "grid/a", "grid/b"];
      await log.append(
        "readings",
        sites.map((key) => ({ key, value: "{}" })),
      );
      const seen = await inOrder(log, "g", sites.length);
      for (const route of ["port", "works", "grid"]) {
        const partition = partitionOf(route, 3);
        const own = seen.get(partition)!.map(({ key }) => key);
        for (const site of sites.filter((one) => one.startsWith(route))) expect(own).toContain(site);
      }
      expect([...seen.values()].flat()).toHaveLength(sites.length);
    });

    test("a reject with a payload of 256 KiB fits, and what cannot fit is refused at once", async () => {
      const log = await openOwn(`${randomUUID()}.`);
      const value = JSON.stringify({ payload: Buffer.alloc(256 * 1024, 7).toString("base64") });
      await log.append(
        "rejects",
        Array.from({ length: 12 }, () => ({ key: "works-1", value })),
      );
      const [partition] = [partitionOf("works-1", 3)];
      expect((await log.recordAt("rejects", partition, 11))?.value).toBe(value);
      const tooLarge = log.append("rejects", [{ key: "works-1", value: "x".repeat(5 * 2 ** 20) }]);
      await expect(tooLarge).rejects.toThrow(/a record of works-1 for rejects has 5\d+ bytes/);
    });

    test("an append that a topic takes only apart is stored, and one it never takes fails by name", async () => {
      const prefix = `${randomUUID()}.`;
      await makeTopic(`${prefix}readings`, 3, { "max.message.bytes": "50000" });
      const log = await openOwn(prefix);
      const fits = Array.from({ length: 30 }, (_, n) => ({ key: "a", value: `${n} ${"x".repeat(10_000)}` }));
      const huge = log.append("readings", [{ key: "a", value: "y".repeat(60_000) }]);
      const refused = expect(huge).rejects.toThrow(
        new RegExp(
          `a record of 60\\d+ bytes is more than ${prefix}readings takes; set its max.message.bytes`,
        ),
      );
      await log.append("readings", fits);
      await refused;
      const seen = [...(await inOrder(log, "g", 30)).values()].flat();
      expect(seen.map(({ value }) => value)).toEqual(fits.map(({ value }) => value));
    });

    test("tells how far a group is behind, and gives single records back", async () => {
      const log = await openOwn(`${randomUUID()}.`);
      const values = Array.from({ length: 40 }, (_, n) => ({ key: "site-1", value: String(n) }));
      await log.append("readings", values);
      const partition = partitionOf("site-1", 3);
      const behind = async (): Promise<readonly number[]> =>
        (await log.behind("readings", "g"))
          .toSorted((a, b) => a.partition - b.partition)
          .map((one) => one.records);
      expect(await behind()).toEqual([0, 1, 2].map((one) => (one === partition ? 40 : 0)));
      await inOrder(log, "g", 40);
      await sleep(1_100);
      expect(await behind()).toEqual([0, 0, 0]);
      expect(await log.recordAt("readings", partition, 17)).toEqual({
        key: "site-1",
        value: "17",
        offset: 17,
      });
      expect(await log.recordAt("readings", partition, 39)).toMatchObject({ value: "39" });
      expect(await log.recordAt("readings", partition, 40)).toBeUndefined();
      expect(await log.recordAt("readings", 99, 0)).toBeUndefined();
    });

    test("whoever reads a share anew gets what was not committed once more", async () => {
      const log = await openOwn(`${randomUUID()}.`, { partitions: 1 });
      await log.append(
        "readings",
        [0, 1, 2].map((n) => ({ key: "a", value: String(n) })),
      );
      const stop = new AbortController();
      const seen: string[][] = [];
      for await (const share of log.consume("readings", "g", stop.signal)) {
        for (let turn = 0; turn < 3; turn += 1)
          for await (const batch of share.batches()) {
            if (batch.records.length === 0) continue;
            seen.push(batch.records.map(({ value }) => value));
            if (turn === 1) {
              await batch.commit();
              await log.append("readings", [{ key: "a", value: "3" }]);
            }
            break;
          }
        stop.abort();
      }
      expect(seen).toEqual([["0", "1", "2"], ["0", "1", "2"], ["3"]]);
    });

    test("a commit after the lease is refused, and one before it counts", async () => {
      const log = await openOwn(`${randomUUID()}.`, { partitions: 1 });
      await log.append("readings", [{ key: "a", value: "0" }]);
      const stop = new AbortController();
      const outcomes: string[] = [];
      for await (const share of log.consume("readings", "g", stop.signal))
        for await (const batch of share.batches()) {
          if (batch.records.length === 0) continue;
          stop.abort();
          while (!share.lease.aborted) await sleep(1);
          outcomes.push(await batch.commit().then(() => "taken", String));
        }
      expect(outcomes).toEqual([expect.stringMatching(/^TransientError: partition 0 of .* was given up/)]);
      const [again] = [...(await inOrder(log, "g", 1)).values()].flat();
      expect(again?.value).toBe("0");
      expect(await log.behind("readings", "g")).toMatchObject([{ partition: 0, records: 0 }]);
    });

    test("says aloud what was deleted before it was read, and when the log was cut back", async () => {
      const prefix = `${randomUUID()}.`;
      const lines: string[] = [];
      const log = await openOwn(prefix, {
        partitions: 1,
        log: (level, message) => {
          if (level === "error") lines.push(message);
        },
      });
      await log.append(
        "readings",
        Array.from({ length: 10 }, (_, n) => ({ key: "a", value: String(n) })),
      );
      await withAdmin(async (admin) => {
        const offsets = (offset: string) => [{ partition: 0, offset }];
        await admin.setOffsets({
          groupId: `${prefix}late-readings`,
          topic: `${prefix}readings`,
          partitions: offsets("2"),
        });
        await admin.setOffsets({
          groupId: `${prefix}ahead-readings`,
          topic: `${prefix}readings`,
          partitions: offsets("500"),
        });
        await admin.deleteTopicRecords({ topic: `${prefix}readings`, partitions: offsets("6") });
      });
      for (const group of ["late", "ahead"]) {
        const seen = [...(await inOrder(log, group, 4)).values()].flat();
        expect(seen.map(({ value }) => value)).toEqual(["6", "7", "8", "9"]);
      }
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(/late-readings goes on at record 6 instead of 2: those between were deleted/);
      expect(lines[1]).toMatch(/ahead-readings goes on at record 6 instead of 500: the log lost records/);
    });

    test("warns of a topic that is not as it should be, by name, setting and value", async () => {
      const prefix = `${randomUUID()}.`;
      await makeTopic(`${prefix}rejects`, 2, { "retention.ms": "3600000", "cleanup.policy": "compact" });
      const lines: string[] = [];
      await openOwn(prefix, {
        log: (level, message) => {
          if (level === "warn") lines.push(message);
        },
      });
      expect(lines.join("\n")).toMatch(/rejects: it has 2 partitions, wanted 3/);
      expect(lines.join("\n")).toMatch(/rejects: retention\.ms is 3600000, wanted 1209600000; alter it/);
      expect(lines.join("\n")).toMatch(/rejects: cleanup\.policy is compact, wanted delete/);
      expect(lines.filter((line) => /changed|readings:/.test(line))).toEqual([]);
      await expect(openOwn(prefix, { retentionMs: 1_000 })).rejects.toThrow(/at least 14 days/);
    });
  });
});
