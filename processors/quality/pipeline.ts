/** Status of a process: how far it is, as a row. */
import type { Observation } from "../../model/observation.ts";
import type { BalanceRow, Changes } from "../../model/ports.ts";
import type { Instant } from "../../model/time.ts";

/** What a process says of itself; what is not its business is absent. */
export interface PipelineFacts {
  readonly recordsBehind?: number;
  readonly pendingSpans?: number;
  readonly dirtyDays?: number;
  /** Since the process started. */
  readonly appended?: number;
  readonly figures?: number;
  /** When a reading last came in, and a figure was last written. */
  readonly newestReadingAt?: Instant;
  readonly lastWriteAt?: Instant;
  /** Values of the day so far. */
  readonly receivedToday?: number;
  readonly rejectedToday?: number;
  readonly uptimeMs: number;
  readonly memoryMb: number;
  /** What is wrong; absent when nothing is. */
  readonly failure?: string;
}

/** Characters of a failure: a dashboard's cell, not a log. */
const LONGEST_FAILURE = 500;

const ageOf = (at: Instant | undefined, now: Instant): number | null => (at === undefined ? null : now - at);

/** @param name the process among the others. @param role what it does */
export function pipelineRow(name: string, role: string, facts: PipelineFacts, now: Instant): Observation {
  return {
    measurement: "pipeline_status",
    tags: { process: name },
    at: now,
    numbers: {
      recordsBehind: facts.recordsBehind ?? null,
      pendingSpans: facts.pendingSpans ?? null,
      dirtyDays: facts.dirtyDays ?? null,
      appended: facts.appended ?? null,
      figures: facts.figures ?? null,
      newestReadingAgeMs: ageOf(facts.newestReadingAt, now),
      lastWriteAgeMs: ageOf(facts.lastWriteAt, now),
      rejectedToday: facts.rejectedToday ?? null,
      receivedToday: facts.receivedToday ?? null,
      uptimeMs: facts.uptimeMs,
      memoryMb: facts.memoryMb,
    },
    texts: { role, failure: (facts.failure ?? "").slice(0, LONGEST_FAILURE) },
  };
}

/** What is counted of writes as they go by. */
export interface WriteCounts {
  readonly figures: number;
  readonly newestReadingAt?: Instant;
  readonly lastWriteAt?: Instant;
}

/** Counts with those of one more write. */
export function countWrite(counts: WriteCounts, changes: Changes, now: Instant): WriteCounts {
  const figures = changes.figures?.length ?? 0;
  let newest = counts.newestReadingAt ?? Number.NEGATIVE_INFINITY;
  for (const { receivedAt } of changes.live ?? []) newest = Math.max(newest, receivedAt);
  return {
    ...counts,
    figures: counts.figures + figures,
    ...(Number.isFinite(newest) ? { newestReadingAt: newest } : {}),
    ...(figures > 0 ? { lastWriteAt: now } : {}),
  };
}

/** Values received and rejected, over all sites. */
export function todayOf(rows: readonly BalanceRow[]): { receivedToday: number; rejectedToday: number } {
  const rejected = rows.flatMap((row) => Object.values(row.rejected));
  return {
    receivedToday: rows.reduce((sum, row) => sum + row.received, 0),
    rejectedToday: rejected.reduce((sum, n) => sum + n, 0),
  };
}
