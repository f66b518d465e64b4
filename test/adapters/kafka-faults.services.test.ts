import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKafkaLog, type KafkaLog } from "../../adapters/kafka/log.ts";
import type { KafkaLogOptions } from "../../adapters/kafka/options.ts";
import { TransientError } from "../../model/errors.ts";
import type { LogRecord } from "../../model/ports.ts";
import { haveServices } from "../services/available.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { buildMember, type Member, startMember } from "./kafka-members.ts";

const SESSION_MS = 6_000;

const recordOf = (n: number, keys = 20): LogRecord => ({
  key: `site-${n % keys}`,
  value: JSON.stringify({ n }),
});
const numberOf = ({ value }: { value: string }): number => (JSON.parse(value) as { n: number }).n;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe.skipIf(!(await haveServices(["kafka"], { own: true })))("when something dies, Kafka", () => {
  let kafka: KafkaService;
  let folder: string;
  let program: string;
  const logs: KafkaLog[] = [];
  const members: Member[] = [];

  beforeAll(async () => {
    kafka = await startKafka({ heapMb: 512 });
    folder = await mkdtemp(join(tmpdir(), "energy-kafka-member-"));
    program = await buildMember(folder);
  });
  afterEach(async () => {
    for (const member of members.splice(0)) await member.end("SIGKILL");
    for (const log of logs.splice(0)) await log.close();
  });
  afterAll(async () => {
    await kafka?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const open = async (more: Partial<KafkaLogOptions> & { topicPrefix: string }): Promise<KafkaLog> => {
    const log = await createKafkaLog({
      brokers: kafka.brokers,
      clientId: "test",
      partitions: 6,
      sessionTimeoutMs: SESSION_MS,
      log: (level, message) => {
        if (process.env.KAFKA_DEBUG) console.log(new Date().toISOString(), level, message);
      },
      ...more,
    });
    logs.push(log);
    return log;
  };
  const start = (topicPrefix: string, sessionTimeoutMs = SESSION_MS): Member => {
    const member = startMember(program, { brokers: kafka.brokers, topicPrefix, sessionTimeoutMs });
    members.push(member);
    return member;
  };

  /** Every record of every share, committed, until `isEnough`. */
  const readAll = async (
    log: KafkaLog,
    group: string,
    isEnough: (seen: readonly LogRecord[]) => boolean,
  ): Promise<LogRecord[]> => {
    const stop = new AbortController();
    const seen: LogRecord[] = [];
    const working: Promise<void>[] = [];
    for await (const share of log.consume("readings", group, stop.signal))
      working.push(
        (async () => {
          for await (const batch of share.batches()) {
            seen.push(...batch.records);
            await batch.commit().catch(() => undefined);
            if (isEnough(seen)) stop.abort();
          }
        })(),
      );
    await Promise.all(working);
    return seen;
  };

  const expectOrderPerKey = (records: readonly LogRecord[]): void => {
    const newest = new Map<string, number>();
    for (const record of records) {
      expect(numberOf(record)).toBeGreaterThan(newest.get(record.key) ?? -1);
      newest.set(record.key, numberOf(record));
    }
  };

  test("loses nothing it acknowledged, repeats nothing, and keeps the order of a key over two kills", async () => {
    const log = await open({ topicPrefix: `${randomUUID()}.` });
    const acknowledged: number[] = [];
    let n = 0;
    let isOver = false;
    const worker = async (): Promise<void> => {
      while (!isOver) {
        const numbers = Array.from({ length: 20 }, () => n++);
        await log.append(
          "readings",
          numbers.map((one) => recordOf(one)),
        );
        acknowledged.push(...numbers);
      }
    };
    const workers = Promise.all(Array.from({ length: 8 }, worker));
    for (const _ of [1, 2]) {
      await sleep(1_500);
      await kafka.kill9();
      await sleep(1_000);
      expect(log.health().oldestWaitingMs).toBeGreaterThan(500);
      const before = acknowledged.length;
      await kafka.restart();
      while (acknowledged.length === before) await sleep(20);
    }
    isOver = true;
    await workers;
    expect(log.health()).toMatchObject({ oldestWaitingMs: 0, waitingRecords: 0, waitingBytes: 0 });
    const back = await readAll(log, "g", (seen) => seen.length >= n);
    expect(back.map(numberOf).sort((a, b) => a - b)).toEqual(upTo(n));
    expectOrderPerKey(back);
    expect(acknowledged).toHaveLength(n);
  });

  test("goes on reading by itself after it was killed, and after it hung", async () => {
    const log = await open({ topicPrefix: `${randomUUID()}.` });
    let n = 0;
    let isOver = false;
    const appending = (async () => {
      while (!isOver) {
        await log.append("readings", [recordOf(n)]);
        n += 1;
        await sleep(5);
      }
    })();
    const seen: LogRecord[] = [];
    let last: number | undefined;
    const reading = readAll(log, "g", (now) => {
      seen.push(...now.slice(seen.length));
      return last !== undefined && new Set(now.map(numberOf)).size > last;
    });
    const readAgain = async (what: string): Promise<void> => {
      const from = n;
      const since = Date.now();
      while (!seen.some((record) => numberOf(record) > from + 50)) await sleep(50);
      if (process.env.KAFKA_DEBUG) console.log(`read again ${Date.now() - since} ms after it was ${what}`);
      expect(Date.now() - since).toBeLessThan(90_000);
    };
    await readAgain("started");
    await kafka.kill9();
    await kafka.restart();
    await readAgain("restarted");
    await kafka.pause();
    await sleep(SESSION_MS + 6_000);
    await kafka.resume();
    await readAgain("resumed");
    isOver = true;
    await appending;
    last = n;
    await log.append("readings", [recordOf(n)]);
    const numbers = new Set((await reading).map(numberOf));
    expect([...numbers].sort((a, b) => a - b)).toEqual(upTo(n + 1));
  });

  test("lets no more than the bound wait while it is down, and takes appends again when it is back", async () => {
    const log = await open({ topicPrefix: `${randomUUID()}.`, maxWaiting: { records: 100, bytes: 1e6 } });
    await log.append("readings", [recordOf(0)]);
    await kafka.pause();
    const waiting = [1, 2, 3, 4, 5].map((i) =>
      log.append(
        "readings",
        upTo(20).map((j) => recordOf(i * 100 + j)),
      ),
    );
    const refused = log.append("readings", [recordOf(1_000)]);
    await expect(refused).rejects.toThrow(TransientError);
    await expect(refused).rejects.toThrow(/100 records of \d+ bytes wait/);
    await sleep(300);
    expect(log.health().oldestWaitingMs).toBeGreaterThan(250);
    await kafka.resume();
    await Promise.all(waiting);
    await log.append("readings", [recordOf(2_000)]);
    expect(log.health().lastSuccessAt).toBeGreaterThan(Date.now() - 5_000);
  });

  test("closes in time while it is down, and tells who waits that nothing was stored", async () => {
    const log = await open({ topicPrefix: `${randomUUID()}.` });
    await kafka.pause();
    const waiting = log.append("readings", [recordOf(0)]);
    const outcome = expect(waiting).rejects.toThrow(/closed before Kafka acknowledged/);
    const before = performance.now();
    await log.close();
    expect(performance.now() - before).toBeLessThan(9_000);
    await outcome;
    await kafka.resume();
  });

  test("gives a killed process's partitions to another, which skips nothing", async () => {
    const topicPrefix = `${randomUUID()}.`;
    const log = await open({ topicPrefix });
    const killed = start(topicPrefix);
    const other = start(topicPrefix);
    const both = (deeds: Member["deeds"]): boolean =>
      new Set(deeds.filter((one) => one.does === "gained").map((one) => one.partition)).size >= 3;
    await Promise.all([killed.until(both), other.until(both)]);
    let n = 0;
    let isOver = false;
    const appending = (async () => {
      while (!isOver) {
        await log.append("readings", [recordOf(n)]);
        n += 1;
        await sleep(10);
      }
    })();
    await sleep(2_000);
    await killed.end("SIGKILL");
    const killedAt = Date.now();
    await other.until((deeds) => {
      const held = deeds.filter((one) => one.does === "gained" && one.at > killedAt);
      return new Set(held.map((one) => one.partition)).size === 6;
    });
    expect(Date.now() - killedAt).toBeLessThan(SESSION_MS + 10_000);
    await sleep(1_000);
    isOver = true;
    await appending;
    const taken = (): Set<number> =>
      new Set([...killed.deeds, ...other.deeds].flatMap((deed) => deed.numbers ?? []));
    await other.until(() => taken().size === n);
    expect([...taken()].sort((a, b) => a - b)).toEqual(upTo(n));
    expect(killed.deeds.some((deed) => deed.numbers?.length)).toBe(true);
  });

  test("ends every lease before a rebalance gives a partition to another", async () => {
    const topicPrefix = `${randomUUID()}.`;
    await open({ topicPrefix });
    // So long that nobody can have waited for it to time out.
    const sessionMs = 25_000;
    const first = start(topicPrefix, sessionMs);
    await first.until((deeds) => deeds.filter((one) => one.does === "gained").length === 6);
    const second = start(topicPrefix, sessionMs);
    await second.until((deeds) => deeds.filter((one) => one.does === "gained").length === 3);
    const gainedAt = second.deeds.find((one) => one.does === "gained")!.at;
    const own = new Set(second.deeds.filter((one) => one.does === "gained").map((one) => one.partition));
    expect(first.deeds.filter((one) => one.does === "lost" && one.at <= gainedAt)).toHaveLength(6);
    await sleep(500);
    const strayed = first.deeds.filter(
      (one) => one.does === "wrote" && own.has(one.partition) && one.at >= gainedAt,
    );
    expect(strayed).toEqual([]);
    // A process that stops leaves the group: nobody waits for its session to time out.
    const stoppedAt = Date.now();
    await second.end("SIGTERM");
    await first.until(
      (deeds) => deeds.filter((one) => one.does === "gained" && one.at > stoppedAt).length === 6,
    );
    expect(Date.now() - stoppedAt).toBeLessThan(20_000);
    expect(second.deeds.at(-1)?.does).toBe("stopped");
  });

  test("a process that was paused writes nothing more for what it had, and works again later", async () => {
    const topicPrefix = `${randomUUID()}.`;
    const log = await open({ topicPrefix });
    const paused = start(topicPrefix);
    await paused.until((deeds) => deeds.filter((one) => one.does === "gained").length === 6);
    const stop = new AbortController();
    const other: number[] = [];
    const working = (async () => {
      for await (const share of log.consume("readings", "g", stop.signal)) other.push(share.partition);
    })();
    await paused.until((deeds) => deeds.filter((one) => one.does === "gained").length === 9);
    const before = paused.deeds.length;
    const old = Math.max(...paused.deeds.map((deed) => deed.id ?? 0));
    paused.child.kill("SIGSTOP");
    await sleep(15_000);
    await expect.poll(() => new Set(other), { timeout: 60_000 }).toEqual(new Set(upTo(6)));
    const resumedAt = Date.now();
    paused.child.kill("SIGCONT");
    await paused.until((deeds) => deeds.some((one) => one.does === "gained" && one.at >= resumedAt));
    const after = paused.deeds.slice(before).filter((one) => one.at >= resumedAt);
    expect(after.filter((one) => one.does === "wrote" && one.id <= old)).toEqual([]);
    expect(after.filter((one) => one.does === "lost" && one.id <= old)).toHaveLength(3);
    stop.abort();
    await working;
  });
});
