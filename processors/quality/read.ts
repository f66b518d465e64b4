/** What a site's status needs of the store, in few questions. What holds for a day or for a standstill is kept. */
import type { Figure, FigureKey, FigureWindow } from "../../model/figure.ts";
import { onlineMs } from "../../model/meter-state.ts";
import type { SeriesReader } from "../../model/ports.ts";
import type { Meter, Site } from "../../model/registry.ts";
import {
  type Calendar,
  DAY_MS,
  type DayIndex,
  type Instant,
  QUARTER_MS,
  quarterCeil,
} from "../../model/time.ts";
import { lastWholeHours, type MeterDetails, serviceMs, sharesOf } from "./meter.ts";
import {
  BALANCE_DAYS,
  balanceOf,
  imbalanceOf,
  jumpRatioOf,
  lastDay,
  lastHour,
  lastNight,
  NIGHT_MS,
  NIGHTS,
  nightRatioOf,
  type SiteDetails,
  sameHours,
  subsCover,
} from "./site.ts";
import { PROFILE_DAYS, type Rows, type Stand, standAtEnd, stuckAfterMs, stuckHoursOf } from "./standstill.ts";

/** Series of one question: a store may read the whole county for more. */
const KEYS_A_QUESTION = 40;
/** How far back the beginning of a standstill is looked for: in quarter-hours, then in days. */
const QUARTERS_BACK = 8;
const DAYS_BACK = 400;

/** A meter's standstill and after how long it is stuck: looked up once. */
interface KnownStand {
  readonly since: Instant;
  readonly until: Instant;
  readonly afterMs: number;
}

/** What is kept of a site between two looks. */
export interface SiteMemory {
  readonly stands: Map<string, KnownStand>;
  night?: { readonly day: DayIndex; readonly ratio: number | null };
  cover?: { readonly day: DayIndex; readonly covers: boolean };
}

export const newMemory = (): SiteMemory => ({ stands: new Map() });

export interface SiteParts {
  readonly site: Site;
  /** Carrier of electricity. */
  readonly electricity: string;
}

const keyOf = (meter: Meter): FigureKey => ({
  scope: "meter",
  owner: `${meter.site}/${meter.id}`,
  carrier: meter.carrier,
});

/** Sub-meters that are a breakdown of what the site takes in. */
export function breakdownOf({ site, electricity }: SiteParts): Meter[] {
  return site.meters.filter(
    (meter) =>
      meter.carrier === electricity &&
      meter.contributes === "none" &&
      !meter.conversionOutput &&
      meter.role !== "generation" &&
      meter.role !== "export",
  );
}

/** Time in which the readings of a site's meters are still to come. */
function graceOf(meters: readonly Meter[]): number {
  return Math.max(0, ...meters.map(onlineMs));
}

export function createSiteReader(reader: SeriesReader, calendar: Calendar) {
  /** Rows of several series, by owner. */
  const rowsOf = async (
    keys: readonly FigureKey[],
    window: FigureWindow,
    from: Instant,
    to: Instant,
  ): Promise<Map<string, Figure[]>> => {
    const chunks = Array.from({ length: Math.ceil(keys.length / KEYS_A_QUESTION) }, (_, i) =>
      keys.slice(i * KEYS_A_QUESTION, (i + 1) * KEYS_A_QUESTION),
    );
    const found = await Promise.all(chunks.map((chunk) => reader.figures(chunk, window, from, to)));
    const byOwner = new Map<string, Figure[]>(keys.map((key) => [key.owner, []]));
    for (const row of found.flat()) byOwner.get(row.owner)?.push(row);
    return byOwner;
  };
  const rowsOfOne = async (key: FigureKey, window: FigureWindow, from: Instant, to: Instant): Promise<Rows> =>
    (await rowsOf([key], window, from, to)).get(key.owner) ?? [];

  /** Where a standstill that began before the rows at hand did begin; undefined where no movement is known of. */
  const beginningOf = async (meter: Meter, stand: Stand): Promise<Instant | undefined> => {
    const key = keyOf(meter);
    const day = calendar.dayOf(stand.since);
    const back = calendar.dayStart(day - QUARTERS_BACK);
    const near = standAtEnd(await rowsOfOne(key, "15m", back, stand.since), back);
    // Nothing known right before it, or movement: it began where it seemed to.
    if (near === undefined || near.until < stand.since) return stand.since;
    if (!near.isOpen) return near.since;
    const days = await rowsOfOne(key, "day", calendar.dayStart(day - DAYS_BACK), back);
    const moved = days.findLast((row) => row.amount !== 0 || row.coverage + row.estimated === 0);
    return moved && calendar.dayStart(calendar.dayOf(moved.start) + 1);
  };

  const learn = async (meter: Meter, stand: Stand): Promise<KnownStand> => {
    const since = stand.isOpen ? await beginningOf(meter, stand) : stand.since;
    if (since === undefined) return { ...stand, afterMs: Number.POSITIVE_INFINITY };
    const day = calendar.dayOf(since);
    const [from, to] = [calendar.dayStart(day - PROFILE_DAYS), calendar.dayStart(day)];
    const days = await rowsOfOne(keyOf(meter), "day", from, to);
    const quarters = await rowsOfOne(keyOf(meter), "15m", from, to);
    const afterMs = stuckAfterMs(days, quarters, onlineMs(meter) / 2);
    return { since, until: stand.until, afterMs };
  };

  const stuckHours = async (meter: Meter, rows: Rows, from: Instant, memory: SiteMemory): Promise<number> => {
    const stand = standAtEnd(rows, from);
    const known = memory.stands.get(meter.id);
    memory.stands.delete(meter.id);
    // Shorter than that no meter is stuck: seven intervals, a quarter-hour at least.
    if (stand === undefined || stand.until - stand.since < Math.max(3.5 * onlineMs(meter), QUARTER_MS))
      return 0;
    const isSame = known !== undefined && known.until >= stand.since && known.since <= stand.since;
    const now = isSame ? { ...known, until: stand.until } : await learn(meter, stand);
    memory.stands.set(meter.id, now);
    return stuckHoursOf({ ...now, isOpen: false }, now.afterMs);
  };

  /** Details of meters, by id. */
  const meters = async (
    list: readonly Meter[],
    now: Instant,
    memory: SiteMemory,
  ): Promise<Map<string, MeterDetails>> => {
    const from = Math.min(...list.map((meter) => lastWholeHours(meter, now).start));
    const rows = await rowsOf(list.map(keyOf), "15m", from, quarterCeil(now));
    const details = new Map<string, MeterDetails>();
    for (const meter of list) {
      const own = rows.get(`${meter.site}/${meter.id}`) ?? [];
      details.set(meter.id, {
        ...sharesOf(meter, own, lastWholeHours(meter, now)),
        stuckHours: await stuckHours(meter, own, from, memory),
      });
    }
    return details;
  };

  const jump = async (key: FigureKey, now: Instant, graceMs: number): Promise<number | null> => {
    const hours = sameHours(calendar, lastHour(now, graceMs));
    const rows = await Promise.all(hours.map(({ start, end }) => rowsOfOne(key, "15m", start, end)));
    return jumpRatioOf(rows.flat(), hours);
  };

  const night = async (key: FigureKey, now: Instant, graceMs: number, memory: SiteMemory) => {
    const day = lastNight(calendar, now, graceMs);
    // A late reading may change it until the day is over; then the next night's takes its place.
    if (memory.night?.day !== day || memory.night.ratio === null) {
      const from = calendar.dayStart(day - NIGHTS - 1);
      const rows = await rowsOfOne(key, "15m", from, calendar.dayStart(day) + NIGHT_MS);
      memory.night = { day, ratio: nightRatioOf(calendar, rows, day) };
    }
    return memory.night.ratio;
  };

  const imbalance = async (
    key: FigureKey,
    subs: readonly Meter[],
    now: Instant,
    memory: SiteMemory,
  ): Promise<number | null> => {
    if (subs.length === 0) return null;
    const day = lastDay(calendar, now, graceOf(subs));
    const isKnown = memory.cover?.day === day;
    const first = isKnown ? day : day - BALANCE_DAYS;
    const [from, to] = [calendar.dayStart(first), calendar.dayStart(day + 1)];
    const main = await rowsOfOne(key, "day", from, to);
    const parts = [...(await rowsOf(subs.map(keyOf), "day", from, to)).values()];
    const of = (one: DayIndex) => balanceOf(main, parts, calendar.dayStart(one));
    if (!isKnown) {
      const before = Array.from({ length: BALANCE_DAYS }, (_, i) => of(day - 1 - i));
      memory.cover = { day, covers: subsCover(before.filter((one) => one !== undefined)) };
    }
    return memory.cover?.covers ? imbalanceOf(of(day)) : null;
  };

  /** Measured share of the last 24 whole hours of all contributing meters. */
  const completeness = (
    site: Site,
    details: ReadonlyMap<string, MeterDetails>,
    now: Instant,
  ): number | null => {
    let [measured, service] = [0, 0];
    for (const meter of site.meters) {
      if (meter.contributes === "none") continue;
      const own = serviceMs(meter, lastWholeHours(meter, now));
      service += own;
      measured += (details.get(meter.id)?.completeness ?? 0) * own;
    }
    return service === 0 ? null : measured / service;
  };

  return {
    meters,
    async site(
      parts: SiteParts,
      details: ReadonlyMap<string, MeterDetails>,
      now: Instant,
      memory: SiteMemory,
    ): Promise<Omit<SiteDetails, "factorsMissing" | "factorsUnverified">> {
      const { site, electricity } = parts;
      const key: FigureKey = { scope: "site", owner: site.id, carrier: electricity };
      const own = site.meters.filter(
        (meter) => meter.carrier === electricity && meter.contributes !== "none",
      );
      const graceMs = Math.min(graceOf(own), DAY_MS);
      const hasOwn = own.length > 0;
      return {
        completeness: completeness(site, details, now),
        jumpRatio: hasOwn ? await jump(key, now, graceMs) : null,
        nightRatio: hasOwn ? await night(key, now, graceMs, memory) : null,
        imbalance: hasOwn ? await imbalance(key, breakdownOf(parts), now, memory) : null,
      };
    },
  };
}
