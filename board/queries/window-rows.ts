/** Rows of one site, meter or group: stored windows as they are, hours and years summed when read. */
import type { FigureWindow } from "../../model/figure.ts";
import type { Meter } from "../../model/registry.ts";
import { type Calendar, DAY_MS, type Instant, type Span } from "../../model/time.ts";
import type { ConsumptionRow } from "../api/figures.ts";
import type { ApiWindow } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { type Owner, ownerKey, type Part, readFigures, rowOf, sumParts } from "./figures.ts";
import { restatedIn } from "./restated.ts";
import type { Series } from "./series.ts";
import { judgedMeters, type KnownTime, knowledgeOf, serviceMs, sumMeters } from "./shares.ts";
import { firstStart, windowEnd, windowStart } from "./windows.ts";

/** A row before it is written; `missingMeters` undefined where it cannot be said. */
interface Row {
  readonly part: Part;
  readonly missingMeters: number | undefined;
}

/** The stored windows that rows of `window` are made of. */
function storedWindow(owner: Owner, window: ApiWindow): FigureWindow {
  if (window === "15m" || window === "hour") return "15m";
  if (owner.scope === "meter") return "day";
  return window === "day" ? "day" : "month";
}

/** Spans whose stored rows are held in memory at once: hours by the month, years one by one. */
function chunksOf(calendar: Calendar, window: ApiWindow, from: Instant, to: Instant): Span[] {
  if (from >= to) return [];
  if (window !== "hour" && window !== "year") return [{ start: from, end: to }];
  const chunks: Span[] = [];
  let start = from;
  while (start < to) {
    const next =
      window === "year"
        ? windowEnd(calendar, "year", start)
        : firstStart(calendar, "day", start + 31 * DAY_MS);
    const end = Math.min(next, to);
    chunks.push({ start, end });
    start = end;
  }
  return chunks;
}

function groupedByWindow(
  calendar: Calendar,
  window: ApiWindow,
  parts: readonly Part[],
): Map<Instant, Part[]> {
  const windows = new Map<Instant, Part[]>();
  for (const part of parts) {
    const start = windowStart(calendar, window, part.start);
    const list = windows.get(start);
    if (list) list.push(part);
    else windows.set(start, [part]);
  }
  return windows;
}

/** What a meter knows of one window of a site. */
type KnownOf = (meter: Meter, window: Span) => KnownTime | undefined;

/** True when every meter measured every moment of the chunk, and so need not be read. */
function isWhole(meters: readonly Meter[], parts: readonly Part[], chunk: Span): boolean {
  const length = chunk.end - chunk.start;
  if (meters.some((meter) => serviceMs(meter, chunk) !== length)) return false;
  if (parts.some(({ values }) => values.coverage < 1 || values.estimated > 0)) return false;
  return parts.reduce((covered, { start, end }) => covered + end - start, 0) === length;
}

async function knownOfMeters(
  context: QueryContext,
  meters: readonly Meter[],
  window: ApiWindow,
  parts: readonly Part[],
  chunk: Span,
): Promise<KnownOf> {
  if (isWhole(meters, parts, chunk)) {
    return (_, { start, end }) => ({ measuredMs: end - start, estimatedMs: 0 });
  }
  const stored = window === "hour" ? "15m" : "day";
  const sums = await sumMeters(context, meters, stored, window, chunk.start, chunk.end);
  return (meter, { start }) => sums.get(start)?.get(`${meter.site}/${meter.id}`);
}

/** Summed rows of one carrier. A group's cannot say how many meters miss time: the field is left out. */
async function summedRows(
  context: QueryContext,
  owner: Owner,
  window: ApiWindow,
  parts: readonly Part[],
  chunk: Span,
): Promise<Row[]> {
  const carrier = parts[0]?.carrier ?? "";
  const areas = owner.scope === "site" ? (context.areasOfSite.get(owner.owner) ?? []) : [];
  const area = areas.find((candidate) => candidate.carrier === carrier);
  const meters = area && judgedMeters(area);
  const knownOf = meters && (await knownOfMeters(context, meters, window, parts, chunk));
  const rows: Row[] = [];
  for (const [start, inside] of groupedByWindow(context.calendar, window, parts)) {
    const span = { start, end: windowEnd(context.calendar, window, start) };
    const values = sumParts(inside, span);
    if (!values) continue;
    const knowledge = meters && knowledgeOf(meters, span, (meter) => knownOf?.(meter, span));
    const part = { carrier, ...span, values: { ...values, ...knowledge } };
    rows.push({ part, missingMeters: knowledge?.missingMeters });
  }
  return rows;
}

async function rowsOfChunk(
  context: QueryContext,
  { owner, carriers }: Series,
  window: ApiWindow,
  chunk: Span,
): Promise<Row[]> {
  const stored = storedWindow(owner, window);
  const keys = carriers.map((carrier) => ownerKey(owner, carrier));
  const byCarrier = new Map<string, Part[]>(carriers.map((carrier) => [carrier, []]));
  for (const values of await readFigures(context, keys, stored, chunk.start, chunk.end)) {
    const { carrier, start } = values;
    byCarrier.get(carrier)?.push({ carrier, start, end: windowEnd(context.calendar, stored, start), values });
  }
  const rows: Row[] = [];
  for (const parts of byCarrier.values()) {
    if (stored !== window) rows.push(...(await summedRows(context, owner, window, parts, chunk)));
    else for (const part of parts) rows.push({ part, missingMeters: missingOf(owner, part) });
  }
  // The sort is stable, so that a window's rows stay in the carriers' order.
  return rows.sort((a, b) => a.part.start - b.part.start);
}

function missingOf(owner: Owner, part: Part): number | undefined {
  return owner.scope === "meter" ? undefined : part.values.missingMeters;
}

/** Rows whose windows start in [from, to), in window order, then in the carriers' order. */
export async function windowRows(
  context: QueryContext,
  series: Series,
  window: ApiWindow,
  from: Instant,
  to: Instant,
): Promise<ConsumptionRow[]> {
  const first = firstStart(context.calendar, window, from);
  const end = firstStart(context.calendar, window, to);
  const keys = series.carriers.map((carrier) => ownerKey(series.owner, carrier));
  const isRestated = await restatedIn(context, keys, window, first, end);
  const rows: ConsumptionRow[] = [];
  for (const chunk of chunksOf(context.calendar, window, first, end)) {
    for (const { part, missingMeters } of await rowsOfChunk(context, series, window, chunk)) {
      rows.push(rowOf(context, series.owner, part, missingMeters, isRestated(part.carrier, part.start)));
    }
  }
  return rows;
}
