/** What the production stack is told by the environment. Secrets come from here or from a file alone. */
import { readFileSync } from "node:fs";
import type { KafkaLogOptions, KafkaSasl, KafkaTls } from "../adapters/kafka/options.ts";
import { UsageError } from "../model/errors.ts";

export interface InfluxSettings {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: string;
  readonly ca?: string;
}

export interface BrokerSettings {
  readonly url: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface ProductionSettings {
  readonly kafka: Omit<KafkaLogOptions, "log" | "routeOf">;
  /** Absent where the role needs no store. */
  readonly influx?: InfluxSettings;
  /** The outside broker; absent: gateways connect to the collector itself. */
  readonly broker?: BrokerSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable of the production stack; those of secrets also as `…_FILE`. */
export const productionVariables = [
  "ENERGY_KAFKA_BROKERS",
  "ENERGY_KAFKA_PREFIX",
  "ENERGY_KAFKA_SASL_MECHANISM",
  "ENERGY_KAFKA_USERNAME",
  "ENERGY_KAFKA_PASSWORD",
  "ENERGY_KAFKA_CA",
  "ENERGY_KAFKA_CERT",
  "ENERGY_KAFKA_KEY",
  "ENERGY_KAFKA_PARTITIONS",
  "ENERGY_KAFKA_REPLICATION",
  "ENERGY_KAFKA_MIN_INSYNC",
  "ENERGY_KAFKA_RETENTION_DAYS",
  "ENERGY_KAFKA_SESSION_MS",
  "ENERGY_INFLUX_URL",
  "ENERGY_INFLUX_ORG",
  "ENERGY_INFLUX_BUCKET",
  "ENERGY_INFLUX_TOKEN",
  "ENERGY_INFLUX_CA",
  "ENERGY_MQTT_URL",
  "ENERGY_MQTT_USERNAME",
  "ENERGY_MQTT_PASSWORD",
  "ENERGY_MQTT_CLIENT_ID",
  "ENERGY_MQTT_CA",
  "ENERGY_MQTT_CERT",
  "ENERGY_MQTT_KEY",
] as const;
type Variable = (typeof productionVariables)[number];

function read(path: string, of: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${of}=${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function reading(env: Environment) {
  const text = (name: Variable): string | undefined => (env[name] === "" ? undefined : env[name]);
  const required = (name: Variable): string => {
    const value = text(name);
    if (value === undefined) throw new UsageError(`${name} is missing: the production stack needs it`);
    return value;
  };
  /** A secret, or the content of the file that `…_FILE` names, without its last line break. */
  const secret = (name: Variable): string | undefined => {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === "") return text(name);
    if (text(name) !== undefined) throw new UsageError(`${name} and ${name}_FILE: give one of them`);
    return read(file, `${name}_FILE`).replace(/\r?\n$/, "");
  };
  const pem = (name: Variable): string | undefined => {
    const path = text(name);
    return path === undefined ? undefined : read(path, name);
  };
  const number = (name: Variable): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^[1-9]\d*$/.test(value)) throw new UsageError(`${name}=${value}: give a whole number above 0`);
    return Number(value);
  };
  return { text, required, secret, pem, number };
}

/** The members that are there. */
function known<T extends object>(all: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}

const mechanisms = ["plain", "scram-sha-256", "scram-sha-512"] as const;

function saslOf({ text, secret }: ReturnType<typeof reading>): KafkaSasl | undefined {
  const username = text("ENERGY_KAFKA_USERNAME");
  if (username === undefined) return undefined;
  const named = (text("ENERGY_KAFKA_SASL_MECHANISM") ?? "scram-sha-512").toLowerCase();
  const mechanism = mechanisms.find((one) => one === named);
  if (mechanism === undefined)
    throw new UsageError(`ENERGY_KAFKA_SASL_MECHANISM=${named}: give one of ${mechanisms.join(", ")}`);
  const password = secret("ENERGY_KAFKA_PASSWORD");
  if (password === undefined)
    throw new UsageError("ENERGY_KAFKA_PASSWORD is missing: the user name needs it");
  return { mechanism, username, password };
}

function kafkaOf(from: ReturnType<typeof reading>): ProductionSettings["kafka"] {
  const { text, required, pem, number } = from;
  const tls = known<KafkaTls>({
    ca: pem("ENERGY_KAFKA_CA"),
    cert: pem("ENERGY_KAFKA_CERT"),
    key: pem("ENERGY_KAFKA_KEY"),
  });
  const days = number("ENERGY_KAFKA_RETENTION_DAYS");
  return known<ProductionSettings["kafka"]>({
    brokers: required("ENERGY_KAFKA_BROKERS")
      .split(",")
      .map((one) => one.trim()),
    clientId: "county-energy-monitor",
    topicPrefix: text("ENERGY_KAFKA_PREFIX"),
    ssl: Object.keys(tls).length > 0 ? tls : undefined,
    sasl: saslOf(from),
    partitions: number("ENERGY_KAFKA_PARTITIONS"),
    replicationFactor: number("ENERGY_KAFKA_REPLICATION"),
    minInsyncReplicas: number("ENERGY_KAFKA_MIN_INSYNC"),
    retentionMs: days === undefined ? undefined : days * 86_400_000,
    sessionTimeoutMs: number("ENERGY_KAFKA_SESSION_MS"),
  });
}

function brokerOf({ text, secret, pem }: ReturnType<typeof reading>): BrokerSettings | undefined {
  const url = text("ENERGY_MQTT_URL");
  if (url === undefined) return undefined;
  const tls = known<NonNullable<BrokerSettings["tls"]>>({
    ca: pem("ENERGY_MQTT_CA"),
    cert: pem("ENERGY_MQTT_CERT"),
    key: pem("ENERGY_MQTT_KEY"),
  });
  return known<BrokerSettings>({
    url,
    clientId: text("ENERGY_MQTT_CLIENT_ID") ?? "county-energy-monitor-collector",
    username: text("ENERGY_MQTT_USERNAME"),
    password: secret("ENERGY_MQTT_PASSWORD"),
    tls: Object.keys(tls).length > 0 ? tls : undefined,
  });
}

function influxOf({ text, required, secret, pem }: ReturnType<typeof reading>): InfluxSettings {
  const token = secret("ENERGY_INFLUX_TOKEN");
  if (token === undefined)
    throw new UsageError("ENERGY_INFLUX_TOKEN or ENERGY_INFLUX_TOKEN_FILE is missing: this role needs it");
  return known<InfluxSettings>({
    url: required("ENERGY_INFLUX_URL"),
    org: text("ENERGY_INFLUX_ORG") ?? "energy",
    bucket: text("ENERGY_INFLUX_BUCKET") ?? "energy",
    token,
    ca: pem("ENERGY_INFLUX_CA"),
  });
}

/**
 * @param needsStore false for a role that only takes readings in
 * @throws UsageError that names the variable and what to give
 */
export function productionSettings(env: Environment, needsStore: boolean): ProductionSettings {
  const from = reading(env);
  return known<ProductionSettings>({
    kafka: kafkaOf(from),
    influx: needsStore ? influxOf(from) : undefined,
    broker: brokerOf(from),
  });
}

/** What must be in no line of a log. */
export function secretsIn({ kafka, influx, broker }: ProductionSettings): string[] {
  return [kafka.sasl?.password, influx?.token, broker?.password].filter((one) => one !== undefined);
}
