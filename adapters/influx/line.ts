/** Line protocol: names and values as InfluxDB reads them. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { bodyParts } from "../../model/measurements.ts";

/** Bytes of one string field; InfluxDB takes 64 KiB at most. */
const PART_BYTES = 60_000;

/**
 * A tag's value.
 * @throws Error for what no tag can hold: a line break, or a backslash at the end
 */
export function tagValue(text: string): string {
  if (/[\r\n]|\\$/.test(text) || text === "")
    throw new Error(
      `${JSON.stringify(text)} cannot be a tag of InfluxDB: it is empty, holds a line break or ends with a backslash`,
    );
  return /[,= ]/.test(text) ? text.replace(/[,= ]/g, "\\$&") : text;
}

/** A string field with its quotes. */
export function stringValue(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`;
}

/** Time in ns of a place within a millisecond. */
export function nanoTime(ms: number, place: number): string {
  return String(BigInt(ms) * 1_000_000n + BigInt(place));
}

/** Cuts UTF-8 at most every PART_BYTES, never inside a character. */
function partsOf(text: string): string[] {
  if (text.length * 3 <= PART_BYTES) return [text];
  const bytes = Buffer.from(text, "utf8");
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(start + PART_BYTES, bytes.length);
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
    parts.push(bytes.toString("utf8", start, end));
    start = end;
  }
  return parts;
}

/**
 * A long text as fields `parts`, `body0`, `body1` …; packed where it would not fit otherwise.
 * @param what names the text in the error
 * @throws Error when it does not fit even so
 */
export function bodyFields(text: string, what: string): string {
  let parts = partsOf(text);
  const packed = parts.length > bodyParts.length;
  if (packed) parts = partsOf(deflateRawSync(text).toString("base64"));
  if (parts.length > bodyParts.length)
    throw new Error(
      `${what} has ${Buffer.byteLength(text)} bytes, which even packed is more than the ${PART_BYTES * bodyParts.length} that InfluxDB can keep of it: this is a bug, it must be bounded where it is made`,
    );
  const bodies = parts.map((part, i) => `body${i}=${stringValue(part)}`);
  return [`parts=${parts.length}`, `packed=${packed ? 1 : 0}`, ...bodies].join(",");
}

/** Fields to ask for, to put a long text together again. */
export const bodyNames: readonly string[] = ["parts", "packed", ...bodyParts];

/** Whether all fields of a long text are there. */
export function isWholeBody(row: Readonly<Record<string, unknown>>): boolean {
  if (typeof row.parts !== "number" || typeof row.packed !== "number") return false;
  return bodyParts.slice(0, row.parts).every((part) => typeof row[part] === "string");
}

/** Puts a long text together again from the fields of a point. */
export function bodyOf(row: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (let i = 0; i < Number(row.parts); i += 1) text += String(row[`body${i}`]);
  return row.packed === 1 ? inflateRawSync(Buffer.from(text, "base64")).toString("utf8") : text;
}

/** Points of one series: times that rise, and the fields of each. */
interface Points {
  readonly times: number[];
  readonly fields: string[];
}

/** Place of the first of these rising times at or after `time`. */
function placeOf(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Points to write, each once: the last of those with the same series and time. */
export function createPoints() {
  const bySeries = new Map<string, Points>();
  return {
    /** @param series measurement and tags. @param time in the precision of the write */
    add(series: string, time: number, fields: string): void {
      const points = bySeries.get(series);
      if (points === undefined) {
        bySeries.set(series, { times: [time], fields: [fields] });
        return;
      }
      const { times } = points;
      if (time > times.at(-1)!) {
        times.push(time);
        points.fields.push(fields);
        return;
      }
      const place = placeOf(times, time);
      const replaced = times[place] === time ? 1 : 0;
      times.splice(place, replaced, time);
      points.fields.splice(place, replaced, fields);
    },
    lines(): string[] {
      const lines: string[] = [];
      for (const [series, { times, fields }] of bySeries) {
        for (let i = 0; i < times.length; i += 1) lines.push(`${series} ${fields[i]} ${times[i]}`);
      }
      return lines;
    },
  };
}
