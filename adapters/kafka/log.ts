/** The log on Apache Kafka: records of a site in one partition, partitions shared among processes by group. */
import type { EventLog, LoggedRecord } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";
import { type AppendHealth, createAppender } from "./appender.ts";
import { createClient, remedyOf, rootOf, sleep, textOf } from "./client.ts";
import { consumeShares } from "./consume.ts";
import { createLag, type PartitionLag } from "./lag.ts";
import { createLookup } from "./lookup.ts";
import { type KafkaLogOptions, type Settings, settingsOf } from "./options.ts";
import { createQuestions, type Questions } from "./questions.ts";
import { ensureTopics } from "./topics.ts";

const FLUSH_MS = 2_500;
const TRY_EVERY_MS = 1_000;

export interface KafkaLog extends EventLog {
  /** What waits to be acknowledged, and when Kafka last acknowledged something. */
  health(): AppendHealth;
  /**
   * Records that `group` has yet to commit, by partition; asked at most once a second, unless the answer is to be
   * fresh. Rejects within 5 s.
   */
  behind(topic: Topic, group: string, isFresh?: boolean): Promise<readonly PartitionLag[]>;
  /** The record at an offset, or undefined when it is not there or no more. Rejects within 30 s. */
  recordAt(topic: Topic, partition: number, offset: number): Promise<LoggedRecord | undefined>;
}

/** Waits for the brokers; a wrong password or certificate is told at once. */
async function topicsOnceReached(
  settings: Settings,
  questions: Questions,
): Promise<ReadonlyMap<Topic, number>> {
  const until = performance.now() + settings.startTimeoutMs;
  for (;;) {
    try {
      return await ensureTopics(settings, questions);
    } catch (error) {
      if (remedyOf(error, settings) !== undefined || performance.now() > until) throw error;
      // Topics that were made a moment ago are not known to every broker at once.
      const isFresh = rootOf(error).type === "UNKNOWN_TOPIC_OR_PARTITION";
      settings.log(isFresh ? "info" : "warn", `${textOf(error)}; tried again`);
      await sleep(TRY_EVERY_MS);
    }
  }
}

/**
 * Connects, and makes the topics that are missing. Rejects with UsageError when somebody must mend a setting,
 * and with TransientError when no broker could be reached in time.
 */
export async function createKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const settings = settingsOf(options);
  const kafka = createClient(settings);
  const questions = createQuestions(kafka, settings);
  let counts: ReadonlyMap<Topic, number>;
  try {
    counts = await topicsOnceReached(settings, questions);
  } catch (error) {
    await questions.close();
    throw error;
  }
  const appender = createAppender(kafka, settings, counts);
  const lag = createLag(questions);
  const lookup = createLookup(kafka, settings, questions);
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  /** A group is for one topic: kafkajs divides only topics that all members read. */
  const groupOf = (topic: Topic, group: string): string => `${settings.prefix}${group}-${topic}`;

  return {
    append: appender.append,
    consume: (topic, group, signal) =>
      consumeShares(
        { kafka, settings, questions, topic, group: groupOf(topic, group), count: counts.get(topic)! },
        AbortSignal.any([signal, closing.signal]),
        running,
      ),
    health: appender.health,
    behind: (topic, group, isFresh) => lag(settings.nameOf(topic), groupOf(topic, group), isFresh),
    recordAt: (topic, partition, offset) => lookup.recordAt(settings.nameOf(topic), partition, offset),
    async close() {
      closing.abort();
      await Promise.all([appender.close(FLUSH_MS), lookup.close(), ...running]);
      await questions.close();
    },
  };
}
