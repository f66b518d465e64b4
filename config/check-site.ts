/** Checks of one site against itself, the county and the carriers. */
import type { Problem } from "../model/errors.ts";
import type { Site } from "../model/registry.ts";
import { checkMeter } from "./check-meter.ts";
import { type Report, reportOn, reportRepeats } from "./report.ts";
import type { ResolveContext } from "./resolve.ts";
import type { SiteForm } from "./schema.ts";
import { filterProblem } from "./topic-filter.ts";

function checkClasses(report: Report, form: SiteForm, site: Site): void {
  site.classes.forEach((row, index) => {
    const path = `classes[${index}]`;
    if (row.to !== undefined && row.to <= row.from)
      report.error(`${path}.to`, `${form.classes[index]?.to} is not after from ${form.classes[index]?.from}`);
    const other = site.classes.findIndex(
      (earlier, at) =>
        at < index &&
        earlier.id === row.id &&
        earlier.from < (row.to ?? Number.POSITIVE_INFINITY) &&
        row.from < (earlier.to ?? Number.POSITIVE_INFINITY),
    );
    if (other >= 0)
      report.error(
        `${path}.from`,
        `overlaps with classes[${other}] of the same id "${row.id}": end that one`,
      );
  });
  if (site.industry === undefined && site.classes.some((row) => row.id === "two-high"))
    report.warning("industry", "is missing: a two-high site is classed by its GB/T 4754 industry code");
}

function checkGateways(report: Report, form: SiteForm): void {
  reportRepeats(report, "gateways", form.gateways);
  form.gateways.forEach((gateway, index) => {
    gateway.topics.forEach((filter, at) => {
      const problem = filterProblem(filter);
      if (problem !== undefined)
        report.error(`gateways[${index}].topics[${at}]`, `"${filter}" is no topic filter: ${problem}`);
    });
  });
}

/** Everything wrong with a site that can be said without looking at others. */
export function checkSite(
  problems: Problem[],
  file: string,
  context: ResolveContext,
  form: SiteForm,
  site: Site,
): void {
  const report = reportOn(problems, file);
  reportRepeats(report, "meters", form.meters);
  reportRepeats(report, "berths", form.berths);
  checkClasses(report, form, site);
  checkGateways(report, form);
  form.meters.forEach((meter, index) => {
    const resolved = site.meters[index];
    if (resolved) checkMeter(report.at(`meters[${index}]`), context, meter, resolved);
  });
}
