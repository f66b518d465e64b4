/** Which days' months and groups are yet to be summed, and summing them a few at a time. */
import type { Changes, DirtyDay } from "../model/ports.ts";
import type { DayIndex, Instant, MonthIndex } from "../model/time.ts";
import { type Collector, createCollector } from "./changes.ts";
import type { LimitStage } from "./limits/stage.ts";
import type { Plan } from "./plan.ts";
import type { Rollup } from "./rollup.ts";

/** Days of one carrier that are summed in one step, so that a step stays short. */
const DAYS_A_STEP = 4;
/** While days keep changing, limits follow this often, and the less often the more rows they have: 0.1 ms each. */
const LIMITS_EVERY_MS = 1_000;
const LIMITS_EVERY_MS_A_ROW = 1;

export interface Sums {
  /** Takes note of what a step changed, and why; the marks themselves are stored with the changes. */
  note(out: Collector, cause: string): void;
  /** Takes note of one day; without quarter-hours, of all of it. */
  mark(mark: DirtyDay, quarters: ReadonlySet<number> | undefined, cause: string): void;
  /** Days to be summed whatever is known of them; `cause` is that of those that do not tell. */
  load(marks: readonly DirtyDay[], cause: string): void;
  clear(): void;
  /** Steps are left to be made. */
  size(): number;
  /** Days that wait to be summed or for their limits; one where only limits themselves changed. */
  waiting(): number;
  /**
   * Sums some days of one carrier; its months, once all their days are done. The limits follow when nothing is left
   * to be summed, and now and then while there is.
   */
  step(at: Instant, write: (changes: Changes) => Promise<void>): Promise<void>;
}

interface Mark extends Omit<DirtyDay, "causes"> {
  /** Changed quarter-hours; undefined: any may have. */
  quarters: Set<number> | undefined;
  /** Those that were summed before the day changed again: its limits have yet to follow them. */
  readonly earlier: ReadonlySet<number> | undefined;
  /** The groups' day is summed, the months are not. */
  isDayDone: boolean;
  /** Why the day changed, for the ledger. */
  readonly why: Set<string>;
}

/**
 * Marks by their cause. Those of one unit (a day, a month) stay together: what is summed from them changes for
 * all their causes, joined.
 */
function byCause(marks: readonly Mark[], unitOf: (mark: Mark) => number | string): Map<string, Mark[]> {
  const causes = new Map<number | string, Set<string>>();
  for (const mark of marks) {
    const unit = unitOf(mark);
    const own = causes.get(unit) ?? new Set<string>();
    causes.set(unit, own);
    for (const cause of mark.why) own.add(cause);
  }
  const groups = new Map<string, Mark[]>();
  for (const mark of marks) {
    const cause = [...causes.get(unitOf(mark))!].sort().join("; ");
    const group = groups.get(cause);
    if (group) group.push(mark);
    else groups.set(cause, [mark]);
  }
  return groups;
}

const NO_QUARTERS: ReadonlySet<number> = new Set();

const allQuarters = ({ quarters, earlier }: Mark): ReadonlySet<number> | undefined =>
  quarters && earlier && new Set([...earlier, ...quarters]);

const keyOf = (mark: DirtyDay): string => `${mark.site}\n${mark.carrier}\n${mark.day}`;

/** @param limits absent where there are none */
export function createSums(plan: Plan, rollup: Rollup, limits?: LimitStage): Sums {
  const marks = new Map<string, Mark>();
  /** Summed, and to be followed by their limits: those that the limits know of already, and those they do not. */
  const summed = new Map<string, Mark>();
  let fresh: Mark[] = [];
  let limitsDue = 0;
  let limitsAt = 0;
  const monthOf = (mark: DirtyDay): MonthIndex => plan.calendar.monthOfDay(mark.day);

  const noteOne = (
    { site, carrier, day }: DirtyDay,
    quarters: ReadonlySet<number> | undefined,
    cause: string,
  ): void => {
    const mark = { site, carrier, day };
    const known = marks.get(keyOf(mark));
    if (known === undefined || known.isDayDone) {
      const why = new Set(known?.why).add(cause);
      const earlier = known ? allQuarters(known) : NO_QUARTERS;
      const own = quarters && new Set(quarters);
      marks.set(keyOf(mark), { ...mark, quarters: own, earlier, isDayDone: false, why });
      return;
    }
    known.why.add(cause);
    if (quarters === undefined) known.quarters = undefined;
    else if (known.quarters) for (const quarter of quarters) known.quarters.add(quarter);
  };

  const quartersOf =
    (chosen: readonly Mark[]) =>
    (day: DayIndex): Set<number> | undefined => {
      const union = new Set<number>();
      for (const mark of chosen) {
        if (mark.day !== day) continue;
        if (mark.quarters === undefined) return undefined;
        for (const quarter of mark.quarters) union.add(quarter);
      }
      return union;
    };

  const sumSome = async (at: Instant, write: (changes: Changes) => Promise<void>): Promise<void> => {
    const first = marks.values().next().value;
    if (first === undefined) return;
    const own = [...marks.values()].filter((mark) => mark.carrier === first.carrier);
    const part = async (
      cause: string,
      work: (out: Collector) => Promise<void>,
      done: readonly Mark[] = [],
    ): Promise<void> => {
      const out = createCollector(plan, cause, at);
      await work(out);
      await write({ ...out.changes(), dirtyDone: done });
    };
    const open = own.filter((mark) => !mark.isDayDone);
    const days = [...new Set(open.map((mark) => mark.day))].sort((a, b) => a - b).slice(0, DAYS_A_STEP);
    const chosen = open.filter((mark) => days.includes(mark.day));
    for (const [cause, some] of byCause(chosen, (mark) => mark.day))
      await part(cause, (out) => rollup.groupDays(some, quartersOf(some), out));
    for (const mark of chosen) mark.isDayDone = true;
    const unfinished = new Set(own.filter((mark) => !mark.isDayDone).map(monthOf));
    const finished = own.filter((mark) => !unfinished.has(monthOf(mark)));
    if (finished.length === 0) return;
    for (const [cause, some] of byCause(finished, (mark) => `${mark.site} ${monthOf(mark)}`))
      await part(cause, (out) => rollup.siteMonths(some, out));
    for (const [cause, some] of byCause(finished, monthOf))
      await part(
        cause,
        (out) =>
          rollup.groupMonths(
            some,
            some.some((mark) => allQuarters(mark) === undefined),
            out,
          ),
        limits ? [] : some,
      );
    for (const mark of finished) {
      marks.delete(keyOf(mark));
      if (limits === undefined) continue;
      summed.set(keyOf(mark), mark);
      fresh.push(mark);
    }
  };

  /** @returns how many rows were made */
  const followLimits = async (
    stage: LimitStage,
    at: Instant,
    write: (changes: Changes) => Promise<void>,
  ): Promise<number> => {
    const taken = fresh;
    fresh = [];
    if (taken.length > 0) await stage.take(taken.map((mark) => ({ ...mark, quarters: allQuarters(mark) })));
    const changes = stage.size() > 0 ? await stage.slice(at) : {};
    // A day that changed again is not done.
    const done = stage.size() === 0 ? [...summed.values()].filter((mark) => !marks.has(keyOf(mark))) : [];
    if (done.length > 0 || changes.facts || (changes.observations?.length ?? 0) > 0)
      await write({ ...changes, dirtyDone: done });
    if (stage.size() === 0) summed.clear();
    return changes.observations?.length ?? 0;
  };

  return {
    note(out, cause) {
      for (const [area, days] of out.dirtyDays) {
        for (const [day, quarters] of days)
          noteOne({ site: area.site.id, carrier: area.carrier, day }, quarters, cause);
      }
    },
    mark: noteOne,
    load(stored, cause) {
      for (const mark of stored) for (const known of mark.causes ?? [cause]) noteOne(mark, undefined, known);
    },
    clear() {
      marks.clear();
      summed.clear();
      fresh = [];
      limits?.clear();
    },
    size: () => marks.size + summed.size + (limits?.size() ?? 0),
    waiting: () => marks.size + summed.size || Math.min(1, limits?.size() ?? 0),
    async step(at, write) {
      await sumSome(at, write);
      // A clock that is set back would put them off until it is there again.
      if (limits && (marks.size === 0 || at >= limitsDue || at < limitsAt)) {
        limitsAt = at;
        const rows = await followLimits(limits, at, write);
        limitsDue = at + Math.max(LIMITS_EVERY_MS, rows * LIMITS_EVERY_MS_A_ROW);
      }
    },
  };
}
