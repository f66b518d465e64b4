import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { createKafkaLog, type KafkaLog } from "../../adapters/kafka/log.ts";
import { eventLogContract } from "../contracts/event-log.ts";
import { haveServices } from "../services/available.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";

describe.skipIf(!(await haveServices(["kafka"])))("Kafka", () => {
  let kafka: KafkaService;
  beforeAll(async () => {
    kafka = await startKafka({});
  });
  afterAll(async () => {
    await kafka?.stop();
  });

  const open = (topicPrefix: string): Promise<KafkaLog> =>
    createKafkaLog({
      brokers: kafka.brokers,
      clientId: "test",
      topicPrefix,
      partitions: 3,
      sessionTimeoutMs: 6_000,
      log: (level, message) => {
        if (process.env.KAFKA_DEBUG) console.log(level, message);
      },
    });

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
});
