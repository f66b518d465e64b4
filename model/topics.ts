/** MQTT topic filters against the topics that meters publish to. */
import type { DecoderProfile, Gateway, Meter, Site } from "./registry.ts";

/** True when some topic matches both filters. "a/#" also matches "a"; a leading wildcard matches no "$" topic. */
export function filtersOverlap(a: string, b: string): boolean {
  const as = a.split("/");
  const bs = b.split("/");
  for (let i = 0; ; i++) {
    const x = as[i];
    const y = bs[i];
    if (x === "#" || y === "#") return true;
    if (x === undefined || y === undefined) return x === y;
    if (x !== y && x !== "+" && y !== "+") return false;
  }
}

/** A level of a profile's topic that captures. */
export const captureForm = /^\{([A-Za-z][A-Za-z0-9_]*)\}$/;

/** The topic filter of a profile's topic: each capture is a wildcard, or what `values` has for it. */
export function profileFilter(topic: string, values: Readonly<Record<string, string>> = {}): string {
  const levels = topic.split("/").map((level) => {
    const name = captureForm.exec(level)?.[1];
    return name === undefined ? level : (values[name] ?? "+");
  });
  return levels.join("/");
}

/**
 * Where a meter publishes in a profile: the captures that name a site or a meter are filled in; by default
 * `{site}` and `{meter}` do.
 */
export function meterFilter(profile: DecoderProfile, site: string, meter: string): string {
  const values: Record<string, string> = {};
  const siteAt = profile.site ?? { capture: "site" };
  const meterAt = profile.meter ?? { capture: "meter" };
  if ("capture" in siteAt) values[siteAt.capture] = site;
  if ("capture" in meterAt) values[meterAt.capture] = meter;
  return profileFilter(profile.topic ?? "", values);
}

/**
 * Meters whose readings come through a gateway: those whose topics it may publish to. A site's only gateway has
 * all of them.
 */
export function metersOfGateway(site: Site, gateway: Gateway, profiles: readonly DecoderProfile[]): Meter[] {
  if (site.gateways.length === 1) return [...site.meters];
  const live = profiles.filter((profile) => profile.topic !== undefined);
  return site.meters.filter((meter) =>
    live.some((profile) => {
      const topic = meterFilter(profile, site.id, meter.id);
      return gateway.topics.some((filter) => filtersOverlap(filter, topic));
    }),
  );
}
