/** The command line. Parses arguments and prints; what is done is in `app.ts`. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { databaseFile, type Occupant, occupantOf } from "./adapters/data-directory.ts";
import { connectMqttPublisher } from "./adapters/mqtt-publisher.ts";
import { createLog, logLevels } from "./adapters/pino.ts";
import { copyDatabase, troubleIn } from "./adapters/sqlite/driver.ts";
import { startApp } from "./app.ts";
import { openCore } from "./app-core.ts";
import { configPath } from "./app-exposure.ts";
import { productionRoles } from "./app-production.ts";
import { startServing } from "./app-serve.ts";
import { productionSettings } from "./app-settings.ts";
import type { BoardActions } from "./board/server.ts";
import { loadConfig } from "./config/load.ts";
import { hashPassword } from "./config/password.ts";
import { systemClock } from "./demo/clock.ts";
import { faultPlan } from "./demo/faults.ts";
import { createFleet } from "./demo/fleet.ts";
import { simulate, simulateReport } from "./demo/simulate.ts";
import { ConfigError, type Problem, UsageError } from "./model/errors.ts";

const USAGE = `usage: npm start -- [COMMAND] [OPTIONS]

run        [--config DIR] [--data DIR] [--host H] [--http-port N] [--mqtt-port N] [--demo|--no-demo]
           [--secrets FILE] [--tls-cert FILE --tls-key FILE] [--allow-plaintext]
           [--stack embedded|production] [--role all|ingest|process|notify] [--adopt]
check      [--config DIR]                       every problem of the configuration, exit 2 if any
import     FILE --site S --meter M --profile P  history from CSV
replay     rejects|readings [--from T --to T --site S]
reconcile  [--from T --to T --site S] [--repair] recompute and compare, exit 1 if anything differs
explain    --site S --carrier C --window 15m|hour|day|month|year --at T
simulate   --meters N --rate N --seconds N --url mqtt://HOST:PORT
backup     FILE [--data DIR]                    a copy of everything, also while it runs
restore    FILE [--data DIR]                    into an empty data directory
password                                        reads one from standard input, prints its hash for the secrets file
`;

const options = {
  config: { type: "string" },
  data: { type: "string" },
  host: { type: "string" },
  "http-port": { type: "string" },
  "mqtt-port": { type: "string" },
  demo: { type: "boolean" },
  "no-demo": { type: "boolean" },
  stack: { type: "string" },
  role: { type: "string" },
  secrets: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "allow-plaintext": { type: "boolean" },
  adopt: { type: "boolean" },
  site: { type: "string" },
  meter: { type: "string" },
  profile: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  repair: { type: "boolean" },
  carrier: { type: "string" },
  window: { type: "string" },
  at: { type: "string" },
  meters: { type: "string" },
  rate: { type: "string" },
  seconds: { type: "string" },
  url: { type: "string" },
  help: { type: "boolean" },
} as const;

type Values = {
  [K in keyof typeof options]?: (typeof options)[K]["type"] extends "boolean" ? boolean : string;
};

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function parse(args: readonly string[]): { command: string; rest: string[]; values: Values } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [command = "run", ...rest] = positionals;
    return { command, rest, values: values as Values };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/** An option, or the environment variable that does the same: --http-port, ENERGY_HTTP_PORT. */
function given(values: Values, name: keyof Values): string | undefined {
  const value = values[name] ?? process.env[`ENERGY_${name.toUpperCase().replaceAll("-", "_")}`];
  return typeof value === "string" ? value : undefined;
}

function required(values: Values, name: keyof Values): string {
  const value = given(values, name);
  if (value === undefined) throw new UsageError(`--${name} is missing\n\n${USAGE}`);
  return value;
}

function numberGiven(values: Values, name: keyof Values, otherwise: number): number {
  const text = given(values, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${name} ${text}: give a whole number`);
  return value;
}

const dataOf = (values: Values): string => given(values, "data") ?? "data";
const configOf = (values: Values): string => configPath(given(values, "config") ?? "config/example");

function printProblems(problems: readonly Problem[]): void {
  for (const { severity, file, path, message } of problems) {
    complain(`${severity}: ${file}: ${path === "" ? "" : `${path}: `}${message}`);
  }
}

/** One line that is drawn over, on a terminal; a line now and then, elsewhere. */
function progressBar() {
  let shown = -1;
  return (fraction: number, text: string): void => {
    const percent = Math.floor(fraction * 100);
    if (process.stdout.isTTY) {
      const filled = Math.round(fraction * 30);
      process.stdout.write(
        `\r[${"█".repeat(filled)}${"░".repeat(30 - filled)}] ${percent} % ${text}  ${fraction >= 1 ? "\n" : ""}`,
      );
    } else if (percent >= shown + 20 || (fraction >= 1 && shown < 100)) {
      shown = percent;
      print(`${percent} % ${text}`);
    }
  };
}

async function run(values: Values): Promise<number> {
  const stack = given(values, "stack") ?? "embedded";
  const role = given(values, "role") ?? "all";
  if (stack === "production") return serve(values, role);
  if (stack !== "embedded") throw new UsageError(`--stack ${stack}: give embedded or production`);
  if (role !== "all")
    throw new UsageError(`--role ${role}: the embedded stack runs all roles in one process`);
  const config = configOf(values);
  const isExample = config === configPath("config/example");
  const app = await startApp({
    config,
    data: dataOf(values),
    host: given(values, "host") ?? "127.0.0.1",
    httpPort: numberGiven(values, "http-port", 8080),
    mqttPort: numberGiven(values, "mqtt-port", 1883),
    demo: values.demo ?? (isExample && !values["no-demo"] && given(values, "secrets") === undefined),
    secretsFile: given(values, "secrets"),
    tlsCert: given(values, "tls-cert"),
    tlsKey: given(values, "tls-key"),
    allowPlaintext: values["allow-plaintext"] ?? false,
    print,
    progress: progressBar(),
  });
  printProblems(app.warnings);
  print(`board  ${app.httpUrl}`);
  print(`mqtt   ${app.mqttUrl}`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await app.close();
  return 0;
}

/** A process of the production stack; its settings come from the environment. */
async function serve(values: Values, text: string): Promise<number> {
  const role = productionRoles.find((one) => one === text);
  if (role === undefined) throw new UsageError(`--role ${text}: give one of ${productionRoles.join(", ")}`);
  const level = logLevels.find((one) => one === (process.env.ENERGY_LOG_LEVEL ?? "info"));
  if (level === undefined)
    throw new UsageError(
      `ENERGY_LOG_LEVEL=${process.env.ENERGY_LOG_LEVEL}: give one of ${logLevels.join(", ")}`,
    );
  const tell = createLog({ form: "json", level, write: print, always: { role, pid: process.pid } });
  const served = await startServing({
    config: configOf(values),
    role,
    settings: productionSettings(process.env, role !== "ingest"),
    host: given(values, "host") ?? "127.0.0.1",
    httpPort: numberGiven(values, "http-port", 8080),
    mqttPort: numberGiven(values, "mqtt-port", 1883),
    secretsFile: given(values, "secrets"),
    tlsCert: given(values, "tls-cert"),
    tlsKey: given(values, "tls-key"),
    allowPlaintext: values["allow-plaintext"] ?? false,
    adopt: values.adopt ?? false,
    tell,
  });
  for (const { severity, file, path, message } of served.warnings)
    tell.warn("configuration", { severity, file, path, message });
  tell.info("listening", { http: served.httpUrl, ...(served.mqttUrl ? { mqtt: served.mqttUrl } : {}) });
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  tell.info("stopping");
  await served.close();
  tell.info("stopped");
  return 0;
}

async function check(values: Values): Promise<number> {
  const { registry, warnings } = await loadConfig(configOf(values));
  printProblems(warnings);
  const meters = registry.sites.reduce((sum, site) => sum + site.meters.length, 0);
  print(
    `${configOf(values)}: ${registry.sites.length} sites, ${meters} meters, no errors, ${warnings.length} warnings`,
  );
  return 0;
}

async function* linesOf(response: Response): AsyncGenerator<object> {
  const { Readable } = await import("node:stream");
  const body = Readable.fromWeb(response.body as import("node:stream/web").ReadableStream);
  for await (const line of createInterface({ input: body })) {
    const item = JSON.parse(line) as { error?: { detail?: string } };
    if (item.error) throw new Error(item.error.detail ?? line);
    yield item;
  }
}

/** What a command shows of itself to the process it asks. */
function proofFor({ token }: Occupant): Record<string, string> {
  if (token === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`command:${token}`).toString("base64")}` };
}

async function* ask(occupant: Occupant, path: string, type: string, body: unknown): AsyncGenerator<object> {
  const init = {
    method: "POST",
    headers: { "content-type": type, ...proofFor(occupant) },
    body,
    duplex: "half",
  } as RequestInit;
  const response = await fetch(`${occupant.url}/api/v1/admin/${path}`, init);
  if (!response.ok) {
    const problem = (await response.json()) as { detail?: string };
    throw new UsageError(problem.detail ?? `${path}: HTTP ${response.status}`);
  }
  yield* linesOf(response);
}

/** Actions of the process that works in the data directory, or of one opened for the purpose. */
async function withActions<T>(values: Values, work: (actions: BoardActions) => Promise<T>): Promise<T> {
  const occupant = occupantOf(dataOf(values));
  if (occupant?.url !== undefined) return work(remoteActions(occupant));
  const core = await openCore(configOf(values), dataOf(values));
  try {
    return await work(core.actions);
  } finally {
    await core.close();
  }
}

function remoteActions(occupant: Occupant): BoardActions {
  return {
    importCsv({ body, signal: _, ...query }) {
      return ask(occupant, `import?${new URLSearchParams(query)}`, "text/csv", body);
    },
    replay: ({ signal: _, ...body }) => ask(occupant, "replay", "application/json", JSON.stringify(body)),
    reconcile: ({ signal: _, ...body }) =>
      ask(occupant, "reconcile", "application/json", JSON.stringify(body)),
  };
}

const never = new AbortController().signal;

async function importFile(values: Values, [file]: readonly string[]): Promise<number> {
  if (file === undefined) throw new UsageError(`import: which file?\n\n${USAGE}`);
  if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
  const request = {
    site: required(values, "site"),
    meter: required(values, "meter"),
    profile: required(values, "profile"),
  };
  const size = statSync(file).size;
  const bar = progressBar();
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(file!)) {
      read += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  }
  return withActions(values, async (actions) => {
    let last = { accepted: 0, rejected: 0 };
    for await (const item of actions.importCsv({
      ...request,
      file: basename(file),
      body: counted(),
      signal: never,
    })) {
      last = item as typeof last;
      const finished = "finished" in item;
      bar(finished ? 1 : Math.min(0.99, read / size), `${last.accepted} readings, ${last.rejected} rejected`);
    }
    print(`${file}: ${last.accepted} accepted, ${last.rejected} rejected`);
    return last.rejected > 0 ? 1 : 0;
  });
}

function spanOf(values: Values) {
  const { from, to, site } = values;
  return { ...(from ? { from } : {}), ...(to ? { to } : {}), ...(site ? { site } : {}) };
}

async function replay(values: Values, [what]: readonly string[]): Promise<number> {
  if (what !== "rejects" && what !== "readings")
    throw new UsageError(`replay: rejects or readings?\n\n${USAGE}`);
  return withActions(values, async (actions) => {
    let last: object = {};
    for await (const item of actions.replay({ what, ...spanOf(values), signal: never })) last = item;
    const { finished: _, ...result } = last as { finished?: boolean };
    print(
      Object.entries(result)
        .map(([name, count]) => `${name} ${count}`)
        .join(", "),
    );
    return 0;
  });
}

interface ReconcileItem {
  readonly done?: number;
  readonly of?: number;
  readonly differences?: { what: string; start: number; stored: unknown; recomputed: unknown }[] | number;
  readonly repaired?: boolean;
}

async function reconcile(values: Values): Promise<number> {
  const bar = progressBar();
  return withActions(values, async (actions) => {
    let differences = 0;
    let repaired = false;
    const request = { ...spanOf(values), ...(values.repair ? { repair: true } : {}), signal: never };
    for await (const item of actions.reconcile(request) as AsyncIterable<ReconcileItem>) {
      if (Array.isArray(item.differences)) {
        for (const { what, start, stored, recomputed } of item.differences) {
          print(
            `${what} ${new Date(start).toISOString()}: stored ${JSON.stringify(stored)}, recomputed ${JSON.stringify(recomputed)}`,
          );
        }
        differences += item.differences.length;
        bar((item.done ?? 0) / (item.of ?? 1), `${differences} differences`);
      } else repaired = item.repaired ?? false;
    }
    print(differences === 0 ? "no difference" : `${differences} differences${repaired ? ", repaired" : ""}`);
    return differences === 0 ? 0 : 1;
  });
}

async function explain(values: Values): Promise<number> {
  const query = {
    site: required(values, "site"),
    carrier: required(values, "carrier"),
    window: required(values, "window"),
    at: required(values, "at"),
  };
  const occupant = occupantOf(dataOf(values));
  let body: string;
  if (occupant?.url !== undefined) {
    const response = await fetch(`${occupant.url}/api/v1/explain?${new URLSearchParams(query)}`, {
      headers: proofFor(occupant),
    });
    body = await response.text();
  } else {
    const core = await openCore(configOf(values), dataOf(values));
    body = (await core.query("explain", query)).body;
    await core.close();
  }
  const answer = JSON.parse(body) as {
    detail?: string;
    lines?: string[];
    notes?: { zh: string; en: string }[];
  };
  if (answer.lines === undefined) throw new UsageError(answer.detail ?? body);
  for (const line of answer.lines) print(line);
  for (const { zh, en } of answer.notes ?? []) print(`· ${en} / ${zh}`);
  return 0;
}

async function runSimulate(values: Values): Promise<number> {
  const { registry } = await loadConfig(configOf(values));
  const fleet = createFleet(registry, 1);
  const url = required(values, "url");
  const publisher = await connectMqttPublisher({
    url,
    clientId: `simulate-${process.pid}`,
    inFlight: 50_000,
  });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const result = await simulate({ fleet, plan: faultPlan(fleet) }, publisher, {
    meters: numberGiven(values, "meters", 100),
    rate: numberGiven(values, "rate", 100),
    seconds: numberGiven(values, "seconds", 10),
    clock: systemClock,
    elapsed: () => performance.now(),
    signal: stop.signal,
  });
  await publisher.close();
  print(simulateReport(result));
  return result.failed > 0 ? 1 : 0;
}

async function backup(values: Values, [file]: readonly string[]): Promise<number> {
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

async function restore(values: Values, [file]: readonly string[]): Promise<number> {
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

async function password(): Promise<number> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  const secret = text.replace(/\r?\n$/, "");
  if (secret.length < 8) throw new UsageError("password: give at least 8 characters on standard input");
  print(await hashPassword(secret));
  return 0;
}

async function main(args: readonly string[]): Promise<number> {
  const { command, rest, values } = parse(args);
  if (values.help) {
    print(USAGE);
    return 0;
  }
  switch (command) {
    case "run":
      return run(values);
    case "check":
      return check(values);
    case "import":
      return importFile(values, rest);
    case "replay":
      return replay(values, rest);
    case "reconcile":
      return reconcile(values);
    case "explain":
      return explain(values);
    case "simulate":
      return runSimulate(values);
    case "backup":
      return backup(values, rest);
    case "restore":
      return restore(values, rest);
    case "password":
      return password();
    default:
      throw new UsageError(`${command}: no such command\n\n${USAGE}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof ConfigError) printProblems(error.problems);
  else if (error instanceof UsageError) complain(error.message);
  else complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = error instanceof ConfigError || error instanceof UsageError ? 2 : 1;
}
