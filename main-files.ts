/** Commands on files alone: copies of what is stored, and secrets. */
import { existsSync, statSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { databaseFile } from "./adapters/data-directory.ts";
import { copyDatabase, troubleIn } from "./adapters/sqlite/driver.ts";
import { writeBrokerFiles } from "./config/broker-files.ts";
import { loadConfig } from "./config/load.ts";
import { containerPlaces } from "./config/mosquitto.ts";
import { hashPassword } from "./config/password.ts";
import { makeToken } from "./config/token.ts";
import { configOf, dataOf, given, print, required, USAGE, type Values } from "./main-options.ts";
import { UsageError } from "./model/errors.ts";

/** `backup`: a sound copy of everything stored. */
export async function backup(values: Values, [file]: readonly string[]): Promise<number> {
  if (file === undefined) throw new UsageError(`backup: to which file?\n\n${USAGE}`);
  const from = databaseFile(dataOf(values));
  if (!existsSync(from)) throw new UsageError(`${from}: there is nothing to back up`);
  if (existsSync(file)) throw new UsageError(`${file} exists; choose another name`);
  await mkdir(dirname(file), { recursive: true });
  copyDatabase(from, file);
  const trouble = troubleIn(file);
  if (trouble !== undefined) throw new Error(`${file}: the copy is not sound: ${trouble}`);
  print(`${file}: ${statSync(file).size} bytes, checked`);
  return 0;
}

/** `restore`: a backup into an empty data directory. */
export async function restore(values: Values, [file]: readonly string[]): Promise<number> {
  if (file === undefined) throw new UsageError(`restore: from which file?\n\n${USAGE}`);
  if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
  const trouble = troubleIn(file);
  if (trouble !== undefined) throw new UsageError(`${file}: not a sound backup: ${trouble}`);
  const data = dataOf(values);
  const target = databaseFile(data);
  if (existsSync(target))
    throw new UsageError(`${target} exists; move it away, or restore elsewhere by --data`);
  await mkdir(data, { recursive: true });
  await copyFile(file, join(data, "energy.db"));
  print(`${target}: restored from ${file}; "reconcile" compares every figure with its readings`);
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
