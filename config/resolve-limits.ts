/** Limits and outputs from their YAML form. Total: what is wrong with them is found by the checks. */
import { groupsWithNational, storedGroupKey } from "../model/groups.ts";
import type { Level, Limit, LimitBasis, Output, Quantity } from "../model/limit.ts";
import { compare } from "../model/members.ts";
import type { Carrier, Site } from "../model/registry.ts";
import type { Calendar, DayIndex } from "../model/time.ts";
import { instantOf } from "./moment.ts";
import type { LimitForm, OutputForm } from "./schema-limits.ts";

/** What limits refer to. */
export interface LimitContext {
  readonly calendar: Calendar;
  readonly carriers: ReadonlyMap<string, Carrier>;
  readonly sites: readonly Site[];
  readonly outputs: readonly Output[];
}

const level = (colour: Level["colour"], ratio: number, toDate = false): Level => ({ colour, ratio, toDate });

/**
 * Levels where none are given: a year's budget warns when 80, 90 and 100 % of it are used, and one with a monthly
 * split by what was planned up to now (90, 100, 110 %); unit consumption by the limit of the standard's level 3;
 * all others at 90, 100 and 110 %. After the precedents in the county's rules for enterprises.
 */
export function defaultLevels(form: Pick<LimitForm, "purpose" | "months">): readonly Level[] {
  if (form.purpose === "unit-consumption")
    return [level("yellow", 0.95), level("orange", 1), level("red", 1.2)];
  if (form.months !== undefined) {
    return [level("yellow", 0.9, true), level("orange", 1, true), level("red", 1), level("red", 1.1, true)];
  }
  if (form.purpose === "budget" || form.purpose === "co2-budget")
    return [level("yellow", 0.8), level("orange", 0.9), level("red", 1)];
  return [level("yellow", 0.9), level("orange", 1), level("red", 1.1)];
}

/** The carrier whose power is meant where a limit on demand names none. */
export const ELECTRICITY = "electricity";

/** The carrier of a limit on energy or demand. */
export function carrierOfLimit(form: Pick<LimitForm, "quantity" | "carrier">): string | undefined {
  return form.carrier ?? (form.quantity === "demand" ? ELECTRICITY : undefined);
}

function unitOf(form: LimitForm, context: LimitContext, site: string | undefined): string {
  const output = context.outputs.find((row) => row.site === site && row.product === form.product);
  const units: Record<Quantity, string> = {
    energy: context.carriers.get(form.carrier ?? "")?.unit ?? "",
    demand: "kW",
    tce: "tce",
    tco2: "tCO2",
    "unit-consumption": output === undefined ? "kgce" : `kgce/${output.unit}`,
  };
  return units[form.quantity];
}

const defaultBasis: Readonly<Record<Quantity, LimitBasis | undefined>> = {
  energy: undefined,
  demand: undefined,
  tce: "calorific",
  tco2: "location",
  "unit-consumption": "calorific",
};

/** The site's days in a class, from its first to its last; undefined when it is never in it. */
function classDays(site: Site, id: string | undefined): { from: DayIndex; to: DayIndex } | undefined {
  const rows = site.classes.filter((row) => row.id === id);
  if (rows.length === 0) return undefined;
  const to = Math.max(...rows.map((row) => row.to ?? Number.POSITIVE_INFINITY));
  return { from: Math.min(...rows.map((row) => row.from)), to };
}

/** A site that a limit is given for, and the time of its class where it has the limit for nothing else. */
interface Chosen {
  readonly site: Site;
  readonly days?: { readonly from: DayIndex; readonly to: DayIndex };
}

/** The sites that a limit is given for one by one. */
export function chosenSites(each: NonNullable<LimitForm["each"]>, sites: readonly Site[]): Chosen[] {
  if (each === "approved") return sites.filter((site) => site.approved).map((site) => ({ site }));
  return sites.flatMap((site): Chosen[] => {
    const isOfIndustry = each.industries?.some((beginning) => site.industry?.startsWith(beginning));
    if (isOfIndustry || (each.category !== undefined && site.category === each.category)) return [{ site }];
    const days = classDays(site, each.class);
    return days ? [{ site, days }] : [];
  });
}

function limitOf(form: LimitForm, context: LimitContext, subject: Pick<Limit, "site" | "group">): Limit {
  const { calendar } = context;
  const carrier = carrierOfLimit(form);
  const basis = form.basis ?? defaultBasis[form.quantity];
  const levels = form.levels?.map(({ label, ...rest }) => ({ ...rest, ...(label ? { label } : {}) }));
  return {
    id: form.id,
    name: form.name,
    ...subject,
    purpose: form.purpose,
    quantity: form.quantity,
    ...(carrier === undefined ? {} : { carrier }),
    ...(basis === undefined ? {} : { basis }),
    period: form.period,
    value: form.value ?? Number.NaN,
    unit: unitOf(form, context, subject.site),
    ...(form.months === undefined ? {} : { months: form.months }),
    ...(form.product === undefined ? {} : { product: form.product }),
    validFrom: instantOf(form.validFrom, calendar),
    ...(form.validTo === undefined ? {} : { validTo: instantOf(form.validTo, calendar) }),
    levels: [...(levels ?? defaultLevels(form))].sort((a, b) => a.ratio - b.ratio),
    minCoverage: form.minCoverage,
    ...(form.source === undefined ? {} : { source: form.source }),
  };
}

function eachOf(form: LimitForm, context: LimitContext): Limit[] {
  const { each } = form;
  if (each === undefined) return [];
  return chosenSites(each, context.sites).flatMap(({ site, days }) => {
    const limit = { ...limitOf(form, context, { site: site.id }), id: `${form.id}:${site.id}` };
    if (each === "approved") return [{ ...limit, value: site.approved!.tce, basis: site.approved!.basis }];
    if (days === undefined) return [limit];
    const { dayStart } = context.calendar;
    const validFrom = Math.max(limit.validFrom, dayStart(days.from));
    const validTo = Math.min(
      limit.validTo ?? Number.POSITIVE_INFINITY,
      Number.isFinite(days.to) ? dayStart(days.to) : Number.POSITIVE_INFINITY,
    );
    if (validTo <= validFrom) return [];
    return [{ ...limit, validFrom, ...(Number.isFinite(validTo) ? { validTo } : {}) }];
  });
}

/** Every limit, those given for each of several sites once a site; sorted by id. */
export function resolveLimits(forms: readonly LimitForm[], context: LimitContext): Limit[] {
  const withNational = groupsWithNational(context);
  const limits = forms.flatMap((form): Limit[] => {
    if (form.site !== undefined) return [limitOf(form, context, { site: form.site })];
    if (form.group === undefined) return eachOf(form, context);
    const group = storedGroupKey(withNational, form.group, form.nationalList !== "exclude");
    return [limitOf(form, context, { group })];
  });
  return limits.sort((a, b) => compare(a.id, b.id));
}

/** Outputs month by month, by site, product, month. */
export function resolveOutputs(forms: readonly OutputForm[]): Output[] {
  const rows = forms.flatMap(({ site, product, unit, months }) =>
    Object.entries(months).map(([text, amount]) => {
      const [year = "", month = ""] = text.split("-");
      return { site, product, month: Number(year) * 12 + Number(month) - 1, amount, unit };
    }),
  );
  return rows.sort((a, b) => compare(a.site, b.site) || compare(a.product, b.product) || a.month - b.month);
}
