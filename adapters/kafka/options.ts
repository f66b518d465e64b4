/** How the log reaches Kafka, and what its topics are to be like. */
import { UsageError } from "../../model/errors.ts";
import type { Topic } from "../../model/records.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";
/** Takes one line of the log, by consequence: an error says that something was lost or a duty is not done. */
export type LogLine = (level: LogLevel, message: string) => void;

/** PEM texts. Without `ca` the system's authorities are trusted; `cert` and `key` are the client's own. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaSasl {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  /** Secret: in no line of a log and in no error. */
  readonly password: string;
}

export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaTls | false;
  readonly sasl?: KafkaSasl;
  /** Begins the name of every topic and group. Default none. */
  readonly topicPrefix?: string;
  /** Of `readings` and `rejects`, when they are created. Default 12. */
  readonly partitions?: number;
  /** Default 1. */
  readonly replicationFactor?: number;
  /** Default 1. */
  readonly minInsyncReplicas?: number;
  /** How long records are kept, in ms; at least 14 days, which is the default. */
  readonly retentionMs?: number;
  /** Sites with the same answer share a partition; the figures of sites that depend on each other must. */
  readonly routeOf?: (site: string) => string;
  /** After so many ms without a heartbeat the brokers give a consumer's partitions to others. Default 10,000. */
  readonly sessionTimeoutMs?: number;
  /** What may wait to be acknowledged while Kafka is down. Default 200,000 records and 64 MiB. */
  readonly maxWaiting?: { readonly records: number; readonly bytes: number };
  /** How long to try to reach Kafka at the start, in ms. Default 60,000. */
  readonly startTimeoutMs?: number;
  readonly log?: LogLine;
}

/** The options with their defaults. */
export interface Settings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl: KafkaTls | false;
  readonly sasl: KafkaSasl | undefined;
  readonly prefix: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly retentionMs: number;
  readonly routeOf: (site: string) => string;
  readonly sessionTimeoutMs: number;
  readonly maxWaiting: { readonly records: number; readonly bytes: number };
  readonly startTimeoutMs: number;
  readonly log: LogLine;
  /** Kafka's name of a topic. */
  readonly nameOf: (topic: Topic) => string;
}

const DAY_MS = 86_400_000;
const LEAST_RETENTION_MS = 14 * DAY_MS;

/** Throws UsageError when an option cannot be. */
export function settingsOf(options: KafkaLogOptions): Settings {
  const prefix = options.topicPrefix ?? "";
  const retentionMs = options.retentionMs ?? LEAST_RETENTION_MS;
  const replicationFactor = options.replicationFactor ?? 1;
  const minInsyncReplicas = options.minInsyncReplicas ?? 1;
  if (options.brokers.length === 0) throw new UsageError("Kafka: no broker given; name one as host:port");
  if (retentionMs < LEAST_RETENTION_MS)
    throw new UsageError(`Kafka: a retention of ${retentionMs} ms is too short; give at least 14 days`);
  if (minInsyncReplicas > replicationFactor)
    throw new UsageError(
      `Kafka: min.insync.replicas ${minInsyncReplicas} is more than the replication factor ${replicationFactor}; nothing could be appended`,
    );
  return {
    brokers: options.brokers,
    clientId: options.clientId,
    ssl: options.ssl ?? false,
    sasl: options.sasl,
    prefix,
    partitions: options.partitions ?? 12,
    replicationFactor,
    minInsyncReplicas,
    retentionMs,
    routeOf: options.routeOf ?? ((site) => site),
    sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
    maxWaiting: options.maxWaiting ?? { records: 200_000, bytes: 64 * 2 ** 20 },
    startTimeoutMs: options.startTimeoutMs ?? 60_000,
    log: options.log ?? (() => undefined),
    nameOf: (topic) => `${prefix}${topic}`,
  };
}
