/** A process of the production stack: its role's work, and the HTTP address that tells of it. */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createAedesSource } from "../adapters/aedes.ts";
import type { Metrics } from "../adapters/metrics.ts";
import { createMqttSource } from "../adapters/mqtt-source.ts";
import { ProblemError } from "../board/answer.ts";
import { type BoardActions, createBoardServer, type Dependency, type Readiness } from "../board/server.ts";
import { warnOfCalendar } from "../config/check-calendar.ts";
import { collectorFilters } from "../config/collector-filters.ts";
import { loadConfig } from "../config/load.ts";
import { createOperatorCheck } from "../config/operators.ts";
import type { Secrets } from "../config/secrets.ts";
import { programRoot } from "../config/shipped.ts";
import { createPermissions } from "../ingest/permissions.ts";
import { type Problem, UsageError } from "../model/errors.ts";
import type { Log } from "../model/log.ts";
import type { MessageSource } from "../model/ports.ts";
import type { Registry } from "../model/registry.ts";
import { countWrite, type WriteCounts } from "../processors/quality/pipeline.ts";
import { type Alerts, tellAlerts } from "./alerts.ts";
import { stopsOf } from "./close.ts";
import { openProductionDesk } from "./desk-production.ts";
import { checkExposure, credentialsOf, type Exposure, secretsOf, tlsOf, urlOf } from "./exposure.ts";
import { tellBalance, tellCollector, tellDependencies, tellWritten } from "./metrics.ts";
import { startProductionStatus } from "./pipeline.ts";
import { openProduction, type ProductionCore, type ProductionRole } from "./production.ts";
import type { ProductionSettings } from "./settings.ts";

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
  /** Where the desk keeps its file; without it this process takes no alerts in. One process alone has it. */
  readonly data?: string;
  readonly tell: Log;
  readonly metrics: Metrics;
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

async function readinessOf(
  core: ProductionCore,
  inlet: Inlet | undefined,
  alerts: Alerts | undefined,
): Promise<Readiness> {
  const dependencies = await dependenciesOf(core, inlet);
  if (alerts) dependencies.push(await alerts.dependency());
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
  const { registry, warnings: found } = await loadConfig(options.config);
  const warnings = [...found, ...warnOfCalendar(registry, Date.now())];
  const { secrets, warnings: odd } = await secretsOf(options, registry);
  checkExposure(options, secrets);
  let counts: WriteCounts = { figures: 0 };
  const core = await openProduction({
    registry,
    settings,
    role,
    adopt: options.adopt,
    tell,
    written: (changes, tookMs) => {
      tellWritten(options.metrics, changes, tookMs);
      counts = countWrite(counts, changes, Date.now());
    },
  });
  let alerts: Alerts | undefined;
  try {
    const takesIn = role === "ingest" || role === "all";
    const inlet = takesIn ? await openInlet(options, registry, secrets) : undefined;
    alerts = await openProductionDesk(core, options, registry, secrets);
    const server = await openServer(core, inlet, alerts, options, secrets, registry);
    if (inlet) await core.collector.start(inlet.source);
    await server.listen({ host: options.host, port: options.httpPort });
    const { port } = server.server.address() as { port: number };
    const scheme = options.tlsCert === undefined ? "http" : "https";
    const httpUrl = urlOf(scheme, options.host, port);
    await alerts?.begin(httpUrl);
    const status = tellStatus(core, inlet, options, port, () => counts);
    return {
      warnings: [...warnings, ...odd],
      httpUrl,
      mqttUrl: inlet?.url(),
      close: () => core.close(stopsOf({ server, status, alerts })),
    };
  } catch (error) {
    await core.close([() => alerts?.close()]);
    throw error;
  }
}

/** Writes how this process is doing, where there is a store to write it to. */
function tellStatus(
  core: ProductionCore,
  inlet: Inlet | undefined,
  { role, tell }: ServeOptions,
  port: number,
  counts: () => WriteCounts,
) {
  const { store, processing, calendar, behind, collector } = core;
  return (
    store &&
    startProductionStatus({
      name: `${role}@${hostname()}:${port}`,
      role,
      store,
      calendar,
      behind,
      counts,
      ...(processing ? { processing } : {}),
      ...(inlet ? { appended: () => collector.stats().messages } : {}),
      failed: (error) => tell.warn("status-unwritten", { error }),
    })
  );
}

const BALANCE_EVERY_MS = 30_000;

/** The process's metrics as Prometheus text, brought up to date when they are asked for. */
function metricsOf(
  core: ProductionCore,
  inlet: Inlet | undefined,
  alerts: Alerts | undefined,
  metrics: Metrics,
): () => Promise<string> {
  const { log, store, collector, processing } = core;
  let balanceAt = 0;
  return async () => {
    tellCollector(metrics, collector.stats());
    const { dependencies, pendingSpans, dirtyDays, recordsBehind } = await readinessOf(core, inlet, alerts);
    tellDependencies(metrics, dependencies);
    if (alerts) tellAlerts(metrics, await alerts.status());
    metrics.set("energy_pending_spans", pendingSpans);
    metrics.set("energy_dirty_days", dirtyDays);
    metrics.set("energy_log_records_behind", recordsBehind);
    metrics.set("energy_log_partitions_owned", processing?.partitions().length ?? 0);
    metrics.set("energy_last_append_timestamp_seconds", (log.health().lastSuccessAt ?? 0) / 1000);
    metrics.clear("energy_log_partition_records_behind");
    for (const { topic, partition, records } of await core.behind().catch(() => [])) {
      if (topic === "readings") metrics.set("energy_log_partition_records_behind", records, { partition });
    }
    if (store) {
      const { lastWriteAt = 0 } = await store.health();
      metrics.set("energy_last_write_timestamp_seconds", lastWriteAt / 1000);
      if (Date.now() - balanceAt > BALANCE_EVERY_MS) {
        balanceAt = Date.now();
        tellBalance(metrics, await store.balance(core.calendar.dayOf(balanceAt)));
      }
    }
    return metrics.text();
  };
}

async function openServer(
  core: ProductionCore,
  inlet: Inlet | undefined,
  alerts: Alerts | undefined,
  options: ServeOptions,
  secrets: Secrets | undefined,
  registry: Registry,
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
    readiness: () => readinessOf(core, inlet, alerts),
    metrics: metricsOf(core, inlet, alerts, options.metrics),
    ...(alerts ? { matters: { desk: alerts.desk, registry, answers: alerts.answers } } : {}),
    host: options.host,
    ...(operators ? { credentials: operators } : {}),
    ...(tls ? { tls } : {}),
    log: tell,
  });
}
