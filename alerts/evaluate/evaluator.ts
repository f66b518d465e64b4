/** The embedded evaluation of rules: rows and time in, alerts that begin and end out. Asks no clock. */
import type { Observation } from "../../model/observation.ts";
import { labelsOf, type Rule, titleOf } from "../../model/rule.ts";
import type { Instant } from "../../model/time.ts";
import { concerns, judge, seriesOf, valuesOf } from "./judge.ts";
import { type EvaluatorState, emptyState, readState, setBack, writeState } from "./state.ts";
import {
  advance,
  type Dwell,
  type EndReason,
  holding,
  notHolding,
  type Step,
  type Track,
  type TrackKind,
} from "./track.ts";

/** An alert that begins or ends. */
export interface AlertChange {
  readonly status: "firing" | "resolved";
  readonly kind: TrackKind;
  readonly labels: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly startsAt: Instant;
  readonly endsAt?: Instant;
  readonly values: Readonly<Record<string, number>>;
  /** Absent where the rule is gone. */
  readonly rule?: Rule;
  /** Of an end. */
  readonly reason?: EndReason;
}

export interface Evaluator {
  /** Takes rows in the order they were written. A clock that goes back a little stands still meanwhile. */
  take(rows: readonly Observation[], now: Instant): AlertChange[];
  /** What time alone brings: dwell that is over, series that ended, rows that do not come. Every few seconds. */
  tick(now: Instant): AlertChange[];
  /** Everything it knows, for `createEvaluator` after a restart. */
  state(): string;
}

/** The evaluator itself was away for longer: then nobody is to blame for rows that did not come meanwhile. */
const AWAY_MS = 120_000;

/** Rows of limits are written anew when figures change: an older one may come after a newer one. */
const REWRITTEN = "limit_usage";

const errorNames: Readonly<Record<TrackKind, string | undefined>> = {
  value: undefined,
  error: "DatasourceError",
  "no-data": "DatasourceNoData",
};

/** Labels as Grafana gives them, which calls what went wrong by its own names. */
function labelsFor(
  rule: Rule,
  kind: TrackKind,
  tags: Readonly<Record<string, string>>,
): Record<string, string> {
  const title = titleOf(rule);
  const own = errorNames[kind];
  const given = Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== ""));
  return {
    ...(own === undefined ? { alertname: title } : { alertname: own, rulename: title }),
    ...labelsOf(rule),
    ...given,
  };
}

/** What did not come has been waited for already. */
const dwellOf = (rule: Rule, kind: TrackKind): Dwell =>
  kind === "no-data" ? { forMs: 0, keepFiringMs: 0 } : rule;

const keyOf = (rule: string, kind: TrackKind, series: string): string => `${kind} ${rule} ${series}`;

interface Working {
  readonly rules: readonly Rule[];
  readonly byId: ReadonlyMap<string, Rule>;
  readonly state: EvaluatorState;
  readonly changes: AlertChange[];
  readonly now: Instant;
}

function changeOf(
  { byId, now }: Working,
  track: Track,
  status: AlertChange["status"],
  reason?: EndReason,
): AlertChange {
  const rule = byId.get(track.rule);
  const { kind, labels, tags, values } = track;
  return {
    status,
    kind,
    labels,
    tags,
    values,
    startsAt: track.startsAt ?? now,
    ...(rule === undefined ? {} : { rule }),
    ...(status === "firing" ? {} : { endsAt: now, reason: reason ?? "cleared" }),
  };
}

function apply(working: Working, key: string, before: Track, step: Step, reason?: EndReason): void {
  const { tracks } = working.state;
  if (step.track) tracks.set(key, step.track);
  else tracks.delete(key);
  if (step.change) working.changes.push(changeOf(working, step.track ?? before, step.change, reason));
}

function begin(
  working: Working,
  rule: Rule,
  kind: TrackKind,
  row: Pick<Track, "tags" | "at" | "values">,
): Track {
  const labels = labelsFor(rule, kind, row.tags);
  return { rule: rule.id, kind, labels, phase: "pending", since: working.now, ...row };
}

/** Brings one kind of track of a series to what the row says. */
function follow(working: Working, rule: Rule, kind: TrackKind, row: Observation, holds: boolean): void {
  const key = keyOf(rule.id, kind, seriesOf(row.measurement, row.tags));
  const before = working.state.tracks.get(key);
  if (before === undefined && !holds) return;
  const seen = { tags: row.tags, at: row.at, values: valuesOf(rule, row) };
  const track = before ? { ...before, ...seen } : begin(working, rule, kind, seen);
  const step = holds ? holding : notHolding;
  apply(working, key, track, step(track, dwellOf(rule, kind), working.now));
}

function takeForRule(working: Working, rule: Rule, row: Observation): void {
  const { state, now } = working;
  if (rule.noData === "alert") state.seen.set(rule.id, Math.max(state.seen.get(rule.id) ?? row.at, row.at));
  const track = state.tracks.get(keyOf(rule.id, "value", seriesOf(row.measurement, row.tags)));
  if ((track !== undefined && row.at < track.at) || now - row.at > rule.staleMs) return;
  // What is about to end fires on only from the threshold again, as in Grafana.
  const verdict = judge(rule, row, track !== undefined && track.phase !== "ending");
  follow(working, rule, "error", row, verdict === "error");
  // A row that says nothing ends nothing: the alert lasts until rows can be read again, or are stale.
  if (verdict !== "error") follow(working, rule, "value", row, verdict === "holds");
}

/** Whether an older row of the same series came late, after the figures of an earlier day changed. */
function isOvertaken({ newest }: EvaluatorState, row: Observation): boolean {
  if (row.measurement !== REWRITTEN) return false;
  const series = seriesOf(row.measurement, row.tags);
  const before = newest.get(series);
  if (before !== undefined && row.at < before) return true;
  newest.set(series, row.at);
  return false;
}

/** Whether a track is still looked after: by its rule, and where no rows came at all by one that minds. */
function isFollowed({ byId }: Working, key: string, { rule: id, kind }: Track): boolean {
  const rule = byId.get(id);
  if (rule === undefined || kind !== "no-data") return rule !== undefined;
  return rule.noData === "alert" && key === keyOf(id, kind, rule.series.measurement);
}

/** Ends the alerts of rules that are no more, or that no longer mind. */
function endOrphans(working: Working): void {
  for (const [key, track] of working.state.tracks) {
    if (isFollowed(working, key, track)) continue;
    const change = track.phase === "pending" ? {} : { change: "resolved" as const };
    apply(working, key, track, change, "removed");
  }
}

function tickTrack(working: Working, key: string, track: Track): void {
  const { state, now, byId } = working;
  const rule = byId.get(track.rule)!;
  if (track.kind === "no-data") return;
  const isStale = now - Math.max(track.at, state.awakeSince ?? now) > rule.staleMs;
  if (isStale) apply(working, key, track, notHolding(track, rule, now), "stale");
  else apply(working, key, track, advance(track, rule, now));
}

/** No row at all is an alert of its own. */
function tickNoData(working: Working, rule: Rule): void {
  const { state, now } = working;
  const key = keyOf(rule.id, "no-data", rule.series.measurement);
  const before = state.tracks.get(key);
  const seen = state.seen.get(rule.id);
  const isOut = now - Math.max(seen ?? 0, state.awakeSince ?? now) > rule.staleMs;
  const isBack = seen !== undefined && now - seen <= rule.staleMs;
  if (before === undefined ? !isOut : !isBack) return;
  const track = before ?? begin(working, rule, "no-data", { tags: {}, at: seen ?? now, values: {} });
  const step = before === undefined ? holding : notHolding;
  apply(working, key, track, step(track, dwellOf(rule, "no-data"), now));
}

/** Series of which no row was rewritten for so long need not be remembered. */
function forgetOld({ rules, state, now }: Working): void {
  const stale = Math.max(0, ...rules.filter(isOfRewritten).map((rule) => rule.staleMs));
  for (const [series, at] of state.newest) if (now - at > stale) state.newest.delete(series);
}

const isOfRewritten = (rule: Rule): boolean => rule.series.measurement === REWRITTEN;

/**
 * An evaluator that goes on from `stored`, the state of an earlier one. The state and what its changes led to
 * belong in one transaction with the place that rows were read up to.
 * @throws Error when `stored` was written by something else
 */
export function createEvaluator(rules: readonly Rule[], stored?: string): Evaluator {
  const state = stored === undefined ? emptyState() : readState(stored);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  let hasEnded = false;
  const wake = (at: Instant): Working => {
    if (state.lastNow !== undefined && state.lastNow - at > AWAY_MS) setBack(state, at);
    const now = Math.max(at, state.lastNow ?? at);
    if (state.lastNow === undefined || now - state.lastNow > AWAY_MS) state.awakeSince = now;
    state.lastNow = now;
    const working: Working = { rules, byId, state, changes: [], now };
    // Rules are the same for as long as this runs.
    if (!hasEnded) endOrphans(working);
    hasEnded = true;
    return working;
  };
  return {
    take: (rows, at) => {
      const working = wake(at);
      for (const row of rows) {
        if (isOvertaken(state, row)) continue;
        for (const rule of rules) if (concerns(rule, row)) takeForRule(working, rule, row);
      }
      return working.changes;
    },
    tick: (at) => {
      const working = wake(at);
      for (const [key, track] of state.tracks) tickTrack(working, key, track);
      for (const rule of rules) if (rule.noData === "alert") tickNoData(working, rule);
      forgetOld(working);
      return working.changes;
    },
    state: () => writeState(state),
  };
}
