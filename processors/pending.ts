/** Spans that wait: a backfill is recomputed once it has gone quiet, not with each of its readings. */
import type { PendingSpan } from "../model/ports.ts";
import type { Instant, Span } from "../model/time.ts";

/** A backfill is computed once nothing has fallen into its span for this long … */
const QUIET_MS = 30_000;
/** … and at the latest this long after it began. */
const LONGEST_MS = 5 * 60_000;

export interface Pending {
  /** Notes a span, together with what already waits of the meter; returns what to store. */
  note(site: string, meter: string, span: Span, cause: string, now: Instant, atOnce?: boolean): PendingSpan;
  /** True when part of the span waits already. */
  covers(site: string, meter: string, span: Span): boolean;
  /** What is due; a site's backfills together, so that its rows are written once. */
  due(now: Instant, all: boolean): PendingSpan[];
  done(spans: readonly PendingSpan[]): void;
  load(spans: readonly PendingSpan[]): void;
  size(): number;
}

const isAtOnce = (span: PendingSpan): boolean => span.lastAt === 0;

function isQuiet(spans: readonly PendingSpan[], now: Instant): boolean {
  const last = Math.max(...spans.map((span) => span.lastAt));
  const first = Math.min(...spans.map((span) => span.firstAt));
  // Noted by a clock that was ahead: how long ago nobody knows.
  if (last - now > QUIET_MS) return true;
  return now - last >= QUIET_MS || now - first >= LONGEST_MS;
}

export function createPending(): Pending {
  const waiting = new Map<string, PendingSpan>();
  const nameOf = (site: string, meter: string): string => `${site}/${meter}`;
  return {
    note(site, meter, span, cause, now, atOnce = false) {
      const known = waiting.get(nameOf(site, meter));
      const merged: PendingSpan = {
        site,
        meter,
        start: Math.min(span.start, known?.start ?? span.start),
        end: Math.max(span.end, known?.end ?? span.end),
        firstAt: known?.firstAt ?? now,
        lastAt: atOnce || (known !== undefined && isAtOnce(known)) ? 0 : now,
        cause: known === undefined || known.cause === cause ? cause : `${known.cause}; ${cause}`,
      };
      waiting.set(nameOf(site, meter), merged);
      return merged;
    },
    covers(site, meter, span) {
      const known = waiting.get(nameOf(site, meter));
      return known !== undefined && known.start < span.end && span.start < known.end;
    },
    due(now, all) {
      const bySite = new Map<string, PendingSpan[]>();
      const due: PendingSpan[] = [];
      for (const span of waiting.values()) {
        if (all || isAtOnce(span)) due.push(span);
        else {
          const spans = bySite.get(span.site);
          if (spans) spans.push(span);
          else bySite.set(span.site, [span]);
        }
      }
      for (const spans of bySite.values()) if (isQuiet(spans, now)) for (const span of spans) due.push(span);
      return due;
    },
    done(spans) {
      for (const { site, meter } of spans) waiting.delete(nameOf(site, meter));
    },
    load(spans) {
      waiting.clear();
      for (const span of spans) waiting.set(nameOf(span.site, span.meter), span);
    },
    size: () => waiting.size,
  };
}
