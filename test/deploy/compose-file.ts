/** docker-compose.yml as data, for tests: merges done, variables at their defaults. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { productionVariables } from "../../app/settings.ts";

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

/** Of these the program reads a secret from a file as well. */
const secretVariables = productionVariables.filter((name) => /PASSWORD|TOKEN/.test(name));

/** The program's environment variables: those of the production stack, and those that stand for options. */
export const environmentNames: readonly string[] = [
  ...productionVariables,
  ...secretVariables.map((name) => `${name}_FILE`),
  ...[
    "STACK",
    "ROLE",
    "CONFIG",
    "DATA",
    "SECRETS",
    "HOST",
    "HTTP_PORT",
    "MQTT_PORT",
    "TLS_CERT",
    "TLS_KEY",
    "LOG_LEVEL",
  ].map((name) => `ENERGY_${name}`),
];
