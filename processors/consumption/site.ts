/** Site figures from the figures of the site's meters (design §4, "Site rows" and "Coal and CO2"). */
import { type Instant, QUARTER_MS, type Span } from "../../model/time.ts";
import { co2FactorsAt, kgCo2Of } from "../emissions/estimate.ts";
import type { AreaPlan } from "../plan.ts";
import { coalFactorsAt, kgceOf } from "../standard-coal/convert.ts";
import { type AreaDay, type AreaRow, emptyRow, orNone, sumRows } from "./area-day.ts";
import { type MeterDay, serviceMs } from "./meter-day.ts";

const interned = new Map<string, readonly string[]>();

/** Sorted ids, one array for each distinct set, since almost every row has the same. */
function factorIds(ids: (string | undefined)[]): readonly string[] {
  const present = [...new Set(ids.filter((id) => id !== undefined))].sort();
  const key = present.join();
  const known = interned.get(key);
  if (known) return known;
  interned.set(key, present);
  return present;
}

/** Known time of the contributing meters in a window: the worst share, and how many have missing time. */
interface Knowledge {
  coverage: number;
  estimated: number;
  missingMeters: number;
  inService: number;
}

/**
 * The worst coverage and the worst estimated share over the meters in service during the window.
 * @param known measured and estimated milliseconds of member `i` in the window
 */
export function knowledgeOf(
  area: AreaPlan,
  window: Span,
  known: (i: number) => { measuredMs: number; estimatedMs: number },
): Knowledge {
  const length = window.end - window.start;
  const result = { coverage: 1, estimated: 0, missingMeters: 0, inService: 0 };
  for (const i of area.judged) {
    const service = serviceMs(area.members[i]!.meter, window.start, window.end);
    if (service === 0) continue;
    const { measuredMs, estimatedMs } = known(i);
    result.inService += 1;
    result.coverage = Math.min(result.coverage, measuredMs / length);
    result.estimated = Math.max(result.estimated, estimatedMs / length);
    if (measuredMs + estimatedMs < service) result.missingMeters += 1;
  }
  if (result.inService === 0) result.coverage = 0;
  return result;
}

/** Fills the coal and CO2 of a row whose amount and output are set. */
function addEffects(area: AreaPlan, row: AreaRow, carrying: number | undefined, at: Instant): void {
  const coal = coalFactorsAt(area.factors, at);
  const co2 = co2FactorsAt(area.factors, at);
  const { sums } = row;
  const amount = sums[0]!;
  const output = sums[5]!;
  const hasOutput = output !== 0;
  const hasCo2 = carrying !== undefined;
  sums[1] = kgceOf(amount, coal.calorific);
  sums[2] = kgceOf(amount, coal.equivalent);
  sums[3] = hasCo2 ? kgCo2Of(carrying, co2.location, co2.none) : 0;
  sums[4] = hasCo2 ? kgCo2Of(carrying, co2.market, co2.none) : 0;
  sums[6] = hasOutput ? kgceOf(output, coal.calorific) : 0;
  sums[7] = hasOutput ? kgceOf(output, coal.equivalent) : 0;
  sums[8] = hasOutput ? kgCo2Of(output, co2.location, co2.none) : 0;
  sums[9] = hasOutput ? kgCo2Of(output, co2.market, co2.none) : 0;
  const usesCo2 = (hasCo2 || hasOutput) && !co2.none;
  row.factors = factorIds([
    coal.calorific?.id,
    coal.equivalent?.id,
    usesCo2 ? co2.location?.id : undefined,
    usesCo2 ? co2.market?.id : undefined,
  ]);
}

/** Quarter-hour `i` of a site's day, from its meters' days (in the order of the area's members). */
export function siteQuarter(area: AreaPlan, days: readonly MeterDay[], i: number): AreaRow {
  const row = emptyRow();
  const start = days[0]!.start + i * QUARTER_MS;
  const window = { start, end: start + QUARTER_MS };
  let carrying: number | undefined;
  area.members.forEach((member, m) => {
    if (member.co2Sign !== 0) carrying ??= 0;
    const amount = days[m]!.amount[i]!;
    if (Number.isNaN(amount) || serviceMs(member.meter, window.start, window.end) === 0) return;
    row.present = true;
    row.sums[0]! += member.sign * amount;
    if (member.co2Sign !== 0) carrying = (carrying ?? 0) + member.co2Sign * amount;
    if (member.meter.conversionOutput) row.sums[5]! += amount;
  });
  if (!row.present) return row;
  const known = knowledgeOf(area, window, (m) => ({
    measuredMs: days[m]!.measuredMs[i]!,
    estimatedMs: days[m]!.estimatedMs[i]!,
  }));
  Object.assign(row, {
    coverage: known.coverage,
    estimated: known.estimated,
    missingMeters: known.missingMeters,
  });
  addEffects(area, row, carrying, start);
  return orNone(row);
}

/** A site's day: the sum of its quarter-hours in time, with its meters' worst coverage over the day. */
export function siteTotal(area: AreaPlan, target: AreaDay, days: readonly MeterDay[]): AreaRow {
  const row = sumRows(target.quarters);
  if (!row.present) return row;
  const known = knowledgeOf(area, target, (m) => days[m]!.total);
  Object.assign(row, {
    coverage: known.coverage,
    estimated: known.estimated,
    missingMeters: known.missingMeters,
  });
  return orNone(row);
}
