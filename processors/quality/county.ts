/** What is the county's own matter: factors are entered and verified once, for all sites. */
import type { Observation } from "../../model/observation.ts";
import type { Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { basesOf, unverifiedFactors } from "./factors.ts";

/** The row of the day of `now`. */
export function countyRow({ registry, areas, calendar }: Plan, now: Instant): Observation {
  const factors = unverifiedFactors(areas, (site) => basesOf(registry, site), now);
  return {
    measurement: "county_status",
    tags: { group: "county" },
    at: calendar.dayStart(calendar.dayOf(now)),
    numbers: { factorsUnverified: factors.length },
    texts: { factors: factors.join() },
  };
}
