/** Checks of a meter's registers, of its multipliers and of its swaps. */
import { factorRows } from "../model/factors.ts";
import type { Meter, Register } from "../model/registry.ts";
import { instantOf } from "./moment.ts";
import type { Report } from "./report.ts";
import { densityAt, type ResolveContext, registerFactor } from "./resolve.ts";
import type { MeterForm, RegisterForm } from "./schema.ts";
import { isReactive, unitFactor, unitsOf } from "./units.ts";

/** First value that a register cannot show: 10^(digits − decimals). */
function spanOf(register: Register): number {
  return 10 ** (register.digits - register.decimals);
}

function checkUnit(report: Report, context: ResolveContext, meter: MeterForm, register: RegisterForm): void {
  const carrier = context.carriers.get(meter.carrier);
  if (!carrier) return;
  if (isReactive(register.unit)) {
    if (register.counted) report.error("counted", "reactive energy is never counted: remove counted: true");
    return;
  }
  const factor = registerFactor(context, meter, register.unit);
  if (factor === "unknown" && register.counted !== false) {
    const known = unitsOf(carrier.unit).join(", ");
    report.error(
      "unit",
      `"${register.unit}" does not convert to ${carrier.unit} of ${carrier.id}: use one of ${known}, or counted: false for a register that is only kept`,
    );
  }
  if (factor === "needs-density" && register.counted !== false) {
    report.error(
      "unit",
      `"${register.unit}" of ${carrier.id} needs its density to become ${carrier.unit}: add a factor row of kind density, carrier ${carrier.id}, unit kg/L, valid from ${meter.from} or before`,
    );
  }
  if (unitFactor(register.unit, carrier.unit) === "needs-density" && typeof factor === "number")
    checkDensityChange(report, context, meter);
}

/** A register has one unit for its whole life, so a density must not change within it. */
function checkDensityChange(report: Report, context: ResolveContext, meter: MeterForm): void {
  const from = instantOf(meter.from, context.calendar);
  const to = meter.to === undefined ? Number.POSITIVE_INFINITY : instantOf(meter.to, context.calendar);
  const first = densityAt(context, meter.carrier, from);
  const rows = factorRows(context.factors, "density", meter.carrier, context.region);
  const later = rows.find(
    (row) => row.validFrom > from && row.validFrom < to && row.perCanonical !== first?.perCanonical,
  );
  if (later) {
    report.error(
      "unit",
      `the density of ${meter.carrier} changes to ${later.value} ${later.unit} (${later.id}) while this meter is in service: end the meter with "to" on that day and go on with a new one`,
    );
  }
}

function checkRegister(
  report: Report,
  context: ResolveContext,
  meter: MeterForm,
  register: RegisterForm,
): void {
  checkUnit(report, context, meter, register);
  const { digits = 8, decimals = 2 } = register;
  if (register.kind === "cumulative") {
    for (const field of ["digits", "decimals"] as const) {
      if (register[field] === undefined)
        report.error(
          field,
          `is missing: a cumulative register needs its ${field}, so that a rollover is known`,
        );
    }
  }
  if (decimals > digits) report.error("decimals", `${decimals} decimals do not fit into ${digits} digits`);
  if (register.kind === "interval" && register.resetsToZero)
    report.error("resetsToZero", "is for cumulative registers: an interval register has no running total");
}

/** False for a register whose unit is reported already. */
function converts(context: ResolveContext, meter: MeterForm, register: RegisterForm): boolean {
  const isKept = register.counted === false || isReactive(register.unit);
  return isKept || typeof registerFactor(context, meter, register.unit) === "number";
}

/** Reports what is wrong with the registers of a meter. */
export function checkRegisters(report: Report, context: ResolveContext, form: MeterForm, meter: Meter): void {
  form.registers.forEach((register, index) => {
    checkRegister(report.at(`registers[${index}]`), context, form, register);
  });
  const counted = meter.registers.filter((register) => register.counted);
  const undecided = form.registers.every((register) => register.counted === undefined);
  if (counted.length === 0 && form.registers.every((register) => converts(context, form, register))) {
    const message = `no register of this meter counts: a meter of role ${form.role} counts its ${form.role === "export" ? "export" : "import"} registers; correct role or direction, or set counted: true`;
    if (form.contributes === "none" && !form.conversionOutput) report.warning("registers", message);
    else report.error("registers", message);
  }
  if (counted.length > 1 && undecided) {
    const ids = counted.map((register) => register.id).join(", ");
    report.warning(
      "registers",
      `${ids} are added up: where one is the total of the others, set counted: false on it; else counted: true on each`,
    );
  }
}

/** Reports what is wrong with the multipliers of a meter. */
export function checkMultipliers(
  report: Report,
  context: ResolveContext,
  form: MeterForm,
  meter: Meter,
): void {
  const registers = new Map(meter.registers.map((register) => [register.id, register]));
  let before = Number.NEGATIVE_INFINITY;
  form.multipliers.forEach((row, index) => {
    const path = `multipliers[${index}]`;
    const from = instantOf(row.from, context.calendar);
    if (index === 0 && from > meter.from)
      report.error(
        `${path}.from`,
        `${row.from} is after the meter's from ${form.from}: no multiplier before`,
      );
    if (from === before) report.error(`${path}.from`, `${row.from} is given twice: keep one row`);
    if (from < before) report.error(`${path}.from`, `${row.from} is before the row above: sort them by date`);
    before = Math.max(before, from);
    for (const [id, value] of Object.entries(row.registers)) {
      const register = registers.get(id);
      const place = `${path}.registers.${id}`;
      if (!register) report.error(place, `the meter has no register "${id}"`);
      else if (value < 0 || value >= spanOf(register))
        report.error(place, `${value} is outside the register: 0 to below ${spanOf(register)}`);
    }
  });
}

/** Reports what is wrong with the swaps of a meter. */
export function checkSwaps(report: Report, context: ResolveContext, form: MeterForm, meter: Meter): void {
  const registers = new Map(meter.registers.map((register) => [register.id, register]));
  const seen = new Set<string>();
  let before = Number.NEGATIVE_INFINITY;
  form.swaps.forEach((row, index) => {
    const swap = report.at(`swaps[${index}]`);
    const at = instantOf(row.at, context.calendar);
    if (at < meter.from || (meter.to !== undefined && at >= meter.to))
      swap.error("at", `${row.at} is outside the meter's service from ${form.from} to ${form.to ?? "now"}`);
    if (at < before) swap.error("at", `${row.at} is before the row above: sort them by time`);
    before = Math.max(before, at);
    const key = `${row.register} ${at}`;
    if (seen.has(key))
      swap.error("at", `register ${row.register} is swapped twice at ${row.at}: keep one row`);
    seen.add(key);
    const register = registers.get(row.register);
    if (!register) {
      swap.error("register", `the meter has no register "${row.register}"`);
      return;
    }
    if (register.kind === "interval")
      swap.error("register", `${row.register} is an interval register, which a swap does not change`);
    for (const field of ["final", "first"] as const) {
      if (row[field] >= spanOf(register))
        swap.error(field, `${row[field]} is outside the register: 0 to below ${spanOf(register)}`);
    }
  });
}
