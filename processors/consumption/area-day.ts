/** A day of one carrier of a site or a group: its quarter-hours with coal and CO2, and their sum. */
import type { Effects, Figure, FigureKey, FigureValues } from "../../model/figure.ts";
import { type Calendar, type DayIndex, type Instant, QUARTER_MS } from "../../model/time.ts";
import { isVanished } from "./meter-day.ts";

/** Amounts that add up; NaN stands for unknown, and makes a sum unknown. */
export const sumFields = [
  "amount",
  "kgceCalorific",
  "kgceEquivalent",
  "kgCo2Location",
  "kgCo2Market",
  "output",
  "outputKgceCalorific",
  "outputKgceEquivalent",
  "outputKgCo2Location",
  "outputKgCo2Market",
] as const;
export const FIELDS = sumFields.length;

/** One row of an area as numbers; `present` false where there is no row. */
export interface AreaRow {
  readonly sums: number[];
  present: boolean;
  coverage: number;
  estimated: number;
  missingMeters: number;
  factors: readonly string[];
}

export interface AreaDay {
  readonly day: DayIndex;
  readonly start: Instant;
  readonly end: Instant;
  readonly quarters: AreaRow[];
  /** The day as last written. */
  total: AreaRow;
}

const NO_FACTORS: readonly string[] = [];

export function emptyRow(): AreaRow {
  return {
    sums: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    present: false,
    coverage: 0,
    estimated: 0,
    missingMeters: 0,
    factors: NO_FACTORS,
  };
}

/** Stands for every row that is not there; rows are replaced, never written into. */
export const NO_ROW: AreaRow = Object.freeze(emptyRow());

/** Stands for a stored row that vanished: there is none, and there was one. */
export const GONE_ROW: AreaRow = Object.freeze(emptyRow());

export function emptyAreaDay(calendar: Calendar, day: DayIndex): AreaDay {
  const start = calendar.dayStart(day);
  const end = calendar.dayStart(day + 1);
  const quarters = new Array<AreaRow>(Math.round((end - start) / QUARTER_MS)).fill(NO_ROW);
  return { day, start, end, quarters, total: NO_ROW };
}

/** A row of zeros of which nothing is known is stored like one that vanished, and read as none: so it is none. */
export function orNone(row: AreaRow): AreaRow {
  const { sums, coverage, estimated } = row;
  return isVanished({ amount: sums[0]!, coverage, estimated, output: sums[5]! }) ? NO_ROW : row;
}

const numberOf = (value: number | null): number => value ?? Number.NaN;
const nullable = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** A stored row as numbers. */
export function rowOfFigure(figure: FigureValues): AreaRow {
  if (isVanished(figure)) return GONE_ROW;
  const { outputEffects: out } = figure;
  const sums = [
    figure.amount,
    numberOf(figure.kgceCalorific),
    numberOf(figure.kgceEquivalent),
    numberOf(figure.kgCo2Location),
    numberOf(figure.kgCo2Market),
    figure.output,
    numberOf(out.kgceCalorific),
    numberOf(out.kgceEquivalent),
    numberOf(out.kgCo2Location),
    numberOf(out.kgCo2Market),
  ];
  const { coverage, estimated, missingMeters, factors } = figure;
  return { sums, present: true, coverage, estimated, missingMeters, factors };
}

export function storedAreaDay(calendar: Calendar, day: DayIndex, rows: readonly Figure[]): AreaDay {
  const result = emptyAreaDay(calendar, day);
  for (const row of rows) {
    if (row.window === "day") result.total = rowOfFigure(row);
    else result.quarters[(row.start - result.start) / QUARTER_MS] = rowOfFigure(row);
  }
  return result;
}

function effectsAt(sums: readonly number[], at: number): Effects {
  return {
    kgceCalorific: nullable(sums[at]!),
    kgceEquivalent: nullable(sums[at + 1]!),
    kgCo2Location: nullable(sums[at + 2]!),
    kgCo2Market: nullable(sums[at + 3]!),
  };
}

function valuesFrom(row: AreaRow): FigureValues {
  const { sums } = row;
  return {
    amount: sums[0]!,
    coverage: row.coverage,
    estimated: row.estimated,
    missingMeters: row.missingMeters,
    ...effectsAt(sums, 1),
    output: sums[5]!,
    outputEffects: effectsAt(sums, 6),
    factors: row.factors,
  };
}

const VANISHED: FigureValues = valuesFrom(NO_ROW);

/** What is stored of a row; zeros where there is none. */
export function valuesOf(row: AreaRow): FigureValues {
  return row.present ? valuesFrom(row) : VANISHED;
}

export function areaFigure(key: FigureKey, window: Figure["window"], start: Instant, row: AreaRow): Figure {
  return { scope: key.scope, owner: key.owner, carrier: key.carrier, window, start, ...valuesOf(row) };
}

export function sameRow(a: AreaRow, b: AreaRow): boolean {
  if (a.present !== b.present) return false;
  if (!a.present) return true;
  if (a.coverage !== b.coverage || a.estimated !== b.estimated || a.missingMeters !== b.missingMeters)
    return false;
  for (let i = 0; i < FIELDS; i += 1) if (!Object.is(a.sums[i], b.sums[i])) return false;
  return a.factors === b.factors || a.factors.join() === b.factors.join();
}

/** Union of factor ids, sorted; the very same array where nothing is added. */
export function unionFactors(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a === b || b.length === 0) return a;
  if (a.length === 0) return b;
  const union = new Set([...a, ...b]);
  return union.size === a.length ? a : [...union].sort();
}

/** Adds rows in the order given; the sum is present when any row is. Coverage is the caller's to set. */
export function sumRows(rows: Iterable<AreaRow>): AreaRow {
  const sum = emptyRow();
  for (const row of rows) {
    if (!row.present) continue;
    for (let i = 0; i < FIELDS; i += 1)
      sum.sums[i] = sum.present ? sum.sums[i]! + row.sums[i]! : row.sums[i]!;
    sum.present = true;
    sum.factors = unionFactors(sum.factors, row.factors);
  }
  return sum;
}
