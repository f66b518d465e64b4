/** Checks of one meter against itself and the carriers. */
import type { Carrier, Meter } from "../model/registry.ts";
import { checkMultipliers, checkRegisters, checkSwaps } from "./check-register.ts";
import { type Report, reportRepeats } from "./report.ts";
import type { ResolveContext } from "./resolve.ts";
import type { MeterForm } from "./schema.ts";

/** Contributions that contradict a role, and what to do. */
const contradictions: Readonly<Record<string, string>> = {
  "export add": "energy that leaves the site is subtracted, or contributes none",
  "generation subtract": "energy made at the site is added, or contributes none",
  "grid-import subtract":
    "energy bought is added, or contributes none; a line passed on is of role sub or export",
};

function checkRole(report: Report, form: MeterForm, carrier: Carrier): void {
  const advice = contradictions[`${form.role} ${form.contributes}`];
  if (advice !== undefined)
    report.error("contributes", `"${form.contributes}" contradicts role ${form.role}: ${advice}`);
  if (form.conversionOutput && form.contributes !== "none") {
    report.error(
      "conversionOutput",
      `conversion output is taken off the net totals, and would count twice with contributes: ${form.contributes}: set contributes: none`,
    );
  }
  const carriesCo2 = form.role === "grid-import" || form.role === "generation" || form.role === "export";
  if (carrier.co2 === "grid" && form.contributes === "add" && !carriesCo2) {
    report.warning(
      "role",
      `its ${carrier.unit} are added and its CO2 would be left out: grid CO2 is that of meters of role grid-import, not of ${form.role}`,
    );
  }
}

function checkRating(report: Report, form: MeterForm, meter: Meter, carrier: Carrier): void {
  if (form.maxPerHour !== undefined || (carrier.unit === "kWh" && form.ratedPowerKw !== undefined)) {
    checkWrap(report, meter);
    return;
  }
  const field = carrier.unit === "kWh" ? "ratedPowerKw" : "maxPerHour";
  const unit = carrier.unit === "kWh" ? "kW" : `${carrier.unit} per hour`;
  report.error(
    field,
    `is missing: give the most it can count, in ${unit} after the multiplier; readings are judged by it`,
  );
}

/** A register that passes its whole span between two readings cannot be told from one that stood still. */
function checkWrap(report: Report, meter: Meter): void {
  const least = Math.min(...meter.multipliers.map((row) => row.value));
  for (const register of meter.registers) {
    if (register.kind !== "cumulative" || !register.counted || register.resetsToZero) continue;
    const span = 10 ** (register.digits - register.decimals) * register.unitFactor * least;
    const hours = span / meter.maxPerHour;
    if (hours < 24) {
      report.warning(
        "registers",
        `${register.id} can pass its whole span within ${hours.toFixed(1)} hours at full load, so that longer gaps cannot be told: check digits, decimals, unit, multiplier and rating`,
      );
    }
  }
}

function checkService(report: Report, form: MeterForm, meter: Meter): void {
  if (meter.to !== undefined && meter.to <= meter.from)
    report.error("to", `${form.to} is not after from ${form.from}`);
}

/** Reports what is wrong with a meter. */
export function checkMeter(report: Report, context: ResolveContext, form: MeterForm, meter: Meter): void {
  reportRepeats(report, "registers", form.registers);
  const carrier = context.carriers.get(form.carrier);
  if (carrier) {
    checkRole(report, form, carrier);
    checkRating(report, form, meter, carrier);
  } else if (context.carriers.size > 0) {
    const known = [...context.carriers.keys()].join(", ");
    report.error("carrier", `no carrier "${form.carrier}": use one of ${known}, or add it to carriers.yaml`);
  }
  checkService(report, form, meter);
  checkRegisters(report, context, form, meter);
  checkMultipliers(report, context, form, meter);
  checkSwaps(report, context, form, meter);
}
