/** The log's topics: made with their settings when missing, compared with them when not. */
import kafkajs from "kafkajs";
import { type Topic, topics } from "../../model/records.ts";
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";

/**
 * A reject may hold a payload of 256 KiB as base64, and a message of 256 KiB unfolds to a longer record. Kafka's
 * own limit of 1 MiB would be close.
 */
export const MAX_MESSAGE_BYTES = 4 * 2 ** 20;

/** `changed` has one owner by design. */
const SINGLE: readonly Topic[] = ["changed"];

type Wish = Readonly<Record<string, string>>;

function wishOf(settings: Settings): Wish {
  return {
    "cleanup.policy": "delete",
    "retention.ms": String(settings.retentionMs),
    "retention.bytes": "-1",
    "min.insync.replicas": String(settings.minInsyncReplicas),
    "max.message.bytes": String(MAX_MESSAGE_BYTES),
    // Retention by the brokers' clock: a collector with a wrong clock could make its records vanish at once.
    "message.timestamp.type": "LogAppendTime",
  };
}

/** Whether a topic's value does what is wanted, or more. */
function suffices(name: string, found: string, wanted: string): boolean {
  const [has, wants] = [Number(found), Number(wanted)];
  if (name === "retention.ms" || name === "retention.bytes") return has < 0 || (wants >= 0 && has >= wants);
  if (name === "min.insync.replicas" || name === "max.message.bytes") return has >= wants;
  return found === wanted;
}

async function warnOfSettings(settings: Settings, questions: Questions): Promise<void> {
  const { resources } = await questions.ask("reading the topics' settings", (admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((topic) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: settings.nameOf(topic),
      })),
    }),
  );
  for (const topic of topics) {
    const name = settings.nameOf(topic);
    const entries = resources.find((one) => one.resourceName === name)?.configEntries ?? [];
    for (const [setting, wanted] of Object.entries(wishOf(settings))) {
      const found = entries.find((entry) => entry.configName === setting)?.configValue;
      if (found !== undefined && !suffices(setting, found, wanted))
        settings.log(
          "warn",
          `Kafka topic ${name}: ${setting} is ${found}, wanted ${wanted}; alter it with kafka-configs --alter, or change the configuration`,
        );
    }
  }
}

function warnOfPartitions(settings: Settings, topic: Topic, found: number, replicas: number): void {
  const name = settings.nameOf(topic);
  const wanted = SINGLE.includes(topic) ? 1 : settings.partitions;
  if (SINGLE.includes(topic) && found !== 1)
    throw new Error(`Kafka topic ${name} has ${found} partitions, it must have 1; delete it and start again`);
  if (found !== wanted)
    settings.log(
      "warn",
      `Kafka topic ${name}: it has ${found} partitions, wanted ${wanted}; it is used as it is`,
    );
  if (replicas < settings.replicationFactor)
    settings.log(
      "warn",
      `Kafka topic ${name}: its replication factor is ${replicas}, wanted ${settings.replicationFactor}; reassign its partitions`,
    );
}

/** Number of partitions of every topic. Topics that are missing are created; an existing one is never altered. */
export async function ensureTopics(
  settings: Settings,
  questions: Questions,
): Promise<ReadonlyMap<Topic, number>> {
  const existing = new Set(await questions.ask("listing topics", (admin) => admin.listTopics()));
  const missing = topics.filter((topic) => !existing.has(settings.nameOf(topic)));
  if (missing.length > 0)
    await questions.ask(
      `creating the topics ${missing.map(settings.nameOf).join(", ")}`,
      (admin) =>
        admin.createTopics({
          waitForLeaders: true,
          topics: missing.map((topic) => ({
            topic: settings.nameOf(topic),
            numPartitions: SINGLE.includes(topic) ? 1 : settings.partitions,
            replicationFactor: settings.replicationFactor,
            configEntries: Object.entries(wishOf(settings)).map(([name, value]) => ({ name, value })),
          })),
        }),
      30_000,
    );
  const metadata = await questions.ask("reading the topics' partitions", (admin) =>
    admin.fetchTopicMetadata({ topics: topics.map(settings.nameOf) }),
  );
  const counts = new Map<Topic, number>();
  for (const topic of topics) {
    const partitions = metadata.topics.find((one) => one.name === settings.nameOf(topic))?.partitions ?? [];
    counts.set(topic, partitions.length);
    const replicas = Math.min(...partitions.map((one) => one.replicas.length));
    if (!missing.includes(topic)) warnOfPartitions(settings, topic, partitions.length, replicas);
  }
  await warnOfSettings(settings, questions);
  return counts;
}
