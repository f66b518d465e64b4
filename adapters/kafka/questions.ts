/** Questions to the brokers: settings of topics, ends of partitions, what groups have done. */
import type { Admin, Kafka } from "kafkajs";
import { explained, within } from "./client.ts";
import type { Settings } from "./options.ts";

export interface Questions {
  /** Asks with a connection that is there, or a new one. Rejects within `ms`. */
  ask<T>(what: string, question: (admin: Admin) => Promise<T>, ms?: number): Promise<T>;
  close(): Promise<void>;
}

const ANSWER_MS = 10_000;

/** One connection for all; after a failure the next question opens another. */
export function createQuestions(kafka: Kafka, settings: Settings): Questions {
  let current: Promise<Admin> | undefined;

  const open = async (): Promise<Admin> => {
    const admin = kafka.admin();
    await admin.connect();
    return admin;
  };

  const drop = (dropped: Promise<Admin>): void => {
    if (current === dropped) current = undefined;
    dropped.then((admin) => admin.disconnect()).catch(() => undefined);
  };

  return {
    async ask(what, question, ms = ANSWER_MS) {
      current ??= open();
      const used = current;
      try {
        return await within(ms, what, used.then(question));
      } catch (error) {
        drop(used);
        throw explained(what, error, settings);
      }
    },
    async close() {
      const used = current;
      current = undefined;
      if (used !== undefined)
        await within(
          2_000,
          "closing",
          used.then((admin) => admin.disconnect()),
        ).catch(() => undefined);
    },
  };
}
