/** How far the pipeline's figures are from what truly flowed. */
import { factorAt, factorRows } from "../model/factors.ts";
import { type SiteCarrier, siteCarriersOf } from "../model/members.ts";
import type { Span } from "../model/time.ts";
import { type Fleet, trueEnergy } from "./fleet.ts";

/** A site's figure of a window, as the pipeline gives it. */
export interface ReportedFigure {
  readonly site: string;
  readonly carrier: string;
  readonly start: number;
  readonly end: number;
  readonly amount: number;
  readonly coverage: number;
  readonly estimated: number;
}

/** Truth and report of one carrier over all sites, in its canonical unit. */
export interface CarrierAccuracy {
  readonly carrier: string;
  readonly unit: string;
  readonly truth: number;
  readonly reported: number;
  /** reported − truth. */
  readonly error: number;
  /** Sum of the windows' errors without their signs. */
  readonly absoluteError: number;
  /** `error` in tce, calorific; null when a window has no factor. */
  readonly errorTce: number | null;
  /** Windows compared, and those left out because part of them is missing. */
  readonly windows: number;
  readonly leftOut: number;
}

/** What truly counts at a site in a span: Σ add − Σ subtract, guests included. */
export function siteTruth(fleet: Fleet, entry: SiteCarrier, span: Span): number {
  let total = 0;
  for (const { meter, sign } of entry.members) {
    if (sign !== 0) total += sign * trueEnergy(fleet.of(meter), span);
  }
  return total;
}

/** Compares windows that are wholly known with the truth, per carrier. */
export function accuracy(fleet: Fleet, figures: readonly ReportedFigure[]): CarrierAccuracy[] {
  const { registry } = fleet;
  const entries = new Map(
    siteCarriersOf(registry).map((entry) => [`${entry.site.id}/${entry.carrier}`, entry]),
  );
  return registry.carriers.flatMap(({ id, unit }) => {
    const rows = figures.filter((row) => row.carrier === id && entries.has(`${row.site}/${id}`));
    if (rows.length === 0) return [];
    return [{ carrier: id, unit, ...compareRows(fleet, entries, id, rows) }];
  });
}

/** Shares are floats: a window whose parts add up to this counts as wholly known. */
const WHOLE = 1 - 1e-9;

function compareRows(
  fleet: Fleet,
  entries: ReadonlyMap<string, SiteCarrier>,
  carrier: string,
  rows: readonly ReportedFigure[],
): Omit<CarrierAccuracy, "carrier" | "unit"> {
  const { factors, county } = fleet.registry;
  const coal = factorRows(factors, "standard-coal", carrier, county.region, "calorific");
  const sum = { truth: 0, reported: 0, absoluteError: 0, windows: 0, leftOut: 0 };
  let kgce: number | null = 0;
  for (const row of rows) {
    if (row.coverage + row.estimated < WHOLE) {
      sum.leftOut += 1;
      continue;
    }
    const truth = siteTruth(fleet, entries.get(`${row.site}/${carrier}`)!, row);
    const factor = factorAt(coal, row.start);
    sum.windows += 1;
    sum.truth += truth;
    sum.reported += row.amount;
    sum.absoluteError += Math.abs(row.amount - truth);
    kgce = kgce === null || !factor ? null : kgce + (row.amount - truth) * factor.perCanonical;
  }
  return { ...sum, error: sum.reported - sum.truth, errorTce: kgce === null ? null : kgce / 1000 };
}
