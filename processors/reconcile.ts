/** Recomputes figures from the readings and reports every difference from what is stored. */
import type { FigureScope, FigureValues, FigureWindow, LedgerEntry } from "../model/figure.ts";
import type { DirtyDay, SeriesReader } from "../model/ports.ts";
import type { Site } from "../model/registry.ts";
import type { DayIndex, Instant, Span } from "../model/time.ts";
import { createCache } from "./cache.ts";
import { createCollector } from "./changes.ts";
import type { Piece } from "./consumption/pieces.ts";
import { type LimitDifference, limitDifferences } from "./limits/reconcile.ts";
import type { MeterPlan, Plan } from "./plan.ts";
import { createRecompute } from "./recompute.ts";
import { rejudge } from "./rejudge.ts";
import { createRollup } from "./rollup.ts";

/** A stored figure or verdict that is not what the readings give. */
export interface Difference {
  readonly what: string;
  readonly scope: FigureScope | "reading";
  readonly window?: FigureWindow;
  readonly carrier: string;
  /** Empty for a group. */
  readonly site: string;
  readonly meter?: string;
  readonly start: Instant;
  readonly stored: FigureValues | string | null;
  readonly recomputed: FigureValues | string | null;
}

export interface ReconcileSite {
  readonly site: string;
  readonly differences: Difference[];
  /** Readings judged anew. */
  readonly readings: number;
}

export interface Reconcile {
  /** Checks one site over [from, to); what waits to be recomputed is left out. */
  site(site: Site, span: Span): Promise<ReconcileSite>;
  /** Checks the months and groups of the days in [from, to), and the rows of limits. */
  groups(span: Span): Promise<Difference[]>;
}

/** A meter judged anew: what differs, and the energy its readings give, by register. */
interface Verdicts {
  readonly differences: Difference[];
  readonly readings: number;
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
  readonly extent?: Span;
}

const siteOf = (entry: LedgerEntry): string => entry.owner.split("/")[0]!;

function differenceOf(entry: LedgerEntry): Difference {
  const meter = entry.scope === "meter" ? { meter: entry.owner.split("/")[1]! } : {};
  const site = entry.scope === "group" ? "" : siteOf(entry);
  const what = `${entry.scope} ${entry.owner} ${entry.carrier} ${entry.window}`;
  const { scope, window, carrier, start } = entry;
  return {
    what,
    scope,
    window,
    carrier,
    site,
    ...meter,
    start,
    stored: entry.before,
    recomputed: entry.after,
  };
}

/** Put right as sums are: by summing the day of one of its carriers anew. */
function differenceOfLimit({ limit, carrier, start, stored, recomputed }: LimitDifference): Difference {
  return { what: `limit ${limit}`, scope: "group", carrier, site: "", start, stored, recomputed };
}

export function createReconcile(realPlan: Plan, reader: SeriesReader): Reconcile {
  // With every day closed, the recompute tells the value before each change.
  const plan: Plan = { ...realPlan, closedThrough: Number.POSITIVE_INFINITY };
  const { calendar } = plan;

  const checkVerdicts = async (owner: MeterPlan): Promise<Verdicts> => {
    const differences: Difference[] = [];
    const pieces = new Map<string, readonly Piece[]>();
    let extent: Span | undefined;
    let readings = 0;
    for (const gauge of owner.gaugeOf.values()) {
      const judged = await rejudge(reader, gauge);
      pieces.set(gauge.register, judged.pieces);
      if (judged.extent) {
        extent = extent
          ? {
              start: Math.min(extent.start, judged.extent.start),
              end: Math.max(extent.end, judged.extent.end),
            }
          : judged.extent;
        readings += 1;
      }
      for (const row of judged.changed) {
        const [stored] = (await reader.readings(gauge, row.at, row.at)).filter(
          (one) => one.value === row.value && one.revision === row.revision,
        );
        const what = `reading ${owner.owner} ${gauge.register}`;
        differences.push({
          what,
          scope: "reading",
          carrier: owner.meter.carrier,
          site: gauge.site,
          meter: gauge.meter,
          start: row.at,
          stored: stored?.verdict ?? null,
          recomputed: row.verdict,
        });
      }
    }
    return { differences, readings, pieces, ...(extent ? { extent } : {}) };
  };

  /** Days of a site's figures that may be checked now. */
  const waiting = async () => {
    const pending = await reader.pending();
    const dirty = await reader.dirty();
    return {
      isPending: (site: string, start: Instant) =>
        pending.some((span) => span.site === site && span.start < start + 86_400_000 && start < span.end),
      dirty,
    };
  };

  return {
    async site(site, span) {
      const cache = createCache(plan, reader);
      const out = createCollector(plan, "reconcile", 0);
      const recompute = createRecompute(plan, reader, cache).steps(out);
      const differences: Difference[] = [];
      let readings = 0;
      for (const meter of site.meters) {
        const owner = plan.meters.get(`${site.id}/${meter.id}`)!;
        const verdicts = await checkVerdicts(owner);
        differences.push(
          ...verdicts.differences.filter((one) => one.start >= span.start && one.start < span.end),
        );
        readings += verdicts.readings;
        if (!verdicts.extent) continue;
        const start = Math.max(span.start, verdicts.extent.start - 86_400_000);
        const end = Math.min(span.end, verdicts.extent.end + 86_400_000);
        if (start < end)
          await recompute.meter({ plan: owner, span: { start, end }, pieces: verdicts.pieces });
      }
      await recompute.finish();
      const { isPending } = await waiting();
      for (const entry of out.changes().ledger ?? []) {
        if (!isPending(siteOf(entry), entry.start)) differences.push(differenceOf(entry));
      }
      return { site: site.id, differences, readings };
    },
    async groups(span) {
      const { dirty } = await waiting();
      const out = createCollector(plan, "reconcile", 0);
      const days = new Map<string, DirtyDay[]>();
      for (const area of plan.areas) {
        const key = { scope: "site", owner: area.site.id, carrier: area.carrier } as const;
        for (const row of await reader.figures([key], "day", span.start, span.end)) {
          const mark = { site: area.site.id, carrier: area.carrier, day: calendar.dayOf(row.start) };
          days.set(area.carrier, [...(days.get(area.carrier) ?? []), mark]);
        }
      }
      for (const marks of days.values()) {
        const cache = createCache(plan, reader);
        const rollup = createRollup(plan, reader, cache, cache.meterMonth);
        await rollup.groupDays(marks, () => undefined, out);
        await rollup.siteMonths(marks, out);
        await rollup.groupMonths(marks, true, out);
      }
      const stale = (carrier: string, day: DayIndex, month: boolean) =>
        dirty.some(
          (mark) =>
            mark.carrier === carrier &&
            (month ? calendar.monthOfDay(mark.day) === calendar.monthOfDay(day) : mark.day === day),
        );
      const sums = (out.changes().ledger ?? [])
        .filter((entry) => !stale(entry.carrier, calendar.dayOf(entry.start), entry.window === "month"))
        .map(differenceOf);
      // While any day waits, rows of limits may well be those of before.
      const limits = dirty.length > 0 ? [] : await limitDifferences(realPlan, reader, span);
      return [...sums, ...limits.map(differenceOfLimit)];
    },
  };
}
