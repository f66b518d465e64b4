/** Known time of meters in months, read anew for the days that changed: their rows are others' to write. */
import type { SeriesReader } from "../../model/ports.ts";
import type { DayIndex, MonthIndex } from "../../model/time.ts";
import { type KnownTime, meterKey } from "../cache.ts";
import type { MeterPlan, Plan } from "../plan.ts";

/** Months kept; each has a number or two for each of its days. */
const MONTHS = 50_000;

interface Month {
  readonly measuredMs: Float64Array;
  readonly estimatedMs: Float64Array;
  /** Days whose rows may be others by now. */
  readonly stale: Set<DayIndex>;
  /** Settles when what was asked of the store is here: several areas may ask for a meter's month at once. */
  reading: Promise<void>;
}

export interface Months {
  known(owner: MeterPlan, month: MonthIndex): Promise<KnownTime>;
  /** A day's rows may have changed. */
  changed(owner: MeterPlan, day: DayIndex): void;
  clear(): void;
}

export function createMonths(plan: Plan, reader: SeriesReader): Months {
  const { calendar } = plan;
  const months = new Map<string, Month>();
  const nameOf = (owner: MeterPlan, month: MonthIndex): string => `${owner.owner} ${month}`;

  /** Reads the days from `first` to before `end` into a month. */
  const read = async (owner: MeterPlan, month: MonthIndex, into: Month, first: DayIndex, end: DayIndex) => {
    const start = calendar.monthFirstDay(month);
    into.measuredMs.fill(0, first - start, end - start);
    into.estimatedMs.fill(0, first - start, end - start);
    const key = [meterKey(owner)];
    const rows = await reader.figures(key, "day", calendar.dayStart(first), calendar.dayStart(end));
    for (const row of rows) {
      const day = calendar.dayOf(row.start);
      const length = calendar.dayStart(day + 1) - row.start;
      into.measuredMs[day - start] = Math.round(row.coverage * length);
      into.estimatedMs[day - start] = Math.round(row.estimated * length);
    }
  };

  /** Reads what is stale; until it is there, whoever else asks waits for it. */
  const refresh = async (owner: MeterPlan, month: MonthIndex, known: Month): Promise<void> => {
    const days = [...known.stale];
    known.stale.clear();
    await Promise.all(days.map((day) => read(owner, month, known, day, day + 1)));
  };

  const begin = (owner: MeterPlan, month: MonthIndex): Month => {
    const first = calendar.monthFirstDay(month);
    const end = calendar.monthFirstDay(month + 1);
    const made: Month = {
      measuredMs: new Float64Array(end - first),
      estimatedMs: new Float64Array(end - first),
      stale: new Set(),
      reading: Promise.resolve(),
    };
    made.reading = read(owner, month, made, first, end);
    if (months.size >= MONTHS) months.clear();
    months.set(nameOf(owner, month), made);
    return made;
  };

  const fresh = async (owner: MeterPlan, month: MonthIndex): Promise<Month> => {
    const known = months.get(nameOf(owner, month)) ?? begin(owner, month);
    if (known.stale.size > 0) known.reading = known.reading.then(() => refresh(owner, month, known));
    await known.reading;
    return known;
  };

  return {
    async known(owner, month) {
      const { measuredMs, estimatedMs } = await fresh(owner, month);
      const sum = (all: Float64Array): number => all.reduce((total, one) => total + one, 0);
      return { measuredMs: sum(measuredMs), estimatedMs: sum(estimatedMs) };
    },
    changed(owner, day) {
      months.get(nameOf(owner, calendar.monthOfDay(day)))?.stale.add(day);
    },
    clear: () => months.clear(),
  };
}
