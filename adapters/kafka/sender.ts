/** The connection that appends go through: idempotent, one request at a time. */
import type { Kafka, Producer, TopicMessages } from "kafkajs";
import { within } from "./client.ts";

/** A request that hangs is given up, with its connection. */
const REQUEST_MS = 45_000;
const ACKNOWLEDGE_MS = 8_000;

export interface Sender {
  /** Resolves with what was not acknowledged and is to be sent again. */
  send(topicMessages: TopicMessages[]): Promise<TopicMessages[]>;
  /** The next request goes through a new connection, with a new identity and new sequence numbers. */
  renew(): void;
  close(ms: number): Promise<void>;
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 2 },
  });
  try {
    await within(REQUEST_MS, "connecting the producer", producer.connect());
    return producer;
  } catch (error) {
    producer.disconnect().catch(() => undefined);
    throw error;
  }
}

/** Connects with the first request. */
export function createSender(kafka: Kafka): Sender {
  let producer: Producer | undefined;
  return {
    async send(topicMessages) {
      producer ??= await connect(kafka);
      const sending = producer.sendBatch({ acks: -1, timeout: ACKNOWLEDGE_MS, topicMessages });
      const answers = await within(REQUEST_MS, "appending", sending);
      // When a partition's leader moves in the middle, kafkajs resolves without having sent it to the new one.
      const acknowledged = new Set(answers.map((one) => `${one.topicName} ${one.partition}`));
      return topicMessages
        .map(({ topic, messages }) => ({
          topic,
          messages: messages.filter(({ partition }) => !acknowledged.has(`${topic} ${partition}`)),
        }))
        .filter(({ messages }) => messages.length > 0);
    },
    renew() {
      producer?.disconnect().catch(() => undefined);
      producer = undefined;
    },
    async close(ms) {
      if (producer) await within(ms, "closing", producer.disconnect()).catch(() => undefined);
      producer = undefined;
    },
  };
}
