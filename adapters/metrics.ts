/** What Prometheus may read of the program: a closed list of names, fed with plain numbers. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

interface Described {
  readonly help: string;
  readonly labels?: readonly string[];
}

const counters = {
  energy_messages_total: { help: "Messages taken in since the start." },
  energy_values_received_total: { help: "Values received since the start." },
  energy_values_accepted_total: { help: "Values accepted since the start." },
  energy_values_rejected_total: { help: "Values rejected since the start, by code.", labels: ["code"] },
  energy_failed_appends_total: { help: "Appends the log did not take." },
  energy_figures_written_total: { help: "Figures written since the start." },
  energy_late_readings_total: {
    help: "Values accepted more than an hour after their time, since the start.",
  },
  energy_restatements_total: { help: "Changes to figures of closed days, as in the ledger." },
  energy_alerts_total: {
    help: "Alerts taken in since the start, repeats included, by colour and status.",
    labels: ["colour", "status"],
  },
  energy_notices_total: {
    help: "Tries to deliver a notice since the start, by channel and outcome.",
    labels: ["channel", "outcome"],
  },
} as const satisfies Readonly<Record<string, Described>>;

const gauges = {
  energy_log_records_behind: { help: "Records the processors have not taken yet." },
  energy_log_partition_records_behind: {
    help: "Records of a partition that its processor has not taken yet.",
    labels: ["partition"],
  },
  energy_log_partitions_owned: { help: "Partitions this process works on." },
  energy_pending_spans: { help: "Spans that wait to be recomputed." },
  energy_dirty_days: { help: "Days whose months and groups are yet to be summed." },
  energy_unlogged_messages: { help: "Messages that are not durable yet." },
  energy_mqtt_connections: { help: "Open MQTT connections." },
  energy_last_append_timestamp_seconds: { help: "When the log last took something, in epoch seconds." },
  energy_last_write_timestamp_seconds: { help: "When the store last took something, in epoch seconds." },
  energy_balance_values: {
    help: "Values received today in the county's zone, by what became of them.",
    labels: ["outcome"],
  },
  energy_matters_open: { help: "Matters that are not closed, by colour.", labels: ["colour"] },
  energy_matters_overdue: { help: "Open matters that nobody acknowledged in time." },
  energy_matters_unassigned: { help: "Open matters with nobody to tell." },
  energy_notices_waiting: { help: "Notices that are not carried yet." },
  energy_notice_oldest_waiting_seconds: { help: "Age of the oldest of these." },
  energy_dependency_up: { help: "1 while the dependency does what it is for.", labels: ["dependency"] },
} as const satisfies Readonly<Record<string, Described>>;

const histograms = {
  energy_store_write_seconds: {
    help: "Time of one write to the store.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
} as const satisfies Readonly<Record<string, Described & { readonly buckets: readonly number[] }>>;

export type CounterName = keyof typeof counters;
export type GaugeName = keyof typeof gauges;
export type HistogramName = keyof typeof histograms;
export type Labels = Readonly<Record<string, string | number>>;

/** Every name, as `/metrics` has it. */
export const metricNames: readonly string[] = [counters, gauges, histograms].flatMap((of) => Object.keys(of));

export interface Metrics {
  /**
   * The value now. Of a counter it is the total so far: what it has grown by is added, and a smaller total
   * counts as a new start. NaN and infinities are left out.
   */
  set(name: GaugeName | CounterName, value: number, labels?: Labels): void;
  /** Adds to a counter; `by` is at least 0. */
  count(name: CounterName, by?: number, labels?: Labels): void;
  /** Adds one observation, in the unit of the name. */
  observe(name: HistogramName, value: number): void;
  /** Forgets the values of a gauge whose labels are gone, such as a partition that was taken away. */
  clear(name: GaugeName): void;
  /** Prometheus text, with memory, CPU and event-loop lag of this process. */
  text(): Promise<string>;
}

const keysOf = <T extends string>(of: Readonly<Record<T, unknown>>): T[] => Object.keys(of) as T[];

/** The metrics of this process. Those without labels are there from the start, with 0. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const settings = (name: string, { help, labels = [] }: Described) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  const counting = new Map(
    keysOf(counters).map((name) => [name, new Counter(settings(name, counters[name]))]),
  );
  const gauging = new Map(keysOf(gauges).map((name) => [name, new Gauge(settings(name, gauges[name]))]));
  const observing = new Map(
    keysOf(histograms).map((name) => {
      const { buckets } = histograms[name];
      return [name, new Histogram({ ...settings(name, histograms[name]), buckets: [...buckets] })];
    }),
  );
  /** Totals last told, by name and labels. */
  const totals = new Map<string, number>();
  const grow = (name: CounterName, total: number, labels: Labels): void => {
    const key = JSON.stringify([name, labels]);
    const before = totals.get(key) ?? 0;
    totals.set(key, total);
    counting.get(name)!.inc({ ...labels }, total < before ? total : total - before);
  };
  return {
    set(name, value, labels = {}) {
      if (!Number.isFinite(value)) return;
      const gauge = gauging.get(name as GaugeName);
      if (gauge) gauge.set({ ...labels }, value);
      else grow(name as CounterName, value, labels);
    },
    count: (name, by = 1, labels = {}) => counting.get(name)!.inc({ ...labels }, by),
    observe: (name, value) => observing.get(name)!.observe(value),
    clear: (name) => gauging.get(name)!.reset(),
    text: () => registry.metrics(),
  };
}
