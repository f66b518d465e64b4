/** GET /api/v1/balance: what became of every value received on a day. */
import { compare } from "../../model/members.ts";
import { UNKNOWN_SITE } from "../../model/reject.ts";
import type { BalanceAnswer } from "../api/records.ts";
import type { ParametersOf } from "../parameters.ts";
import { type QueryContext, siteOf } from "./context.ts";
import { dayOf } from "./quality.ts";

/** A known site, or the one under which rejects of unknown sites are kept. @throws ProblemError 404 */
export function siteOrUnknown(context: QueryContext, id: string): string {
  return id === UNKNOWN_SITE ? id : siteOf(context, id).id;
}

/** One row per site that anything was received for: received = accepted + repeated + rejected. */
export async function balance(context: QueryContext, given: ParametersOf<"balance">): Promise<BalanceAnswer> {
  const { calendar, reader } = context;
  const day = dayOf(context, given.day);
  const site = given.site === undefined ? undefined : siteOrUnknown(context, given.site);
  const rows = await reader.balance(day, site);
  return {
    rows: [...rows]
      .sort((a, b) => compare(a.site, b.site))
      .map((row) => ({
        site: row.site,
        day: calendar.dateOf(row.day),
        received: row.received,
        accepted: row.accepted,
        repeated: row.repeated,
        setAside: row.setAside,
        rejected: { ...row.rejected },
      })),
  };
}
