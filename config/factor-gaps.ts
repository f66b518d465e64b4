/** Which factors the meters in service need, where one is missing, and which are unverified. */
import { type CoalBasis, factorRows } from "../model/factors.ts";
import type { Carrier, Factor, FactorKind, Meter, Site } from "../model/registry.ts";
import type { Calendar, Instant } from "../model/time.ts";
import type { Report } from "./report.ts";

/** A factor that some meter needs, and since when and until when. */
interface Need {
  readonly kind: FactorKind;
  readonly carrier: string;
  readonly basis?: CoalBasis;
  readonly from: Instant;
  readonly to: Instant;
}

/** Kinds of factor that a meter's energy is multiplied by. */
function kindsOf(meter: Meter, carrier: Carrier): { kind: FactorKind; basis?: CoalBasis }[] {
  const kinds: { kind: FactorKind; basis?: CoalBasis }[] = [];
  if (meter.contributes !== "none" || meter.conversionOutput) {
    kinds.push({ kind: "standard-coal", basis: "calorific" }, { kind: "standard-coal", basis: "equivalent" });
    if (carrier.co2 === "direct") kinds.push({ kind: "co2-direct" });
  }
  if (carrier.co2 === "grid" && meter.role === "grid-import" && meter.contributes === "add")
    kinds.push({ kind: "co2-grid-location" }, { kind: "co2-grid-market" });
  if (meter.role === "shore-power") kinds.push({ kind: "shore-power-baseline" });
  if (meter.role === "charging") kinds.push({ kind: "charging-baseline" });
  return kinds;
}

function needsOf(sites: readonly Site[], carriers: ReadonlyMap<string, Carrier>): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const site of sites) {
    for (const meter of site.meters) {
      const carrier = carriers.get(meter.carrier);
      if (!carrier) continue;
      for (const { kind, basis } of kindsOf(meter, carrier)) {
        const key = [carrier.id, kind, basis ?? ""].join(" ");
        const known = needs.get(key);
        const to = Math.max(meter.to ?? Number.POSITIVE_INFINITY, known?.to ?? Number.NEGATIVE_INFINITY);
        const from = Math.min(meter.from, known?.from ?? Number.POSITIVE_INFINITY);
        needs.set(key, { kind, carrier: carrier.id, from, to, ...(basis === undefined ? {} : { basis }) });
      }
    }
  }
  return needs;
}

/** Spans of a need in which no row is in force. */
function gapsOf(need: Need, rows: readonly Factor[]): { from: Instant; to: Instant }[] {
  const gaps: { from: Instant; to: Instant }[] = [];
  let reached = need.from;
  for (const row of [...rows].sort((a, b) => a.validFrom - b.validFrom)) {
    if (row.validFrom >= need.to) break;
    if (row.validFrom > reached) gaps.push({ from: reached, to: row.validFrom });
    reached = Math.max(reached, row.validTo ?? Number.POSITIVE_INFINITY);
  }
  if (reached < need.to) gaps.push({ from: reached, to: need.to });
  return gaps;
}

function gapText(gap: { from: Instant; to: Instant }, calendar: Calendar): string {
  const date = (at: Instant) => calendar.dateOf(calendar.dayOf(at));
  return gap.to === Number.POSITIVE_INFINITY
    ? `from ${date(gap.from)} on`
    : `from ${date(gap.from)} to ${date(gap.to)}`;
}

/**
 * Warns of dates in service at which a figure stays null for want of a factor, once per carrier and kind, and
 * of unverified factors in force, once per row.
 */
export function warnOfFactors(
  report: Report,
  sites: readonly Site[],
  carriers: ReadonlyMap<string, Carrier>,
  factors: readonly Factor[],
  region: string,
  calendar: Calendar,
): void {
  const unverified = new Map<string, Factor>();
  for (const need of [...needsOf(sites, carriers).values()]) {
    const rows = factorRows(factors, need.kind, need.carrier, region, need.basis);
    const name = [need.carrier, need.kind, need.basis].filter((part) => part !== undefined).join(" ");
    const gaps = gapsOf(need, rows);
    if (gaps.length > 0) {
      const dates = gaps.map((gap) => gapText(gap, calendar)).join(", ");
      report.warning(
        "factors",
        `no factor ${name} for region ${region} is in force ${dates}: these figures stay empty until a dated row is added`,
      );
    }
    for (const row of rows) {
      const used = row.validFrom < need.to && need.from < (row.validTo ?? Number.POSITIVE_INFINITY);
      if (row.status === "unverified" && used && isNeeded(row, rows, need)) unverified.set(row.id, row);
    }
  }
  for (const row of unverified.values()) {
    report.warning(
      "factors",
      `${row.id} (${row.value} ${row.unit}) is in force and unverified: check it against its source, ${row.source}`,
    );
  }
}

/** False when a newer row has replaced this one before the need begins. */
function isNeeded(row: Factor, rows: readonly Factor[], need: Need): boolean {
  return !rows.some(
    (newer) =>
      newer.validFrom > row.validFrom &&
      newer.validFrom <= need.from &&
      (newer.validTo ?? Number.POSITIVE_INFINITY) >= need.to,
  );
}
