/**
 * How Grafana 12 goes on from the answer of a rule's question, after its documentation and the states of its source:
 * reduce to the last value, threshold with an end of its own for what is pending or firing, pending period, keep
 * firing, and series that are missing.
 */
import type { GrafanaRule } from "../../dashboards/builder/alerting/rule.ts";

/** A piece of InfluxDB's answer: a series with its tags. */
export interface AnswerSeries {
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | null)[])[];
}

interface State {
  readonly phase: "pending" | "alerting" | "recovering";
  readonly since: number;
  readonly lastEvaluation: number;
}

interface Evaluator {
  readonly type: string;
  readonly params: readonly number[];
}

const tests: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
};
const meets = ({ type, params }: Evaluator, value: number): boolean => tests[type]!(value, params[0]!);

const msOf = (seconds: string): number => Number(seconds.replace(/s$/, "")) * 1000;

/** `reduce` with `last`. */
function lastOf({ columns, values }: AnswerSeries): number {
  const column = columns.findIndex((name) => name !== "time");
  return values.at(-1)![column] as number;
}

/** Name of a series: its labels, empty ones left out. */
export const labelsKey = (tags: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify(
    Object.entries(tags)
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** One rule with the states of its series. */
export function createGrafanaRule(rule: GrafanaRule, intervalMs: number) {
  const threshold = rule.data.find(({ refId }) => refId === rule.condition)!.model as unknown as {
    conditions: { evaluator: Evaluator; unloadEvaluator?: Evaluator }[];
  };
  const { evaluator, unloadEvaluator } = threshold.conditions[0]!;
  const states = new Map<string, State>();
  let hasNoData = false;

  function fires(state: State | undefined, value: number): boolean {
    const isLoaded = state !== undefined && state.phase !== "recovering";
    return isLoaded && unloadEvaluator ? !meets(unloadEvaluator, value) : meets(evaluator, value);
  }

  function next(state: State | undefined, isFiring: boolean, now: number): State | undefined {
    const seen = { lastEvaluation: now };
    if (isFiring) {
      if (state === undefined)
        return { phase: msOf(rule.for) > 0 ? "pending" : "alerting", since: now, ...seen };
      if (state.phase === "recovering") return { phase: "alerting", since: now, ...seen };
      if (state.phase === "pending" && now - state.since >= msOf(rule.for))
        return { phase: "alerting", since: now, ...seen };
      return { ...state, ...seen };
    }
    if (state === undefined || state.phase === "pending") return undefined;
    if (state.phase === "alerting")
      return msOf(rule.keepFiringFor) > 0 ? { phase: "recovering", since: now, ...seen } : undefined;
    return now - state.since >= msOf(rule.keepFiringFor) ? undefined : { ...state, ...seen };
  }

  function dropMissing(answered: ReadonlySet<string>, now: number): void {
    const patience = rule.missing_series_evals_to_resolve * intervalMs;
    for (const [key, { lastEvaluation }] of states)
      if (!answered.has(key) && now - lastEvaluation >= patience) states.delete(key);
  }

  return {
    /** One look at an answer. */
    evaluate(answer: readonly AnswerSeries[], now: number): void {
      hasNoData = answer.length === 0 && rule.noDataState === "NoData";
      for (const series of answer) {
        const key = labelsKey(series.tags);
        const state = states.get(key);
        const after = next(state, fires(state, lastOf(series)), now);
        if (after) states.set(key, after);
        else states.delete(key);
      }
      dropMissing(new Set(answer.map(({ tags }) => labelsKey(tags))), now);
    },
    /** Series that fire, by their labels, and `no data`. */
    firing(): string[] {
      const keys = [...states].filter(([, { phase }]) => phase !== "pending").map(([key]) => key);
      return [...keys, ...(hasNoData ? ["no data"] : [])].sort();
    },
  };
}
