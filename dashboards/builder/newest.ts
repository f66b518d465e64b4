/** The newest row of each series of observations. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { ObservedName } from "../../model/observation.ts";
import { given, table } from "./influxql.ts";

export interface Newest {
  readonly measurement: ObservedName;
  /** A number that is never unknown: the newest row is found by it. */
  readonly always: string;
  readonly numbers: readonly string[];
  readonly texts?: readonly string[];
  /** What makes a series; these become columns. */
  readonly tags: readonly string[];
  /** A condition, beginning with ` AND `. */
  readonly where?: string;
}

/**
 * The newest row of each series, where it knows the numbers. A series whose newest row does not know them is left
 * out: an earlier row would pass for how things stand.
 */
export function newestRows({ measurement, always, numbers, texts = [], tags, where = "" }: Newest): string {
  const columns = [...numbers, ...texts].map((column) => `"${column}"`).join(", ");
  const group = tags.map((tag) => `"${tag}"`).join(", ");
  const inner = `SELECT last("${always}") AS "newest", ${columns}, "unknown" FROM "${measurement}" WHERE $timeFilter${where} GROUP BY ${group}`;
  return `SELECT ${columns} FROM (${inner}) WHERE $timeFilter AND ${given(...numbers)} GROUP BY ${group}`;
}

export const newest = (refId: string, part: Newest): Builder<Dataquery> => table(refId, newestRows(part));
