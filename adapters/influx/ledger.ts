/** The ledger: one point for each change of a figure of a closed day, at the start of the figure's window. */
import { createHash } from "node:crypto";
import type {
  Effects,
  FigureKey,
  FigureScope,
  FigureValues,
  FigureWindow,
  LedgerEntry,
} from "../../model/figure.ts";
import type { Instant } from "../../model/time.ts";
import type { Cell, InfluxClient } from "./client.ts";
import { bodyFields, bodyNames, bodyOf, nanoTime, stringValue, tagValue } from "./line.ts";
import { chunksOf, inParallel, literal, namesOf, oneOf, recordsOf, timeWithin } from "./question.ts";

const KEYS_PER_QUESTION = 400;
const WIDTH = 3;
/** Above, entries are chosen here and not by InfluxDB. */
const MOST_AT_ONCE = 100_000;
const TAGS = ["scope", "owner", "carrier", "window"];

/** The newest entry of a figure: its place among the figure's entries, and what it says. */
interface Newest {
  readonly place: number;
  readonly digest: string;
}

const figureName = (
  entry: { scope: unknown; owner: unknown; carrier: unknown; window: unknown },
  at: number,
) => `${entry.scope} ${entry.carrier} ${entry.window} ${at} ${entry.owner}`;

/** Conditions on tags that name at most so many keys each. */
function conditionsOf(keys: readonly FigureKey[]): string[] {
  return (["meter", "site", "group"] as const).flatMap((scope) => {
    const some = keys.filter((key) => key.scope === scope);
    return chunksOf(some, KEYS_PER_QUESTION).map((chunk) => {
      const pairs = new Map<string, Set<string>>();
      for (const { owner, carrier } of chunk) pairs.set(owner, (pairs.get(owner) ?? new Set()).add(carrier));
      return `"scope"=${literal(scope)} AND ${oneOf("owner", "carrier", pairs)}`;
    });
  });
}

const distinct = (keys: readonly FigureKey[]): FigureKey[] => [
  ...new Map(keys.map((key) => [`${key.scope} ${key.carrier} ${key.owner}`, key])).values(),
];

/** The newest stored entry of each figure that `entries` speak of. */
async function newestOf(
  client: InfluxClient,
  entries: readonly LedgerEntry[],
  lease: AbortSignal | undefined,
): Promise<Map<string, Newest>> {
  const newest = new Map<string, Newest>();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { start } of entries) {
    first = Math.min(first, start);
    last = Math.max(last, start);
  }
  await inParallel(conditionsOf(distinct(entries)), WIDTH, async (condition) => {
    const statement = `SELECT "place","digest",${namesOf(TAGS)} FROM "ledger" WHERE ${timeWithin(first, last)}${condition}`;
    await client.ask(
      [statement],
      (piece) => {
        for (const row of recordsOf(piece)) {
          const figure = figureName(row as never, row.time as number);
          const place = row.place as number;
          const known = newest.get(figure);
          if (known === undefined || place > known.place)
            newest.set(figure, { place, digest: row.digest as string });
        }
      },
      undefined,
      lease,
    );
  });
  return newest;
}

const effectsOf = ({ kgceCalorific, kgceEquivalent, kgCo2Location, kgCo2Market }: Effects) => [
  kgceCalorific,
  kgceEquivalent,
  kgCo2Location,
  kgCo2Market,
];

/** The same for the same values, whether they were computed or read back. */
function digestOf(values: FigureValues | null): string {
  const list = values && [
    values.amount,
    values.coverage,
    values.estimated,
    values.missingMeters,
    effectsOf(values),
    values.output,
    effectsOf(values.outputEffects),
    values.factors,
  ];
  return createHash("sha256").update(JSON.stringify(list)).digest("base64");
}

/**
 * Whether the newest entry of the figure says this already: a crash between the ledger and the figures makes it
 * come again, one between deletion and figure with nothing before.
 */
function isSaid(newest: Newest | undefined, { before, after }: LedgerEntry): boolean {
  if (newest === undefined) return false;
  const [saidBefore, saidAfter] = newest.digest.split(" ");
  return saidAfter === digestOf(after) && (before === null || saidBefore === digestOf(before));
}

/**
 * Lines of entries; none for one that the newest of its figure says already.
 */
export async function ledgerLines(
  client: InfluxClient,
  entries: readonly LedgerEntry[],
  lease: AbortSignal | undefined,
): Promise<string[]> {
  if (entries.length === 0) return [];
  const newest = await newestOf(client, entries, lease);
  const lines: string[] = [];
  for (const entry of entries) {
    const { scope, owner, carrier, window, start, before, after, cause, at } = entry;
    const figure = figureName(entry, start);
    const body = JSON.stringify({ before, after });
    const known = newest.get(figure);
    if (isSaid(known, entry)) continue;
    const digest = `${digestOf(before)} ${digestOf(after)}`;
    const place = known === undefined ? 0 : known.place + 1;
    newest.set(figure, { place, digest });
    const tags = `carrier=${tagValue(carrier)},owner=${tagValue(owner)},scope=${scope},window=${window}`;
    const what = `ledger entry of ${figure}`;
    lines.push(
      `ledger,${tags} at=${at},cause=${stringValue(cause)},place=${place},digest="${digest}",${bodyFields(body, what)} ${nanoTime(start, place)}`,
    );
  }
  return lines;
}

interface Found {
  readonly entry: LedgerEntry;
  readonly place: number;
}

function foundOf(row: Readonly<Record<string, Cell>>): Found {
  const body = JSON.parse(bodyOf(row)) as { before: FigureValues | null; after: FigureValues };
  const entry = {
    scope: row.scope as FigureScope,
    owner: row.owner as string,
    carrier: row.carrier as string,
    window: row.window as FigureWindow,
    start: row.time as number,
    ...body,
    cause: row.cause as string,
    at: row.at as number,
  };
  return { entry, place: row.place as number };
}

/** Entries of figures that start in [from, to), the newest change first. */
export async function readLedger(
  client: InfluxClient,
  keys: readonly FigureKey[] | undefined,
  from: Instant,
  to: Instant,
  limit: number,
): Promise<LedgerEntry[]> {
  if (from >= to || keys?.length === 0) return [];
  const range = timeWithin(from, to - 1);
  const conditions = keys === undefined ? [`"place">=0`] : conditionsOf(distinct(keys));
  // Without an end to the number every entry is wanted, and need not be held against the others.
  const at = limit > MOST_AT_ONCE ? `"at"` : `TOP("at",${limit}) AS "at"`;
  const all: Found[] = [];
  await inParallel(conditions, WIDTH, async (condition) => {
    let found: Found[] = [];
    const fields = namesOf(["cause", "place", ...bodyNames, ...TAGS]);
    await client.ask(
      [`SELECT ${at},${fields} FROM "ledger" WHERE ${range}${condition}`],
      (piece) => {
        for (const row of recordsOf(piece)) found.push(foundOf(row));
      },
      () => {
        found = [];
      },
    );
    // One by one: as arguments of one call so many are too many.
    for (const one of found) all.push(one);
  });
  all.sort((a, b) => b.entry.at - a.entry.at || b.entry.start - a.entry.start || b.place - a.place);
  return all.slice(0, limit).map((one) => one.entry);
}
