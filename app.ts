/** The composition root of the embedded stack: the one file that knows both the parts and the adapters. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { createAedesSource } from "./adapters/aedes.ts";
import { databaseFile, leave, occupy } from "./adapters/data-directory.ts";
import { payloadBytes } from "./adapters/payload-bytes.ts";
import { type Caller, callWorker } from "./adapters/thread-call.ts";
import type { DemoData } from "./app-demo.ts";
import type { ReaderData } from "./app-reader.ts";
import type { Progress, WriterData } from "./app-writer.ts";
import type { Answer } from "./board/answer.ts";
import { momentOf } from "./board/moment.ts";
import { type BoardActions, createBoardServer } from "./board/server.ts";
import { loadConfig } from "./config/load.ts";
import { verifyPassword } from "./config/password.ts";
import { checkSecrets, loadSecrets, type Secrets } from "./config/secrets.ts";
import { programRoot } from "./config/shipped.ts";
import { EXAMPLE_SEED } from "./demo/levels.ts";
import { createAcceptor } from "./ingest/accept.ts";
import { createCollector } from "./ingest/collector.ts";
import { importCsv } from "./ingest/csv-import.ts";
import { createPermissions } from "./ingest/permissions.ts";
import { replayReject } from "./ingest/replay.ts";
import { type Problem, UsageError } from "./model/errors.ts";
import type { EventLog, LogRecord } from "./model/ports.ts";
import type { RecomputeRecord, Topic } from "./model/records.ts";
import type { Registry } from "./model/registry.ts";
import type { StoredReject } from "./model/reject.ts";
import { calendarOf, HOUR_MS, type Span } from "./model/time.ts";
import type { ReconcileSite } from "./processors/reconcile.ts";

/** What a process of any kind works with. */
export interface Core {
  readonly registry: Registry;
  readonly warnings: readonly Problem[];
  readonly actions: BoardActions;
  query(name: string, params: Record<string, unknown>): Promise<Answer>;
  progress(): Promise<Progress>;
  /** Resolves when everything appended so far has become figures. */
  caughtUp(): Promise<void>;
  close(): Promise<void>;
}

interface OpenCore extends Core {
  readonly writer: Caller;
  readonly reader: Caller;
  readonly collector: ReturnType<typeof createCollector>;
}

const threadFile = (name: string): URL => new URL(`./${name}.js`, import.meta.url);

/** The log, as seen from a thread that does not write. */
function remoteLog(writer: Caller): EventLog {
  return {
    append: (topic: Topic, records: readonly LogRecord[]) =>
      writer.call(
        "append",
        topic,
        records.map((record) => record.key),
        records.map((record) => record.value),
      ),
    consume() {
      throw new Error("The log is consumed in the writer's thread.");
    },
    close: async () => undefined,
  };
}

function spanOf(registry: Registry, from: string | undefined, to: string | undefined): Span {
  const calendar = calendarOf(registry.county.zone);
  return {
    start: from === undefined ? 0 : momentOf(calendar, "from", from),
    end: to === undefined ? Date.now() + HOUR_MS : momentOf(calendar, "to", to),
  };
}

function checkSite(registry: Registry, site: string | undefined): void {
  if (site === undefined || registry.sites.some((one) => one.id === site)) return;
  throw new UsageError(`--site ${site}: not in the registry`);
}

async function* decodeText(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Rejects of a span, page by page, oldest page last. */
async function* rejectsOf(
  reader: Caller,
  span: Span,
  site: string | undefined,
): AsyncGenerator<StoredReject> {
  let before: number | undefined;
  for (;;) {
    const query = {
      from: span.start,
      to: span.end,
      limit: 500,
      ...(site ? { site } : {}),
      ...(before ? { before } : {}),
    };
    const page = await reader.call<StoredReject[]>("rejects", query);
    yield* page;
    if (page.length < 500) return;
    before = page.at(-1)!.offset;
  }
}

function createActions(
  registry: Registry,
  core: Pick<OpenCore, "writer" | "reader" | "collector">,
  acceptor: ReturnType<typeof createAcceptor>,
): BoardActions {
  const { writer, reader, collector } = core;
  const recompute = (sites: readonly string[], span: Span, cause: string): Promise<void> => {
    const receivedAt = Date.now();
    const records = sites.map(
      (site): RecomputeRecord => ({
        kind: "recompute",
        site,
        from: span.start,
        to: span.end,
        cause,
        receivedAt,
      }),
    );
    return writer.call("recompute", records);
  };

  async function* replayRejects(span: Span, site: string | undefined, signal: AbortSignal) {
    const total = { replayed: 0, stillRefused: 0, skipped: 0 };
    for await (const reject of rejectsOf(reader, span, site)) {
      if (signal.aborted) return;
      if (reject.replayedAt !== undefined) continue;
      const logged = /^log:readings:(\d+)$/.exec(reject.origin)?.[1];
      if (logged !== undefined) {
        if ((await writer.call<number>("replayLogged", Number(logged))) === 0) continue;
        await writer.call("write", { rejects: [{ ...reject, replayedAt: Date.now() }] });
        total.replayed += 1;
        continue;
      }
      const { records, refused, skipped } = replayReject(acceptor, payloadBytes, reject);
      if (records.length > 0) {
        await collector.append(records);
        await writer.call("write", { rejects: [{ ...reject, replayedAt: Date.now() }] });
        total.replayed += 1;
      } else if (skipped === undefined) total.stillRefused += refused.length;
      else total.skipped += 1;
      yield { ...total };
    }
    await writer.call("caughtUp");
    yield { ...total, finished: true };
  }

  return {
    async *importCsv({ site, meter, profile, file, body, signal }) {
      const source = { site, meter, profile, file, receivedAt: Date.now() };
      const total = { rows: 0, accepted: 0, rejected: 0 };
      for await (const chunk of importCsv(acceptor, source, decodeText(body))) {
        if (signal.aborted) return;
        await collector.append(chunk.records);
        total.rows += chunk.accepted + chunk.rejected;
        total.accepted += chunk.accepted;
        total.rejected += chunk.rejected;
        yield { ...total };
      }
      await writer.call("caughtUp");
      yield { ...total, finished: true };
    },
    async *replay({ what, from, to, site, signal }) {
      checkSite(registry, site);
      const span = spanOf(registry, from, to);
      if (what === "rejects") {
        yield* replayRejects(span, site, signal);
        return;
      }
      const sites = site === undefined ? registry.sites.map((one) => one.id) : [site];
      await recompute(sites, span, "replay");
      await writer.call("caughtUp");
      yield { sites: sites.length, finished: true };
    },
    async *reconcile({ from, to, site, repair = false, signal }) {
      checkSite(registry, site);
      const span = spanOf(registry, from, to);
      await writer.call("caughtUp");
      const wrong = new Set<string>();
      let differences = 0;
      for await (const result of reader.stream<ReconcileSite>("reconcile", span, site)) {
        if (signal.aborted) return;
        differences += result.differences.length;
        for (const one of result.differences) wrong.add(one.site);
        yield result;
      }
      if (repair && wrong.size > 0) {
        const sites = wrong.has("") ? registry.sites.map((one) => one.id) : [...wrong];
        await recompute(sites, span, "repair");
        await writer.call("caughtUp");
      }
      yield { finished: true, differences, repaired: repair && wrong.size > 0 };
    },
  };
}

/** Opens log and store with their threads. @throws ConfigError, UsageError */
export async function openCore(config: string, data: string): Promise<OpenCore> {
  const { registry, warnings } = await loadConfig(config);
  occupy(data);
  const file = databaseFile(data);
  const writerThread = new Worker(threadFile("app-writer"), {
    workerData: { file, registry } satisfies WriterData,
  });
  const writer = callWorker(writerThread, "writer");
  await writer.call("ready");
  const readerThread = new Worker(threadFile("app-reader"), {
    workerData: { file, registry } satisfies ReaderData,
  });
  const reader = callWorker(readerThread, "reader");
  const acceptor = createAcceptor({ registry, bytes: payloadBytes });
  const collector = createCollector(acceptor, remoteLog(writer));
  const parts = { writer, reader, collector };
  return {
    ...parts,
    registry,
    warnings,
    actions: createActions(registry, parts, acceptor),
    query: (name, params) => reader.call("query", name, params),
    progress: () => writer.call("progress"),
    caughtUp: () => writer.call("caughtUp"),
    async close() {
      await collector.stop();
      await reader.call("stop");
      await writer.call("stop");
      leave(data);
    },
  };
}

export interface RunOptions {
  readonly config: string;
  readonly data: string;
  readonly host: string;
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly demo: boolean;
  readonly secretsFile: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly allowPlaintext: boolean;
  readonly print: (line: string) => void;
  readonly progress: (fraction: number, text: string) => void;
}

export interface App extends Core {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Resolves when the demo fleet's past is in; at once without a fleet. */
  readonly filled: Promise<void>;
}

const isLoopback = (host: string): boolean => host === "127.0.0.1" || host === "localhost" || host === "::1";

/** Beyond loopback nobody may be let in unasked, nor passwords go in the clear. */
function checkExposure(options: RunOptions, secrets: Secrets | undefined): void {
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

async function secretsOf(
  options: RunOptions,
  registry: Registry,
): Promise<{ secrets?: Secrets; warnings: readonly Problem[] }> {
  if (options.secretsFile === undefined) return { warnings: [] };
  const loaded = await loadSecrets(options.secretsFile);
  if (loaded === undefined) throw new UsageError(`${options.secretsFile}: there is no such secrets file`);
  const warnings = [...loaded.warnings, ...checkSecrets(options.secretsFile, loaded.secrets, registry)];
  return { secrets: loaded.secrets, warnings };
}

function credentialsOf(secrets: Secrets | undefined) {
  if (secrets === undefined) return undefined;
  return new Map(
    Object.entries(secrets.gateways).map(
      ([user, hash]) => [user, (password: string) => verifyPassword(password, hash)] as const,
    ),
  );
}

function operatorsOf(secrets: Secrets | undefined) {
  if (secrets === undefined || Object.keys(secrets.operators).length === 0) return undefined;
  return async (user: string, password: string): Promise<boolean> => {
    const hash = secrets.operators[user];
    return hash !== undefined && verifyPassword(password, hash);
  };
}

async function tlsOf(options: RunOptions) {
  if (options.tlsCert === undefined || options.tlsKey === undefined) return undefined;
  return { cert: await readFile(options.tlsCert), key: await readFile(options.tlsKey) };
}

const urlOf = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Starts the whole embedded stack. @throws ConfigError, UsageError */
export async function startApp(options: RunOptions): Promise<App> {
  const core = await openCore(options.config, options.data);
  try {
    return await startServers(core, options);
  } catch (error) {
    await core.close();
    throw error;
  }
}

async function startServers(core: OpenCore, options: RunOptions): Promise<App> {
  const { registry } = core;
  const { secrets, warnings } = await secretsOf(options, registry);
  for (const { file, path, message } of warnings) options.print(`warning: ${file}: ${path}: ${message}`);
  checkExposure(options, secrets);
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
  const verify = operatorsOf(secrets);
  const server = await createBoardServer({
    run: (name, params) => core.query(name, params as Record<string, unknown>),
    actions: core.actions,
    ...(existsSync(webRoot) ? { webRoot } : {}),
    readiness: () => readinessOf(core),
    metrics: () => metricsOf(core, source.stats()),
    host: options.host,
    ...(verify ? { credentials: verify } : {}),
    log: options.print,
  });
  await core.collector.start(source);
  await server.listen({ host: options.host, port: options.httpPort });
  const httpPort = (server.server.address() as { port: number }).port;
  const httpUrl = urlOf("http", options.host, httpPort);
  const mqttUrl = urlOf(tls ? "mqtts" : "mqtt", source.address().host, source.address().port);
  leave(options.data);
  occupy(options.data, httpUrl);
  const demo = options.demo ? await startDemo(core, mqttUrl, options) : undefined;
  return {
    ...core,
    httpUrl,
    mqttUrl,
    filled: demo?.filled ?? Promise.resolve(),
    async close() {
      await demo?.stop();
      await server.close();
      await core.close();
    },
  };
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

/** Ready when the processors run and are at most a few seconds behind the log. */
async function readinessOf(core: Core) {
  const progress = await core.progress();
  const ok = progress.failure === undefined;
  return {
    ready: ok && progress.recordsBehind < 50_000,
    recordsBehind: progress.recordsBehind,
    pendingSpans: progress.pendingSpans,
    dirtyDays: progress.dirtyDays,
    dependencies: [{ name: "store", ok, ...(ok ? {} : { detail: progress.failure!.split("\n")[0]! }) }],
  };
}

async function metricsOf(core: OpenCore, broker: { readonly connections: number }): Promise<string> {
  const progress = await core.progress();
  const stats = core.collector.stats();
  const lines: string[] = [];
  const add = (name: string, help: string, type: string, value: number, labels = ""): void => {
    lines.push(
      `# HELP energy_${name} ${help}`,
      `# TYPE energy_${name} ${type}`,
      `energy_${name}${labels} ${value}`,
    );
  };
  add("messages_total", "Messages taken in since the start.", "counter", stats.messages);
  add("values_accepted_total", "Values accepted since the start.", "counter", stats.accepted);
  add("log_records_behind", "Records the processors have not taken yet.", "gauge", progress.recordsBehind);
  add("pending_spans", "Spans that wait to be recomputed.", "gauge", progress.pendingSpans);
  add("dirty_days", "Days whose months and groups are yet to be summed.", "gauge", progress.dirtyDays);
  add("unlogged_messages", "Messages that are not durable yet.", "gauge", stats.unlogged);
  add("failed_appends_total", "Appends the log did not take.", "counter", stats.failedAppends);
  add("mqtt_connections", "Open MQTT connections.", "gauge", broker.connections);
  lines.push(
    "# HELP energy_values_rejected_total Values rejected since the start, by code.",
    "# TYPE energy_values_rejected_total counter",
  );
  for (const [code, count] of Object.entries(stats.rejected))
    lines.push(`energy_values_rejected_total{code="${code}"} ${count}`);
  return `${lines.join("\n")}\n`;
}

/** The directory of the example county that comes with the program. */
export function exampleConfig(): string {
  return join(programRoot(), "config/example");
}

/** A path as the caller meant it; the default example is found from anywhere. */
export function configPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return resolve(path);
  return path === "config/example" ? exampleConfig() : resolve(path);
}
