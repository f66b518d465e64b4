/** When a published reading can be seen as a figure: looked up in the store from outside, again and again. */
import { databaseFile } from "../adapters/data-directory.ts";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import type { Sample } from "./process.ts";
import { meterName, siteName } from "./publisher.ts";

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;

export interface Watch {
  add(sample: Sample): void;
  /** Latencies in ms from the moment of publishing, of what was seen so far. */
  readonly seen: number[];
  waiting(): number;
  close(): void;
}

/** @param start instant of tick 0; a sample is seen when the quarter-hour that its reading ends has a row */
export function watchFigures(data: string, start: number, stepMs: number): Watch {
  const db = openDatabase(databaseFile(data), { readOnly: true });
  const find = db.prepare("SELECT coverage FROM meter_15m WHERE bucket=? AND owner=? AND start=?");
  const ownerOf = db.prepare(
    "SELECT id FROM owner WHERE scope='meter' AND owner=? AND carrier='electricity'",
  );
  const owners = new Map<string, number>();
  let open: { sample: Sample; owner: string; quarter: number }[] = [];
  const seen: number[] = [];
  const idOf = (name: string): number | undefined => {
    const known = owners.get(name) ?? (ownerOf.get(name) as { id: number } | undefined)?.id;
    if (known !== undefined) owners.set(name, known);
    return known;
  };
  const look = (): void => {
    open = open.filter(({ sample, owner, quarter }) => {
      const id = idOf(owner);
      if (id === undefined || find.get(Math.floor(quarter / HOUR_MS), id, quarter) === undefined) return true;
      seen.push(Date.now() - sample.at);
      return false;
    });
  };
  const timer = setInterval(look, 3);
  return {
    seen,
    add(sample) {
      const quarter = start + sample.tick * stepMs - QUARTER_MS;
      open.push({ sample, owner: `${siteName(sample.site)}/${meterName(sample.meter)}`, quarter });
    },
    waiting: () => open.length,
    close() {
      clearInterval(timer);
      db.close();
    },
  };
}
