/** Rows as CSV (RFC 4180), safe to open in a spreadsheet. */
import type { Answer } from "../answer.ts";
import type { ConsumptionRow } from "../api/figures.ts";

const columns = [
  "start",
  "end",
  "site",
  "group",
  "meter",
  "carrier",
  "amount",
  "unit",
  "kgceCalorific",
  "kgceEquivalent",
  "kgCo2Location",
  "kgCo2Market",
  "netAmount",
  "netKgceCalorific",
  "netKgceEquivalent",
  "netKgCo2Location",
  "netKgCo2Market",
  "coverage",
  "estimated",
  "missingMeters",
  "factors",
  "restated",
] as const satisfies readonly (keyof ConsumptionRow)[];

/** One field. Text that a spreadsheet would take for a formula gets a leading apostrophe; numbers stay numbers. */
export function csvField(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = Array.isArray(value) ? value.join(" ") : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A header line and one line per row; unknown is an empty field, and factor ids are separated by spaces. */
export function csvAnswer(rows: readonly ConsumptionRow[]): Answer {
  const lines = rows.map((row) => columns.map((column) => csvField(row[column])).join(","));
  const body = [columns.join(","), ...lines, ""].join("\r\n");
  return { status: 200, contentType: "text/csv; charset=utf-8; header=present", body };
}
