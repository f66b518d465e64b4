/** The read half of the embedded store, on a connection of its own. */
import type { SeriesReader } from "../../model/ports.ts";
import type { Calendar } from "../../model/time.ts";
import type { Database } from "./driver.ts";
import { createFigureReader } from "./figures.ts";
import type { NameGiver } from "./names.ts";
import { createObservationReader, type ObservationReader } from "./observations.ts";
import { preparer } from "./prepare.ts";
import { createReadingReader } from "./readings.ts";
import { createRecordReader } from "./records.ts";

/** The port's reader, which also knows in what order observations were written. */
export interface SqliteReader extends SeriesReader, ObservationReader {}

export function createSqliteReader(db: Database, names: NameGiver, calendar: Calendar): SqliteReader {
  const prepare = preparer(db);
  return {
    ...createObservationReader(prepare),
    ...createReadingReader(prepare, names),
    ...createFigureReader(prepare, names, calendar),
    ...createRecordReader(prepare, names, calendar),
  };
}
