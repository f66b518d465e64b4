/** Where a process may be reached, by whom, and by which secrets: the same for every stack and role. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { verifyPassword } from "../config/password.ts";
import { checkSecrets, loadSecrets, openSecrets, type Secrets } from "../config/secrets.ts";
import { programRoot } from "../config/shipped.ts";
import { type Problem, UsageError } from "../model/errors.ts";
import type { Registry } from "../model/registry.ts";

/** Options of every process that listens. */
export interface Exposure {
  readonly host: string;
  readonly secretsFile: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly allowPlaintext: boolean;
}

const isLoopback = (host: string): boolean => host === "127.0.0.1" || host === "localhost" || host === "::1";

/** Beyond loopback nobody may be let in unasked, nor passwords go in the clear. */
export function checkExposure(options: Exposure, secrets: Secrets | undefined): void {
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined))
    throw new UsageError(
      "--tls-cert and --tls-key belong together: give both, or neither; with one alone nothing would be encrypted",
    );
  if (isLoopback(options.host)) return;
  if (secrets === undefined || Object.keys(secrets.gateways).length === 0) {
    throw new UsageError(
      `--host ${options.host}: beyond this machine gateways must have passwords. Give a secrets file by --secrets, or listen on 127.0.0.1.`,
    );
  }
  if (options.tlsCert === undefined && !options.allowPlaintext) {
    throw new UsageError(
      `--host ${options.host}: passwords would go in the clear. Give --tls-cert and --tls-key, or say --allow-plaintext.`,
    );
  }
}

/** The secrets file, if one is named, and what is odd about it. @throws ConfigError, UsageError */
export async function secretsOf(
  options: Exposure,
  registry: Registry,
): Promise<{ secrets?: Secrets; warnings: readonly Problem[] }> {
  if (options.secretsFile === undefined) return { warnings: [] };
  const loaded = await loadSecrets(options.secretsFile);
  if (loaded === undefined) throw new UsageError(`${options.secretsFile}: there is no such secrets file`);
  const warnings = [...loaded.warnings, ...checkSecrets(options.secretsFile, loaded.secrets, registry)];
  return { secrets: loaded.secrets, warnings };
}

/** What the secrets file says in clear, which no log is to repeat. @throws ConfigError */
export async function clearSecretsIn(file: string | undefined): Promise<string[]> {
  const loaded = file === undefined ? undefined : await loadSecrets(file);
  return loaded === undefined ? [] : openSecrets(loaded.secrets);
}

/** How the password of each gateway is checked; undefined where anyone is let in. */
export function credentialsOf(secrets: Secrets | undefined) {
  if (secrets === undefined) return undefined;
  return new Map(
    Object.entries(secrets.gateways).map(
      ([user, hash]) => [user, (password: string) => verifyPassword(password, hash)] as const,
    ),
  );
}

/** Certificate and key, as PEM, if they are named. */
export async function tlsOf(options: Exposure) {
  if (options.tlsCert === undefined || options.tlsKey === undefined) return undefined;
  return { cert: await readFile(options.tlsCert), key: await readFile(options.tlsKey) };
}

/** An address that can be opened. */
export const urlOf = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** The directory of the example county that comes with the program. */
export function exampleConfig(): string {
  return join(programRoot(), "config/example");
}

/** A path as the caller meant it; the default example is found from anywhere. */
export function configPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return resolve(path);
  return path === "config/example" ? exampleConfig() : resolve(path);
}
