/** Processes with the very environment of docker-compose.yml, its paths and addresses turned to this machine's. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type Instance, launchProcess } from "../services/launch.ts";
import { readCompose, root } from "./compose-file.ts";

const compose = readCompose("docker-compose.yml");

/** Where things are here. */
export interface Here {
  /** Where make-secrets put its files. */
  readonly secrets: string;
  /** Where the tokens and the output go. */
  readonly folder: string;
  readonly config: string;
  /** Addresses by those in docker-compose.yml. */
  readonly addresses: Readonly<Record<string, string>>;
}

export type Variables = Readonly<Record<string, string>>;

/** The environment of a service of ours; `more` stands above it. */
export function environmentOf(service: string, here: Here, more: Variables = {}): Variables {
  const turned = (value: string): string => {
    const secret = /^\/run\/secrets\/(.+)$/.exec(value)?.[1];
    if (secret !== undefined) return join(here.secrets, basename(compose.secrets[secret]!.file));
    if (value.startsWith("/tokens/")) return join(here.folder, value);
    if (value === "/config") return here.config;
    if (value === "/data") return join(here.folder, `${service}-data`);
    return here.addresses[value] ?? value;
  };
  const { environment = {} } = compose.services[service]!;
  const own = Object.entries(environment).map(([name, value]) => [name, turned(value)] as const);
  return { ...Object.fromEntries(own), ...more };
}

/** Runs the command of a service that ends, as it stands there. */
export function runToEnd(service: string, here: Here, more: Variables = {}): string {
  const [node, ...args] = compose.services[service]!.entrypoint!;
  if (node !== "node") throw new Error(`${service} runs ${node}, not node`);
  for (const folder of ["writer", "reader"])
    mkdirSync(join(here.folder, "tokens", folder), { recursive: true });
  const turned = args.map((one) => one.replace(/=\/tokens\//, `=${join(here.folder, "tokens")}/`));
  const env = { ...process.env, ...environmentOf(service, here, more) };
  const { stdout, stderr, status } = spawnSync(process.execPath, turned, {
    cwd: root,
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${service} ended with ${status}: ${stderr}`);
  return stdout.trim();
}

export interface Composed {
  readonly environment: Variables;
  readonly instance: Instance;
  /** By the health check of docker-compose.yml. */
  readonly isHealthy: () => boolean;
}

/** Starts a service of ours as the image does. */
export function startComposed(service: string, here: Here, more: Variables = {}): Composed {
  const environment = environmentOf(service, here, more);
  const folder = join(here.folder, `${service}-${environment.ENERGY_HTTP_PORT}`);
  mkdirSync(folder, { recursive: true });
  const instance = launchProcess({
    image: "",
    argv: [
      process.execPath,
      "--enable-source-maps",
      "--max-semi-space-size=64",
      join(root, "dist/main.js"),
      "run",
    ],
    environment,
    folder,
    ports: [],
    readable: [],
  });
  const [, node, ...check] = compose.services[service]!.healthcheck!.test!;
  return {
    environment,
    instance,
    isHealthy() {
      if (node !== "node") throw new Error(`the health check of ${service} is not by node`);
      const env = { ...process.env, ...environment };
      return spawnSync(process.execPath, check, { cwd: root, env }).status === 0;
    },
  };
}
