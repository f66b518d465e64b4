/**
 * Judging the readings of one register, in time (design §4, "Judging").
 *
 * The judge is fed one point after another and keeps two things: the last point that stands, and the run of
 * short segments behind it that is yet undecided. A point is `certain` when it stands and nothing is
 * undecided: the judge can be restarted there, whatever comes later.
 */
import type { Verdict } from "../../model/reading.ts";
import { ceiling, type Gauge, multiplierAt, type Point, type RegistryPoint, relate } from "./gauge.ts";

/** Readings of a short segment are fewer than this. */
const STANDING_LENGTH = 3;
/** A run of short segments holds at most this many readings. */
const RUN_LENGTH = 8;

/** A point with what the judge made of it. `joins`: energy flows to it from the standing point before. */
export interface Judged<P extends Point = Point> {
  readonly point: P;
  verdict: Verdict;
  joins: boolean;
  certain: boolean;
}

export interface Judge<P extends Point> {
  feed(point: P, fromRegistry?: RegistryPoint["kind"]): Judged<P>;
}

/** A judge of a cumulative register. What `feed` returns may change until the judge has decided. */
export function cumulativeJudge<P extends Point>(gauge: Gauge): Judge<P> {
  let last: Judged<P> | undefined;
  let run: Judged<P>[][] = [];

  const stand = (judged: Judged<P>, verdict: Verdict, joins: boolean): void => {
    judged.verdict = verdict;
    judged.joins = joins;
    last = judged;
  };

  /** A segment stands: its first point as `verdict`, the others as they joined inside it. */
  const standAll = (segment: Judged<P>[], verdict: Verdict, joins: boolean): void => {
    segment.forEach((judged, i) => {
      if (i === 0) stand(judged, verdict, joins);
      else stand(judged, relate(gauge, segment[i - 1]!.point, judged.point) as Verdict, true);
    });
  };

  const setAside = (segments: readonly Judged<P>[][]): void => {
    for (const segment of segments) for (const judged of segment) judged.verdict = "spike";
  };

  /** Energy across a break is unknown, unless the register is one that is reset to zero. */
  const standApart = (segment: Judged<P>[]): void => {
    const first = segment[0]!.point;
    const before = last!.point;
    const afterReset = first.value * gauge.unitFactor * multiplierAt(gauge, first.at);
    const isReset =
      gauge.resetsToZero && first.value < before.value && afterReset <= ceiling(gauge, before.at, first.at);
    standAll(segment, isReset ? "reset" : "level-shift", isReset);
  };

  /** After the standing point moved on: the shortest run that a joining segment ends is set aside. */
  const closeRuns = (): void => {
    for (let k = 1; k < run.length; k += 1) {
      const relation = relate(gauge, last!.point, run[k]![0]!.point);
      if (relation !== "ok" && relation !== "rollover") continue;
      setAside(run.slice(0, k));
      standAll(run[k]!, relation, true);
      run = run.slice(k + 1);
      k = 0;
    }
  };

  const decide = (all: boolean): void => {
    const total = () => run.reduce((sum, segment) => sum + segment.length, 0);
    while (run.length > 0 && (all || run.at(-1)!.length >= STANDING_LENGTH || total() > RUN_LENGTH)) {
      standApart(run.shift()!);
      closeRuns();
    }
  };

  const feedUndecided = (judged: Judged<P>): void => {
    const segment = run.at(-1)!;
    const relation = relate(gauge, segment.at(-1)!.point, judged.point);
    if (relation === "dip") {
      judged.verdict = "dip";
      return;
    }
    if (relation === "break") {
      const toStanding = relate(gauge, last!.point, judged.point);
      if (toStanding === "ok" || toStanding === "rollover") {
        setAside(run);
        run = [];
        stand(judged, toStanding, true);
        return;
      }
      run.push([judged]);
    } else segment.push(judged);
    decide(false);
  };

  const feed = (point: P, fromRegistry?: RegistryPoint["kind"]): Judged<P> => {
    const judged: Judged<P> = { point, verdict: "pending", joins: false, certain: false };
    if (last === undefined || fromRegistry === "swap-first") {
      run = [];
      stand(judged, "ok", false);
    } else if (run.length === 0) {
      const relation = relate(gauge, last.point, point);
      if (relation === "break") run = [[judged]];
      else if (relation === "dip") judged.verdict = "dip";
      else stand(judged, relation, true);
    } else feedUndecided(judged);
    // The old meter is gone: nothing will come that could decide what still waits.
    if (fromRegistry === "swap-final") decide(true);
    judged.certain = run.length === 0 && last === judged;
    return judged;
  };
  return { feed };
}

/** A judge of an interval register: each value is the amount of [at − interval, at). */
export function intervalJudge<P extends Point>(gauge: Gauge): Judge<P> {
  let lastEnd = Number.NEGATIVE_INFINITY;
  const feed = (point: P): Judged<P> => {
    const start = point.at - gauge.intervalMs;
    const amount = point.value * gauge.unitFactor * multiplierAt(gauge, start);
    if (point.value < 0 || amount > ceiling(gauge, start, point.at)) {
      return { point, verdict: "implausible", joins: false, certain: false };
    }
    if (start < lastEnd) return { point, verdict: "overlap", joins: false, certain: false };
    lastEnd = point.at;
    return { point, verdict: "ok", joins: true, certain: true };
  };
  return { feed };
}

export function judgeOf<P extends Point>(gauge: Gauge): Judge<P> {
  return gauge.kind === "cumulative" ? cumulativeJudge(gauge) : intervalJudge(gauge);
}
