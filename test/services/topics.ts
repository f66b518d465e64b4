/** Topics made for a test. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ITopicConfig, Kafka } from "kafkajs";

const PATIENCE_MS = 60_000;

/**
 * Makes a topic and waits until each partition has a leader. kafkajs' own waiting gives up for good when a broker has
 * not heard of the topic yet, or when not enough brokers are there yet for its copies.
 */
export async function createTopic(kafka: Kafka, config: ITopicConfig): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const deadline = performance.now() + PATIENCE_MS;
  const isLed = async (): Promise<boolean> => {
    await admin.createTopics({ topics: [config], waitForLeaders: false });
    const { topics } = await admin.fetchTopicMetadata({ topics: [config.topic] });
    const partitions = topics.find(({ name }) => name === config.topic)?.partitions ?? [];
    return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
  };
  try {
    for (;;) {
      const answer = await isLed().catch((error: Error) => error);
      if (answer === true) return;
      if (performance.now() > deadline)
        throw new Error(`topic ${config.topic} has no leaders after ${PATIENCE_MS} ms`, { cause: answer });
      await sleep(200);
    }
  } finally {
    await admin.disconnect();
  }
}
