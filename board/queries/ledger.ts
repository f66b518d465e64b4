/** GET /api/v1/ledger: changes to figures of closed days, newest first. */
import type { FigureKey, FigureValues } from "../../model/figure.ts";
import type { LedgerAnswer } from "../api/records.ts";
import { momentOf } from "../moment.ts";
import { LEDGER_ROWS, type ParametersOf } from "../parameters.ts";
import { type QueryContext, siteOf } from "./context.ts";
import { meterKey } from "./figures.ts";

type Values = LedgerAnswer["rows"][number]["after"];

function valuesOf(values: FigureValues): Values {
  const { amount, kgceCalorific, kgceEquivalent, kgCo2Location, kgCo2Market, coverage, estimated } = values;
  return { amount, kgceCalorific, kgceEquivalent, kgCo2Location, kgCo2Market, coverage, estimated };
}

/** A site's own figures and those of its meters. */
function keysOfSite(context: QueryContext, id: string): FigureKey[] {
  const site = siteOf(context, id);
  const carriers = (context.areasOfSite.get(id) ?? []).map((area) => area.carrier);
  return [
    ...carriers.map((carrier) => ({ scope: "site" as const, owner: id, carrier })),
    ...site.meters.map(meterKey),
  ];
}

/** Entries whose figure's window starts in [from, to), of one site or of everything. */
export async function ledger(context: QueryContext, given: ParametersOf<"ledger">): Promise<LedgerAnswer> {
  const { calendar, reader } = context;
  const keys = given.site === undefined ? undefined : keysOfSite(context, given.site);
  const from = given.from === undefined ? 0 : momentOf(calendar, "from", given.from);
  const to = given.to === undefined ? Number.MAX_SAFE_INTEGER : momentOf(calendar, "to", given.to);
  const entries = await reader.ledger(keys, from, to, given.limit ?? LEDGER_ROWS.otherwise);
  return {
    rows: [...entries]
      .sort((a, b) => b.at - a.at)
      .map((entry) => ({
        scope: entry.scope,
        owner: entry.owner,
        carrier: entry.carrier,
        window: entry.window,
        start: calendar.iso(entry.start),
        before: entry.before && valuesOf(entry.before),
        after: valuesOf(entry.after),
        cause: entry.cause,
        at: calendar.iso(entry.at),
      })),
  };
}
