/** Which rows were changed after their day was closed. */
import type { FigureKey } from "../../model/figure.ts";
import type { Instant } from "../../model/time.ts";
import type { ApiWindow } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { windowEnd, windowStart } from "./windows.ts";

/** Whether the row of that carrier and window start is restated. */
export type IsRestated = (carrier: string, start: Instant) => boolean;

const never: IsRestated = () => false;

/**
 * Reads the ledger for rows of one owner with windows in [from, to). A row is restated when an entry of its
 * own figures lies wholly inside its window; open days have no entries, and are not looked up.
 */
export async function restatedIn(
  context: QueryContext,
  keys: readonly FigureKey[],
  window: ApiWindow,
  from: Instant,
  to: Instant,
): Promise<IsRestated> {
  const { calendar, county, reader } = context;
  if (county.closedThrough === undefined || keys.length === 0) return never;
  const open = calendar.dayStart(county.closedThrough + 1);
  if (from >= open) return never;
  const entries = await reader.ledger(keys, from, to, Number.MAX_SAFE_INTEGER);
  const restated = new Set<string>();
  for (const entry of entries) {
    const start = windowStart(calendar, window, entry.start);
    const inside = windowEnd(calendar, entry.window, entry.start) <= windowEnd(calendar, window, start);
    if (inside) restated.add(`${entry.carrier}\n${start}`);
  }
  return (carrier, start) => restated.has(`${carrier}\n${start}`);
}
