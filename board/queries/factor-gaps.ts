/** Figures that stay null for want of a factor: read from the registry, so that a gap shows before it is used. */
import { type FactorRows, factorAt, factorRows } from "../../model/factors.ts";
import type { Instant } from "../../model/time.ts";
import type { QualityAnswer } from "../api/records.ts";
import type { QueryContext } from "./context.ts";

type Gap = QualityAnswer["factorGaps"][number];

interface Need {
  readonly field: string;
  readonly rows: FactorRows;
}

/** Factors that a carrier's figures need; CO2 only where some meter's energy carries any. */
function needsOf(context: QueryContext, carrier: string): Need[] {
  const { registry, county, carriers } = context;
  const rows = (kind: Parameters<typeof factorRows>[1], basis?: "calorific" | "equivalent") =>
    factorRows(registry.factors, kind, carrier, county.region, basis);
  const needs = [
    { field: "kgceCalorific", rows: rows("standard-coal", "calorific") },
    { field: "kgceEquivalent", rows: rows("standard-coal", "equivalent") },
  ];
  const co2 = carriers.get(carrier)?.co2 ?? "none";
  const areas = context.areas.filter((area) => area.carrier === carrier);
  const carries = areas.some((area) =>
    area.members.some(({ co2Sign, meter }) => co2Sign !== 0 || meter.conversionOutput),
  );
  if (co2 === "none" || !carries) return needs;
  const [location, market] =
    co2 === "grid"
      ? (["co2-grid-location", "co2-grid-market"] as const)
      : (["co2-direct", "co2-direct"] as const);
  return [
    ...needs,
    { field: "kgCo2Location", rows: rows(location) },
    { field: "kgCo2Market", rows: rows(market) },
  ];
}

/** Since when no row has been in force at `at`; `begin` where none ever was. */
function gapSince(rows: FactorRows, at: Instant, begin: Instant): Instant | undefined {
  if (factorAt(rows, at)) return undefined;
  const ends = rows.flatMap((row) => (row.validTo !== undefined && row.validTo <= at ? [row.validTo] : []));
  return Math.max(begin, ...ends);
}

/** Gaps at `at` of the carriers then metered, in the registry's order. */
export function factorGaps(context: QueryContext, at: Instant): Gap[] {
  return context.registry.carriers.flatMap(({ id }) => {
    const meters = context.areas
      .filter((area) => area.carrier === id)
      .flatMap((area) => area.members.map((member) => member.meter));
    const inService = meters.some((meter) => meter.from <= at && (meter.to === undefined || at < meter.to));
    if (!inService) return [];
    const begin = Math.min(...meters.map((meter) => meter.from));
    return needsOf(context, id).flatMap(({ field, rows }) => {
      const since = gapSince(rows, at, begin);
      return since === undefined ? [] : [{ carrier: id, field, since: context.calendar.iso(since) }];
    });
  });
}
