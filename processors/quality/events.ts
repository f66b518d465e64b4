/** What happened to meters, factors and figures, as rows for the annotations of dashboards. */
import type { LedgerEntry } from "../../model/figure.ts";
import type { Observation } from "../../model/observation.ts";
import type { Changes } from "../../model/ports.ts";
import type { Factor, LocalText, Registry, Site } from "../../model/registry.ts";
import { type Calendar, type DayIndex, HOUR_MS, type Instant } from "../../model/time.ts";

export type EventKind = "swap" | "multiplier" | "factor" | "restatement" | "outage";

/** @param site absent: it concerns the county */
export function eventRow(
  kind: EventKind,
  site: string | undefined,
  at: Instant,
  count: number,
  text: LocalText,
): Observation {
  return {
    measurement: "event",
    tags: { kind, ...(site === undefined ? {} : { site }) },
    at,
    numbers: { count },
    texts: { textZh: text.zh, textEn: text.en },
  };
}

/** Names in a text; of many only the first. */
const SHOWN = 8;
const listOf = (names: readonly string[], comma: string): string =>
  names.slice(0, SHOWN).join(comma) + (names.length > SHOWN ? ` … (${names.length})` : "");

/** Groups rows of one moment: an annotation is a moment of a site. */
function byMoment<Row>(rows: readonly Row[], at: (row: Row) => Instant): [Instant, Row[]][] {
  const groups = new Map<Instant, Row[]>();
  for (const row of rows) groups.set(at(row), [...(groups.get(at(row)) ?? []), row]);
  return [...groups].sort(([a], [b]) => a - b);
}

/** Exchanged meters and changed multipliers of a site with after < at ≤ upTo, at the moment they took effect. */
export function siteEvents(site: Site, after: Instant, upTo: Instant): Observation[] {
  const isNow = (at: Instant): boolean => after < at && at <= upTo;
  const swaps = site.meters.flatMap((meter) =>
    [...new Set(meter.swaps.map((swap) => swap.at))].map((at) => ({ at, name: meter.id })),
  );
  const multipliers = site.meters.flatMap((meter) =>
    meter.multipliers.slice(1).map((row, i) => ({
      at: row.from,
      name: `${meter.id} ${meter.multipliers[i]!.value} → ${row.value}`,
    })),
  );
  const rows = (kind: EventKind, zh: string, en: string, found: typeof swaps): Observation[] =>
    byMoment(
      found.filter(({ at }) => isNow(at)),
      ({ at }) => at,
    ).map(([at, own]) => {
      const names = own.map(({ name }) => name);
      const text = { zh: `${zh}：${listOf(names, "、")}`, en: `${en}: ${listOf(names, ", ")}` };
      return eventRow(kind, site.id, at, own.length, text);
    });
  return [
    ...rows("swap", "换表", "Meter exchanged", swaps),
    ...rows("multiplier", "倍率变更", "Multiplier changed", multipliers),
  ];
}

/** What a factor says in the place of an earlier one has the same name. */
const factorName = ({ kind, carrier, region, basis }: Factor): string =>
  `${kind} ${carrier} ${region} ${basis}`;

/** Factors of metered carriers that took another's place with after < validFrom ≤ upTo. */
export function factorEvents(registry: Registry, after: Instant, upTo: Instant): Observation[] {
  const metered = new Set(registry.sites.flatMap((site) => site.meters.map((meter) => meter.carrier)));
  const used = registry.factors.filter(
    ({ carrier, region }) => metered.has(carrier) && (region === "any" || region === registry.county.region),
  );
  const first = new Map<string, Instant>();
  for (const factor of used) {
    const name = factorName(factor);
    first.set(name, Math.min(first.get(name) ?? factor.validFrom, factor.validFrom));
  }
  const changed = used.filter(
    (factor) =>
      after < factor.validFrom &&
      factor.validFrom <= upTo &&
      factor.validFrom > first.get(factorName(factor))!,
  );
  return byMoment(changed, ({ validFrom }) => validFrom).map(([at, own]) => {
    const ids = own.map(({ id }) => id).sort();
    const text = { zh: `因子变更：${listOf(ids, "、")}`, en: `Factors changed: ${listOf(ids, ", ")}` };
    return eventRow("factor", undefined, at, own.length, text);
  });
}

/** Gives the changes of factors up to a moment, each once. */
export function createFactorEvents(registry: Registry): (now: Instant) => Observation[] {
  let told = Number.NEGATIVE_INFINITY;
  let next = Number.NEGATIVE_INFINITY;
  return (now) => {
    if (now < next) return [];
    const rows = factorEvents(registry, told, now);
    told = now;
    next = Math.min(
      ...registry.factors.map(({ validFrom }) => validFrom).filter((at) => at > now),
      Number.POSITIVE_INFINITY,
    );
    return rows;
  };
}

/** A gateway that nothing came from for a while, told when something came again; at the moment it fell silent. */
export function outageEvent(site: string, gateway: string, from: Instant, to: Instant): Observation {
  const hours = ((to - from) / HOUR_MS).toFixed(1);
  const text = {
    zh: `网关 ${gateway} 失联 ${hours} 小时`,
    en: `Gateway ${gateway} was silent for ${hours} h`,
  };
  return eventRow("outage", site, from, 1, text);
}

interface Restated {
  readonly at: Instant;
  readonly day: DayIndex;
  count: number;
  from: Instant;
  to: Instant;
}

/** Changes with the rows of what they restate. */
export function withRestatements(restatements: Restatements, changes: Changes): Changes {
  if (changes.ledger === undefined || changes.ledger.length === 0) return changes;
  return {
    ...changes,
    observations: [...(changes.observations ?? []), ...restatements.rows(changes.ledger)],
  };
}

export interface Restatements {
  /** Rows of the sums that these entries belong to, to be written with them. */
  rows(ledger: readonly LedgerEntry[]): Observation[];
}

/** Site of a figure; undefined for a group's. */
const siteOf = ({ scope, owner }: LedgerEntry): string | undefined =>
  scope === "group" ? undefined : owner.split("/")[0];

/**
 * Changes to figures of closed days, summed by site, cause and the day they were made: a row each, at its first
 * entry, that is written again whenever there are more. A process that starts anew begins a new row.
 */
export function createRestatements(calendar: Calendar): Restatements {
  const sums = new Map<string, Restated>();
  /** Moments taken by a site's sums: two causes in one step must not share a row. */
  const taken = new Map<string, Instant>();
  let today: DayIndex | undefined;

  const begin = (site: string, entry: LedgerEntry, day: DayIndex): Restated => {
    const at = Math.max(entry.at, (taken.get(site) ?? Number.NEGATIVE_INFINITY) + 1);
    taken.set(site, at);
    return { at, day, count: 0, from: entry.start, to: entry.start };
  };
  const rowOf = (site: string | undefined, cause: string, sum: Restated): Observation => {
    const dates = [sum.from, sum.to].map((at) => calendar.dateOf(calendar.dayOf(at)));
    return eventRow("restatement", site, sum.at, sum.count, {
      zh: `已关账数据更正 ${sum.count} 个（${dates.join(" 至 ")}）：${cause}`,
      en: `${sum.count} figures of closed days restated (${dates.join(" to ")}): ${cause}`,
    });
  };

  return {
    rows(ledger) {
      const changed = new Map<string, { site: string | undefined; cause: string; sum: Restated }>();
      for (const entry of ledger) {
        const day = calendar.dayOf(entry.at);
        if (today !== undefined && day > today) sums.clear();
        today = Math.max(today ?? day, day);
        const site = siteOf(entry);
        const key = `${site ?? ""}\n${entry.cause}`;
        const sum = sums.get(key) ?? begin(site ?? "", entry, day);
        sums.set(key, sum);
        sum.count += 1;
        sum.from = Math.min(sum.from, entry.start);
        sum.to = Math.max(sum.to, entry.start);
        changed.set(key, { site, cause: entry.cause, sum });
      }
      return [...changed.values()].map(({ site, cause, sum }) => rowOf(site, cause, sum));
    },
  };
}
