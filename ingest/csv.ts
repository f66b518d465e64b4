/** CSV (RFC 4180) as it comes out of spreadsheets: one broken record costs that record and no other. */
import { parse } from "csv-parse/sync";

/** A record and where it began; `flaw` says why it has no cells. */
export interface CsvRecord {
  /** 1 for the first line of the file. */
  readonly line: number;
  readonly text: string;
  readonly cells: readonly string[];
  readonly flaw?: string;
}

/** Takes text piece by piece and gives back the records that are whole. */
export interface CsvReader {
  push(piece: string): CsvRecord[];
  end(): CsvRecord[];
}

/** Characters of a line that are kept; meters write a few hundred. */
const LONGEST_LINE = 64 * 1024;
/** Lines over which a quoted cell may run. A quote never closed would otherwise swallow the file. */
const MOST_LINES = 20;

interface Line {
  readonly line: number;
  readonly text: string;
  /** Characters of it that were too many to keep. */
  readonly beyond: number;
}

/** Reads CSV with commas; a byte order mark is dropped, and so are blank lines. */
export function createCsvReader(): CsvReader {
  let rest = "";
  let beyond = 0;
  let next = 1;
  let open: Line[] = [];

  const takeLine = (records: CsvRecord[]): void => {
    const text = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const line = { line: next, text: next === 1 ? text.replace(/^\uFEFF/, "") : text, beyond };
    next += 1;
    rest = "";
    beyond = 0;
    open = addLine(open, line, records);
  };
  const keep = (text: string): void => {
    const room = LONGEST_LINE - rest.length;
    rest += text.slice(0, room);
    beyond += Math.max(0, text.length - room);
  };
  return {
    push(piece) {
      const records: CsvRecord[] = [];
      let start = 0;
      for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
        keep(piece.slice(start, end));
        takeLine(records);
        start = end + 1;
      }
      keep(piece.slice(start));
      return records;
    },
    end() {
      const records: CsvRecord[] = [];
      if (rest !== "") takeLine(records);
      while (open.length > 0) open = giveUpFirst(open, records);
      return records;
    },
  };
}

/** Adds a line to those a quoted cell holds open, and returns what is open then. */
function addLine(open: readonly Line[], line: Line, records: CsvRecord[]): Line[] {
  if (open.length === 0 && line.beyond === 0 && !line.text.includes('"')) {
    if (line.text.trim() !== "") records.push(recordOf(line.line, line.text, line.text.split(",")));
    return [];
  }
  const lines = [...open, line];
  if (line.beyond > 0 || lines.length > MOST_LINES) return giveUpFirst(lines, records);
  const text = lines.map((part) => part.text).join("\n");
  if (text.split('"').length % 2 === 0) return lines;
  records.push(quotedRecord(lines[0]!.line, text));
  return [];
}

/** Gives the first open line up as broken and reads the others anew. */
function giveUpFirst(lines: readonly Line[], records: CsvRecord[]): Line[] {
  const first = lines[0]!;
  const flaw =
    first.beyond > 0
      ? `line of ${first.text.length + first.beyond} characters, at most ${LONGEST_LINE} are read`
      : "a quote is opened and never closed";
  records.push({ line: first.line, text: first.text, cells: [], flaw });
  return lines.slice(1).reduce<Line[]>((open, line) => addLine(open, line, records), []);
}

function quotedRecord(line: number, text: string): CsvRecord {
  try {
    const rows: string[][] = parse(text, { relax_column_count: true });
    return recordOf(line, text, rows[0] ?? []);
  } catch (error) {
    return { line, text, cells: [], flaw: (error as Error).message };
  }
}

function recordOf(line: number, text: string, cells: readonly string[]): CsvRecord {
  return { line, text, cells };
}

/** A row by column name; a text says why the record does not fit the header. */
export function rowOf(header: readonly string[], record: CsvRecord): ReadonlyMap<string, string> | string {
  if (record.flaw !== undefined) return record.flaw;
  if (record.cells.length !== header.length)
    return `row has ${record.cells.length} cells, the header has ${header.length}`;
  return new Map(header.map((name, i) => [name, record.cells[i] ?? ""]));
}

/** Column names of a header record. */
export function headerOf(record: CsvRecord): string[] {
  return record.cells.map((cell) => cell.trim());
}
