/** What the parts of a process tell Prometheus. */
import type { Metrics } from "../adapters/metrics.ts";
import type { Dependency } from "../board/server.ts";
import type { CollectorStats } from "../ingest/collector.ts";
import type { BalanceRow, Changes } from "../model/ports.ts";
import type { Progress } from "./writer.ts";

/** What was taken in. */
export function tellCollector(metrics: Metrics, stats: CollectorStats): void {
  metrics.set("energy_messages_total", stats.messages);
  metrics.set("energy_values_received_total", stats.received);
  metrics.set("energy_values_accepted_total", stats.accepted);
  metrics.set("energy_late_readings_total", stats.late);
  metrics.set("energy_unlogged_messages", stats.unlogged);
  metrics.set("energy_failed_appends_total", stats.failedAppends);
  for (const [code, values] of Object.entries(stats.rejected))
    metrics.set("energy_values_rejected_total", values, { code });
}

/** How far the processors of the embedded stack are. */
export function tellProgress(metrics: Metrics, progress: Progress): void {
  metrics.set("energy_log_records_behind", progress.recordsBehind);
  metrics.set("energy_pending_spans", progress.pendingSpans);
  metrics.set("energy_dirty_days", progress.dirtyDays);
  metrics.set("energy_figures_written_total", progress.figures);
  metrics.set("energy_restatements_total", progress.restatements);
}

export function tellDependencies(metrics: Metrics, dependencies: readonly Dependency[]): void {
  for (const { name, ok } of dependencies)
    metrics.set("energy_dependency_up", ok ? 1 : 0, { dependency: name });
}

/** Counts what a write held. */
export function tellWritten(metrics: Metrics, changes: Changes, tookMs: number): void {
  metrics.observe("energy_store_write_seconds", tookMs / 1000);
  metrics.count("energy_figures_written_total", changes.figures?.length ?? 0);
  metrics.count("energy_restatements_total", changes.ledger?.length ?? 0);
}

/** Today's balance, over all sites. */
export function tellBalance(metrics: Metrics, rows: readonly BalanceRow[]): void {
  const sum = (of: (row: BalanceRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const outcomes = {
    received: sum((row) => row.received),
    accepted: sum((row) => row.accepted),
    repeated: sum((row) => row.repeated),
    "set-aside": sum((row) => row.setAside),
    rejected: sum((row) => Object.values(row.rejected).reduce((total, n) => total + n, 0)),
  };
  for (const [outcome, values] of Object.entries(outcomes))
    metrics.set("energy_balance_values", values, { outcome });
}
