/** The judge, which decides as readings come, against the rule as it is written, applied to the whole series. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Verdict } from "../../model/reading.ts";
import { gaugeOf } from "../../processors/consumption/gauge.ts";
import { judgeAll } from "../../processors/consumption/settle.ts";
import { at, meter, reading, register } from "../world.ts";

const INTERVAL_MS = 900_000;
const SPAN = 1000;
const COUNT = 0.1;
/** For comparisons of values that are multiples of a count. */
const SLACK = 1e-6;

interface Value {
  readonly at: number;
  readonly value: number;
}

interface Rules {
  readonly maxPerHour: number;
  readonly multiplier: number;
  readonly resetsToZero: boolean;
}

function mostBetween({ maxPerHour, multiplier }: Rules, a: Value, b: Value): number {
  return ((maxPerHour * (b.at - a.at)) / 3_600_000) * 1.2 + 2 * COUNT * multiplier + SLACK;
}

function relation(rules: Rules, a: Value, b: Value): "ok" | "dip" | "rollover" | "break" {
  const travel = b.value - a.value;
  const most = mostBetween(rules, a, b);
  if (travel >= 0) return travel * rules.multiplier <= most ? "ok" : "break";
  if (-travel <= 2 * COUNT + SLACK) return "dip";
  const isWrapped = a.value >= 0.9 * SPAN && (travel + SPAN) * rules.multiplier <= most;
  return isWrapped ? "rollover" : "break";
}

/** Cuts a series where neighbours break; dips belong to no segment. */
function segmentsOf(rules: Rules, values: readonly Value[], verdicts: Verdict[]): number[][] {
  const segments: number[][] = [[0]];
  let last = 0;
  for (let i = 1; i < values.length; i += 1) {
    const how = relation(rules, values[last]!, values[i]!);
    if (how === "dip") verdicts[i] = "dip";
    else {
      if (how === "break") segments.push([i]);
      else segments.at(-1)!.push(i);
      if (how === "rollover") verdicts[i] = "rollover";
      last = i;
    }
  }
  return segments;
}

/** The nearest segment behind a run of short ones that joins `end`; `open` when such a run reaches the end. */
function nextJoining(
  rules: Rules,
  values: readonly Value[],
  segments: readonly number[][],
  end: Value,
  from: number,
) {
  let readings = 0;
  for (let j = from; j < segments.length; j += 1) {
    const how = j > from ? relation(rules, end, values[segments[j]![0]!]!) : "break";
    if (how === "ok" || how === "rollover") return { at: j, how };
    readings += segments[j]!.length;
    if (segments[j]!.length >= 3 || readings > 8) return undefined;
  }
  return "open";
}

function verdictsOf(rules: Rules, values: readonly Value[]): Verdict[] {
  const verdicts: Verdict[] = values.map(() => "ok");
  const segments = segmentsOf(rules, values, verdicts);
  const mark = (from: number, to: number, verdict: Verdict): void => {
    for (const i of segments.slice(from, to).flat()) verdicts[i] = verdict;
  };
  let standing = 0;
  for (let next = 1; next < segments.length; next = standing + 1) {
    const end = values[segments[standing]!.at(-1)!]!;
    const joining = nextJoining(rules, values, segments, end, next);
    if (joining === "open") {
      mark(next, segments.length, "pending");
      break;
    }
    standing = joining?.at ?? next;
    const index = segments[standing]![0]!;
    if (joining) {
      mark(next, joining.at, "spike");
      verdicts[index] = joining.how;
    } else {
      const first = values[index]!;
      const isReset =
        rules.resetsToZero &&
        first.value < end.value &&
        first.value * rules.multiplier <= mostBetween(rules, end, first);
      verdicts[index] = isReset ? "reset" : "level-shift";
    }
  }
  return verdicts;
}

/** A register that moves on by up to 8 units, with gaps, spikes, small and large falls, and resets. */
const seriesOf = (resetsToZero: boolean): fc.Arbitrary<Value[]> =>
  fc
    .array(
      fc.record({
        steps: fc.constantFrom(1, 1, 1, 1, 2, 5),
        travel: fc.integer({ min: 0, max: 80 }),
        reset: fc.constantFrom(false, false, false, false, false, true),
        noise: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, -2, -3, 150, 4000, -4000, 9000),
      }),
      { minLength: 2, maxLength: 30 },
    )
    .map((list) => {
      let when = at("2026-11-01");
      let counts = 9500;
      return list.map(({ steps, travel, reset, noise }) => {
        when += steps * INTERVAL_MS;
        counts = resetsToZero && reset ? travel : (counts + travel) % 10_000;
        return { at: when, value: Math.min(9999, Math.max(0, counts + noise)) / 10 };
      });
    });

test("decides every reading as the rule does", () => {
  const rulesArbitrary = fc.record({
    maxPerHour: fc.constantFrom(40, 100, 400),
    multiplier: fc.constantFrom(1, 10),
    resetsToZero: fc.boolean(),
  });
  const cases = rulesArbitrary.chain((rules) => fc.tuple(fc.constant(rules), seriesOf(rules.resetsToZero)));
  const seen = new Set<Verdict>();
  fc.assert(
    fc.property(cases, ([{ maxPerHour, multiplier, resetsToZero }, values]) => {
      const rules = { maxPerHour: maxPerHour * multiplier, multiplier, resetsToZero };
      const one = register({ digits: 4, decimals: 1, resetsToZero });
      const multipliers = [{ from: 0, value: multiplier, registers: {} }];
      const gauge = gaugeOf(meter({ maxPerHour: rules.maxPerHour, multipliers, registers: [one] }), one);
      const stored = values.map((row, i) => ({
        ...reading(row.at, row.value),
        receivedAt: row.at,
        offset: i,
        verdict: "pending" as const,
        certain: false,
      }));
      const wanted = verdictsOf(rules, values);
      for (const verdict of wanted) seen.add(verdict);
      expect(judgeAll(gauge, stored).rows.map((row) => row.verdict)).toEqual(wanted);
    }),
    { numRuns: 3000, seed: 20_261_123 },
  );
  expect([...seen].sort()).toEqual(["dip", "level-shift", "ok", "pending", "reset", "rollover", "spike"]);
});
