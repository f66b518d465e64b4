/** Factors and decoder profiles from their YAML form. Total: what is wrong is found by the checks. */
import type { Carrier, DecoderProfile, Factor, ValueSource } from "../model/registry.ts";
import type { Calendar } from "../model/time.ts";
import { instantOf } from "./moment.ts";
import type { FactorForm, ProfileForm, SourceForm } from "./schema-data.ts";
import { perCanonical } from "./units.ts";

/** A factor with its value per canonical unit; NaN where its unit does not fit, which the checks report. */
export function resolveFactor(
  form: FactorForm,
  carriers: ReadonlyMap<string, Carrier>,
  calendar: Calendar,
): Factor {
  const { dataYear, validTo, clause, ...rest } = form;
  const unit = carriers.get(form.carrier)?.unit ?? "";
  return {
    ...rest,
    ...(dataYear === undefined ? {} : { dataYear }),
    ...(clause === undefined ? {} : { clause }),
    perCanonical: perCanonical(form.kind, form.value, form.unit, unit) ?? Number.NaN,
    validFrom: instantOf(form.validFrom, calendar),
    ...(validTo === undefined ? {} : { validTo: instantOf(validTo, calendar) }),
  };
}

function resolveSource(form: SourceForm): ValueSource {
  if (form.capture !== undefined) return { capture: form.capture };
  if (form.pointer !== undefined) return { pointer: form.pointer };
  if (form.column !== undefined) return { column: form.column };
  return { constant: form.constant ?? "" };
}

/** The fields of a profile that say where a single value is. */
const placed = ["site", "meter", "powerKw", "seq", "revision"] as const;
const plain = ["topic", "each", "registersAt", "unitsAt"] as const;

/** A profile; the zone `county` stands for the county's own. */
export function resolveProfile(form: ProfileForm, countyZone: string): DecoderProfile {
  const { form: timeForm, zone, midnightEndsDay } = form.time;
  const entries = [
    ...plain.map((field) => [field, form[field]] as const),
    ...placed.map((field) => [field, form[field] && resolveSource(form[field])] as const),
  ];
  return {
    id: form.id,
    format: form.format,
    ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
    time: {
      value: resolveSource(form.time.value),
      ...(timeForm === undefined ? {} : { form: timeForm }),
      ...(zone === undefined ? {} : { zone: zone === "county" ? countyZone : zone }),
      ...(midnightEndsDay === undefined ? {} : { midnightEndsDay }),
    },
    ...(form.registers === undefined
      ? {}
      : {
          registers: form.registers.map(({ register, value, unit }) => ({
            register,
            value: resolveSource(value),
            ...(unit === undefined ? {} : { unit: resolveSource(unit) }),
          })),
        }),
  };
}
