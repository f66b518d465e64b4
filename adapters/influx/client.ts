/** One server: requests with deadlines and tries, InfluxQL answers as they stream in. */
import { InfluxDB } from "@influxdata/influxdb-client";
import { AnswerError, trying } from "./attempts.ts";
import type { InfluxOptions } from "./options.ts";
import { requestsWith } from "./requests.ts";

const WRITE_DEADLINE_MS = 5_000;
const READ_DEADLINE_MS = 60_000;
const MAX_ATTEMPTS = 5;
/** Connections kept; writes take four, the others are for reads. */
const MAX_CONNECTIONS = 12;
const LINE_FEED = 10;

/** A piece of a series in an answer: `values` are rows of `columns`, the first being the time in ms. */
export interface AnswerSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly Cell[][];
}
export type Cell = number | string | boolean | null;

interface Answer {
  readonly error?: string;
  readonly results?: readonly {
    readonly statement_id: number;
    readonly error?: string;
    readonly series?: readonly AnswerSeries[];
  }[];
}

export type Precision = "ms" | "ns";

export interface InfluxClient {
  /** The server's address, for messages. */
  readonly where: string;
  /** Writes line protocol; resolves when InfluxDB has it on disk. */
  write(lines: readonly string[], precision: Precision, lease?: AbortSignal): Promise<void>;
  /**
   * Asks InfluxQL questions in one request. `take` gets the pieces as they come; when an answer breaks off,
   * `begin` is called again and all is asked anew.
   */
  ask(
    statements: readonly string[],
    take: (series: AnswerSeries, statement: number) => void,
    begin?: () => void,
    lease?: AbortSignal,
  ): Promise<void>;
  /** One GET without tries; rejects when the server is not well. */
  get(path: string): Promise<unknown>;
  /** When a write was last acknowledged, ms since 1970; undefined before the first. */
  lastWriteAt(): number | undefined;
  close(): void;
}

/** Hands over the pieces of one line of an answer. @throws AnswerError when the server says that a question failed */
function takeAnswer(line: string, take: (series: AnswerSeries, statement: number) => void): void {
  const answer = JSON.parse(line) as Answer;
  if (answer.error !== undefined) throw new AnswerError(answer.error);
  for (const result of answer.results ?? []) {
    if (result.error !== undefined) throw new AnswerError(result.error);
    for (const series of result.series ?? []) take(series, result.statement_id);
  }
}

/** Splits a stream of bytes at line ends. */
async function eachLine(chunks: AsyncIterable<Uint8Array>, take: (line: string) => void): Promise<void> {
  let parts: Buffer[] = [];
  for await (const piece of chunks) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      parts.push(chunk.subarray(start, end));
      const line = (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString("utf8");
      parts = [];
      start = end + 1;
      if (line !== "") take(line);
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  const rest = Buffer.concat(parts).toString("utf8");
  if (rest !== "") take(rest);
}

function transportOf(options: InfluxOptions, deadlineMs: number) {
  const { agent, transportOptions } = requestsWith(options.url, {
    maxSockets: MAX_CONNECTIONS,
    ...(options.ca ? { ca: options.ca } : {}),
  });
  const influx = new InfluxDB({
    url: options.url,
    token: options.token,
    timeout: deadlineMs,
    transportOptions,
  });
  return { transport: influx.transport, agent };
}

/** The line that was refused: the first with the field InfluxDB complains of, where it names one. */
function refusedLine(message: string, lines: readonly string[]): string | undefined {
  const [, field, measurement] = /field "([^"]+)" on measurement "([^"]+)"/.exec(message) ?? [];
  const named = lines.find(
    (line) =>
      line.startsWith(`${measurement},`) && (line.includes(` ${field}=`) || line.includes(`,${field}=`)),
  );
  return named ?? lines[0];
}

/** Adds a line to the error of a batch that was refused for what is in it. */
function withLine(error: unknown, lines: readonly string[]): unknown {
  const status = error instanceof Error && (error.cause as { statusCode?: number } | undefined)?.statusCode;
  if (status !== 400 && status !== 422) return error;
  const { message, cause } = error as Error;
  return new Error(`${message}. Line: ${refusedLine(message, lines)?.slice(0, 500)}`, { cause });
}

/** @throws Error when the address is none */
export function createInfluxClient(options: InfluxOptions): InfluxClient {
  const { deadlineMs = WRITE_DEADLINE_MS, readDeadlineMs = READ_DEADLINE_MS } = options;
  const { maxAttempts = MAX_ATTEMPTS, log = () => undefined } = options;
  const where = new URL(options.url).host;
  const { transport, agent } = transportOf(options, Math.max(deadlineMs, readDeadlineMs));
  const place = `org=${encodeURIComponent(options.org)}&bucket=${encodeURIComponent(options.bucket)}`;
  let lastWriteAt: number | undefined;

  const write: InfluxClient["write"] = async (lines, precision, lease) => {
    const body = lines.join("\n");
    const how = { where, what: `writing ${lines.length} lines`, deadlineMs, maxAttempts, lease, log };
    try {
      await trying(how, (signal) =>
        transport.request(`/api/v2/write?${place}&precision=${precision}`, body, {
          method: "POST",
          headers: { "content-type": "text/plain; charset=utf-8" },
          signal,
        }),
      );
    } catch (error) {
      throw withLine(error, lines);
    }
    lastWriteAt = Date.now();
  };

  const ask: InfluxClient["ask"] = async (statements, take, begin = () => undefined, lease) => {
    const form = `db=${encodeURIComponent(options.bucket)}&epoch=ms&chunked=true&chunk_size=10000&q=${encodeURIComponent(statements.join(";"))}`;
    const how = { where, what: "reading", deadlineMs: readDeadlineMs, maxAttempts, lease, log };
    await trying(how, async (signal, alive) => {
      begin();
      const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
      const chunks = transport.iterate("/query", form, { method: "POST", headers, signal });
      await eachLine(chunks, (line) => {
        alive();
        takeAnswer(line, take);
      });
    });
  };

  const get = (path: string): Promise<unknown> =>
    trying({ where, what: path, deadlineMs, maxAttempts: 1, log: () => undefined }, (signal) =>
      transport.request(path, "", { method: "GET", headers: { accept: "application/json" }, signal }),
    );

  return {
    where,
    write,
    ask,
    get,
    lastWriteAt: () => lastWriteAt,
    close: () => agent.destroy(),
  };
}
