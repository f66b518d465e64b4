/** The production stack of one process: outside log and store, and the roles this process has. */
import { prepareInflux } from "../adapters/influx/prepare.ts";
import { createInfluxStore, type InfluxStore } from "../adapters/influx/store.ts";
import { createKafkaLog, type KafkaLog } from "../adapters/kafka/log.ts";
import { payloadBytes } from "../adapters/payload-bytes.ts";
import type { BoardActions } from "../board/server.ts";
import { createAcceptor } from "../ingest/accept.ts";
import { type Collector, createCollector } from "../ingest/collector.ts";
import type { Log } from "../model/log.ts";
import type { Changes, EventLog, LogRecord } from "../model/ports.ts";
import type { ChangedRecord, RecomputeRecord } from "../model/records.ts";
import type { Registry } from "../model/registry.ts";
import { routesOf } from "../model/routing.ts";
import { type Calendar, calendarOf, DAY_MS } from "../model/time.ts";
import { meterKey } from "../processors/cache.ts";
import { type Plan, planOf } from "../processors/plan.ts";
import { CONSUMER } from "../processors/runner.ts";
import { createLookAhead } from "../processors/shares/look-ahead.ts";
import { CHANGED_KEY } from "../processors/shares/readings.ts";
import { registerConfiguration } from "../processors/shares/versions.ts";
import { type ActionParts, createActions } from "./actions.ts";
import { untilCaughtUp } from "./caught-up.ts";
import { closeInOrder, type Stop } from "./close.ts";
import { knownOf } from "./logged-replay.ts";
import { type Processing, startProcessing } from "./processing.ts";
import { createQueries, type Within } from "./queries.ts";
import type { ProductionSettings } from "./settings.ts";

export const productionRoles = ["all", "ingest", "process", "notify"] as const;
export type ProductionRole = (typeof productionRoles)[number];

export interface ProductionOptions {
  readonly registry: Registry;
  readonly settings: ProductionSettings;
  readonly role: ProductionRole;
  /** Take a configuration back that was replaced by another. */
  readonly adopt: boolean;
  readonly tell: Log;
  readonly written?: (changes: Changes, tookMs: number) => void;
}

export interface ProductionCore {
  readonly calendar: Calendar;
  readonly log: KafkaLog;
  /** Absent where the role only takes readings in. */
  readonly store: InfluxStore | undefined;
  readonly collector: Collector;
  readonly processing: Processing | undefined;
  /** Absent without a store. */
  readonly actions: BoardActions | undefined;
  query: ReturnType<typeof createQueries>["run"] | undefined;
  /** Records not yet worked on, by topic and partition. */
  behind(): Promise<{ topic: string; partition: number; records: number }[]>;
  /** Resolves when the processors are done with everything that was in the log when it was called. */
  caughtUp(): Promise<void>;
  /** @param beside stopped together with what works here, before log and store are closed */
  close(beside?: readonly Stop[]): Promise<void>;
}

const followed = ["readings", "rejects", "changed"] as const;
const CAUGHT_UP_EVERY_MS = 200;

const line =
  (tell: Log, event: string) =>
  (level: "error" | "warn" | "info" | "debug", message: string): void =>
    tell[level](event, { message });

async function openStore({ registry, settings, role, tell }: ProductionOptions) {
  if (role === "ingest") return undefined;
  const options = {
    ...settings.influx!,
    calendar: calendarOf(registry.county.zone),
    log: line(tell, "influxdb"),
  };
  await prepareInflux(options, role !== "notify");
  return createInfluxStore(options);
}

/** Connects log and store, and begins to process if the role says so. @throws UsageError, TransientError */
export async function openProduction(options: ProductionOptions): Promise<ProductionCore> {
  const { registry, settings, role, tell, adopt } = options;
  const log = await createKafkaLog({
    ...settings.kafka,
    routeOf: routesOf(registry),
    log: line(tell, "kafka"),
  });
  try {
    const store = await openStore(options);
    const acceptor = createAcceptor({ registry, bytes: payloadBytes });
    const collector = createCollector(acceptor, log);
    const isProcessing = role === "process" || role === "all";
    const plan = store && planOf(registry);
    const config =
      store && plan && isProcessing
        ? await registerConfiguration(plan, { store, log }, Date.now(), adopt)
        : undefined;
    const processing =
      store && plan && config
        ? startProcessing({ plan, log, store, config, tell, written: options.written ?? (() => undefined) })
        : undefined;
    const behind = async () => {
      const lags = await Promise.all(
        followed.map(async (topic) => {
          const partitions = await log.behind(topic, CONSUMER);
          return partitions.map((one) => ({ topic, ...one }));
        }),
      );
      return lags.flat();
    };
    const caughtUp = (): Promise<void> =>
      untilCaughtUp({
        // Fresh: what was just appended is to be among it.
        stateOf: (topic) => log.behind(topic, CONSUMER, true),
        pending: async () => (await store?.pending()) ?? [],
        pause: () => new Promise((resolve) => setTimeout(resolve, CAUGHT_UP_EVERY_MS)),
      });
    const parts = store && plan && actionParts({ plan, log, store, collector, caughtUp });
    return {
      calendar: calendarOf(registry.county.zone),
      log,
      store,
      collector,
      processing,
      actions: parts && createActions(registry, parts, acceptor),
      query: store && createQueries(registry, store).run,
      behind,
      caughtUp,
      close: (beside = []) => closeInOrder([collector.stop, () => processing?.stop(), ...beside], log, store),
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

interface PartsOf {
  readonly plan: Plan;
  readonly log: KafkaLog;
  readonly store: InfluxStore;
  readonly collector: Collector;
  readonly caughtUp: () => Promise<void>;
}

const appendAll = (log: EventLog, records: readonly RecomputeRecord[]): Promise<void> =>
  log.append(
    "readings",
    records.map((record) => ({ key: record.site, value: JSON.stringify(record) })),
  );

function actionParts({ plan, log, store, collector, caughtUp }: PartsOf): ActionParts {
  const { registry, calendar } = plan;
  return {
    append: collector.append,
    request: (records) => appendAll(log, records),
    async sumAgain(days) {
      const records = days.flatMap(({ carrier, start }) =>
        plan.areas
          .filter((area) => area.carrier === carrier)
          .map((area): LogRecord => {
            const day = calendar.dayOf(start);
            const mark: ChangedRecord = { site: area.site.id, carrier, day, cause: "repair", reread: true };
            return { key: CHANGED_KEY, value: JSON.stringify(mark) };
          }),
      );
      if (records.length > 0) await log.append("changed", records);
    },
    caughtUp,
    rejects: (query) => store.rejects(query),
    async replayLogged({ partition, offset }) {
      const { again, ...replay } = knownOf(plan, await log.recordAt("readings", partition, offset));
      await log.append("readings", again);
      return replay;
    },
    write: (changes) => store.write(changes),
    async *reconcile(span, site) {
      const ahead = createLookAhead(store);
      const within: Within = async (one, asked, work) => {
        if (one === undefined) return work();
        const owners = one.meters.map((meter) => plan.meters.get(`${one.id}/${meter.id}`)!);
        await ahead.fetch({
          readings: owners.flatMap((owner) =>
            [...owner.gaugeOf.values()].map(({ site: of, meter, register }) => ({
              series: { site: of, meter, register },
              from: Number.MIN_SAFE_INTEGER,
            })),
          ),
          figures: owners.map((owner) => ({
            key: meterKey(owner),
            from: asked.start - DAY_MS,
            to: asked.end + DAY_MS,
          })),
        });
        try {
          return await work();
        } finally {
          ahead.release();
        }
      };
      yield* createQueries(registry, ahead.reader).reconcile(span, site, within);
    },
  };
}
