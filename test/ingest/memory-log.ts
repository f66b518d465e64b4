/** An EventLog in memory that can be held up and made to fail, for tests of what stands before it. */
import { TransientError } from "../../model/errors.ts";
import type { EventLog, LogRecord, LogShare } from "../../model/ports.ts";
import type { Topic } from "../../model/records.ts";

export interface MemoryLog extends EventLog {
  readonly records: Record<Topic, LogRecord[]>;
  /** How many appends there were. */
  readonly appends: number[];
  /** Milliseconds until an append is durable. */
  delayMs: number;
  /** While set, appends fail. */
  isBroken: boolean;
}

export function createMemoryLog(): MemoryLog {
  const log: MemoryLog = {
    records: { readings: [], rejects: [], changed: [], alerts: [] },
    appends: [],
    delayMs: 0,
    isBroken: false,
    async append(topic, records) {
      log.appends.push(records.length);
      if (log.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, log.delayMs));
      if (log.isBroken) throw new TransientError("LOG_UNAVAILABLE", "the log is broken by the test");
      log.records[topic].push(...records);
    },
    async *consume(topic, _group, lease): AsyncIterable<LogShare> {
      const records = log.records[topic].map((record, offset) => ({ ...record, offset }));
      const batches = async function* () {
        yield { records, commit: async () => {} };
      };
      yield { partition: 0, owns: () => true, lease, batches };
    },
    async close() {},
  };
  return log;
}
