/** docker-compose.yml as data, for tests: merges done, variables at their defaults. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** All of the repository, by their paths. */
export const composeFiles = [
  "docker-compose.yml",
  "deploy/backup.yml",
  "deploy/direct.yml",
  "deploy/province/broker.yml",
  "deploy/province/store.yml",
  "deploy/province/workers.yml",
] as const;

export interface Mount {
  readonly type: "bind" | "volume";
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly bind?: { readonly create_host_path?: boolean };
}

export interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly Mount[];
  readonly tmpfs?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, string | number>> } };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** Variables as Compose fills them in where none is set. */
export function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:-([^}]*)\}/g, "$1");
}

/** Reads a compose file of the repository. */
export function readCompose(path: string): ComposeFile {
  return parse(withDefaults(readFileSync(`${root}${path}`, "utf8")), { merge: true }) as ComposeFile;
}

/** The program's environment variables that an installation may set; each secret one also as a file. */
export const environmentNames = [
  "ENERGY_STACK",
  "ENERGY_ROLE",
  "ENERGY_CONFIG",
  "ENERGY_SECRETS",
  "ENERGY_KAFKA_BROKERS",
  "ENERGY_KAFKA_SASL_MECHANISM",
  "ENERGY_KAFKA_USERNAME",
  "ENERGY_KAFKA_PASSWORD",
  "ENERGY_KAFKA_PASSWORD_FILE",
  "ENERGY_KAFKA_CA",
  "ENERGY_KAFKA_CERT",
  "ENERGY_KAFKA_KEY",
  "ENERGY_KAFKA_PARTITIONS",
  "ENERGY_KAFKA_REPLICATION",
  "ENERGY_KAFKA_MIN_INSYNC",
  "ENERGY_KAFKA_RETENTION_DAYS",
  "ENERGY_INFLUX_URL",
  "ENERGY_INFLUX_ORG",
  "ENERGY_INFLUX_BUCKET",
  "ENERGY_INFLUX_TOKEN",
  "ENERGY_INFLUX_TOKEN_FILE",
  "ENERGY_INFLUX_CA",
  "ENERGY_MQTT_URL",
  "ENERGY_MQTT_PORT",
  "ENERGY_MQTT_USERNAME",
  "ENERGY_MQTT_PASSWORD",
  "ENERGY_MQTT_PASSWORD_FILE",
  "ENERGY_MQTT_CLIENT_ID",
  "ENERGY_MQTT_CA",
  "ENERGY_MQTT_CERT",
  "ENERGY_MQTT_KEY",
  "ENERGY_HOST",
  "ENERGY_HTTP_PORT",
  "ENERGY_TLS_CERT",
  "ENERGY_TLS_KEY",
  "ENERGY_LOG_LEVEL",
] as const;
