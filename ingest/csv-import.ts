/** History from CSV: rows through the same decoder and the same checks as live messages. */
import { UsageError } from "../model/errors.ts";
import type { DecoderProfile } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { type Acceptor, assemble, type OutRecord } from "./accept.ts";
import { type CsvReader, type CsvRecord, createCsvReader, headerOf, rowOf } from "./csv.ts";
import type { DecodedReading, Decoder } from "./decode.ts";
import type { Reason } from "./rejects.ts";
import { sift } from "./sift.ts";
import type { Captures } from "./topic-filter.ts";

/** Rows that become one record. */
const ROWS_AT_ONCE = 500;
/** Gateway under whose quota imports keep refused rows. */
const IMPORT_GATEWAY = "_import";

/** How the origin of an imported row is written; replays know it by this. */
export const importOrigin: RegExp = /^file .* line \d+$/;

export interface CsvImport {
  readonly profile: string;
  readonly site: string;
  readonly meter: string;
  /** Name of the file, as rejects tell it. */
  readonly file: string;
  /** Stamp of every row; `future` is judged by it. */
  readonly receivedAt: Instant;
}

/** Records of up to 500 rows; they are durable before the next are asked for. */
export interface ImportedRows {
  readonly records: readonly OutRecord[];
  /** Last line of the file they hold. */
  readonly line: number;
  readonly accepted: number;
  readonly rejected: number;
}

/**
 * Reads CSV text, in pieces of any size, into records. Refused rows become rejects that name file and line
 * and keep the header with the row, so that they can be replayed on their own.
 * @throws UsageError when the profile, site or meter does not exist, or the file lacks a column.
 */
export async function* importCsv(
  acceptor: Acceptor,
  source: CsvImport,
  text: AsyncIterable<string>,
): AsyncGenerator<ImportedRows> {
  const decoder = decoderOf(acceptor, source);
  let header: Header | undefined;
  let rows: CsvRecord[] = [];
  for await (const records of readRecords(createCsvReader(), text)) {
    for (const record of records) {
      if (!header) header = checkHeader(decoder.profile, source.file, record);
      else rows.push(record);
      if (header && rows.length === ROWS_AT_ONCE) {
        yield takeRows(acceptor, source, decoder, header, rows);
        rows = [];
      }
    }
  }
  if (!header) throw new UsageError(`${source.file} is empty; give a file with a header and rows`);
  if (rows.length > 0) yield takeRows(acceptor, source, decoder, header, rows);
}

async function* readRecords(reader: CsvReader, text: AsyncIterable<string>): AsyncGenerator<CsvRecord[]> {
  for await (const piece of text) yield reader.push(piece);
  yield reader.end();
}

function decoderOf(acceptor: Acceptor, { profile, site, meter }: CsvImport): Decoder {
  const decoder = acceptor.profiles.get(profile);
  if (decoder?.profile.format !== "csv") {
    const csv = [...acceptor.profiles.values()].filter((known) => known.profile.format === "csv");
    const names = csv.map((known) => known.profile.id).join(", ") || "none";
    throw new UsageError(`--profile ${profile}: no profile that reads CSV; there are: ${names}`);
  }
  const meters = acceptor.index.sites.get(site);
  if (!meters) throw new UsageError(`--site ${site}: not in the registry`);
  if (!meters.has(meter))
    throw new UsageError(
      `--meter ${meter}: not among the meters of ${site}: ${[...meters.keys()].join(", ")}`,
    );
  return decoder;
}

interface Header {
  readonly text: string;
  readonly columns: readonly string[];
}

function checkHeader(profile: DecoderProfile, file: string, record: CsvRecord): Header {
  const columns = headerOf(record);
  const missing = columnsOf(profile).filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new UsageError(
      `${file}: profile ${profile.id} reads column ${missing.join(", ")}; the file has ${columns.join(", ")}`,
    );
  if (new Set(columns).size !== columns.length)
    throw new UsageError(`${file}: line ${record.line} names a column twice; rename one of them`);
  return { text: record.text, columns };
}

function columnsOf(profile: DecoderProfile): string[] {
  const { site, meter, time, powerKw, seq, revision, registers = [] } = profile;
  const places = [site, meter, time.value, powerKw, seq, revision];
  for (const { value, unit } of registers) places.push(value, unit);
  return places.flatMap((place) => (place && "column" in place ? [place.column] : []));
}

function takeRows(
  acceptor: Acceptor,
  source: CsvImport,
  decoder: Decoder,
  header: Header,
  rows: readonly CsvRecord[],
): ImportedRows {
  const captures: Captures = new Map([
    ["site", source.site],
    ["meter", source.meter],
  ]);
  const readings = rows.map((record) => decoder.decodeReading(rowOf(header.columns, record), captures));
  const sifted = sift(acceptor.index, readings, source.receivedAt);
  const rejects =
    sifted.refused.length === 0
      ? []
      : rows.flatMap((record, i) => rejectRow(acceptor, source, header, record, readings[i]!));
  const accepted = sifted.meters.reduce((sum, meter) => sum + meter.readings.length, 0);
  return {
    records: assemble(sifted.meters, { receivedAt: source.receivedAt, gateway: undefined }, rejects),
    line: rows.at(-1)?.line ?? 0,
    accepted,
    rejected: sifted.received - accepted,
  };
}

/** Rejects of one row: unlike in a message, each row stands for itself. */
function rejectRow(
  acceptor: Acceptor,
  source: CsvImport,
  header: Header,
  record: CsvRecord,
  reading: DecodedReading,
) {
  const { refused } = sift(acceptor.index, [reading], source.receivedAt);
  if (refused.length === 0) return [];
  // The quota and the replay need the meter, which an unreadable row does not name.
  const reasons: Reason[] = refused.map((reason) => ({ ...reason, meter: reason.meter ?? source.meter }));
  const envelope = {
    origin: `file ${source.file} line ${record.line}`,
    payload: new TextEncoder().encode(`${header.text}\n${record.text}`),
    receivedAt: source.receivedAt,
    gateway: IMPORT_GATEWAY,
    profile: source.profile,
  };
  return acceptor.writeRejects(envelope, reasons);
}
