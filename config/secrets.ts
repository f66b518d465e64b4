/**
 * The secrets file, kept apart from the configuration: password hashes of gateways and officers, what opens the
 * channels of notices, and the key of the links in them.
 */
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { ConfigError, type Problem } from "../model/errors.ts";
import type { Registry } from "../model/registry.ts";
import { type Role, roles } from "../model/roles.ts";
import { channelField, checkChannelSecrets, faultAt, linkKeyField } from "./channel-secrets.ts";
import { strict } from "./fields.ts";
import { isPasswordHash } from "./password.ts";
import { reportOn } from "./report.ts";
import { parseShape } from "./shape.ts";
import { isTokenHash } from "./token.ts";
import { readYaml } from "./yaml-file.ts";

// A hash never shows up in a message, whatever is wrong with it.
const hashField = z.string().superRefine((text, context) => {
  if (!isPasswordHash(text)) context.addIssue({ code: "custom", message: "is no scrypt$N$r$p$salt$hash" });
});
const tokenField = z.string().superRefine((text, context) => {
  if (!isTokenHash(text)) context.addIssue({ code: "custom", message: "is no sha256$hash" });
});
const roleField = z.enum(roles);
/** A hash alone is an admin's: the file's form before there were roles. */
const operatorField = z.preprocess(
  (value) => (typeof value === "string" ? { hash: value, role: "admin" } : value),
  strict({ hash: hashField, role: roleField }),
);
const secretsFile = strict({
  gateways: z.record(z.string(), hashField).default({}),
  operators: z.record(z.string(), operatorField).default({}),
  tokens: z.record(z.string(), strict({ hash: tokenField, role: roleField })).default({}),
  channels: z.record(z.string(), channelField).default({}),
  linkKey: linkKeyField.optional(),
});

/** Somebody who may use the HTTP API. */
export interface OperatorSecret {
  readonly hash: string;
  readonly role: Role;
}

/** What opens a channel: unlike a password's hash, it is needed as it is. */
export interface ChannelSecret {
  readonly url?: string;
  readonly secret?: string;
  readonly password?: string;
}

/** Hashes by user name, or by the name of the machine that has the token; channels by id. */
export interface Secrets {
  readonly gateways: Readonly<Record<string, string>>;
  readonly operators: Readonly<Record<string, OperatorSecret>>;
  readonly tokens: Readonly<Record<string, OperatorSecret>>;
  readonly channels?: Readonly<Record<string, ChannelSecret>>;
  /** Signs the links of notices; without it one is made in the data directory. */
  readonly linkKey?: string;
}

/** Everything in the file that opens something as it stands there, for the log to hide. */
export function openSecrets({ channels = {}, linkKey }: Secrets): string[] {
  return [
    ...Object.values(channels).flatMap((one) => Object.values(one)),
    ...(linkKey === undefined ? [] : [linkKey]),
  ];
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
  const noProto = <T>(entries: Record<string, T>): Record<string, T> =>
    Object.assign(Object.create(null), entries);
  const secrets = {
    gateways: noProto(form.gateways),
    operators: noProto(form.operators),
    tokens: noProto(form.tokens),
    channels: noProto(form.channels as Record<string, ChannelSecret>),
    ...(form.linkKey === undefined ? {} : { linkKey: form.linkKey }),
  };
  return { secrets, warnings };
}

/** Messages of the shape show values; those of this file must not be shown. */
function withoutValue(problem: Problem): Problem {
  // The reader of YAML may name the word it stumbled over: a password that begins with * is an alias to it.
  if (problem.message.startsWith("is no YAML"))
    return { ...problem, message: "is no YAML: put passwords, keys and addresses in quotes" };
  if (problem.message.startsWith("unknown key;")) return problem;
  if (/^(channels|linkKey)\b/.test(problem.path)) return { ...problem, message: faultAt(problem.path) };
  const [, list, field] = /^(gateways|operators|tokens)\..*?(?:\.(hash|role))?$/.exec(problem.path) ?? [];
  if (list === undefined) return problem;
  if (field === "role") return { ...problem, message: `is none of ${roles.join(", ")}` };
  const form = list === "tokens" ? "sha256$hash" : "scrypt$N$r$p$salt$hash";
  const role = list === "gateways" ? "" : " with its role";
  return { ...problem, message: `is no ${form}${role}: make it anew` };
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
  problems.push(...checkChannelSecrets(file, secrets.channels ?? {}, registry.duties.channels));
  return problems;
}
