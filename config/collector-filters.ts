/** What the collector subscribes to at an outside broker. */
import type { Registry } from "../model/registry.ts";
import { filtersOverlap, profileFilter } from "../model/topics.ts";

/**
 * Topic filters that match all that a gateway may publish or a profile reads, no two of which match one topic: a
 * broker may deliver a message once for each. Where two overlap, one that matches all of both stands for them, so
 * that it may match more; what nobody may publish does not come, and what has no profile becomes a reject.
 */
export function collectorFilters(registry: Registry): string[] {
  const profiles = registry.profiles.flatMap(({ topic }) =>
    topic === undefined ? [] : [profileFilter(topic)],
  );
  const gateways = registry.sites.flatMap((site) => site.gateways.flatMap(({ topics }) => topics));
  // Profiles come first: they match most of what gateways may publish, so that the list stays short.
  return withoutOverlaps([...profiles, ...gateways]);
}

/** The filters, joined until no two overlap; sorted. */
export function withoutOverlaps(filters: readonly string[]): string[] {
  const kept: string[] = [];
  for (const filter of filters) {
    let joined = filter;
    for (let at = overlapping(kept, joined); at >= 0; at = overlapping(kept, joined))
      joined = join(kept.splice(at, 1)[0]!, joined);
    kept.push(joined);
  }
  return kept.sort();
}

function overlapping(kept: readonly string[], filter: string): number {
  return kept.findIndex((other) => filtersOverlap(other, filter));
}

/** The narrowest filter that matches what either of two overlapping ones does. */
function join(a: string, b: string): string {
  const as = a.split("/");
  const bs = b.split("/");
  const levels: string[] = [];
  for (let i = 0; i < Math.max(as.length, bs.length); i++) {
    const x = as[i];
    const y = bs[i];
    // "a/#" matches "a" too, so that one of them may be at its end here.
    if (x === "#" || y === "#" || x === undefined || y === undefined) return [...levels, "#"].join("/");
    levels.push(x === y ? x : "+");
  }
  return levels.join("/");
}
