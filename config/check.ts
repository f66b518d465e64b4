/** Checks of the county, and of what its sites say of each other. */
import type { Problem } from "../model/errors.ts";
import type { Carrier, DecoderProfile, Factor, Site } from "../model/registry.ts";
import type { Calendar } from "../model/time.ts";
import { checkGatewayCoverage, checkGatewayOverlaps, checkUsernames } from "./check-gateways.ts";
import { isZone } from "./check-profiles.ts";
import { warnOfFactors } from "./factor-gaps.ts";
import { type Report, reportOn, reportRepeats } from "./report.ts";
import type { CountyForm } from "./schema.ts";

/** A site and the file it came from. */
export interface SiteEntry {
  readonly file: string;
  readonly site: Site;
}

/** What the checks across files look at. */
export interface CrossCheck {
  readonly sites: readonly SiteEntry[];
  /** Ids of sites whose files have the wrong shape, so that references to them are not called unknown. */
  readonly brokenSites: ReadonlyMap<string, string>;
  readonly towns: readonly string[];
  readonly region: string;
  readonly calendar: Calendar;
  readonly carriers: ReadonlyMap<string, Carrier>;
  /** Undefined when their file has the wrong shape: what depends on them is then not checked. */
  readonly factors?: readonly Factor[] | undefined;
  readonly factorsFile: string;
  readonly profiles?: readonly DecoderProfile[] | undefined;
}

/** What is wrong with the county by itself. */
export function checkCounty(problems: Problem[], file: string, form: CountyForm): void {
  const report = reportOn(problems, file, "county");
  reportRepeats(report, "towns", form.towns);
  reportRepeats(report, "sectors", form.sectors);
  checkSectors(report, form);
  if (!isZone(form.zone))
    report.error("zone", `"${form.zone}" is no IANA zone: write one such as Asia/Shanghai`);
}

/** An industry in two sectors would belong to the one that happens to come first. */
function checkSectors(report: Report, form: CountyForm): void {
  const before: { code: string; path: string }[] = [];
  form.sectors.forEach((sector, index) => {
    sector.industries.forEach((code, at) => {
      const path = `sectors[${index}].industries[${at}]`;
      const other = before.find((one) => one.code.startsWith(code) || code.startsWith(one.code));
      if (other)
        report.error(path, `"${code}" overlaps with "${other.code}" of ${other.path}: keep one of them`);
      before.push({ code, path });
    });
  });
}

function checkSiteIds(problems: Problem[], input: CrossCheck): void {
  const first = new Map(input.brokenSites);
  for (const { file, site } of input.sites) {
    const before = first.get(site.id);
    if (before === undefined) first.set(site.id, file);
    else reportOn(problems, file).error("id", `"${site.id}" is already the id of ${before}: rename one`);
  }
}

function checkTowns(problems: Problem[], input: CrossCheck): void {
  if (input.towns.length === 0) return;
  for (const { file, site } of input.sites) {
    if (site.town === undefined || input.towns.includes(site.town)) continue;
    reportOn(problems, file).error(
      "town",
      `no town "${site.town}" in county.yaml: use one of ${input.towns.join(", ")}, or add it there`,
    );
  }
}

function checkCountsTo(problems: Problem[], input: CrossCheck): void {
  const known = new Set([...input.sites.map(({ site }) => site.id), ...input.brokenSites.keys()]);
  for (const { file, site } of input.sites) {
    const report = reportOn(problems, file);
    site.meters.forEach(({ countsTo, contributes }, index) => {
      if (countsTo === undefined) return;
      const path = `meters[${index}].countsTo`;
      if (countsTo === site.id)
        report.error(path, `"${countsTo}" is the meter's own site: name the other one, or leave it out`);
      else if (!known.has(countsTo)) report.error(path, `no site "${countsTo}": correct it, or add its file`);
      if (contributes !== "subtract")
        report.error(path, `is for meters that subtract, and this one has contributes: ${contributes}`);
    });
  }
}

/** Everything wrong across files. Pure; the same input gives the same problems. */
export function crossCheck(input: CrossCheck): Problem[] {
  const problems: Problem[] = [];
  checkSiteIds(problems, input);
  checkTowns(problems, input);
  checkCountsTo(problems, input);
  checkUsernames(problems, input.sites);
  checkGatewayOverlaps(problems, input.sites);
  if (input.profiles) checkGatewayCoverage(problems, input.sites, input.profiles);
  if (input.factors) {
    const report = reportOn(problems, input.factorsFile);
    const sites = input.sites.map(({ site }) => site);
    warnOfFactors(report, sites, input.carriers, input.factors, input.region, input.calendar);
  }
  return problems;
}
