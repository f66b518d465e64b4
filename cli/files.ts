/** Commands on files alone: copies of what is stored, and secrets. */
import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { copyFile, mkdir, open } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { alertsFile, databaseFile, leave, occupy } from "../adapters/data-directory.ts";
import { besideDatabase, copyDatabase, troubleIn } from "../adapters/sqlite/driver.ts";
import { writeBrokerFiles } from "../config/broker-files.ts";
import { loadConfig } from "../config/load.ts";
import { containerPlaces } from "../config/mosquitto.ts";
import { hashPassword } from "../config/password.ts";
import { makeToken } from "../config/token.ts";
import { UsageError } from "../model/errors.ts";
import { configOf, dataOf, given, print, required, USAGE, type Values } from "./options.ts";

/** Where the desk's copy lies beside the copy of everything else: `day.db` and `day.alerts.db`. */
function besideOf(file: string): string {
  const ending = extname(file);
  return `${file.slice(0, file.length - ending.length)}.alerts${ending}`;
}

/** Makes a file under another name and gives it its own once it is whole and on the disk. */
async function arrive(file: string, make: (part: string) => unknown): Promise<void> {
  const part = `${file}.part`;
  const clear = (): void => {
    for (const one of [part, ...besideDatabase(part)]) rmSync(one, { force: true });
  };
  clear();
  try {
    await make(part);
    const made = await open(part, "r+");
    await made.sync().finally(() => made.close());
    renameSync(part, file);
  } catch (error) {
    clear();
    throw error;
  }
}

/** Copies one file, whole and consistent, and looks the copy over. */
async function copySound(from: string, to: string): Promise<void> {
  await arrive(to, (part) => {
    copyDatabase(from, part);
    const trouble = troubleIn(part);
    if (trouble !== undefined) throw new Error(`${from}: its copy is not sound: ${trouble}`);
  });
  print(`${to}: ${statSync(to).size} bytes, checked`);
}

/** `backup`: a sound copy of everything stored: matters and what was told of them, then readings and figures. */
export async function backup(values: Values, [file]: readonly string[]): Promise<number> {
  if (file === undefined) throw new UsageError(`backup: to which file?\n\n${USAGE}`);
  const data = dataOf(values);
  const copies = [
    // First the desk: what was observed after its copy, it evaluates when it is restored.
    { from: alertsFile(data), to: besideOf(file) },
    { from: databaseFile(data), to: file },
  ].filter(({ from }) => existsSync(from));
  if (copies.length === 0) throw new UsageError(`${databaseFile(data)}: there is nothing to back up`);
  for (const { to } of copies) if (existsSync(to)) throw new UsageError(`${to} exists; choose another name`);
  await mkdir(dirname(file), { recursive: true });
  for (const { from, to } of copies) await copySound(from, to);
  return 0;
}

/** @throws UsageError when any part of a database is in the directory: what is left of one would spoil another. */
function checkEmpty(data: string): void {
  const there = [databaseFile(data), alertsFile(data)]
    .flatMap((file) => [file, ...besideDatabase(file)])
    .filter((file) => existsSync(file));
  if (there.length > 0)
    throw new UsageError(
      `${there.join(", ")}: there already; move all of it away together, or restore elsewhere by --data`,
    );
}

/** `restore`: a backup into an empty data directory. */
export async function restore(values: Values, [file]: readonly string[]): Promise<number> {
  if (file === undefined) throw new UsageError(`restore: from which file?\n\n${USAGE}`);
  const data = dataOf(values);
  const copies = [
    { from: file, to: databaseFile(data) },
    { from: besideOf(file), to: alertsFile(data) },
  ].filter(({ from }) => existsSync(from));
  if (copies.length === 0) throw new UsageError(`${file}: there is no such file`);
  for (const { from } of copies) {
    const trouble = troubleIn(from);
    if (trouble !== undefined) throw new UsageError(`${from}: not a sound backup: ${trouble}`);
  }
  // Nobody starts to work here before all of it is there.
  occupy(data);
  try {
    checkEmpty(data);
    for (const { from, to } of copies) {
      await arrive(to, (part) => copyFile(from, part));
      print(`${to}: restored from ${from}`);
    }
  } finally {
    leave(data);
  }
  if (existsSync(databaseFile(data))) print('"reconcile" compares every figure with its readings');
  return 0;
}

/** `password`: the hash of what comes on standard input. */
export async function password(): Promise<number> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  const secret = text.replace(/\r?\n$/, "");
  if (secret.length < 8) throw new UsageError("password: give at least 8 characters on standard input");
  print(await hashPassword(secret));
  return 0;
}

/** `token`: a new token of a machine, and what of it goes into the secrets file. */
export function token(): number {
  const made = makeToken();
  print(`token ${made.token}`);
  print(`hash  ${made.hash}`);
  return 0;
}

/** `broker-files`: what Mosquitto needs to know of the registry, and new passwords for who has none. */
export async function brokerFiles(values: Values): Promise<number> {
  const out = required(values, "out");
  const { registry } = await loadConfig(configOf(values));
  const passwordsFile = given(values, "passwords");
  const newPasswordsFile = join(out, "gateway-passwords.yaml");
  const { made, changed, removed, kept } = await writeBrokerFiles({
    registry,
    directory: join(out, "mosquitto"),
    places: containerPlaces,
    requireCertificate: false,
    secretsFile: join(out, "energy-secrets.yaml"),
    ...(passwordsFile === undefined ? {} : { passwordsFile }),
    newPasswordsFile,
    collector: "collector",
    collectorPasswordFile: join(out, "mqtt-collector-password"),
  });
  print(`${join(out, "mosquitto")}: ${made.length} new passwords, ${changed.length} changed, ${kept} kept`);
  if (removed.length > 0) print(`no longer let in: ${removed.join(", ")}`);
  if (made.length > 0) print(`${newPasswordsFile}: enter the new passwords in the gateways, then delete it`);
  return 0;
}
