/**
 * Rows kept as plain numbers until somebody asks for them: a processor that starts reads a day of thousands of
 * meters ahead, and as objects these take five times the memory.
 */
import type { Figure, FigureKey, FigureWindow } from "../../model/figure.ts";
import { type StoredReading, verdicts } from "../../model/reading.ts";
import type { Instant } from "../../model/time.ts";

/** Rows of `width` numbers in order of time, which is the first. */
function createRows(width: number) {
  const numbers: number[] = [];
  return {
    numbers,
    get length(): number {
      return numbers.length / width;
    },
    /** Place of the first row at or after `at`. */
    from(at: Instant): number {
      let low = 0;
      let high = numbers.length / width;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (numbers[middle * width]! < at) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

const READING_WIDTH = 8;
const CERTAIN = 7;

/** Readings of one series, in their order. */
export function packReadings(register: string, readings: readonly StoredReading[]) {
  const rows = createRows(READING_WIDTH);
  for (const { at, value, revision, seq, receivedAt, offset, verdict, certain } of readings) {
    const verdictPlace = verdicts.indexOf(verdict);
    rows.numbers.push(at, value, revision, seq, receivedAt, offset, verdictPlace, certain ? 1 : 0);
  }
  const reading = (place: number): StoredReading => {
    const i = place * READING_WIDTH;
    const { numbers } = rows;
    return {
      register,
      at: numbers[i]!,
      value: numbers[i + 1]!,
      revision: numbers[i + 2]!,
      seq: numbers[i + 3]!,
      receivedAt: numbers[i + 4]!,
      offset: numbers[i + 5]!,
      verdict: verdicts[numbers[i + 6]!]!,
      certain: numbers[i + CERTAIN] === 1,
    };
  };
  const isCertain = (place: number): boolean => rows.numbers[place * READING_WIDTH + CERTAIN] === 1;
  return {
    isEmpty: (): boolean => rows.length === 0,
    /** Readings with from ≤ at ≤ to. */
    between(from: Instant, to: Instant): StoredReading[] {
      const end = rows.from(to + 1);
      const found: StoredReading[] = [];
      for (let place = rows.from(from); place < end; place += 1) found.push(reading(place));
      return found;
    },
    certainAtOrBefore(at: Instant): StoredReading | undefined {
      for (let place = rows.from(at + 1) - 1; place >= 0; place -= 1) {
        if (isCertain(place)) return reading(place);
      }
      return undefined;
    },
    certainAtOrAfter(at: Instant): StoredReading | undefined {
      for (let place = rows.from(at); place < rows.length; place += 1) {
        if (isCertain(place)) return reading(place);
      }
      return undefined;
    },
  };
}

export type PackedReadings = ReturnType<typeof packReadings>;

const NO_EFFECTS = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
const METER_WIDTH = 4;
const AREA_WIDTH = 14;

/** An unknown value among numbers. */
const pack = (value: number | null): number => value ?? Number.NaN;
const unpack = (value: number): number | null => (Number.isNaN(value) ? null : value);

function effectsAt(numbers: readonly number[], i: number) {
  return {
    kgceCalorific: unpack(numbers[i]!),
    kgceEquivalent: unpack(numbers[i + 1]!),
    kgCo2Location: unpack(numbers[i + 2]!),
    kgCo2Market: unpack(numbers[i + 3]!),
  };
}

/** Figures of one series and window, added in order of time. */
export function createPackedFigures({ scope, owner, carrier }: FigureKey, window: FigureWindow) {
  const isMeter = scope === "meter";
  const width = isMeter ? METER_WIDTH : AREA_WIDTH;
  const rows = createRows(width);
  const factors: (readonly string[])[] = [];
  const figure = (place: number): Figure => {
    const i = place * width;
    const { numbers } = rows;
    return {
      scope,
      owner,
      carrier,
      window,
      start: numbers[i]!,
      amount: numbers[i + 1]!,
      coverage: numbers[i + 2]!,
      estimated: numbers[i + 3]!,
      missingMeters: isMeter ? 0 : numbers[i + 4]!,
      ...(isMeter ? NO_EFFECTS : effectsAt(numbers, i + 5)),
      output: isMeter ? 0 : numbers[i + 9]!,
      outputEffects: isMeter ? NO_EFFECTS : effectsAt(numbers, i + 10),
      factors: factors[place] ?? [],
    };
  };
  return {
    add(one: Figure): void {
      rows.numbers.push(one.start, one.amount, one.coverage, one.estimated);
      if (isMeter) return;
      const out = one.outputEffects;
      rows.numbers.push(
        one.missingMeters,
        pack(one.kgceCalorific),
        pack(one.kgceEquivalent),
        pack(one.kgCo2Location),
        pack(one.kgCo2Market),
        one.output,
        pack(out.kgceCalorific),
        pack(out.kgceEquivalent),
        pack(out.kgCo2Location),
        pack(out.kgCo2Market),
      );
      factors.push(one.factors);
    },
    /** Figures with from ≤ start < to. */
    between(from: Instant, to: Instant): Figure[] {
      const end = rows.from(to);
      const found: Figure[] = [];
      for (let place = rows.from(from); place < end; place += 1) found.push(figure(place));
      return found;
    },
  };
}

export type PackedFigures = ReturnType<typeof createPackedFigures>;
