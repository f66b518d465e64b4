/** Whose figures a request asks for. */
import { storedGroupKey } from "../../model/groups.ts";
import { ProblemError } from "../answer.ts";
import type { ParametersOf } from "../parameters.ts";
import { byRank, carrierOf, listed, meterOf, type QueryContext, siteOf } from "./context.ts";
import type { Owner } from "./figures.ts";

/** Whose rows, and of which carriers, in the registry's order. */
export interface Series {
  readonly owner: Owner;
  readonly carriers: readonly string[];
}

function bad(parameter: string, value: string, detail: string): ProblemError {
  return new ProblemError(400, `parameter '${parameter}' is '${value}': ${detail}`, {
    code: "bad-parameter",
    parameter,
    value,
  });
}

/**
 * The series of a group. The variant without nationally listed sites is stored apart only where the group
 * holds one; elsewhere the two are the same rows. @throws ProblemError 404
 */
export function groupSeries(context: QueryContext, group: string, include: boolean): Series {
  const carriers = context.groups.get(group);
  if (!carriers) {
    const known = listed([...context.groups.keys()]);
    throw new ProblemError(404, `parameter 'group' is '${group}': no such group; there are ${known}`, {
      code: "unknown-group",
      parameter: "group",
      value: group,
    });
  }
  const owner = storedGroupKey(context.withNational, group, include);
  return { owner: { scope: "group", owner, label: { group } }, carriers };
}

/** The series of a site that is known. */
export function siteSeries(context: QueryContext, site: string): Series {
  const carriers = (context.areasOfSite.get(site) ?? []).map((area) => area.carrier);
  return {
    owner: { scope: "site", owner: site, label: { site } },
    carriers: byRank(carriers, context.carrierRank),
  };
}

function meterSeries(context: QueryContext, site: string, id: string): Series {
  const meter = meterOf(siteOf(context, site), id);
  const owner: Owner = { scope: "meter", owner: `${site}/${id}`, label: { site, meter: id } };
  return { owner, carriers: [meter.carrier] };
}

function ownerSeries(context: QueryContext, given: ParametersOf<"consumption">): Series {
  const { site, group, meter, nationalList } = given;
  if (group !== undefined) {
    if (meter !== undefined) throw bad("meter", meter, "a group has no meters; give 'site'");
    return groupSeries(context, group, nationalList !== "exclude");
  }
  const known = siteOf(context, site ?? "");
  if (nationalList === "exclude") {
    throw bad("nationalList", nationalList, "it speaks of groups; leave it out with 'site'");
  }
  return meter === undefined ? siteSeries(context, known.id) : meterSeries(context, known.id, meter);
}

/** What a consumption request asks for. @throws ProblemError 400 or 404 that names the parameter */
export function seriesOf(context: QueryContext, given: ParametersOf<"consumption">): Series {
  if ((given.site === undefined) === (given.group === undefined)) {
    throw new ProblemError(400, "give exactly one of the parameters 'site' and 'group'", {
      code: "site-or-group",
      parameter: given.site === undefined ? "site" : "group",
    });
  }
  const series = ownerSeries(context, given);
  if (given.carrier === undefined) return series;
  const { id } = carrierOf(context, given.carrier);
  return { owner: series.owner, carriers: series.carriers.filter((carrier) => carrier === id) };
}
