/** Observations as points: every number in each of them, what is unknown as 0 and named in `unknown`. */
import { UNKNOWN } from "../../model/measurements.ts";
import {
  byTagsThenTime,
  checkObservation,
  type Observation,
  type ObservationQuery,
  type ObservedName,
  observed,
} from "../../model/observation.ts";
import type { AnswerSeries, Cell, InfluxClient } from "./client.ts";
import { createPoints, stringValue, tagValue } from "./line.ts";
import { name, namesOf, tagsAre, timeWithin } from "./question.ts";

function prefixOf({ measurement, tags }: Observation): string {
  const parts = Object.keys(tags)
    .filter((tag) => tags[tag] !== "")
    .sort()
    .map((tag) => `,${tag}=${tagValue(tags[tag]!)}`);
  return measurement + parts.join("");
}

/** A value left out would not take the place of an earlier one, so that none is. */
function fieldsOf(row: Observation): string {
  const { numbers, texts } = observed[row.measurement];
  const unknown = numbers.filter((field) => (row.numbers[field] ?? null) === null);
  return [
    ...numbers.map((field) => `${field}=${row.numbers[field] ?? 0}`),
    ...texts.map((field) => `${field}=${stringValue(row.texts[field] ?? "")}`),
    `${UNKNOWN}=${stringValue([...unknown].sort().join())}`,
  ].join(",");
}

export function observationLines(rows: readonly Observation[]): string[] {
  const points = createPoints();
  for (const row of rows) {
    checkObservation(row);
    points.add(prefixOf(row), row.at, fieldsOf(row));
  }
  return points.lines();
}

function statementOf({ measurement, tags = {}, from, to, newest = false }: ObservationQuery): string {
  const { tags: known, numbers, texts } = observed[measurement];
  const conditions = Object.keys(tags).length > 0 ? tagsAre(tags) : "";
  const where = `${timeWithin(from, to - 1)}${conditions}`.replace(/ AND $/, "");
  const condition = where === "" ? "" : ` WHERE ${where}`;
  return `SELECT ${namesOf([...numbers, ...texts, UNKNOWN])} FROM ${name(measurement)}${condition} GROUP BY ${namesOf(known)}${newest ? " ORDER BY time DESC LIMIT 1" : ""}`;
}

function observationOf(
  measurement: ObservedName,
  tags: Observation["tags"],
  row: readonly Cell[],
): Observation {
  const { numbers, texts } = observed[measurement];
  const unknown = new Set(String(row[1 + numbers.length + texts.length] ?? "").split(","));
  const number = (field: string, i: number) =>
    [field, unknown.has(field) ? null : ((row[1 + i] ?? null) as number | null)] as const;
  const text = (field: string, i: number) => [field, (row[1 + numbers.length + i] ?? "") as string] as const;
  return {
    measurement,
    tags,
    at: row[0] as number,
    numbers: Object.fromEntries(numbers.map(number)),
    texts: Object.fromEntries((texts as readonly string[]).map(text)),
  };
}

/** InfluxDB gives a tag that is not there as an empty one. */
const present = (tags: AnswerSeries["tags"] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ""));

export async function readObservations(
  client: InfluxClient,
  query: ObservationQuery,
): Promise<Observation[]> {
  const known = observed[query.measurement].tags as readonly string[];
  const isStrange = Object.keys(query.tags ?? {}).some((tag) => !known.includes(tag));
  if (query.from >= query.to || isStrange) return [];
  let found: Observation[] = [];
  await client.ask(
    [statementOf(query)],
    ({ tags, values }) => {
      const own = present(tags);
      for (const row of values) found.push(observationOf(query.measurement, own, row));
    },
    () => {
      found = [];
    },
  );
  return found.sort(byTagsThenTime);
}
