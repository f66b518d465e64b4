/** Checks of limits and outputs: against themselves, and against the county they are for. */
import { type LimitBasis, type Period, periods, type Quantity } from "../model/limit.ts";
import { type Site, siteCategories } from "../model/registry.ts";
import type { Report } from "./report.ts";
import { reportRepeats } from "./report.ts";
import { carrierOfLimit, chosenSites, defaultLevels, type LimitContext } from "./resolve-limits.ts";
import type { LimitForm, OutputForm } from "./schema-limits.ts";

/** What limits are checked against. */
export interface LimitCheck extends LimitContext {
  readonly towns: readonly string[];
  readonly sectors: readonly string[];
  /** Ids of sites whose files have the wrong shape: nothing is said of limits for them. */
  readonly brokenSites: ReadonlyMap<string, string>;
  /** Whether the file is the county's own: a shipped limit for no site is none of its business. */
  readonly isOwn: boolean;
}

interface Rule {
  readonly periods: readonly Period[];
  readonly bases: readonly LimitBasis[];
  readonly carrier: "needed" | "allowed" | "none";
}

const calendarPeriods = periods.filter((period) => period !== "15m" && period !== "hour");
const coal = ["calorific", "equivalent"] as const;

const rules: Readonly<Record<Quantity, Rule>> = {
  energy: { periods, bases: [], carrier: "needed" },
  demand: { periods: ["15m", "day", "month"], bases: [], carrier: "allowed" },
  tce: { periods: calendarPeriods, bases: coal, carrier: "none" },
  tco2: { periods: calendarPeriods, bases: ["location", "market"], carrier: "none" },
  "unit-consumption": {
    periods: ["month", "quarter", "year", "rolling-12m"],
    bases: coal,
    carrier: "none",
  },
};

function checkSubject(report: Report, form: LimitForm, input: LimitCheck): void {
  const given = (["site", "group", "each"] as const).filter((field) => form[field] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? "none is given" : `${given.join(" and ")} are given`;
    report.error("", `give exactly one of site, group, each: ${found}`);
  }
  if (form.nationalList !== undefined && form.group === undefined)
    report.error("nationalList", "is for groups: leave it out");
  const { site } = form;
  const known = input.sites.some((one) => one.id === site) || input.brokenSites.has(site ?? "");
  if (site !== undefined && !known) report.error("site", `no site "${site}": correct it, or add its file`);
  if (form.group !== undefined) checkGroup(report, form.group, input);
  if (form.each !== undefined && input.isOwn && input.brokenSites.size === 0) {
    if (chosenSites(form.each, input.sites).length === 0)
      report.warning("each", "is for no site: no limit comes of it");
  }
}

function checkGroup(report: Report, group: string, input: LimitCheck): void {
  if (group === "county") return;
  const [kind = "", id = ""] = group.split(/:(.*)/s);
  const classes = [...new Set(input.sites.flatMap((site) => site.classes.map((row) => row.id)))].sort();
  const known: Readonly<Record<string, readonly string[]>> = {
    town: input.towns,
    sector: input.sectors,
    category: siteCategories,
    class: classes,
  };
  const ids = known[kind];
  if (ids === undefined)
    report.error(
      "group",
      `"${group}" is no group: write county, town:ID, sector:ID, category:ID or class:ID`,
    );
  else if (!ids.includes(id) && (kind !== "class" || input.brokenSites.size === 0))
    report.error("group", `no ${kind} "${id}": use one of ${ids.join(", ") || "(there is none)"}`);
}

function checkQuantity(report: Report, form: LimitForm, input: LimitCheck): void {
  const rule = rules[form.quantity];
  const { quantity, period, basis, carrier, product } = form;
  if (!rule.periods.includes(period))
    report.error("period", `"${period}" is not for ${quantity}: use one of ${rule.periods.join(", ")}`);
  if (basis !== undefined && !rule.bases.includes(basis)) {
    const advice = rule.bases.length === 0 ? "leave it out" : `use one of ${rule.bases.join(", ")}`;
    report.error("basis", `"${basis}" is not for ${quantity}: ${advice}`);
  }
  if (carrier !== undefined && rule.carrier === "none")
    report.error("carrier", `"${carrier}": ${quantity} is over all carriers: leave it out`);
  if (carrier === undefined && rule.carrier === "needed")
    report.error("carrier", `is missing: give one of ${[...input.carriers.keys()].join(", ")}`);
  if (quantity === "unit-consumption") {
    if (product === undefined) report.error("product", "is missing: name the product of outputs.yaml");
    if (form.site === undefined) report.error("site", "is missing: unit consumption is of one site");
  } else if (product !== undefined) report.error("product", `"${product}" is for unit-consumption alone`);
  if (rule.carrier !== "none") checkCarrier(report, form, input);
}

const isOfSite = (site: Site, carrier: string): boolean =>
  site.meters.some((meter) => meter.carrier === carrier && meter.contributes !== "none");

/** A carrier that has no figures would have a limit that nothing is ever compared with. */
function checkCarrier(report: Report, form: LimitForm, input: LimitCheck): void {
  const id = carrierOfLimit(form);
  if (id === undefined) return;
  const carrier = input.carriers.get(id);
  if (carrier === undefined) {
    report.error("carrier", `no carrier "${id}": use one of ${[...input.carriers.keys()].join(", ")}`);
    return;
  }
  if (form.quantity === "demand" && carrier.unit !== "kWh")
    report.error("carrier", `"${id}" is held in ${carrier.unit}: demand is of a carrier in kWh`);
  const site = input.sites.find((one) => one.id === form.site);
  if (site === undefined) return;
  const countsHere = input.sites.some((one) =>
    one.meters.some((meter) => meter.countsTo === site.id && meter.carrier === id),
  );
  if (!isOfSite(site, id) && !countsHere)
    report.error("carrier", `site "${site.id}" has no ${id} that counts: correct the site or the carrier`);
  else if (form.quantity === "demand" && site.meters.some((one) => isBehindTheMeter(one, id)))
    report.warning(
      "quantity",
      `"demand" is of what site "${site.id}" uses: it has ${id} that is generated, or subtracted, and so is not what its grid meters show`,
    );
}

function isBehindTheMeter(meter: Site["meters"][number], carrier: string): boolean {
  if (meter.carrier !== carrier || meter.contributes === "none") return false;
  return meter.contributes === "subtract" || meter.role !== "grid-import";
}

function checkValue(report: Report, form: LimitForm, input: LimitCheck): void {
  const { value, months, each } = form;
  if (each === "approved") {
    if (value !== undefined) report.error("value", "is each site's approved figure: leave it out");
    if (form.basis !== undefined) report.error("basis", "is each site's approved one: leave it out");
    if (form.quantity !== "tce") report.error("quantity", `"${form.quantity}": approved figures are tce`);
  } else if (value === undefined) report.error("value", "is missing: give the limit as a number");
  if (months !== undefined) checkMonths(report, form, months);
  const units: Readonly<Record<Quantity, string | undefined>> = {
    energy: input.carriers.get(form.carrier ?? "")?.unit,
    demand: "kW",
    tce: "tce",
    tco2: "tCO2",
    "unit-consumption": undefined,
  };
  const unit = units[form.quantity];
  if (form.unit !== undefined && unit !== undefined && form.unit !== unit)
    report.error(
      "unit",
      `"${form.unit}": ${form.quantity} is held in ${unit}: convert the value, or leave it out`,
    );
  if (form.unit !== undefined && form.quantity === "unit-consumption")
    checkUnit(report, form, form.unit, input);
}

function checkUnit(report: Report, form: LimitForm, given: string, input: LimitCheck): void {
  const output = input.outputs.find((row) => row.site === form.site && row.product === form.product);
  if (output !== undefined && given !== `kgce/${output.unit}`)
    report.error("unit", `"${given}": outputs.yaml has ${output.unit}, so that it is kgce/${output.unit}`);
}

function checkMonths(report: Report, form: LimitForm, months: readonly number[]): void {
  if (form.period !== "year" || !["energy", "tce", "tco2"].includes(form.quantity)) {
    report.error("months", `are for amounts of a year, and this is ${form.quantity} of "${form.period}"`);
    return;
  }
  if (form.value === undefined) return;
  const sum = months.reduce((total, month) => total + month, 0);
  if (Math.abs(sum - form.value) > 1e-6 * form.value)
    report.error("months", `add up to ${Number(sum.toPrecision(12))}, and the value is ${form.value}`);
}

const order = ["yellow", "orange", "red"];

function checkLevels(report: Report, form: LimitForm): void {
  const levels = form.levels ?? defaultLevels(form);
  levels.forEach((level, index) => {
    const path = `levels[${index}]`;
    const earlier = levels.slice(0, index).filter((other) => other.toDate === level.toDate);
    if (level.toDate && form.months === undefined)
      report.error(`${path}.toDate`, "is for a year with months: give them, or leave it out");
    if (earlier.some((other) => other.colour === level.colour))
      report.error(`${path}.colour`, `"${level.colour}" has a level already: keep one of them`);
    const wrong = earlier.find(
      (other) =>
        other.colour !== level.colour &&
        order.indexOf(other.colour) < order.indexOf(level.colour) !== other.ratio < level.ratio,
    );
    if (wrong !== undefined)
      report.error(
        `${path}.ratio`,
        `${level.colour} at ${level.ratio} and ${wrong.colour} at ${wrong.ratio}: a worse colour needs a higher ratio`,
      );
  });
}

function checkDates(report: Report, form: LimitForm, input: LimitCheck): void {
  if (form.validTo === undefined) return;
  const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text);
  const day = input.calendar.parseDate(form.validTo);
  const from = input.calendar.parseDate(form.validFrom);
  const ends = day === undefined ? at(form.validTo) : input.calendar.dayStart(day);
  const begins = from === undefined ? at(form.validFrom) : input.calendar.dayStart(from);
  if (ends <= begins) report.error("validTo", `${form.validTo} is not after validFrom ${form.validFrom}`);
}

function checkProduct(report: Report, form: LimitForm, input: LimitCheck): void {
  if (form.quantity !== "unit-consumption" || form.product === undefined) return;
  const has = input.outputs.some((row) => row.site === form.site && row.product === form.product);
  if (!has)
    report.warning("product", `outputs.yaml has no "${form.product}" of this site: it is never known`);
}

/** Everything wrong with `limits.yaml`. */
export function checkLimits(report: Report, forms: readonly LimitForm[], input: LimitCheck): void {
  reportRepeats(report, "limits", forms);
  forms.forEach((form, index) => {
    const place = report.at(`limits[${index}]`);
    checkSubject(place, form, input);
    checkQuantity(place, form, input);
    checkValue(place, form, input);
    checkLevels(place, form);
    checkDates(place, form, input);
    checkProduct(place, form, input);
  });
}

/** Everything wrong with `outputs.yaml`. */
export function checkOutputs(
  report: Report,
  forms: readonly OutputForm[],
  sites: readonly Site[],
  brokenSites: ReadonlyMap<string, string>,
): void {
  const first = new Map<string, number>();
  forms.forEach((form, index) => {
    const path = `outputs[${index}]`;
    const key = `${form.site}\n${form.product}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, index);
    else
      report.error(
        `${path}.product`,
        `"${form.product}" of this site is already outputs[${before}]: join them`,
      );
    if (!sites.some((site) => site.id === form.site) && !brokenSites.has(form.site))
      report.error(`${path}.site`, `no site "${form.site}": correct it, or add its file`);
  });
}
