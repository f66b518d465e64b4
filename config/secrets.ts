/** The secrets file: password hashes of gateways and officers, kept apart from the configuration. */
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { ConfigError, type Problem } from "../model/errors.ts";
import type { Registry } from "../model/registry.ts";
import { strict } from "./fields.ts";
import { isPasswordHash } from "./password.ts";
import { reportOn } from "./report.ts";
import { parseShape } from "./shape.ts";
import { readYaml } from "./yaml-file.ts";

// A hash never shows up in a message, whatever is wrong with it.
const hashField = z.string().superRefine((text, context) => {
  if (!isPasswordHash(text)) context.addIssue({ code: "custom", message: "is no scrypt$N$r$p$salt$hash" });
});
const secretsFile = strict({
  gateways: z.record(z.string(), hashField).default({}),
  operators: z.record(z.string(), hashField).default({}),
});

/** Password hashes by user name. */
export interface Secrets {
  readonly gateways: Readonly<Record<string, string>>;
  readonly operators: Readonly<Record<string, string>>;
}

export interface LoadedSecrets {
  readonly secrets: Secrets;
  readonly warnings: readonly Problem[];
}

/**
 * Reads the secrets file; undefined when there is none. Warns when others on the machine may read it.
 * @throws ConfigError when the file cannot be used.
 */
export async function loadSecrets(path: string): Promise<LoadedSecrets | undefined> {
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (!info) return undefined;
  const file = basename(path);
  const problems: Problem[] = [];
  const value = await readYaml(dirname(path), file, problems);
  const form = value === undefined ? undefined : parseShape(secretsFile, file, value, problems);
  if (!form) throw new ConfigError(problems.map(withoutValue));
  const warnings: Problem[] = [];
  if ((info.mode & 0o077) !== 0) {
    const mode = (info.mode & 0o777).toString(8);
    reportOn(warnings, file).warning("", `may be read by others (mode ${mode}): chmod 600 ${file}`);
  }
  const noProto = (hashes: Record<string, string>) => Object.assign(Object.create(null), hashes);
  return { secrets: { gateways: noProto(form.gateways), operators: noProto(form.operators) }, warnings };
}

/** Messages of the shape show values; those of this file must not be shown. */
function withoutValue(problem: Problem): Problem {
  const isSecret = /^(gateways|operators)\./.test(problem.path);
  return isSecret ? { ...problem, message: "is no scrypt$N$r$p$salt$hash: make it anew" } : problem;
}

/** Warns of gateways without a password, which cannot connect, and of passwords of unknown gateways. */
export function checkSecrets(file: string, secrets: Secrets, registry: Registry): Problem[] {
  const problems: Problem[] = [];
  const report = reportOn(problems, file);
  const usernames = registry.sites.flatMap((site) => site.gateways.map((gateway) => gateway.username));
  const known = new Set(usernames);
  for (const username of usernames) {
    if (!(username in secrets.gateways))
      report.warning(`gateways.${username}`, "has no password: the gateway cannot connect");
  }
  for (const username of Object.keys(secrets.gateways)) {
    if (!known.has(username))
      report.warning(
        `gateways.${username}`,
        "is the user name of no gateway in sites/: correct or remove it",
      );
  }
  return problems;
}
