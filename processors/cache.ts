/** What the processors keep in memory: nothing that could not be read back from the store. */
import type { Figure, FigureKey } from "../model/figure.ts";
import type { SeriesReader } from "../model/ports.ts";
import type { SeriesKey } from "../model/reading.ts";
import type { DayIndex, MonthIndex } from "../model/time.ts";
import { type AreaDay, emptyAreaDay, storedAreaDay } from "./consumption/area-day.ts";
import { emptyMeterDay, type MeterDay, storedMeterDay } from "./consumption/meter-day.ts";
import type { Tail } from "./consumption/settle.ts";
import type { AreaPlan, MeterPlan, Plan } from "./plan.ts";

/** Meter days kept: the current day of 120,000 meters, about 2 KB each. */
const METER_DAYS = 120_000;
/** Area days kept, about 25 KB each. */
const AREA_DAYS = 6_000;

/** A map that forgets what was used longest ago. */
function recent<V>(capacity: number) {
  const entries = new Map<string, V>();
  return {
    get(key: string): V | undefined {
      const value = entries.get(key);
      if (value !== undefined && entries.size > capacity / 2) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key: string, value: V): void {
      entries.set(key, value);
      if (entries.size > capacity) entries.delete(entries.keys().next().value!);
    },
    clear: () => entries.clear(),
  };
}

export interface Cache {
  tail(key: SeriesKey): Tail | undefined;
  setTail(key: SeriesKey, tail: Tail | undefined): void;
  /** A meter's day as stored. */
  meterDay(plan: MeterPlan, day: DayIndex): Promise<MeterDay>;
  /** As above, when it is at hand. */
  knownMeterDay(plan: MeterPlan, day: DayIndex): MeterDay | undefined;
  /** Known time of a meter in a month: the sum of its days' rows. */
  meterMonth(plan: MeterPlan, month: MonthIndex): Promise<KnownTime>;
  /** Keeps a month at hand in step with a day that changed, in whole milliseconds. */
  adjustMonth(plan: MeterPlan, day: DayIndex, by: KnownTime): void;
  /** A site's or group's day as stored. */
  areaDay(key: FigureKey, day: DayIndex): Promise<AreaDay>;
  /** After a failed commit nothing here is sure to be stored. */
  clear(): void;
}

/** Milliseconds that were measured and estimated. */
export interface KnownTime {
  measuredMs: number;
  estimatedMs: number;
}

export function areaKey(area: AreaPlan): FigureKey {
  return { scope: "site", owner: area.site.id, carrier: area.carrier };
}

export function meterKey(plan: MeterPlan): FigureKey {
  return { scope: "meter", owner: plan.owner, carrier: plan.meter.carrier };
}

export function createCache(plan: Plan, reader: SeriesReader): Cache {
  const { calendar } = plan;
  const tails = new Map<string, Tail>();
  const meterDays = recent<MeterDay>(METER_DAYS);
  const areaDays = recent<AreaDay>(AREA_DAYS);
  const months = recent<KnownTime>(METER_DAYS);
  const seriesName = (key: SeriesKey): string => `${key.site}/${key.meter}/${key.register}`;

  const storedDay = async (key: FigureKey, day: DayIndex): Promise<Figure[]> => {
    const start = calendar.dayStart(day);
    const [quarters, days] = await Promise.all([
      reader.figures([key], "15m", start, calendar.dayStart(day + 1)),
      reader.figures([key], "day", start, start + 1),
    ]);
    return [...quarters, ...days];
  };

  /** True when all of the meter's readings are known to lie before the day, so that it has no rows. */
  const isBeyond = (owner: MeterPlan, day: DayIndex): boolean => {
    const start = calendar.dayStart(day);
    return owner.gauges.every((gauge) => {
      const tail = tails.get(seriesName(gauge));
      return tail !== undefined && tail.last.at <= start && !gauge.points.some((point) => point.at > start);
    });
  };

  const meterDay = async (owner: MeterPlan, day: DayIndex): Promise<MeterDay> => {
    const name = `${owner.owner} ${day}`;
    let known = meterDays.get(name);
    if (known === undefined) {
      known = isBeyond(owner, day)
        ? emptyMeterDay(calendar, day)
        : storedMeterDay(calendar, day, await storedDay(meterKey(owner), day));
      meterDays.set(name, known);
    }
    return known;
  };

  const readMonth = async (owner: MeterPlan, month: MonthIndex): Promise<KnownTime> => {
    const known = { measuredMs: 0, estimatedMs: 0 };
    const from = calendar.dayStart(calendar.monthFirstDay(month));
    const to = calendar.dayStart(calendar.monthFirstDay(month + 1));
    for (const row of await reader.figures([meterKey(owner)], "day", from, to)) {
      const length = calendar.dayStart(calendar.dayOf(row.start) + 1) - row.start;
      known.measuredMs += Math.round(row.coverage * length);
      known.estimatedMs += Math.round(row.estimated * length);
    }
    return known;
  };

  return {
    async meterMonth(owner, month) {
      const name = `${owner.owner} ${month}`;
      let known = months.get(name);
      if (known === undefined) {
        known = await readMonth(owner, month);
        months.set(name, known);
      }
      return known;
    },
    adjustMonth(owner, day, by) {
      const known = months.get(`${owner.owner} ${calendar.monthOfDay(day)}`);
      if (known === undefined) return;
      known.measuredMs += by.measuredMs;
      known.estimatedMs += by.estimatedMs;
    },
    tail: (key) => tails.get(seriesName(key)),
    setTail(key, tail) {
      if (tail) tails.set(seriesName(key), tail);
      else tails.delete(seriesName(key));
    },
    meterDay,
    knownMeterDay: (owner, day) => meterDays.get(`${owner.owner} ${day}`),
    async areaDay(key, day) {
      const name = `${key.scope} ${key.owner} ${key.carrier} ${day}`;
      let known = areaDays.get(name);
      if (known === undefined) {
        const rows = await storedDay(key, day);
        known = rows.length === 0 ? emptyAreaDay(calendar, day) : storedAreaDay(calendar, day, rows);
        areaDays.set(name, known);
      }
      return known;
    },
    clear() {
      tails.clear();
      meterDays.clear();
      areaDays.clear();
      months.clear();
    },
  };
}
