/** Factors, region and carriers that changed. */
import type { RecomputeRecord } from "../../model/records.ts";
import type { Factor, Registry } from "../../model/registry.ts";
import { HOUR_MS, type Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { firstDifference } from "./first-difference.ts";
import { same } from "./snapshot.ts";

/** What all sites' figures depend on. */
export function commonSnapshot(registry: Registry) {
  const { factors, carriers, county } = registry;
  return {
    factors,
    region: county.region,
    carriers: carriers.map(({ id, unit, co2 }) => ({ id, unit, co2 })),
  };
}

export type CommonSnapshot = ReturnType<typeof commonSnapshot>;

function factorChanges(
  before: readonly Factor[],
  registry: Registry,
  plan: Plan,
  now: Instant,
): RecomputeRecord[] {
  const records: RecomputeRecord[] = [];
  const carriers = new Set([...before, ...registry.factors].map((row) => row.carrier));
  for (const carrier of carriers) {
    const old = before.filter((row) => row.carrier === carrier);
    const current = registry.factors.filter((row) => row.carrier === carrier);
    const from = firstDifference(old, current, (row) => row.validFrom);
    if (from === undefined) continue;
    for (const area of plan.areas.filter((one) => one.carrier === carrier)) {
      const start = Math.max(from, Math.min(...area.members.map((member) => member.meter.from)));
      records.push({
        kind: "recompute",
        site: area.site.id,
        meter: "",
        from: start,
        to: now + HOUR_MS,
        cause: `factor: ${carrier}`,
        receivedAt: now,
      });
    }
  }
  return records;
}

/** Rows of every site, when the region or a carrier's way to CO2 changed; else what changed factors touch. */
export function commonChanges(before: CommonSnapshot, plan: Plan, now: Instant): RecomputeRecord[] {
  const { registry } = plan;
  const after = commonSnapshot(registry);
  const rest = (one: CommonSnapshot) => [one.region, one.carriers];
  if (same(rest(before), rest(after))) return factorChanges(before.factors, registry, plan, now);
  return plan.areas.map((area) => ({
    kind: "recompute",
    site: area.site.id,
    meter: "",
    from: Math.min(...area.members.map((member) => member.meter.from)),
    to: now + HOUR_MS,
    cause: "registry: region or carriers",
    receivedAt: now,
  }));
}
