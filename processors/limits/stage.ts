/**
 * The rows of limits, made anew where the figures they come from changed: a changed day's own row first, then the
 * later ones that it is part of. What waits is only in memory; the marks of the days stay stored until all is done.
 */
import type { Observation } from "../../model/observation.ts";
import type { Changes, SeriesReader } from "../../model/ports.ts";
import type { DayIndex, Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { createBook } from "./book.ts";
import { changedLimits, isValidOn, madeFrom } from "./changed-limits.ts";
import { outputMonths } from "./outputs.ts";
import { reachOf } from "./reach.ts";
import { shortRows } from "./short.ts";
import { type Ground, standingOf, wantStanding } from "./standing.ts";
import { isShort, type Series, type Subject, seriesName, subjectsOf } from "./subjects.ts";
import { goneRowOf, usageRow } from "./usage.ts";

/** Rows made in one step, so that a step stays short. */
const ROWS_A_SLICE = 4_000;

/** A day of a site that changed; without quarter-hours, all of it. */
export interface ChangedDay {
  readonly site: string;
  readonly carrier: string;
  readonly day: DayIndex;
  readonly quarters: ReadonlySet<number> | undefined;
}

export interface LimitStage {
  /** Takes note of days whose site, month and group rows are all stored. */
  take(days: readonly ChangedDay[]): Promise<void>;
  /** Some of the rows that wait, newest first; whether they are the last is for `size` to say. */
  slice(now: Instant): Promise<Pick<Changes, "observations" | "facts">>;
  /** Rows that wait; more than none until limits were compared with those of the stored rows. */
  size(): number;
  /** Figures and rows at hand may not be those that are stored. */
  reread(): void;
  /** Nothing in memory is sure to be stored. */
  clear(): void;
}

/** Why a day's rows are made anew. */
interface Reason {
  /** Quarter-hours that may be others; undefined: any. */
  readonly quarters: ReadonlySet<number> | undefined;
  /** The day's own figures changed, so that there may be a row of which nothing is known any more. */
  readonly isMarked: boolean;
}

/** The day is part of what changed. */
const LATER: Reason = { quarters: new Set(), isMarked: false };
const ANEW: Reason = { quarters: undefined, isMarked: false };

function joined(before: Reason | undefined, reason: Reason): Reason {
  if (before === undefined || before === reason) return reason;
  return {
    quarters: before.quarters && reason.quarters && new Set([...before.quarters, ...reason.quarters]),
    isMarked: before.isMarked || reason.isMarked,
  };
}

const nameOf = ({ tags, at }: Observation): string => `${tags.limit} ${tags.site ?? tags.group} ${at}`;

export function createLimitStage(
  plan: Plan,
  reader: Pick<SeriesReader, "figures" | "fact" | "observations">,
): LimitStage {
  const { calendar } = plan;
  const subjects = subjectsOf(plan);
  const bySeries = new Map<string, Subject[]>();
  const seriesOf = new Map<string, Series>();
  for (const subject of subjects) {
    for (const one of subject.series) {
      seriesOf.set(one.name, one);
      bySeries.set(one.name, [...(bySeries.get(one.name) ?? []), subject]);
    }
  }
  const book = createBook(calendar, reader);
  const ground: Ground = { calendar, book, outputs: outputMonths(plan.registry.outputs) };
  /** Rows to make, by day. */
  const queue = new Map<DayIndex, Map<Subject, Reason>>();
  let queued = 0;
  /** The newest row written of each limit, so that one that stays the same is not written again. */
  const latest = new Map<string, { at: Instant; text: string }>();
  let compared = false;
  let gone: readonly Observation[] = [];
  let fact: { readonly name: string; readonly value: string } | undefined;

  const enqueue = (subject: Subject, day: DayIndex, reason: Reason): void => {
    const own = queue.get(day) ?? new Map<Subject, Reason>();
    queue.set(day, own);
    if (!own.has(subject)) queued += 1;
    own.set(subject, joined(own.get(subject), reason));
  };

  const newestOf = ({ series }: Subject): DayIndex =>
    Math.max(...series.map((one) => book.newest(one) ?? Number.NEGATIVE_INFINITY));

  /** Rows of days that a change reaches, as far as there are any. */
  const enqueueReach = (subject: Subject, day: DayIndex, reason: Reason): void => {
    enqueue(subject, day, reason);
    const newest = newestOf(subject);
    for (const { from, to } of reachOf(subject.limit, day)) {
      for (let later = from; later < to && later <= newest; later += 1)
        if (later !== day) enqueue(subject, later, LATER);
    }
  };

  const touchedBy = ({ site, carrier, day }: ChangedDay): Series[] => {
    const area = plan.areaOf.get(`${site}\n${carrier}`);
    if (area === undefined) return [];
    const groups = plan.groupsOf(area.site, day).map((group) => seriesName("group", group, carrier));
    return [seriesName("site", site, carrier), ...groups].flatMap((name) => seriesOf.get(name) ?? []);
  };

  const compare = async (now: Instant): Promise<void> => {
    const changed = await changedLimits(plan, reader, subjects, now);
    compared = true;
    if (changed === undefined) return;
    ({ gone, fact } = changed);
    const some = changed.subjects.filter(({ series }) => series.length > 0);
    for (const { series } of some)
      for (const one of series) book.wantNewest(one, changed.first, changed.first);
    await book.load();
    // Not from today on: without figures of late it would be less than what is compared.
    const last = Math.min(calendar.dayOf(now), Math.max(...some.map(newestOf)));
    for (const subject of some) {
      const newest = newestOf(subject);
      for (let day = madeFrom(subject.limit, last); day <= newest; day += 1) enqueue(subject, day, ANEW);
    }
  };

  /** The next rows to make, the newest days first. */
  const next = (): { subject: Subject; day: DayIndex; reason: Reason }[] => {
    const chosen: { subject: Subject; day: DayIndex; reason: Reason }[] = [];
    for (const day of [...queue.keys()].sort((a, b) => b - a)) {
      const own = queue.get(day)!;
      for (const [subject, reason] of own) {
        if (chosen.length >= ROWS_A_SLICE) return chosen;
        chosen.push({ subject, day, reason });
        own.delete(subject);
        queued -= 1;
      }
      queue.delete(day);
    }
    return chosen;
  };

  const isNew = (row: Observation): boolean => {
    const limit = row.tags.limit!;
    const known = latest.get(limit);
    if (known !== undefined && known.at > row.at) return true;
    const text = JSON.stringify([row.numbers, row.texts]);
    if (known?.at === row.at && known.text === text) return false;
    latest.set(limit, { at: row.at, text });
    return true;
  };

  const rowsOf = (subject: Subject, day: DayIndex, reason: Reason): Observation[] => {
    const { limit } = subject;
    if (isShort(limit)) return shortRows(ground, subject, day, reason.quarters);
    const standing = standingOf(ground, subject, day);
    if (standing) return [usageRow(limit, standing)];
    // Of a day that changed and of which nothing is known there may have been a row.
    return reason.isMarked ? [goneRowOf(limit, calendar.dayStart(day))] : [];
  };

  return {
    async take(days) {
      const touched = new Map<Subject, Map<DayIndex, Reason>>();
      for (const one of days) {
        for (const series of touchedBy(one)) {
          book.changed(series, one.day, one.quarters);
          for (const subject of bySeries.get(series.name) ?? []) {
            const own = touched.get(subject) ?? new Map<DayIndex, Reason>();
            touched.set(subject, own);
            own.set(one.day, joined(own.get(one.day), { quarters: one.quarters, isMarked: true }));
          }
        }
      }
      for (const [subject, own] of touched) {
        const days = [...own.keys()];
        for (const series of subject.series) book.wantNewest(series, Math.min(...days), Math.max(...days));
      }
      await book.load();
      for (const [subject, own] of touched)
        for (const [day, reason] of own) enqueueReach(subject, day, reason);
    },
    async slice(now) {
      if (!compared) await compare(now);
      book.trim();
      const chosen = next().filter(({ subject, day }) => isValidOn(plan, subject.limit, day));
      for (const { subject, day } of chosen) wantStanding(ground, subject, day);
      await book.load();
      const made = chosen.flatMap(({ subject, day, reason }) => rowsOf(subject, day, reason));
      const again = new Set(made.map(nameOf));
      // One write is not to have two of the same row: not every store takes the last.
      const observations = [...gone.filter((row) => !again.has(nameOf(row))), ...made.filter(isNew)];
      gone = [];
      if (queued > 0 || fact === undefined) return { observations };
      const facts = [fact];
      fact = undefined;
      return { observations, facts };
    },
    reread() {
      book.clear();
      latest.clear();
    },
    size: () => queued + (compared ? 0 : 1),
    clear() {
      book.clear();
      queue.clear();
      latest.clear();
      queued = 0;
      compared = false;
      gone = [];
      fact = undefined;
    },
  };
}

/** What ends the rows of earlier limits where the configuration has none any more; undefined when there are none. */
export async function endedLimits(
  plan: Plan,
  reader: Pick<SeriesReader, "fact" | "observations">,
  now: Instant,
): Promise<Pick<Changes, "observations" | "facts"> | undefined> {
  const changed = await changedLimits(plan, reader, [], now);
  return changed && { observations: changed.gone, facts: [changed.fact] };
}
