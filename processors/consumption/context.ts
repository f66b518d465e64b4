/** Reads just the stored readings that a span's judging and energy depend on. */
import type { SeriesReader } from "../../model/ports.ts";
import { type Instant, quarterCeil, quarterStart, type Span } from "../../model/time.ts";
import type { Gauge } from "./gauge.ts";
import type { Context } from "./settle.ts";

/** Where a context begins, so that it holds every piece of the quarter-hour in which `at` lies. */
async function beginning(reader: SeriesReader, gauge: Gauge, at: Instant): Promise<Instant | undefined> {
  const restart = await reader.certainAtOrBefore(gauge, at - 1);
  if (restart === undefined) return undefined;
  const reach = gauge.kind === "interval" ? Math.min(restart.at, at - gauge.intervalMs) : restart.at;
  const floor = quarterStart(reach);
  if (restart.at === floor) return restart.at;
  return (await reader.certainAtOrBefore(gauge, floor))?.at;
}

async function ending(reader: SeriesReader, gauge: Gauge, at: Instant): Promise<Instant | undefined> {
  const stop = await reader.certainAtOrAfter(gauge, at + 1);
  if (stop === undefined) return undefined;
  const ceil = quarterCeil(stop.at);
  if (stop.at === ceil) return stop.at;
  return (await reader.certainAtOrAfter(gauge, ceil))?.at;
}

/**
 * The context of readings within [span.start, span.end], both included.
 * @param reach how far beyond to look for the end, when a first look was too short
 */
export async function loadContext(
  reader: SeriesReader,
  gauge: Gauge,
  span: Span,
  reach = 0,
): Promise<Context> {
  const from = await beginning(reader, gauge, span.start);
  const to = await ending(reader, gauge, span.end + reach);
  const rows = await reader.readings(gauge, from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER);
  return { rows, fromStart: from === undefined, toEnd: to === undefined };
}
