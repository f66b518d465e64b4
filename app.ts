/**
 * The composition root of the embedded stack. Only the app*.ts files know both the parts and the adapters:
 * this one the servers, `app/core` the threads, `app/actions` what operators may do.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { createAedesSource } from "./adapters/aedes.ts";
import { databaseFile, occupy } from "./adapters/data-directory.ts";
import { createMetrics } from "./adapters/metrics.ts";
import { createLog } from "./adapters/pino.ts";
import { callWorker } from "./adapters/thread-call.ts";
import { type Alerts, openAlerts, tellAlerts } from "./app/alerts.ts";
import { type Core, type OpenCore, openCore, threadFile } from "./app/core.ts";
import type { DemoData } from "./app/demo.ts";
import { checkExposure, credentialsOf, type Exposure, secretsOf, tlsOf, urlOf } from "./app/exposure.ts";
import { tellBalance, tellCollector, tellDependencies, tellProgress } from "./app/metrics.ts";
import { createBoardServer, type OperatorCheck } from "./board/server.ts";
import { createOperatorCheck } from "./config/operators.ts";
import { openSecrets, type Secrets } from "./config/secrets.ts";
import { programRoot } from "./config/shipped.ts";
import { makeToken } from "./config/token.ts";
import { EXAMPLE_SEED } from "./demo/levels.ts";
import { createPermissions } from "./ingest/permissions.ts";
import type { Log } from "./model/log.ts";
import { calendarOf } from "./model/time.ts";

export interface RunOptions extends Exposure {
  readonly config: string;
  readonly data: string;
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly demo: boolean;
  readonly print: (line: string) => void;
  readonly progress: (fraction: number, text: string) => void;
}

export interface App extends Core {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Resolves when the demo fleet's past is in; at once without a fleet. */
  readonly filled: Promise<void>;
}

/** Starts the whole embedded stack. @throws ConfigError, UsageError */
export async function startApp(options: RunOptions): Promise<App> {
  const core = await openCore(options.config, options.data);
  let alerts: Alerts | undefined;
  try {
    const { secrets, warnings } = await secretsOf(options, core.registry);
    for (const { file, path, message } of warnings) options.print(`warning: ${file}: ${path}: ${message}`);
    checkExposure(options, secrets);
    const hide = secrets ? openSecrets(secrets) : [];
    const log = createLog({ form: "human", write: options.print, hide });
    alerts = await openDesk(core, options, secrets, log);
    return await startServers(core, alerts, options, secrets, log);
  } catch (error) {
    await alerts?.close();
    await core.close();
    throw error;
  }
}

/** The desk, which evaluates what the processors write and publishes through the writer's thread. */
function openDesk(
  core: OpenCore,
  options: RunOptions,
  secrets: Secrets | undefined,
  log: Log,
): Promise<Alerts> {
  const { data, allowPlaintext, print } = options;
  return openAlerts({
    data,
    registry: core.registry,
    secrets,
    observations: databaseFile(data),
    allowPlaintext,
    log,
    print,
    append: (records) =>
      core.writer.call(
        "append",
        "alerts",
        records.map(({ key }) => key),
        records.map(({ value }) => value),
      ),
    write: (observations) => core.writer.call("write", { observations }),
  });
}

async function startServers(
  core: OpenCore,
  alerts: Alerts,
  options: RunOptions,
  secrets: Secrets | undefined,
  log: Log,
): Promise<App> {
  const { registry } = core;
  const tls = await tlsOf(options);
  const credentials = credentialsOf(secrets);
  const source = createAedesSource({
    host: options.host,
    port: options.mqttPort,
    permissions: createPermissions(registry),
    ...(credentials ? { credentials } : {}),
    ...(tls ? { tls } : {}),
  });
  const webRoot = join(programRoot(), "dist/web");
  const operators = secrets && (await createOperatorCheck(secrets));
  const server = await createBoardServer({
    run: (name, params) => core.query(name, params as Record<string, unknown>),
    actions: core.actions,
    ...(existsSync(webRoot) ? { webRoot } : {}),
    readiness: () => readinessOf(core, alerts),
    metrics: metricsOf(core, alerts, source.stats),
    matters: { desk: alerts.desk, registry, answers: alerts.answers },
    host: options.host,
    ...(operators ? { credentials: operators } : {}),
    ...(tls ? { tls } : {}),
    log,
  });
  await core.collector.start(source);
  await server.listen({ host: options.host, port: options.httpPort });
  const httpPort = (server.server.address() as { port: number }).port;
  const httpUrl = urlOf(tls ? "https" : "http", options.host, httpPort);
  const mqttUrl = urlOf(tls ? "mqtts" : "mqtt", source.address().host, source.address().port);
  await alerts.begin(httpUrl);
  const door = operators || tls ? await openDoor(core, log) : undefined;
  occupy(options.data, door ? { url: door.url, token: door.token } : { url: httpUrl });
  const demo = options.demo ? await startDemo(core, mqttUrl, options) : undefined;
  return {
    ...core,
    lost: Promise.race([core.lost, alerts.ended]),
    httpUrl,
    mqttUrl,
    filled: demo?.filled ?? Promise.resolve(),
    async close() {
      await demo?.stop();
      await door?.close();
      await server.close();
      await alerts.close();
      await core.close();
    },
  };
}

const COMMAND_USER = "command";

/** Compared by digests, so that the time it takes tells nothing. */
function isEqual(shown: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

/**
 * The way in for commands on this machine where the board asks for a password or a certificate: a listener on
 * loopback that wants a token, which only the data directory's owner can read.
 */
async function openDoor(core: OpenCore, log: Log) {
  const { token } = makeToken();
  const credentials: OperatorCheck = {
    password: async (user, password) =>
      user === COMMAND_USER && isEqual(password, token) ? "admin" : undefined,
    token: (shown) => (isEqual(shown, token) ? { name: COMMAND_USER, role: "admin" } : undefined),
    isUser: (name) => name === COMMAND_USER,
  };
  const server = await createBoardServer({
    run: (name, params) => core.query(name, params as Record<string, unknown>),
    actions: core.actions,
    readiness: () => readinessOf(core),
    metrics: async () => "",
    host: "127.0.0.1",
    credentials,
    log,
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, token, close: () => server.close() };
}

async function startDemo(core: OpenCore, url: string, options: RunOptions) {
  const lastReadings = await core.reader.call<DemoData["lastReadings"]>("lastReadings");
  const data: DemoData = { url, registry: core.registry, seed: EXAMPLE_SEED, lastReadings };
  const demo = callWorker(new Worker(threadFile("app-demo"), { workerData: data }), "demo");
  const fill = async (): Promise<void> => {
    for await (const { fraction, readings } of demo.stream<{ fraction: number; readings: number }>(
      "history",
    )) {
      options.progress(fraction, `demo history: ${readings.toLocaleString("en")} readings`);
    }
  };
  const filled = fill();
  filled.catch((error: unknown) =>
    options.print(`demo fleet: ${error instanceof Error ? error.message : String(error)}`),
  );
  return { filled, stop: () => demo.call("stop").catch(() => undefined) };
}

/** Ready when the processors run and are at most a few seconds behind the log, and the desk takes alerts. */
async function readinessOf(core: Core, alerts?: Alerts) {
  const progress = await core.progress();
  const ok = progress.failure === undefined;
  const desk = alerts && (await alerts.dependency());
  return {
    ready: ok && (desk?.ok ?? true) && progress.recordsBehind < 50_000,
    recordsBehind: progress.recordsBehind,
    pendingSpans: progress.pendingSpans,
    dirtyDays: progress.dirtyDays,
    dependencies: [
      { name: "store", ok, ...(ok ? {} : { detail: progress.failure!.split("\n")[0]! }) },
      ...(desk ? [desk] : []),
    ],
  };
}

const BALANCE_EVERY_MS = 30_000;

/** The process's metrics as Prometheus text, brought up to date when they are asked for. */
function metricsOf(
  core: OpenCore,
  alerts: Alerts,
  broker: () => { readonly connections: number },
): () => Promise<string> {
  const metrics = createMetrics();
  const calendar = calendarOf(core.registry.county.zone);
  let balanceAt = 0;
  return async () => {
    tellCollector(metrics, core.collector.stats());
    tellProgress(metrics, await core.progress());
    tellDependencies(metrics, (await readinessOf(core, alerts)).dependencies);
    tellAlerts(metrics, await alerts.status());
    metrics.set("energy_mqtt_connections", broker().connections);
    if (Date.now() - balanceAt > BALANCE_EVERY_MS) {
      balanceAt = Date.now();
      tellBalance(metrics, await core.reader.call("balance", calendar.dayOf(balanceAt)));
    }
    return metrics.text();
  };
}
