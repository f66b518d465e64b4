/** Statements of a connection, each prepared once. */
import type { Database, SqlValue, Statement } from "./driver.ts";

export type Prepare = (sql: string) => Statement;
export type Row = SqlValue[];

/** Prepares a statement once, giving rows as arrays. */
export function preparer(db: Database): Prepare {
  const known = new Map<string, Statement>();
  return (sql) => {
    let statement = known.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statement.setReturnArrays(true);
      known.set(sql, statement);
    }
    return statement;
  };
}
