/** Single records by their offsets, for what is looked at again. */
import { randomUUID } from "node:crypto";
import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import { TransientError } from "../../model/errors.ts";
import type { LoggedRecord } from "../../model/ports.ts";
import { within } from "./client.ts";
import type { Settings } from "./options.ts";
import type { Questions } from "./questions.ts";

/** Brokers let a new group wait for more members for some seconds. */
const OPEN_MS = 20_000;
const FETCH_MS = 10_000;
/** Who looks up one record often looks up its neighbours; then the connection is closed. */
const IDLE_MS = 60_000;

interface Page {
  readonly partition: number;
  readonly records: readonly LoggedRecord[];
}

interface Reader {
  /** Records from `offset` on. */
  read(partition: number, offset: number): Promise<Page>;
  close(): Promise<void>;
}

export interface Lookup {
  /** The record, or undefined when it is not there or no more. Rejects with TransientError within 30 s. */
  recordAt(name: string, partition: number, offset: number): Promise<LoggedRecord | undefined>;
  close(): Promise<void>;
}

/** Kafka has no other way to read one record: a group of one member that seeks, and commits nothing. */
async function openReader(kafka: Kafka, settings: Settings, name: string): Promise<Reader> {
  const consumer: Consumer = kafka.consumer({
    groupId: `${settings.prefix}lookup-${randomUUID()}`,
    sessionTimeout: 30_000,
    maxWaitTimeInMs: 50,
    allowAutoTopicCreation: false,
    retry: { retries: 3, restartOnFailure: async () => false },
  });
  let wanted: { readonly partition: number; readonly done: (page: Page) => void } | undefined;

  const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
    if (wanted?.partition !== batch.partition) return;
    const records = batch.messages.map(({ key, value, offset }) => ({
      key: key?.toString() ?? "",
      value: value?.toString() ?? "",
      offset: Number(offset),
    }));
    consumer.pause([{ topic: name }]);
    wanted.done({ partition: batch.partition, records });
    wanted = undefined;
  };

  await consumer.connect();
  await consumer.subscribe({ topics: [name], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  consumer.pause([{ topic: name }]);
  return {
    read: (partition, offset) =>
      new Promise((done) => {
        wanted = { partition, done };
        consumer.seek({ topic: name, partition, offset: String(offset) });
        consumer.resume([{ topic: name, partitions: [partition] }]);
      }),
    close: () => consumer.disconnect(),
  };
}

export function createLookup(kafka: Kafka, settings: Settings, questions: Questions): Lookup {
  const readers = new Map<string, { reader: Promise<Reader>; idle: NodeJS.Timeout }>();
  const pages = new Map<string, Page>();
  let chain: Promise<unknown> = Promise.resolve();

  const close = async (name: string): Promise<void> => {
    const open = readers.get(name);
    readers.delete(name);
    pages.delete(name);
    if (!open) return;
    clearTimeout(open.idle);
    await within(
      5_000,
      "closing",
      open.reader.then((reader) => reader.close()),
    ).catch(() => undefined);
  };

  const readerOf = (name: string): Promise<Reader> => {
    const open = readers.get(name);
    if (open) clearTimeout(open.idle);
    const idle = setTimeout(() => void close(name), IDLE_MS);
    idle.unref();
    const reader = open?.reader ?? openReader(kafka, settings, name);
    readers.set(name, { reader, idle });
    return reader;
  };

  const onPage = (name: string, partition: number, offset: number): LoggedRecord | undefined => {
    const page = pages.get(name);
    return page?.partition === partition ? page.records.find((one) => one.offset === offset) : undefined;
  };

  const find = async (name: string, partition: number, offset: number): Promise<LoggedRecord | undefined> => {
    const known = onPage(name, partition, offset);
    if (known) return known;
    const ends = await questions.ask(`reading the ends of ${name}`, (admin) => admin.fetchTopicOffsets(name));
    const end = ends.find((one) => one.partition === partition);
    if (!end || offset < Number(end.low) || offset >= Number(end.high)) return undefined;
    try {
      const reader = await within(OPEN_MS, `opening ${name}`, readerOf(name));
      pages.set(name, await within(FETCH_MS, `reading ${name}`, reader.read(partition, offset)));
    } catch (error) {
      await close(name);
      throw new TransientError("kafka", `Kafka: record ${offset} of ${name} ${partition}: ${error}`, {
        cause: error,
      });
    }
    return onPage(name, partition, offset);
  };

  return {
    recordAt(name, partition, offset) {
      const result = chain.then(() => find(name, partition, offset));
      chain = result.catch(() => undefined);
      return result;
    },
    async close() {
      await Promise.all([...readers.keys()].map(close));
    },
  };
}
