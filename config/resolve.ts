/** The county and its sites from their YAML form. Total: what is wrong with them is found by the checks. */
import { factorAt, factorRows } from "../model/factors.ts";
import type {
  Carrier,
  County,
  Factor,
  Meter,
  MultiplierRow,
  Register,
  Site,
  Swap,
} from "../model/registry.ts";
import type { Calendar, Instant } from "../model/time.ts";
import { nameOfId } from "./fields.ts";
import { dayOfDate, instantOf } from "./moment.ts";
import type { CountyForm, MeterForm, RegisterForm, SiteForm } from "./schema.ts";
import { isReactive, unitFactor } from "./units.ts";

/** What the resolving of a site depends on. */
export interface ResolveContext {
  readonly calendar: Calendar;
  readonly region: string;
  readonly carriers: ReadonlyMap<string, Carrier>;
  readonly factors: readonly Factor[];
  /** Of the county; a site's sector is that of its industry. */
  readonly sectors: County["sectors"];
  /** Equal registers and multipliers are kept once: a county may have 100,000 meters of one make. */
  readonly shared: Map<string, unknown>;
}

export function resolveCounty(form: CountyForm): County {
  const { closedThrough, ...rest } = form;
  return { ...rest, ...(closedThrough === undefined ? {} : { closedThrough: dayOfDate(closedThrough) }) };
}

function share<Value>(context: ResolveContext, value: Value): Value {
  const key = JSON.stringify(value);
  const known = context.shared.get(key);
  if (known !== undefined) return known as Value;
  context.shared.set(key, value);
  return value;
}

/** Density of a carrier in kg/L in force at `at`. */
export function densityAt(context: ResolveContext, carrier: string, at: Instant): Factor | undefined {
  return factorAt(factorRows(context.factors, "density", carrier, context.region), at);
}

/** Canonical units in one unit of a register; 1 where there is none, for registers that do not count. */
export function registerFactor(
  context: ResolveContext,
  meter: MeterForm,
  unit: string,
): number | "needs-density" | "unknown" {
  const carrier = context.carriers.get(meter.carrier);
  if (!carrier) return "unknown";
  const plain = unitFactor(unit, carrier.unit);
  if (plain !== "needs-density") return plain;
  const density = densityAt(context, carrier.id, instantOf(meter.from, context.calendar));
  return unitFactor(unit, carrier.unit, density?.perCanonical);
}

/**
 * The direction that a meter's role counts: export for an export meter, and for a generation meter that has
 * an export register; import for all others.
 */
export function countedDirection(meter: MeterForm): "import" | "export" {
  if (meter.role === "export") return "export";
  const exports = meter.registers.some(
    (register) => register.direction === "export" && !isReactive(register.unit),
  );
  return meter.role === "generation" && exports ? "export" : "import";
}

function resolveRegister(context: ResolveContext, meter: MeterForm, form: RegisterForm): Register {
  const factor = registerFactor(context, meter, form.unit);
  const converts = typeof factor === "number";
  return share(context, {
    id: form.id,
    kind: form.kind,
    unit: form.unit,
    unitFactor: converts ? factor : 1,
    direction: form.direction,
    digits: form.digits ?? 8,
    decimals: form.decimals ?? 2,
    resetsToZero: form.resetsToZero,
    counted: form.counted ?? (converts && form.direction === countedDirection(meter)),
  });
}

function resolveMultipliers(context: ResolveContext, meter: MeterForm): readonly MultiplierRow[] {
  const { calendar } = context;
  if (meter.multipliers.length === 0) {
    return share(context, [{ from: instantOf(meter.from, calendar), value: 1, registers: {} }]);
  }
  const rows = meter.multipliers.map((row) => ({ ...row, from: instantOf(row.from, calendar) }));
  return share(
    context,
    rows.sort((a, b) => a.from - b.from),
  );
}

function resolveSwaps(context: ResolveContext, meter: MeterForm): readonly Swap[] {
  if (meter.swaps.length === 0) return share(context, []);
  const rows = meter.swaps.map((row) => ({ ...row, at: instantOf(row.at, context.calendar) }));
  return rows.sort((a, b) => a.at - b.at);
}

function resolveMeter(context: ResolveContext, site: string, form: MeterForm): Meter {
  const { calendar, carriers } = context;
  const electric = carriers.get(form.carrier)?.unit === "kWh";
  return {
    site,
    id: form.id,
    name: form.name ?? nameOfId(form.id),
    carrier: form.carrier,
    role: form.role,
    contributes: form.contributes,
    ...(form.countsTo === undefined ? {} : { countsTo: form.countsTo }),
    conversionOutput: form.conversionOutput,
    from: instantOf(form.from, calendar),
    ...(form.to === undefined ? {} : { to: instantOf(form.to, calendar) }),
    intervalMinutes: form.intervalMinutes,
    maxPerHour: form.maxPerHour ?? (electric ? (form.ratedPowerKw ?? 0) : 0),
    ...(form.ratedPowerKw === undefined ? {} : { ratedPowerKw: form.ratedPowerKw }),
    registers: share(
      context,
      form.registers.map((register) => resolveRegister(context, form, register)),
    ),
    multipliers: resolveMultipliers(context, form),
    swaps: resolveSwaps(context, form),
  };
}

/** The first sector that has a beginning of an industry's code. */
export function sectorOf(sectors: County["sectors"], industry: string | undefined): string | undefined {
  if (industry === undefined) return undefined;
  return sectors.find((sector) => sector.industries.some((beginning) => industry.startsWith(beginning)))?.id;
}

export function resolveSite(context: ResolveContext, form: SiteForm): Site {
  const { industry, town, location, approved, charging } = form;
  const sector = sectorOf(context.sectors, industry);
  return {
    id: form.id,
    name: form.name,
    category: form.category,
    classes: form.classes.map(({ id, from, to }) => ({
      id,
      from: dayOfDate(from),
      ...(to === undefined ? {} : { to: dayOfDate(to) }),
    })),
    ...(industry === undefined ? {} : { industry }),
    ...(town === undefined ? {} : { town }),
    ...(sector === undefined ? {} : { sector }),
    nationalList: form.nationalList,
    ...(location === undefined ? {} : { location }),
    ...(approved === undefined ? {} : { approved }),
    gateways: form.gateways,
    meters: form.meters.map((meter) => resolveMeter(context, form.id, meter)),
    berths: form.berths.map((berth) => ({ ...berth, name: berth.name ?? nameOfId(berth.id) })),
    ...(charging === undefined ? {} : { charging }),
  };
}
