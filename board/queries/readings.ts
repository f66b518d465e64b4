/** GET /api/v1/readings: what a register showed, set-aside values included. */
import type { SeriesKey, StoredReading } from "../../model/reading.ts";
import { DAY_MS, type Instant } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type { ReadingsAnswer } from "../api/records.ts";
import { rangeOf } from "../moment.ts";
import { type ParametersOf, ROW_LIMIT } from "../parameters.ts";
import { listed, meterOf, type QueryContext, siteOf } from "./context.ts";

/** Days whose readings are held in memory before the row limit is looked at again. */
const CHUNK_MS = 31 * DAY_MS;

function tooMany(context: QueryContext, rows: readonly StoredReading[]): ProblemError {
  const fits = context.calendar.iso(rows[ROW_LIMIT]?.at ?? 0);
  return new ProblemError(
    400,
    `there are more than ${ROW_LIMIT} readings in that range; those before to=${fits} fit`,
    { code: "too-many-rows", parameter: "to", allowed: [fits] },
  );
}

/** Readings with from ≤ at < to. @throws ProblemError 400 as soon as there are more than an answer may hold */
async function readAll(
  context: QueryContext,
  series: SeriesKey,
  from: Instant,
  to: Instant,
): Promise<StoredReading[]> {
  const extent = await context.reader.extent(series);
  if (!extent) return [];
  const rows: StoredReading[] = [];
  const last = Math.min(to - 1, extent.end);
  for (let at = Math.max(from, extent.start); at <= last; at += CHUNK_MS) {
    const chunk = await context.reader.readings(series, at, Math.min(at + CHUNK_MS - 1, last));
    for (const row of chunk) rows.push(row);
    if (rows.length > ROW_LIMIT) throw tooMany(context, rows);
  }
  return rows;
}

/** A register's readings by (at, revision, value), each with its verdict, in the register's own unit. */
export async function readings(
  context: QueryContext,
  given: ParametersOf<"readings">,
): Promise<ReadingsAnswer> {
  const { calendar } = context;
  const meter = meterOf(siteOf(context, given.site), given.meter);
  const register = meter.registers.find((candidate) => candidate.id === given.register);
  if (!register) {
    const known = meter.registers.map((candidate) => candidate.id);
    const detail = `parameter 'register' is '${given.register}': no such register; meter '${meter.id}' has ${listed(known)}`;
    throw new ProblemError(404, detail, {
      code: "unknown-register",
      parameter: "register",
      value: given.register,
      allowed: known,
    });
  }
  const { from, to } = rangeOf(calendar, given);
  const series = { site: given.site, meter: meter.id, register: register.id };
  const rows = await readAll(context, series, from, to);
  return {
    rows: rows.map((row) => ({
      at: calendar.iso(row.at),
      value: row.value,
      revision: row.revision,
      seq: row.seq < 0 ? null : row.seq,
      receivedAt: calendar.iso(row.receivedAt),
      offset: row.offset,
      verdict: row.verdict,
    })),
    unit: register.unit,
  };
}
