/** The store on InfluxDB 2: readings and figures as series, everything else as measurements of its own. */
import type { SeriesReader, SeriesStore } from "../../model/ports.ts";
import type { Instant } from "../../model/time.ts";
import { readAhead } from "./ahead.ts";
import { readBalance, readTotals } from "./balance.ts";
import { createInfluxClient, type InfluxClient } from "./client.ts";
import { createFigureQuestions, createFigureReader } from "./figures.ts";
import { readLedger } from "./ledger.ts";
import { readFact, readLive, readPending } from "./notes.ts";
import { readObservations } from "./observations.ts";
import type { InfluxOptions } from "./options.ts";
import { createReadingReader } from "./readings.ts";
import { readRejects } from "./rejects.ts";
import { createWriter } from "./write.ts";

export interface InfluxHealth {
  readonly reachable: boolean;
  /** Why not, where it is not. */
  readonly detail?: string;
  /** When InfluxDB last acknowledged a write of this process; absent before the first. */
  readonly lastWriteAt?: Instant;
}

export interface InfluxStore extends SeriesStore {
  ahead: NonNullable<SeriesStore["ahead"]>;
  balanceTotals: NonNullable<SeriesStore["balanceTotals"]>;
  /** Asks the server whether it is well; never rejects. */
  health(): Promise<InfluxHealth>;
}

async function healthOf(client: InfluxClient): Promise<InfluxHealth> {
  const lastWriteAt = client.lastWriteAt();
  const last = lastWriteAt === undefined ? {} : { lastWriteAt };
  try {
    await client.get("/health");
    return { reachable: true, ...last };
  } catch (error) {
    return { reachable: false, detail: (error as Error).message, ...last };
  }
}

/** Opens nothing: the first read or write does. @throws Error when the address is none */
export function createInfluxStore(options: InfluxOptions): InfluxStore {
  const { calendar } = options;
  const client = createInfluxClient(options);
  const readings = createReadingReader(client);
  const readFigures = createFigureReader(client);
  const reader: SeriesReader = {
    readings: readings.readings,
    certainAtOrBefore: readings.certainAtOrBefore,
    certainAtOrAfter: readings.certainAtOrAfter,
    extent: readings.extent,
    figures: createFigureQuestions(readFigures),
    live: () => readLive(client),
    balance: (day, site) => readBalance(client, readings, calendar, day, site),
    rejects: (query) => readRejects(client, query),
    ledger: (keys, from, to, limit) => readLedger(client, keys, from, to, limit),
    pending: () => readPending(client),
    // Kept in the log where processes are several.
    dirty: async () => [],
    observations: (query) => readObservations(client, query),
    fact: (name) => readFact(client, name),
  };
  return {
    ...reader,
    write: createWriter(client, calendar),
    ahead: (wanted) => readAhead(wanted, reader, readings, readFigures),
    balanceTotals: (topic, partition, day) =>
      readTotals(client, calendar, day, { topic, partition: String(partition) }),
    health: () => healthOf(client),
    close: async () => client.close(),
  };
}
