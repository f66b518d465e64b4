/** A process of the production stack: its role's work, and the HTTP address that tells of it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createAedesSource } from "./adapters/aedes.ts";
import { createMqttSource } from "./adapters/mqtt-source.ts";
import { checkExposure, credentialsOf, type Exposure, secretsOf, tlsOf, urlOf } from "./app-exposure.ts";
import { openProduction, type ProductionCore, type ProductionRole } from "./app-production.ts";
import type { ProductionSettings } from "./app-settings.ts";
import { ProblemError } from "./board/answer.ts";
import { type BoardActions, createBoardServer, type Dependency, type Readiness } from "./board/server.ts";
import { collectorFilters } from "./config/collector-filters.ts";
import { loadConfig } from "./config/load.ts";
import { createOperatorCheck } from "./config/operators.ts";
import type { Secrets } from "./config/secrets.ts";
import { programRoot } from "./config/shipped.ts";
import { createPermissions } from "./ingest/permissions.ts";
import { type Problem, UsageError } from "./model/errors.ts";
import type { Log } from "./model/log.ts";
import type { MessageSource } from "./model/ports.ts";
import type { Registry } from "./model/registry.ts";

/** More records than this behind, and a process does not call itself ready. */
const READY_RECORDS = 50_000;
/** An append that waits for so long says that the log does not take any. */
const SLOW_APPEND_MS = 10_000;

export interface ServeOptions extends Exposure {
  readonly config: string;
  readonly role: ProductionRole;
  readonly settings: ProductionSettings;
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly adopt: boolean;
  readonly tell: Log;
}

export interface Served {
  readonly warnings: readonly Problem[];
  readonly httpUrl: string;
  /** Where gateways connect; absent with an outside broker, and without the role. */
  readonly mqttUrl: string | undefined;
  close(): Promise<void>;
}

/** A source of messages with what is to be told of it. */
interface Inlet {
  readonly source: MessageSource;
  readonly url: () => string | undefined;
  readonly dependency: () => Dependency;
}

async function openInlet(
  options: ServeOptions,
  registry: Registry,
  secrets: Secrets | undefined,
): Promise<Inlet> {
  const { settings, tell } = options;
  if (settings.broker === undefined) return openListener(options, registry, secrets);
  const source = createMqttSource({
    ...settings.broker,
    filters: collectorFilters(registry),
    allowPlaintext: options.allowPlaintext,
    log: (message) => tell.info("mqtt", { message }),
  });
  return {
    source,
    url: () => undefined,
    dependency() {
      const { ok, problem } = source.health();
      return { name: "mqtt", ok, ...(problem === undefined ? {} : { detail: problem }) };
    },
  };
}

/** The embedded broker, where a PUBACK is to mean that the log has the message. */
async function openListener(
  options: ServeOptions,
  registry: Registry,
  secrets: Secrets | undefined,
): Promise<Inlet> {
  const tls = await tlsOf(options);
  const credentials = credentialsOf(secrets);
  const source = createAedesSource({
    host: options.host,
    port: options.mqttPort,
    permissions: createPermissions(registry),
    ...(credentials ? { credentials } : {}),
    ...(tls ? { tls } : {}),
  });
  return {
    source,
    url: () => urlOf(tls ? "mqtts" : "mqtt", source.address().host, source.address().port),
    dependency: () => ({ name: "mqtt", ok: true }),
  };
}

async function dependenciesOf(core: ProductionCore, inlet: Inlet | undefined): Promise<Dependency[]> {
  const { oldestWaitingMs, waitingRecords, lastSuccessAt } = core.log.health();
  const kafka: Dependency = {
    name: "kafka",
    ok: oldestWaitingMs < SLOW_APPEND_MS,
    ...(waitingRecords > 0
      ? { detail: `${waitingRecords} records wait, the oldest for ${oldestWaitingMs} ms` }
      : {}),
    ...(lastSuccessAt === undefined ? {} : { lastSuccessAt: new Date(lastSuccessAt).toISOString() }),
  };
  const all = [kafka];
  if (core.store) {
    const { reachable, detail, lastWriteAt } = await core.store.health();
    all.push({
      name: "influxdb",
      ok: reachable,
      ...(detail === undefined ? {} : { detail }),
      ...(lastWriteAt === undefined ? {} : { lastSuccessAt: new Date(lastWriteAt).toISOString() }),
    });
  }
  if (inlet) all.push(inlet.dependency());
  if (core.processing) {
    const failure = core.processing.failure();
    const detail = failure ?? `partitions ${core.processing.partitions().join(", ") || "none"}`;
    all.push({ name: "processing", ok: failure === undefined, detail });
  }
  return all;
}

async function readinessOf(core: ProductionCore, inlet: Inlet | undefined): Promise<Readiness> {
  const dependencies = await dependenciesOf(core, inlet);
  let recordsBehind = Number.POSITIVE_INFINITY;
  try {
    recordsBehind = (await core.behind()).reduce((sum, one) => sum + one.records, 0);
  } catch (error) {
    dependencies.push({ name: "lag", ok: false, detail: (error as Error).message });
  }
  const { pending, dirty } = core.processing?.waiting() ?? { pending: 0, dirty: 0 };
  const ok = dependencies.every((one) => one.ok);
  return {
    ready: ok && (core.processing === undefined || recordsBehind < READY_RECORDS),
    recordsBehind: Number.isFinite(recordsBehind) ? recordsBehind : -1,
    pendingSpans: pending,
    dirtyDays: dirty,
    dependencies,
  };
}

const noStore = (role: ProductionRole): UsageError =>
  new UsageError(`A process with the role ${role} has no figures: ask one with the role notify or process`);

/** What operators may set going, where there is nothing to do it with. */
function noActions(role: ProductionRole): BoardActions {
  const refuse = (): never => {
    throw noStore(role);
  };
  return { importCsv: refuse, replay: refuse, reconcile: refuse };
}

/** Starts a process of the production stack. @throws ConfigError, UsageError, TransientError */
export async function startServing(options: ServeOptions): Promise<Served> {
  const { role, settings, tell } = options;
  const { registry, warnings } = await loadConfig(options.config);
  const { secrets, warnings: odd } = await secretsOf(options, registry);
  checkExposure(options, secrets);
  const core = await openProduction({ registry, settings, role, adopt: options.adopt, tell });
  try {
    const takesIn = role === "ingest" || role === "all";
    const inlet = takesIn ? await openInlet(options, registry, secrets) : undefined;
    const server = await openServer(core, inlet, options, secrets);
    if (inlet) await core.collector.start(inlet.source);
    await server.listen({ host: options.host, port: options.httpPort });
    const { port } = server.server.address() as { port: number };
    const scheme = options.tlsCert === undefined ? "http" : "https";
    return {
      warnings: [...warnings, ...odd],
      httpUrl: urlOf(scheme, options.host, port),
      mqttUrl: inlet?.url(),
      async close() {
        await server.close();
        await core.close();
      },
    };
  } catch (error) {
    await core.close();
    throw error;
  }
}

async function openServer(
  core: ProductionCore,
  inlet: Inlet | undefined,
  options: ServeOptions,
  secrets: Secrets | undefined,
) {
  const { role, tell } = options;
  const webRoot = join(programRoot(), "dist/web");
  const operators = secrets && (await createOperatorCheck(secrets));
  const tls = await tlsOf(options);
  const showsPage = core.query !== undefined && role !== "process" && existsSync(webRoot);
  return createBoardServer({
    run: (name, params) => {
      if (core.query === undefined)
        throw new ProblemError(404, noStore(role).message, { code: "no-figures-here" });
      return core.query(name, params as Record<string, unknown>, Date.now());
    },
    actions: core.actions ?? noActions(role),
    ...(showsPage ? { webRoot } : {}),
    readiness: () => readinessOf(core, inlet),
    metrics: async () => "",
    host: options.host,
    ...(operators ? { credentials: operators } : {}),
    ...(tls ? { tls } : {}),
    log: tell,
  });
}
