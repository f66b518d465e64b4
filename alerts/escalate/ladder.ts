/** The ladder: who is told next, and when, while nobody answers. */
import type { ColourPolicy } from "../../model/duty.ts";
import type { Instant } from "../../model/time.ts";
import type { WorkingTime } from "./working-time.ts";

/** By when somebody has to acknowledge: the first rung. Undefined where there is no ladder. */
export function dueAtOf(policy: ColourPolicy, from: Instant, work: WorkingTime): Instant | undefined {
  const first = policy.ladder[0];
  return first === undefined ? undefined : work.after(from, first.afterWorkingMinutes);
}

/** When a rung is due, counted from 0; undefined above the last one. */
export function rungAt(
  policy: ColourPolicy,
  rung: number,
  from: Instant,
  work: WorkingTime,
): Instant | undefined {
  const step = policy.ladder[rung];
  return step === undefined ? undefined : work.after(from, step.afterWorkingMinutes);
}
