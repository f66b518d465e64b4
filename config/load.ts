/** Loads a configuration directory: reads, shapes, resolves, checks, and reports every problem at once. */
import { ConfigError, type Problem } from "../model/errors.ts";
import { compare } from "../model/members.ts";
import type { County, Registry, Site } from "../model/registry.ts";
import { shareTexts } from "../model/share-texts.ts";
import { checkCounty, crossCheck } from "./check.ts";
import { checkSite } from "./check-site.ts";
import { nameOfId } from "./fields.ts";
import { type LoadedData, loadData } from "./load-data.ts";
import { loadDuties } from "./load-duties.ts";
import { loadLimits } from "./load-limits.ts";
import { loadRules } from "./load-rules.ts";
import { calendarOrUtc, type Loading, listFiles, readForm } from "./loading.ts";
import { type ResolveContext, resolveCounty, resolveSite } from "./resolve.ts";
import { type CountyForm, countyFile, siteFile } from "./schema.ts";
import { versionOf } from "./version.ts";

/** A configuration that can be run, and what to look at in it. */
export interface LoadedConfig {
  readonly registry: Registry;
  readonly warnings: readonly Problem[];
}

async function loadCounty(loading: Loading): Promise<CountyForm | undefined> {
  const form = await readForm(loading, "county.yaml", countyFile);
  if (form) checkCounty(loading.problems, "county.yaml", form.county);
  return form?.county;
}

interface LoadedSites {
  readonly entries: { readonly file: string; readonly site: Site }[];
  readonly broken: Map<string, string>;
}

/** One file at a time: of a county of 100,000 meters only the resolved form stays in memory. */
async function loadSites(
  loading: Loading,
  files: readonly string[],
  context: ResolveContext,
): Promise<LoadedSites> {
  const entries: LoadedSites["entries"] = [];
  const broken: LoadedSites["broken"] = new Map();
  for (const file of files) {
    const form = await readForm(loading, file, siteFile, (value) => {
      const id = (value as { id?: unknown } | null)?.id;
      if (typeof id === "string") broken.set(id, file);
    });
    if (!form) continue;
    const site = resolveSite(context, form);
    checkSite(loading.problems, file, context, form, site);
    entries.push({ file, site });
  }
  return { entries, broken };
}

/** Towns that sites name where the county lists none, so that they can be shown. */
function townsOf(county: County, sites: readonly Site[]): County["towns"] {
  if (county.towns.length > 0) return county.towns;
  const ids = new Set(sites.flatMap((site) => site.town ?? []));
  return [...ids].sort(compare).map((id) => ({ id, name: nameOfId(id) }));
}

function byPlace(a: Problem, b: Problem): number {
  return compare(a.file, b.file) || a.path.localeCompare(b.path, "en", { numeric: true });
}

/** What limits, alerts and officers go by. */
type Alerting = Pick<Registry, "limits" | "outputs" | "rules" | "duties">;

/** The registry of a configuration without errors. */
function registryOf(
  form: CountyForm,
  data: LoadedData,
  unsorted: readonly Site[],
  alerting: Alerting,
): Registry {
  const { carriers = [], factors: { rows: factors } = { rows: [] }, profiles = [] } = data;
  const sites = [...unsorted].sort((a, b) => compare(a.id, b.id));
  const plain = resolveCounty(form);
  const county = { ...plain, towns: townsOf(plain, sites) };
  const version = versionOf(county, carriers, factors, sites, alerting.limits, alerting.outputs);
  return shareTexts({ version, county, carriers, sites, factors, profiles, ...alerting });
}

/**
 * Loads `county.yaml`, `sites/*.yaml` and, where the directory has them, `carriers.yaml`, `factors.yaml`,
 * `profiles.yaml`, `limits.yaml`, `rules.yaml`, `calendar.yaml` and `targets.yaml`, which replace the shipped files of the
 * same names; `duties.yaml` and `outputs.yaml` are the county's own.
 * @throws ConfigError with every problem, warnings included, sorted by file and path.
 */
export async function loadConfig(directory: string): Promise<LoadedConfig> {
  const loading: Loading = { directory, problems: [] };
  const { problems } = loading;
  const files = await listFiles(loading);
  const form = await loadCounty(loading);
  const calendar = calendarOrUtc(form?.zone);
  const data = await loadData(loading, files.own, calendar);
  const common = {
    calendar,
    region: form?.region ?? "",
    carriers: new Map((data.carriers ?? []).map((carrier) => [carrier.id, carrier])),
  };
  const context = {
    ...common,
    sectors: form?.sectors ?? [],
    factors: data.factors?.rows ?? [],
    shared: new Map<string, unknown>(),
  };
  const { entries, broken } = await loadSites(loading, files.sites, context);
  const found = crossCheck({
    ...common,
    sites: entries,
    brokenSites: broken,
    towns: form?.towns.map((town) => town.id) ?? [],
    factors: form && data.factors?.rows,
    factorsFile: data.factors?.file ?? "",
    profiles: data.profiles,
  });
  // One by one: of 100,000 meters there may be too many for the arguments of one call.
  for (const problem of found) problems.push(problem);
  const sites = entries.map(({ site }) => site);
  const places = {
    sites,
    brokenSites: broken,
    towns: form ? townsOf(resolveCounty(form), sites).map((town) => town.id) : [],
    sectors: form?.sectors.map((sector) => sector.id) ?? [],
  };
  const limits = await loadLimits(loading, files.own, { ...common, ...places });
  const duties = await loadDuties(loading, files.own, places);
  const rules = await loadRules(loading, files.own, limits.limits);
  problems.sort(byPlace);
  if (!form || problems.some((problem) => problem.severity === "error")) throw new ConfigError(problems);
  return { registry: registryOf(form, data, sites, { ...limits, rules, duties }), warnings: problems };
}
