/** Everything two stores say of a county, to be compared row by row. */
import { databaseFile } from "../../adapters/data-directory.ts";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createNames } from "../../adapters/sqlite/names.ts";
import { createSqliteReader } from "../../adapters/sqlite/reader.ts";
import { loadConfig } from "../../config/load.ts";
import { type Figure, type FigureKey, figureWindows } from "../../model/figure.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { type Plan, planOf } from "../../processors/plan.ts";
import type { InfluxService } from "./influx.ts";

const EVER = { from: Date.parse("2010-01-01"), to: Date.parse("2030-01-01") };

/** A vanished row is the same as none. */
const isThere = (row: Figure): boolean =>
  row.amount !== 0 || row.coverage !== 0 || row.estimated !== 0 || row.output !== 0;

function keysOf(plan: Plan): FigureKey[] {
  const carriers = plan.registry.carriers.map((carrier) => carrier.id);
  const meters = [...plan.meters.values()].map(
    ({ owner, meter }): FigureKey => ({ scope: "meter", owner, carrier: meter.carrier }),
  );
  const areas = plan.areas.map(
    ({ site, carrier }): FigureKey => ({ scope: "site", owner: site.id, carrier }),
  );
  const groups = [...plan.groupSites.keys()].flatMap((owner) =>
    carriers.map((carrier): FigureKey => ({ scope: "group", owner, carrier })),
  );
  return [...meters, ...areas, ...groups];
}

/** Rows as text, by series and window. */
export async function rowsOf(plan: Plan, reader: SeriesReader): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>();
  for (const { gaugeOf } of plan.meters.values()) {
    for (const { site, meter, register } of gaugeOf.values()) {
      const list = await reader.readings({ site, meter, register }, EVER.from, EVER.to);
      const lines = list.map(({ offset: _o, receivedAt: _r, ...row }) => JSON.stringify(row));
      rows.set(`reading ${site}/${meter} ${register}`, lines);
    }
  }
  for (const key of keysOf(plan)) {
    for (const window of figureWindows) {
      if (key.scope === "meter" && window === "month") continue;
      const figures = await reader.figures([key], window, EVER.from, EVER.to);
      const lines = figures.filter(isThere).map((row) => JSON.stringify(row, Object.keys(row).sort()));
      rows.set(`${key.scope} ${key.owner} ${key.carrier} ${window}`, lines);
    }
  }
  for (const { id } of plan.registry.limits) {
    const query = { measurement: "limit_usage", tags: { limit: id }, ...EVER } as const;
    const lines = (await reader.observations(query))
      .filter(({ numbers }) => numbers.used !== null || numbers.coverage !== 0)
      .map(({ tags, at, numbers, texts }) => {
        const sorted = Object.entries({ ...numbers, ...texts }).sort(([a], [b]) => (a < b ? -1 : 1));
        return JSON.stringify([Object.entries(tags).sort(), at, sorted]);
      });
    rows.set(`limit ${id}`, lines);
  }
  return rows;
}

export interface Compared {
  readonly rows: number;
  /** The first few. */
  readonly differences: readonly string[];
}

export function compareRows(expected: Map<string, string[]>, found: Map<string, string[]>): Compared {
  const differences: string[] = [];
  let rows = 0;
  for (const [series, lines] of expected) {
    rows += lines.length;
    const others = found.get(series) ?? [];
    if (lines.length !== others.length)
      differences.push(`${series}: ${lines.length} rows against ${others.length}`);
    const at = lines.findIndex((line, i) => line !== others[i]);
    if (at >= 0) differences.push(`${series}: ${lines[at]} against ${others[at]}`);
  }
  return { rows, differences: differences.slice(0, 20) };
}

/** Compares an embedded run's data directory with an InfluxDB. */
export async function compareStores(
  config: string,
  data: string,
  influx: Pick<InfluxService, "url" | "org" | "bucket" | "token">,
): Promise<Compared> {
  const { registry } = await loadConfig(config);
  const plan = planOf(registry);
  const db = openDatabase(databaseFile(data), { readOnly: true });
  const expected = await rowsOf(plan, createSqliteReader(db, createNames(db), plan.calendar));
  db.close();
  const { url, org, bucket, token } = influx;
  const store = createInfluxStore({ url, org, bucket, token, calendar: plan.calendar });
  const found = await rowsOf(plan, store);
  await store.close();
  return compareRows(expected, found);
}
