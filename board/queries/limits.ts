/** GET /api/v1/limits: how each limit stood on a day. */
import { WITHOUT_NATIONAL } from "../../model/groups.ts";
import { colours, type Limit } from "../../model/limit.ts";
import type { Observation } from "../../model/observation.ts";
import { DAY_MS, type DayIndex } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type { ApiLimit, LimitsAnswer } from "../api/limits.ts";
import { momentOf } from "../moment.ts";
import type { ParametersOf } from "../parameters.ts";
import { listed, type QueryContext, siteOf } from "./context.ts";

/** A limit of which nothing has been known for so long has no row; one that was known before shows how it stood. */
const DAYS_BACK = 31;

type Given = ParametersOf<"limits">;

/** @throws ProblemError 400, 404 */
function check(context: QueryContext, given: Given): void {
  if (given.site !== undefined && given.group !== undefined)
    throw new ProblemError(400, "give at most one of the parameters 'site' and 'group'", {
      code: "site-or-group",
      parameter: "group",
    });
  if (given.site !== undefined) siteOf(context, given.site);
  if (given.group === undefined) return;
  const group = given.group.replace(new RegExp(`${WITHOUT_NATIONAL}$`), "");
  if (context.groups.has(group)) return;
  const known = listed([...context.groups.keys()]);
  throw new ProblemError(404, `parameter 'group' is '${given.group}': no such group; there are ${known}`, {
    code: "unknown-group",
    parameter: "group",
    value: given.group,
  });
}

function isAsked(limit: Limit, { site, group, purpose }: Given): boolean {
  if (purpose !== undefined && limit.purpose !== purpose) return false;
  if (site !== undefined) return limit.site === site;
  return group === undefined || limit.group === group || limit.group === group + WITHOUT_NATIONAL;
}

/** The worst colour whose level holds. */
function colourOf(row: Observation | undefined): ApiLimit["colour"] {
  return colours.findLast((colour) => (row?.numbers[colour] ?? 0) >= 1) ?? "green";
}

function rowOf(context: QueryContext, limit: Limit, day: DayIndex, row: Observation | undefined): ApiLimit {
  const { calendar } = context;
  const number = (name: string): number | null => row?.numbers[name] ?? null;
  const used = number("used");
  const coverage = number("coverage") ?? 0;
  return {
    limit: limit.id,
    name: limit.name,
    purpose: limit.purpose,
    ...(limit.site === undefined ? {} : { site: limit.site }),
    ...(limit.group === undefined ? {} : { group: limit.group }),
    quantity: limit.quantity,
    ...(limit.carrier === undefined ? {} : { carrier: limit.carrier }),
    ...(limit.basis === undefined ? {} : { basis: limit.basis }),
    ...(limit.product === undefined ? {} : { product: limit.product }),
    period: limit.period,
    unit: limit.unit,
    value: limit.value,
    used,
    ratio: number("ratio"),
    gone: number("gone"),
    planned: number("planned"),
    projected: number("projected"),
    projectedRatio: number("projectedRatio"),
    method: row?.texts.method ?? "",
    daysLeft: number("daysLeft"),
    coverage,
    judged: used !== null && coverage >= limit.minCoverage,
    colour: colourOf(row),
    asOf: calendar.iso(number("asOf") ?? calendar.dayStart(day)),
    levels: limit.levels.map(({ colour, ratio, toDate }) => ({ colour, ratio, toDate })),
  };
}

/** Limits that hold on the day, by id; each as it stood at the end of what is known of the day. */
export async function limits(context: QueryContext, given: Given): Promise<LimitsAnswer> {
  check(context, given);
  const { calendar, now, reader, registry } = context;
  const day = calendar.dayOf(given.at === undefined ? now : momentOf(calendar, "at", given.at));
  const start = calendar.dayStart(day);
  const end = calendar.dayStart(day + 1);
  const asked = registry.limits.filter(
    (limit) =>
      limit.validFrom < end && start < (limit.validTo ?? Number.POSITIVE_INFINITY) && isAsked(limit, given),
  );
  if (asked.length === 0) return { rows: [] };
  const rows = await reader.observations({
    measurement: "limit_usage",
    ...(given.site === undefined ? {} : { tags: { site: given.site } }),
    from: start - DAYS_BACK * DAY_MS,
    to: end,
    newest: true,
  });
  // Of a limit that was of another group before there are rows of both: its own are those of its group.
  const newest = new Map(rows.map((row) => [nameOf(row.tags), row]));
  return { rows: asked.map((limit) => rowOf(context, limit, day, newest.get(nameOfLimit(limit)))) };
}

const nameOf = ({ limit, purpose, site, group }: Observation["tags"]): string =>
  [limit, purpose, site ?? "", group ?? ""].join("\n");

const nameOfLimit = ({ id, purpose, site, group }: Limit): string =>
  [id, purpose, site ?? "", group ?? ""].join("\n");
