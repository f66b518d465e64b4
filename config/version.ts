/** The version of a configuration: equal when every figure would be. */
import { createHash } from "node:crypto";
import type { Limit, Output } from "../model/limit.ts";
import type { Carrier, County, Factor, Meter, Site } from "../model/registry.ts";

/** JSON with sorted keys, so that the order of writing does not matter. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function meterFacts({ name: _name, site: _site, ...facts }: Meter) {
  return facts;
}

/** What figures depend on: not names, places, gateways, berths or charging posts. */
function siteFacts(site: Site) {
  const { id, category, classes, industry, town, sector, nationalList, approved } = site;
  const meters = [...site.meters].sort(byId).map(meterFacts);
  return { id, category, classes, industry, town, sector, nationalList, approved, meters };
}

/** The numbers of a factor and where they hold; wording of its source may change freely. */
function factorFacts(factor: Factor) {
  const { id, kind, carrier, basis, region, perCanonical, validFrom, validTo } = factor;
  return { id, kind, carrier, basis, region, perCanonical, validFrom, validTo };
}

/** What `limit_usage` depends on: not names, labels or sources. */
function limitFacts({ name: _name, source: _source, levels, ...facts }: Limit) {
  return { ...facts, levels: levels.map(({ label: _label, ...level }) => level) };
}

/** First 16 hex digits of the SHA-256 of everything that figures depend on. */
export function versionOf(
  county: County,
  carriers: readonly Carrier[],
  factors: readonly Factor[],
  sites: readonly Site[],
  limits: readonly Limit[] = [],
  outputs: readonly Output[] = [],
): string {
  const { id, zone, region, closedThrough } = county;
  const hash = createHash("sha256").update(canonicalJson({ id, zone, region, closedThrough }));
  for (const carrier of [...carriers].sort(byId))
    hash.update(canonicalJson({ id: carrier.id, unit: carrier.unit, co2: carrier.co2 }));
  for (const factor of [...factors].sort(byId)) hash.update(canonicalJson(factorFacts(factor)));
  for (const site of [...sites].sort(byId)) hash.update(canonicalJson(siteFacts(site)));
  for (const limit of [...limits].sort(byId)) hash.update(canonicalJson(limitFacts(limit)));
  for (const output of outputs) hash.update(canonicalJson(output));
  return hash.digest("hex").slice(0, 16);
}
