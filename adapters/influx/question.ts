/** InfluxQL: quoting, conditions, and how many series one question names. */
import type { Instant } from "../../model/time.ts";
import type { AnswerSeries, Cell } from "./client.ts";

/** First and last moment InfluxDB can hold, in ms. */
const EARLIEST = -9_223_372_036_854;
const LATEST = 9_223_372_036_854;

/** A text as InfluxQL reads it. */
export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n")}'`;
}

/** A name as InfluxQL reads it. */
export function name(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"`;
}

export const namesOf = (list: readonly string[]): string => list.map(name).join(",");

/** Condition that the tags have these values; an empty value stands for a tag that is not there. */
export function tagsAre(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([tag, value]) => `${name(tag)}=${literal(value)}`)
    .join(" AND ");
}

/** Condition of from ≤ time ≤ to, where either is within what InfluxDB can hold. Ends with ` AND ` if not empty. */
export function timeWithin(from: Instant, to: Instant): string {
  const first = from > EARLIEST ? `time>=${Math.ceil(from)}ms AND ` : "";
  // A millisecond has a million points in time: the last one's all belong to the range.
  const last = to < LATEST ? `time<${Math.floor(to) + 1}ms AND ` : "";
  return first + last;
}

/** Pairs of two tags' values; those of one first value stand together. */
export type TagPairs = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Condition that one of these holds, of which there is one at least. In halves of halves: InfluxDB simplifies what
 * stands before each OR anew, which for a chain of 400 sites takes more of its time than their rows.
 */
export function anyOf(conditions: readonly string[]): string {
  if (conditions.length === 1) return conditions[0]!;
  const middle = conditions.length >>> 1;
  return `(${anyOf(conditions.slice(0, middle))} OR ${anyOf(conditions.slice(middle))})`;
}

const tagIsOneOf = (tag: string, values: Iterable<string>): string =>
  anyOf([...values].map((value) => `${name(tag)}=${literal(value)}`));

/** Condition that first and second tag have the values of one of the pairs. */
export function oneOf(first: string, second: string, pairs: TagPairs): string {
  // Those that go with the same values are named together: with one carrier there is but one such group.
  const groups = new Map<string, { firsts: string[]; seconds: ReadonlySet<string> }>();
  for (const [value, seconds] of pairs) {
    const id = [...seconds].sort().join("\n");
    const group = groups.get(id);
    if (group) group.firsts.push(value);
    else groups.set(id, { firsts: [value], seconds });
  }
  const alternatives = [...groups.values()].map(
    ({ firsts, seconds }) => `(${tagIsOneOf(first, firsts)} AND ${tagIsOneOf(second, seconds)})`,
  );
  return anyOf(alternatives);
}

/** Meters of one site from which on the whole site is asked for, and what was not wanted is left out here. */
const WHOLE_SITE = 16;

/**
 * Condition that holds for the meters of these pairs, and for others of sites of which many are wanted: InfluxDB
 * takes longer to find a series by name than to send a day of it.
 */
export function metersOf(pairs: TagPairs): string {
  const whole = [...pairs].filter(([, meters]) => meters.size >= WHOLE_SITE);
  const few = new Map([...pairs].filter(([, meters]) => meters.size < WHOLE_SITE));
  const alternatives = whole.map(([site]) => tagsAre({ site }));
  if (few.size > 0) alternatives.push(oneOf("site", "meter", few));
  return anyOf(alternatives);
}

/** Splits items in lists of about `size`, keeping those of one group together. */
export function chunksByGroup<T>(items: readonly T[], groupOf: (item: T) => string, size: number): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groupOf(item);
    const list = groups.get(group);
    if (list) list.push(item);
    else groups.set(group, [item]);
  }
  const chunks: T[][] = [];
  for (const group of groups.values()) {
    const chunk = chunks.at(-1);
    if (chunk && chunk.length + group.length <= size) for (const item of group) chunk.push(item);
    else chunks.push(group);
  }
  return chunks;
}

/** Splits items in lists of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let i = 0; i < items.length; i += size) chunks.push(items.slice(i, i + size));
  return chunks;
}

/** Rows of a piece of an answer as records, tags included. */
export function recordsOf(series: AnswerSeries): Record<string, Cell>[] {
  const { columns, tags = {} } = series;
  return series.values.map((row) => {
    const record: Record<string, Cell> = { ...tags };
    for (let i = 0; i < columns.length; i += 1) record[columns[i]!] = row[i] ?? null;
    return record;
  });
}

/** Runs `work` on each item, `width` at a time; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const run = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const item = items[next]!;
      next += 1;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
}
