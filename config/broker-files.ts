/** Writes Mosquitto's files from the registry, and passwords for gateways that have none. */
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Document, parseDocument } from "yaml";
import { z } from "zod";
import { ConfigError, type Problem } from "../model/errors.ts";
import type { Registry } from "../model/registry.ts";
import { type MosquittoPlaces, mosquittoAcl, mosquittoConf, mosquittoProblems } from "./mosquitto.ts";
import {
  mosquittoPasswordLine,
  mosquittoPasswordLines,
  verifyMosquittoPassword,
} from "./mosquitto-password.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import { reportOn } from "./report.ts";
import { loadSecrets } from "./secrets.ts";
import { parseShape } from "./shape.ts";
import { readYaml } from "./yaml-file.ts";

export interface BrokerFilesOptions {
  readonly registry: Registry;
  /** Folder for `mosquitto.conf`, `acl` and `passwd`. */
  readonly directory: string;
  readonly places: MosquittoPlaces;
  /** Whether gateways need a client certificate beside their password. */
  readonly requireCertificate: boolean;
  /** Our own secrets file; new hashes are added to its `gateways`. Made when it is not there. */
  readonly secretsFile: string;
  /** YAML of `user name: password` for gateways whose passwords are known; absent: none is. */
  readonly passwordsFile?: string;
  /** The installer's file, to which new passwords are added; it is in the same form. */
  readonly newPasswordsFile: string;
  /** User of the collector at the broker. */
  readonly collector: string;
  /** Its password in plain text; made when it is not there. */
  readonly collectorPasswordFile: string;
}

/** What was done, by user name. */
export interface BrokerFilesReport {
  /** Got a new random password. */
  readonly made: readonly string[];
  /** Have the password that was given, and had another or none. */
  readonly changed: readonly string[];
  /** No longer in the registry, and no longer let in: their passwords are forgotten. */
  readonly removed: readonly string[];
  readonly kept: number;
}

interface Entry {
  readonly username: string;
  readonly line: string;
  readonly hash: string | undefined;
  readonly plain: string | undefined;
  readonly outcome: "made" | "changed" | "kept";
}

const PASSWORD_BYTES = 24;
const SHORTEST_PASSWORD = 8;

/**
 * Writes `mosquitto.conf`, `acl` and `passwd`, each complete or not at all, and adds to the secrets file. Who has
 * a password keeps it, so that it may be run after every change of the registry; Mosquitto reads passwords and
 * access anew at SIGHUP.
 * @throws ConfigError when a name cannot be used, or a password is only known as a hash Mosquitto cannot read
 */
export async function writeBrokerFiles(options: BrokerFilesOptions): Promise<BrokerFilesReport> {
  const { registry, directory, secretsFile, collector, newPasswordsFile } = options;
  const usernames = registry.sites.flatMap((site) => site.gateways.map(({ username }) => username));
  const problems = mosquittoProblems(registry, collector);
  const given = await givenPasswords(options.passwordsFile, new Set(usernames), problems);
  const hashes = (await loadSecrets(secretsFile))?.secrets.gateways ?? {};
  const passwd = join(directory, "passwd");
  const lines = mosquittoPasswordLines((await readIfThere(passwd)) ?? "");
  checkConvertible(problems, basename(secretsFile), usernames, given, hashes, lines);
  if (problems.length > 0) throw new ConfigError(problems);

  const entries = await Promise.all(
    usernames.map((username) =>
      entryOf(username, given.get(username), lines.get(username), hashes[username]),
    ),
  );
  const own = await collectorLine(options, lines.get(collector));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // New passwords come first: a hash whose password nobody knows would be of no use.
  await addPasswords(newPasswordsFile, entries);
  const known = new Set([...usernames, collector]);
  const removed = [...lines.keys()].filter((username) => !known.has(username));
  await changeHashes(secretsFile, entries, hashes, removed);
  await replaceFile(passwd, `${[own, ...entries.map(({ line }) => line)].join("\n")}\n`);
  await replaceFile(join(directory, "acl"), mosquittoAcl(registry, collector));
  await replaceFile(
    join(directory, "mosquitto.conf"),
    mosquittoConf(options.places, options.requireCertificate),
  );
  const named = (outcome: Entry["outcome"]): string[] =>
    entries.filter((entry) => entry.outcome === outcome).map(({ username }) => username);
  return { made: named("made"), changed: named("changed"), removed, kept: named("kept").length };
}

async function givenPasswords(
  path: string | undefined,
  usernames: ReadonlySet<string>,
  problems: Problem[],
): Promise<Map<string, string>> {
  if (path === undefined) return new Map();
  const file = basename(path);
  const value = await readYaml(dirname(path), file, problems);
  const form =
    value === undefined ? undefined : parseShape(z.record(z.string(), z.unknown()), file, value, problems);
  const given = new Map<string, string>();
  const report = reportOn(problems, file);
  for (const [username, password] of Object.entries(form ?? {})) {
    if (!usernames.has(username))
      report.error(username, "is the user name of no gateway in sites/: correct or remove it");
    // A number is what YAML makes of digits without quotes; zeros in front would be lost.
    else if (typeof password !== "string") report.error(username, "is no text: put the password into quotes");
    else if (password.length < SHORTEST_PASSWORD)
      report.error(username, `has fewer than ${SHORTEST_PASSWORD} characters: choose a longer password`);
    else given.set(username, password);
  }
  return given;
}

/** A gateway in use would be shut out by a new password, so that one is made only where there is none. */
function checkConvertible(
  problems: Problem[],
  file: string,
  usernames: readonly string[],
  given: ReadonlyMap<string, string>,
  hashes: Readonly<Record<string, string>>,
  lines: ReadonlyMap<string, string>,
): void {
  const report = reportOn(problems, file);
  for (const username of usernames) {
    if (given.has(username) || lines.has(username) || hashes[username] === undefined) continue;
    report.error(
      `gateways.${username}`,
      "has a hash that Mosquitto cannot read: give the password in the file of passwords, or remove this line and the gateway gets a new one",
    );
  }
}

async function entryOf(
  username: string,
  given: string | undefined,
  line: string | undefined,
  hash: string | undefined,
): Promise<Entry> {
  if (given === undefined && line !== undefined)
    return { username, line, hash, plain: undefined, outcome: "kept" };
  const password = given ?? newPassword();
  const isSameLine = line !== undefined && (await verifyMosquittoPassword(password, line));
  const isSameHash = hash !== undefined && (await verifyPassword(password, hash));
  const outcome = given === undefined ? "made" : isSameLine && isSameHash ? "kept" : "changed";
  return {
    username,
    line: isSameLine ? line : await mosquittoPasswordLine(username, password),
    hash: isSameHash ? hash : await hashPassword(password),
    plain: given === undefined ? password : undefined,
    outcome,
  };
}

function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString("base64url");
}

async function collectorLine(options: BrokerFilesOptions, line: string | undefined): Promise<string> {
  const { collector, collectorPasswordFile: path } = options;
  let password = (await readIfThere(path))?.replace(/\r?\n$/, "");
  if (password === undefined || password === "") {
    password = newPassword();
    await replaceFile(path, `${password}\n`);
  }
  if (line !== undefined && (await verifyMosquittoPassword(password, line))) return line;
  return mosquittoPasswordLine(collector, password);
}

async function addPasswords(path: string, entries: readonly Entry[]): Promise<void> {
  const made = entries.filter(({ plain }) => plain !== undefined);
  if (made.length === 0) return;
  const before =
    (await readIfThere(path)) ?? "# New passwords of gateways. Enter them there, then delete this file.\n";
  const isStale = (line: string): boolean => made.some(({ username }) => line.startsWith(`${username}:`));
  const kept = before.split("\n").filter((line) => line !== "" && !isStale(line));
  const added = made.map(({ username, plain }) => `${username}: "${plain}"`);
  await replaceFile(path, `${[...kept, ...added].join("\n")}\n`);
}

async function changeHashes(
  path: string,
  entries: readonly Entry[],
  before: Readonly<Record<string, string>>,
  removed: readonly string[],
): Promise<void> {
  const changed = entries.filter(({ username, hash }) => hash !== undefined && hash !== before[username]);
  const gone = removed.filter((username) => before[username] !== undefined);
  if (changed.length + gone.length === 0) return;
  const text = await readIfThere(path);
  const document = text === undefined || text.trim() === "" ? new Document({}) : parseDocument(text);
  for (const { username, hash } of changed) document.setIn(["gateways", username], hash);
  for (const username of gone) document.deleteIn(["gateways", username]);
  await replaceFile(path, document.toString());
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/**
 * Replaces a file at once, readable by its owner alone. The owner stays; run by root, that of a new one is the
 * owner of its folder, which is the user who is to read it.
 */
async function replaceFile(path: string, text: string): Promise<void> {
  const before = await stat(path).catch(() => undefined);
  const { uid, gid } = before ?? (await stat(dirname(path)));
  const next = `${path}.new`;
  await writeFile(next, text, { mode: 0o600 });
  await chmod(next, before ? before.mode & 0o770 : 0o600);
  if (process.getuid?.() === 0) await chown(next, uid, gid);
  await rename(next, path);
}
