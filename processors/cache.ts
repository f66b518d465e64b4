/** What the processors keep in memory: nothing that could not be read back from the store. */
import type { Figure, FigureKey } from "../model/figure.ts";
import type { SeriesReader } from "../model/ports.ts";
import type { DayIndex, MonthIndex } from "../model/time.ts";
import { type AreaDay, emptyAreaDay, storedAreaDay } from "./consumption/area-day.ts";
import type { Gauge } from "./consumption/gauge.ts";
import { emptyMeterDay, type MeterDay, storedMeterDay } from "./consumption/meter-day.ts";
import type { Tail } from "./consumption/settle.ts";
import type { AreaPlan, MeterPlan, Plan } from "./plan.ts";

/** Days of meters kept beside each meter's latest, about 2 KB each. */
const METER_DAYS = 20_000;
/** Area days kept, about 25 KB each. */
const AREA_DAYS = 6_000;
/** Months of meters kept. */
const METER_MONTHS = 250_000;

/**
 * A map that forgets what was not used for long: by halves, which costs nothing with each use. While it is held it
 * forgets nothing.
 */
function recent<V>(capacity: number) {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  let isHeld = false;
  const turn = (): void => {
    if (isHeld || young.size <= capacity / 2) return;
    old = young;
    young = new Map();
  };
  const set = (key: string, value: V): void => {
    young.set(key, value);
    turn();
  };
  return {
    get(key: string): V | undefined {
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    hold(): void {
      isHeld = true;
    },
    release(): void {
      isHeld = false;
      turn();
    },
    forget(isGone: (key: string) => boolean): void {
      for (const generation of [young, old]) {
        for (const key of generation.keys()) if (isGone(key)) generation.delete(key);
      }
    },
    clear(): void {
      young = new Map();
      old = new Map();
    },
  };
}

export interface Cache {
  /** So many days of meters one step should be about at most. */
  readonly stepMeterDays: number;
  tail(gauge: Gauge): Tail | undefined;
  setTail(gauge: Gauge, tail: Tail | undefined): void;
  /** A meter's day as stored. */
  meterDay(plan: MeterPlan, day: DayIndex): Promise<MeterDay>;
  /** As above, when it is at hand. */
  knownMeterDay(plan: MeterPlan, day: DayIndex): MeterDay | undefined;
  /**
   * Takes a day for empty that lies behind all readings so far. To be asked before newer ones are settled: then
   * only the store can tell.
   */
  beginMeterDay(plan: MeterPlan, day: DayIndex): void;
  /** Known time of a meter in a month: the sum of its days' rows. */
  meterMonth(plan: MeterPlan, month: MonthIndex): Promise<KnownTime>;
  /** Keeps a month at hand in step with a day that changed, in whole milliseconds. */
  adjustMonth(plan: MeterPlan, day: DayIndex, by: KnownTime): void;
  /** A site's or group's day as stored. */
  areaDay(key: FigureKey, day: DayIndex): Promise<AreaDay>;
  /** As above, when it is at hand. */
  knownAreaDay(key: FigureKey, day: DayIndex): AreaDay | undefined;
  /**
   * Until what `work` changes is written, nothing of it is forgotten: the store would give it as it was before, and
   * sites were summed of that.
   */
  held<T>(work: () => Promise<T>): Promise<T>;
  /** Forgets what is at hand of a site, because its stored rows may be others. */
  forgetSite(site: string): void;
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

const areaName = (key: FigureKey, day: DayIndex): string => `${key.scope} ${key.owner} ${key.carrier} ${day}`;

export function meterKey(plan: MeterPlan): FigureKey {
  return { scope: "meter", owner: plan.owner, carrier: plan.meter.carrier };
}

/** How much is kept, for tests of what is more than that. */
export interface CacheSize {
  readonly meterDays: number;
  readonly areaDays: number;
}

export function createCache(
  plan: Plan,
  reader: SeriesReader,
  size: CacheSize = { meterDays: METER_DAYS, areaDays: AREA_DAYS },
): Cache {
  const { calendar } = plan;
  const tails = new Map<Gauge, Tail>();
  /** Each meter's latest day, found without joining a name. */
  const latest = new Map<MeterPlan, MeterDay>();
  const meterDays = recent<MeterDay>(size.meterDays);
  const areaDays = recent<AreaDay>(size.areaDays);
  const months = recent<KnownTime>(METER_MONTHS);

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
      const tail = tails.get(gauge);
      return tail !== undefined && tail.last.at <= start && !gauge.points.some((point) => point.at > start);
    });
  };

  const knownMeterDay = (owner: MeterPlan, day: DayIndex): MeterDay | undefined => {
    const newest = latest.get(owner);
    if (newest?.day === day) return newest;
    return meterDays.get(`${owner.owner} ${day}`);
  };

  const keepMeterDay = (owner: MeterPlan, known: MeterDay): void => {
    const newest = latest.get(owner);
    if (newest === undefined || newest.day < known.day) {
      latest.set(owner, known);
      if (newest) meterDays.set(`${owner.owner} ${newest.day}`, newest);
    } else meterDays.set(`${owner.owner} ${known.day}`, known);
  };

  const meterDay = async (owner: MeterPlan, day: DayIndex): Promise<MeterDay> => {
    let known = knownMeterDay(owner, day);
    if (known === undefined) {
      known = isBeyond(owner, day)
        ? emptyMeterDay(calendar, day)
        : storedMeterDay(calendar, day, await storedDay(meterKey(owner), day));
      keepMeterDay(owner, known);
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
    stepMeterDays: size.meterDays / 10,
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
    tail: (gauge) => tails.get(gauge),
    setTail(gauge, tail) {
      if (tail) tails.set(gauge, tail);
      else tails.delete(gauge);
    },
    meterDay,
    knownMeterDay,
    beginMeterDay(owner, day) {
      if (knownMeterDay(owner, day) === undefined && isBeyond(owner, day))
        keepMeterDay(owner, emptyMeterDay(calendar, day));
    },
    knownAreaDay: (key, day) => areaDays.get(areaName(key, day)),
    async areaDay(key, day) {
      const name = areaName(key, day);
      let known = areaDays.get(name);
      if (known === undefined) {
        const rows = await storedDay(key, day);
        known = rows.length === 0 ? emptyAreaDay(calendar, day) : storedAreaDay(calendar, day, rows);
        areaDays.set(name, known);
      }
      return known;
    },
    async held(work) {
      for (const days of [meterDays, areaDays]) days.hold();
      try {
        return await work();
      } finally {
        for (const days of [meterDays, areaDays]) days.release();
      }
    },
    forgetSite(site) {
      for (const gauge of tails.keys()) if (gauge.site === site) tails.delete(gauge);
      for (const owner of latest.keys()) if (owner.meter.site === site) latest.delete(owner);
      const isOfMeter = (key: string): boolean => key.startsWith(`${site}/`);
      meterDays.forget(isOfMeter);
      months.forget(isOfMeter);
      areaDays.forget((key) => key.startsWith(`site ${site} `));
    },
    clear() {
      tails.clear();
      latest.clear();
      meterDays.clear();
      areaDays.clear();
      months.clear();
    },
  };
}
