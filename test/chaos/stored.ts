/** Every stored reading and figure of a data directory, in one order, to be compared bit by bit. */
import { databaseFile } from "../../adapters/data-directory.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";

const figureTables = [
  "meter_15m",
  "meter_day",
  "site_15m",
  "site_day",
  "site_month",
  "group_15m",
  "group_day",
  "group_month",
];

/** Rows as text; owners and factor sets by name, since their numbers follow the order of arrival. */
export function storedRows(directory: string): Map<string, string[]> {
  const db = openDatabase(databaseFile(directory), { readOnly: true });
  const rows = (sql: string): string[] =>
    db
      .prepare(sql)
      .all()
      .map((row) => JSON.stringify(row));
  const result = new Map<string, string[]>();
  result.set(
    "reading",
    rows(`SELECT s.site, s.meter, s.register, r.at, r.revision, r.value, r.seq, r.verdict, r.certain FROM reading r
      JOIN series s ON s.id=r.series ORDER BY 1, 2, 3, 4, 5, 6`),
  );
  for (const table of figureTables) {
    const hasFactors = !table.startsWith("meter");
    const factors = hasFactors ? ", (SELECT ids FROM factor_set WHERE id=f.factors) AS ids" : "";
    const live = hasFactors
      ? "f.amount<>0 OR f.coverage<>0 OR f.estimated<>0 OR f.output<>0"
      : "f.amount<>0 OR f.coverage<>0 OR f.estimated<>0";
    const columns = hasFactors
      ? "f.amount, f.coverage, f.estimated, f.missing_meters, f.kgce_calorific, f.kgce_equivalent, f.kgco2_location, f.kgco2_market, f.output"
      : "f.amount, f.coverage, f.estimated";
    const sql = `SELECT o.owner, o.carrier, f.start, ${columns}${factors} FROM ${table} f JOIN owner o ON o.id=f.owner WHERE ${live} ORDER BY 1, 2, 3`;
    result.set(table, rows(sql));
  }
  db.close();
  return result;
}

/** The first differences between two stores; none is the right answer. */
export function differencesOf(a: Map<string, string[]>, b: Map<string, string[]>): string[] {
  const found: string[] = [];
  for (const [table, rows] of a) {
    const other = b.get(table) ?? [];
    if (rows.length !== other.length) found.push(`${table}: ${rows.length} rows against ${other.length}`);
    for (let i = 0; i < rows.length && found.length < 10; i += 1) {
      if (rows[i] !== other[i]) found.push(`${table}: ${rows[i]} against ${other[i]}`);
    }
  }
  return found;
}
