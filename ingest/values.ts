/** Where a profile finds its values, and how a found value reads as a number. */
import type { DecoderProfile, ProfileRegister, ValueSource } from "../model/registry.ts";
import { type Fault, show } from "./fault.ts";
import { compilePointer } from "./json-pointer.ts";
import type { Captures } from "./topic-filter.ts";

/** A value as found, and the unit the payload claims for it. */
export interface DecodedValue {
  readonly register: string;
  readonly value: number | Fault;
  readonly unit: string | undefined;
}

/** Finds a value in a reading: an object of JSON, or a row of CSV as a map by column name. */
export type Getter = (element: unknown, captures: Captures) => unknown;

/**
 * Compiles a place.
 * @throws Error when its pointer is none.
 */
export function compileSource(source: ValueSource): Getter {
  if ("capture" in source) return (_, captures) => captures.get(source.capture);
  if ("constant" in source) return () => source.constant;
  if ("column" in source)
    return (row) => (row instanceof Map ? (row.get(source.column) as string | undefined)?.trim() : undefined);
  return compilePointer(source.pointer);
}

/** Compiles a place that a profile may leave out; it holds nothing then. */
export function compileOptional(source: ValueSource | undefined): Getter {
  return source === undefined ? () => undefined : compileSource(source);
}

/** Registers of a reading: from the places the profile names, or all of the object at `registersAt`. */
export function compileValues(
  profile: DecoderProfile,
): (element: unknown, captures: Captures) => DecodedValue[] | Fault {
  const read = profile.format === "csv" ? readText : readNumber;
  if (profile.registers) {
    const places = profile.registers.map((place) => compileRegister(place, read));
    return (element, captures) => {
      const found: DecodedValue[] = [];
      for (const place of places) {
        const value = place(element, captures);
        if (value) found.push(value);
      }
      return found;
    };
  }
  return compileRegisterMap(profile.registersAt ?? "/registers", profile.unitsAt);
}

function compileRegister(
  place: ProfileRegister,
  read: (value: unknown) => number | Fault,
): (element: unknown, captures: Captures) => DecodedValue | undefined {
  const value = compileSource(place.value);
  const unit = compileOptional(place.unit);
  return (element, captures) => {
    const found = value(element, captures);
    if (found === undefined) return undefined;
    return { register: place.register, value: read(found), unit: unitOf(unit(element, captures)) };
  };
}

function compileRegisterMap(
  registersAt: string,
  unitsAt: string | undefined,
): (element: unknown) => DecodedValue[] | Fault {
  const registers = compilePointer(registersAt);
  const units = unitsAt === undefined ? () => undefined : compilePointer(unitsAt);
  return (element) => {
    const map = registers(element);
    if (!isObject(map))
      return {
        code: "wrong-shape",
        detail: `"${registersAt}" is ${show(map)}; send an object of register: value`,
      };
    const claimed = units(element) ?? undefined;
    if (claimed !== undefined && !isObject(claimed))
      return {
        code: "wrong-shape",
        detail: `"${unitsAt}" is ${show(claimed)}; send an object of register: unit`,
      };
    const found: DecodedValue[] = [];
    for (const register in map) {
      const unit = claimed && Object.hasOwn(claimed, register) ? unitOf(claimed[register]) : undefined;
      found.push({ register, value: readNumber(map[register]), unit });
    }
    return found;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A claimed unit; what is no text reads as a unit that no register has. */
function unitOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" ? value.trim() : show(value);
}

function readNumber(value: unknown): number | Fault {
  if (typeof value !== "number")
    return { code: "not-a-number", detail: `value is ${show(value)}; send a JSON number` };
  if (!Number.isFinite(value)) return { code: "not-finite", detail: `value ${value} is beyond all numbers` };
  // −0 and 0 are one reading.
  return value === 0 ? 0 : value;
}

function readText(value: unknown): number | Fault {
  const number = numberOfText(value);
  if (typeof number === "number") return readNumber(number);
  if (typeof number === "string" && /^[+-]?inf(inity)?$/i.test(number))
    return { code: "not-finite", detail: `value is ${show(value)}; send the number the meter shows` };
  return { code: "not-a-number", detail: `value is ${show(value)}; write it like 1234.56` };
}

/** A cell that reads as a decimal number; anything else is returned as it is. */
export function numberOfText(value: unknown): unknown {
  const isNumber = typeof value === "string" && /^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/.test(value);
  return isNumber ? Number(value) : value;
}
