/** Loads carriers, factors and profiles: the directory's own files, or else the shipped ones. */
import type { Carrier, DecoderProfile, Factor } from "../model/registry.ts";
import type { Calendar } from "../model/time.ts";
import { checkCarriers, checkFactors } from "./check-factors.ts";
import { checkProfiles } from "./check-profiles.ts";
import { type Loading, readForm } from "./loading.ts";
import { reportOn } from "./report.ts";
import { resolveFactor, resolveProfile } from "./resolve-data.ts";
import { carriersFile, factorsFile, profilesFile } from "./schema-data.ts";
import { defaultsDirectory } from "./shipped.ts";

/** What the sites' files refer to; each undefined when its file cannot be used. */
export interface LoadedData {
  readonly carriers: readonly Carrier[] | undefined;
  /** The rows, and the name of their file. */
  readonly factors: { readonly file: string; readonly rows: readonly Factor[] } | undefined;
  readonly profiles: readonly DecoderProfile[] | undefined;
}

/** Where a file is read from, under which name its problems are reported, and whether it is the county's own. */
export function placeOf(loading: Loading, own: ReadonlySet<string>, file: string) {
  return own.has(file)
    ? { from: loading, label: file, isOwn: true }
    : {
        from: { ...loading, directory: defaultsDirectory() },
        label: `${file} (shipped)`,
        isOwn: false,
      };
}

/** The carriers; undefined when their file cannot be used. */
async function loadCarriers(
  loading: Loading,
  own: ReadonlySet<string>,
): Promise<readonly Carrier[] | undefined> {
  const { from, label } = placeOf(loading, own, "carriers.yaml");
  const form = await readForm(from, "carriers.yaml", carriersFile);
  if (form) checkCarriers(reportOn(loading.problems, label), form.carriers);
  return form?.carriers;
}

/**
 * The factors, and the name of their file; undefined when they, or the carriers, cannot be used. Shipped rows
 * of carriers that the county does not have are left out.
 */
async function loadFactors(
  loading: Loading,
  own: ReadonlySet<string>,
  carriers: ReadonlyMap<string, Carrier> | undefined,
  calendar: Calendar,
): Promise<LoadedData["factors"]> {
  const { from, label, isOwn } = placeOf(loading, own, "factors.yaml");
  const form = await readForm(from, "factors.yaml", factorsFile);
  if (!form || !carriers) return undefined;
  const forms = form.factors.filter((row) => isOwn || carriers.has(row.carrier));
  const rows = forms.map((row) => resolveFactor(row, carriers, calendar));
  checkFactors(reportOn(loading.problems, label), forms, rows, carriers);
  return { file: label, rows };
}

/** The decoder profiles; undefined when their file cannot be used. */
async function loadProfiles(
  loading: Loading,
  own: ReadonlySet<string>,
  zone: string,
): Promise<readonly DecoderProfile[] | undefined> {
  const { from, label } = placeOf(loading, own, "profiles.yaml");
  const form = await readForm(from, "profiles.yaml", profilesFile);
  if (!form) return undefined;
  checkProfiles(reportOn(loading.problems, label), form.profiles);
  return form.profiles.map((profile) => resolveProfile(profile, zone));
}

/** Loads carriers, factors and profiles. */
export async function loadData(
  loading: Loading,
  own: ReadonlySet<string>,
  calendar: Calendar,
): Promise<LoadedData> {
  const carriers = await loadCarriers(loading, own);
  const byId = carriers && new Map(carriers.map((carrier) => [carrier.id, carrier]));
  const factors = await loadFactors(loading, own, byId, calendar);
  return { carriers, factors, profiles: await loadProfiles(loading, own, calendar.zone) };
}
