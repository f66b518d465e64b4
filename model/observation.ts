/**
 * Observations: rows that say how things stand, beside the figures that say what was used. Each row carries every
 * field; a number that is unknown is null here, and in InfluxDB 0 with its name in the field `unknown`.
 */
import type { Instant } from "./time.ts";

/** Tags, numbers and texts of each kind of observation, named once; dashboards and rules may use no others. */
export const observed = {
  /**
   * One row per limit and day (its start), or per period of 15 minutes and hours: how things stood at `asOf`, the
   * end of what is known of that day. `site` or `group` is the limit's; the other is absent.
   */
  limit_usage: {
    tags: ["limit", "purpose", "site", "group"],
    numbers: [
      "used",
      /** The limit itself. No field has the name of a tag: InfluxQL would take the one for the other. */
      "allowed",
      /** used ÷ allowed. */
      "ratio",
      /** Share of the period's time gone at `asOf`, 0 to 1; of rolling periods 1. */
      "gone",
      /** What was planned up to `asOf`; for a limit without a split in proportion to `gone`. */
      "planned",
      /** Use at the period's end and its ratio, by `method`; null while too little is known. */
      "projected",
      "projectedRatio",
      /** Days until the limit is reached at the pace of late; null when it will not be in the period. */
      "daysLeft",
      /** Share of the time so far that is known (measured or estimated). */
      "coverage",
      /** Ratio over the ratio of each level: 1 and more means the level holds. 0 without such a level, or while less is known than `minCoverage`. */
      "yellow",
      "orange",
      "red",
      "asOf",
    ],
    texts: ["method"],
  },
  /** One row per meter at each change of state, and once an hour. */
  meter_status: {
    tags: ["site", "meter"],
    numbers: [
      /** Milliseconds since the newest reading's own time, and since it came in. */
      "ageMs",
      "receivedAgeMs",
      /** 0 online, 1 late, 2 silent, 3 never. */
      "state",
      /** Hours since the counted register last moved; 0 while it moves or may well stand still. */
      "stuckHours",
      /** Share of the last 24 whole hours that is estimated, and that is measured (数据完整率), as the board has them. */
      "estimated",
      "completeness",
      /** Power shown over rated power; null where either is unknown. */
      "powerRatio",
    ],
    texts: [],
  },
  /** One row per gateway at each change of state, and once an hour. States as of meters. */
  gateway_status: {
    tags: ["site", "gateway"],
    numbers: ["ageMs", "state", "meters", "metersSilent"],
    texts: [],
  },
  /** One row per site at each change worth telling, and once an hour. */
  site_status: {
    tags: ["site"],
    numbers: [
      "meters",
      "metersOnline",
      /** metersOnline ÷ meters in service. */
      "onlineRate",
      /** Measured share of the last 24 whole hours, of all its contributing meters. */
      "completeness",
      /** Electricity of the last whole hour over the median of the same hour on the same weekday of the four weeks before; null without three of them. */
      "jumpRatio",
      /** Mean power of last night's quarter-hours (00:00 to 05:00) over that of the day before, or of a usual day if that is more; null for sites that run at night. */
      "nightRatio",
      /** |main meters − sub-meters| ÷ main meters of yesterday's electricity, where the sub-meters are said to be complete; else null. */
      "imbalance",
      /** Carriers whose factor is missing for today, and factors in use that nobody has verified. */
      "factorsMissing",
      "factorsUnverified",
    ],
    texts: [],
  },
  /** One row per day of what is the county's own matter, not that of one site. */
  county_status: {
    tags: ["group"],
    /** Factors in force that some site is judged by and nobody has verified. */
    numbers: ["factorsUnverified"],
    /** Their ids, with commas between. */
    texts: ["factors"],
  },
  /** One row per process every 15 s. */
  pipeline_status: {
    tags: ["process"],
    numbers: [
      "recordsBehind",
      "pendingSpans",
      "dirtyDays",
      /** Readings appended and figures written since the process started. */
      "appended",
      "figures",
      /** Age of the newest reading of its sites that came in, and of the newest figure written; null where there is none. */
      "newestReadingAgeMs",
      "lastWriteAgeMs",
      "rejectedToday",
      "receivedToday",
      "uptimeMs",
      "memoryMb",
    ],
    texts: ["role", "failure"],
  },
  /** One row per matter at the moment it was raised, overwritten as it goes on. */
  alert: {
    tags: ["rule", "purpose", "site", "group", "colour", "agency"],
    numbers: [
      "raisedAt",
      "notifiedAt",
      "acknowledgedAt",
      "explainedAt",
      "rectifiedAt",
      "reviewedAt",
      "closedAt",
      "resolvedAt",
      "escalations",
      "overdue",
      "value",
      "open",
    ],
    texts: ["matter", "state", "summary", "officer"],
  },
  /** One row per meter of shore power or charging and day (its start): the CO2 that its energy kept from arising. */
  avoided: {
    /** `site` is where the energy counts, `host` the site of the meter. */
    tags: ["purpose", "site", "host", "meter"],
    numbers: [
      "kwh",
      /** What the meter's rated power would have given in the known part of the day; null without a rating. */
      "capacityKwh",
      /** By the baseline of ships' engines or petrol cars, by the grid's factor (location), and the difference. */
      "grossKgCo2",
      "gridKgCo2",
      "netKgCo2",
      /** Known share of the day. */
      "coverage",
    ],
    texts: [],
  },
  /**
   * What sites, meters, groups and limits are called now, at time 0: the store has only ids, and dashboards show
   * names. `kind` says which of the tags is named.
   */
  info: {
    tags: ["kind", "site", "meter", "group", "limit"],
    numbers: ["berths", "shoreBerths", "guns", "gunKw", "ratedKw"],
    texts: [
      "nameZh",
      "nameEn",
      /** Both names. */
      "label",
      /** The label, a bar and the id: one column, from which a variable takes text and value. */
      "option",
      /** Keys of a site's groups of today, each between commas. */
      "groups",
      "category",
      "carrier",
      "role",
      "unit",
    ],
  },
  /** What happened to meters, factors and figures, for the annotations of dashboards. */
  event: {
    tags: ["kind", "site"],
    numbers: ["count"],
    texts: ["textZh", "textEn"],
  },
} as const;

export type ObservedName = keyof typeof observed;
export const observedNames = Object.keys(observed) as ObservedName[];

export interface Observation {
  readonly measurement: ObservedName;
  /** Tags of the kind; those that do not apply are absent. */
  readonly tags: Readonly<Record<string, string>>;
  readonly at: Instant;
  /** Every number of the kind; null is unknown. */
  readonly numbers: Readonly<Record<string, number | null>>;
  /** Every text of the kind. */
  readonly texts: Readonly<Record<string, string>>;
}

export interface ObservationQuery {
  readonly measurement: ObservedName;
  /** Only rows with these tags. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Rows with from ≤ at < to, by tags, then at. */
  readonly from: Instant;
  readonly to: Instant;
  /** Only the newest row of each series. */
  readonly newest?: boolean;
}

/** @throws Error for a tag, number or text that the row's kind has not: it would be lost without a word */
export function checkObservation({ measurement, tags, numbers, texts }: Observation): void {
  const kind = observed[measurement];
  const given = { tags, numbers, texts };
  for (const part of ["tags", "numbers", "texts"] as const) {
    const known: readonly string[] = kind[part];
    const strange = Object.keys(given[part]).find((name) => !known.includes(name));
    if (strange !== undefined)
      throw new Error(`${measurement} has none of the ${part} named ${strange}: see model/observation.ts`);
  }
}

/** Values of a row's tags in the order of its kind, those that are absent empty. */
const tagValues = ({ measurement, tags }: Observation): string[] =>
  observed[measurement].tags.map((tag) => tags[tag] ?? "");

/** The order of a query's rows: by tags as the kind names them, then time. */
export function byTagsThenTime(a: Observation, b: Observation): number {
  const others = tagValues(b);
  const difference = tagValues(a).findIndex((value, i) => value !== others[i]);
  if (difference < 0) return a.at - b.at;
  return tagValues(a)[difference]! < others[difference]! ? -1 : 1;
}

/** Meter states as `meter_status.state` and `gateway_status.state` have them. */
export const meterStates = ["online", "late", "silent", "never"] as const;
export type MeterStateName = (typeof meterStates)[number];
