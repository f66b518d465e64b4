/** The day's balance of messages: received = accepted + repeated + rejected, checked here once more. */
import type { BalanceAnswer } from "../../api/records.ts";

type Row = BalanceAnswer["rows"][number];

export interface BalanceSum {
  readonly received: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly rejected: number;
  /** Part of the accepted. */
  readonly setAside: number;
  /** received − accepted − repeated − rejected; anything but 0 is a fault of the program. */
  readonly gap: number;
}

/** Refused values of all codes. */
export function rejectedOf(row: Row): number {
  return Object.values(row.rejected).reduce((sum, count) => sum + count, 0);
}

/** The balance of one or several rows. */
export function balanceOf(rows: readonly Row[]): BalanceSum {
  const add = (pick: (row: Row) => number) => rows.reduce((sum, row) => sum + pick(row), 0);
  const received = add((row) => row.received);
  const accepted = add((row) => row.accepted);
  const repeated = add((row) => row.repeated);
  const rejected = add(rejectedOf);
  const setAside = add((row) => row.setAside);
  return { received, accepted, repeated, rejected, setAside, gap: received - accepted - repeated - rejected };
}

/** Refused values by code, most first. */
export function rejectsByCode(rows: readonly Row[]): [code: string, count: number][] {
  const counts = new Map<string, number>();
  for (const row of rows)
    for (const [code, count] of Object.entries(row.rejected))
      counts.set(code, (counts.get(code) ?? 0) + count);
  return [...counts].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
}
