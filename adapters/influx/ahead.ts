/** Reads in few questions what a step is about to need, and answers from memory. */
import type { Figure, FigureKey, FigureWindow } from "../../model/figure.ts";
import type { ReadAhead, SeriesReader } from "../../model/ports.ts";
import type { SeriesKey } from "../../model/reading.ts";
import { DAY_MS, type Instant } from "../../model/time.ts";
import { byStartAndOwner, type ReadFigures } from "./figures.ts";
import { createPackedFigures, type PackedFigures, type PackedReadings, packReadings } from "./packed.ts";
import { inParallel } from "./question.ts";
import type { ReadingReader } from "./readings.ts";

const WIDTH = 3;
/** A day's figures are wanted with its quarter-hours. */
const WINDOWS: readonly FigureWindow[] = ["15m", "day"];

const seriesName = ({ site, meter, register }: SeriesKey): string => `${site} ${meter} ${register}`;
const figureName = ({ scope, owner, carrier }: FigureKey): string => `${scope} ${carrier} ${owner}`;

const EVER = Number.NEGATIVE_INFINITY;

interface KnownReadings {
  /** All readings from here on are in `rows`. */
  from: Instant;
  rows: PackedReadings;
}

async function fetchReadings(reader: ReadingReader, wanted: ReadAhead["readings"]) {
  const known = new Map<string, KnownReadings>();
  for (const { series, from } of wanted) {
    const earlier = known.get(seriesName(series))?.from ?? Number.POSITIVE_INFINITY;
    const rows = packReadings(series.register, []);
    known.set(seriesName(series), { from: Math.min(from, earlier), rows });
  }
  const ranges = [...new Map(wanted.map(({ series }) => [seriesName(series), series])).entries()].map(
    ([name, series]) => ({ series, from: known.get(name)!.from, to: Number.MAX_SAFE_INTEGER }),
  );
  await reader.many(ranges, (series, rows) => {
    known.get(seriesName(series))!.rows = packReadings(series.register, rows);
  });
  // Else every new meter is looked for one by one, and further and further back.
  const empty = ranges
    .map(({ series }) => series)
    .filter((one) => known.get(seriesName(one))!.rows.isEmpty());
  if (empty.length > 0) {
    for (const series of await reader.neverRead(empty)) known.get(seriesName(series))!.from = EVER;
  }
  return known;
}

interface KnownFigures {
  readonly from: Instant;
  readonly to: Instant;
  readonly rows: Readonly<Record<"15m" | "day", PackedFigures>>;
}

/** Ranges that begin within the same day together; each series keeps what lies in its own. */
async function fetchFigures(read: ReadFigures, wanted: ReadAhead["figures"]) {
  const known = new Map<string, KnownFigures>();
  const keys = new Map<string, FigureKey>();
  for (const { key, from, to } of wanted) {
    const earlier = known.get(figureName(key));
    keys.set(figureName(key), key);
    known.set(figureName(key), {
      from: Math.min(from, earlier?.from ?? from),
      to: Math.max(to, earlier?.to ?? to),
      rows: { "15m": createPackedFigures(key, "15m"), day: createPackedFigures(key, "day") },
    });
  }
  const groups = new Map<string, { keys: FigureKey[]; from: Instant; to: Instant }>();
  for (const [name, { from, to }] of known) {
    const id = `${Math.floor(from / DAY_MS)} ${Math.ceil(to / DAY_MS)}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { keys: [keys.get(name)!], from, to });
    else {
      group.keys.push(keys.get(name)!);
      group.from = Math.min(group.from, from);
      group.to = Math.max(group.to, to);
    }
  }
  const questions = [...groups.values()].flatMap((group) => WINDOWS.map((window) => ({ ...group, window })));
  await inParallel(questions, WIDTH, (question) =>
    read(question, (figure) => {
      const mine = known.get(figureName(figure))!;
      if (figure.start >= mine.from && figure.start < mine.to)
        mine.rows[figure.window as "15m" | "day"].add(figure);
    }),
  );
  return known;
}

/** A reader that answers from memory what `wanted` covers, and asks `reader` for the rest. */
export async function readAhead(
  wanted: ReadAhead,
  reader: SeriesReader,
  readings: ReadingReader,
  figures: ReadFigures,
): Promise<SeriesReader> {
  const knownReadings = await fetchReadings(readings, wanted.readings);
  const knownFigures = await fetchFigures(figures, wanted.figures);

  const figuresOf = (key: FigureKey, window: FigureWindow, from: Instant, to: Instant) => {
    const known = knownFigures.get(figureName(key));
    if (known === undefined || window === "month" || from < known.from || to > known.to) return undefined;
    return known.rows[window].between(from, to);
  };

  return {
    ...reader,
    async readings(series, from, to) {
      const known = knownReadings.get(seriesName(series));
      if (known === undefined || from < known.from) return reader.readings(series, from, to);
      return known.rows.between(from, to);
    },
    async certainAtOrBefore(series, at) {
      const known = knownReadings.get(seriesName(series));
      const found = known?.rows.certainAtOrBefore(at);
      if (known?.from === EVER) return found;
      // Nothing certain is in memory up to `at`, so that it can only lie before.
      return found ?? reader.certainAtOrBefore(series, known === undefined ? at : Math.min(at, known.from));
    },
    async certainAtOrAfter(series, at) {
      const known = knownReadings.get(seriesName(series));
      if (known === undefined || at < known.from) return reader.certainAtOrAfter(series, at);
      return known.rows.certainAtOrAfter(at);
    },
    async figures(keys, window, from, to) {
      const rest: FigureKey[] = [];
      const found: Figure[] = [];
      for (const key of keys) {
        const rows = figuresOf(key, window, from, to);
        if (rows === undefined) rest.push(key);
        else for (const row of rows) found.push(row);
      }
      if (rest.length > 0) for (const row of await reader.figures(rest, window, from, to)) found.push(row);
      return keys.length === 1 ? found : found.sort(byStartAndOwner);
    },
  };
}
