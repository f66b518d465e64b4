/** Which of many windows get a label on the time axis, and which. */
import { clockOf, type Window } from "../format/time.ts";

const MOST_LABELS = 12;

/** Keeps labels at a round step of `candidates`. */
function thin(candidates: readonly number[], steps: readonly number[]): Set<number> {
  const step =
    steps.find((size) => candidates.length / size <= MOST_LABELS) ??
    Math.ceil(candidates.length / MOST_LABELS);
  return new Set(candidates.filter((_, place) => place % step === 0));
}

export interface AxisLabels {
  readonly shown: ReadonlySet<number>;
  readonly text: (iso: string) => string;
}

/** Labels for windows given by their starts as ISO times: hours within a day or two, else days, or months. */
export function axisLabels(starts: readonly string[], window: Window): AxisLabels {
  if (window === "month")
    return { shown: thin([...starts.keys()], [1, 2, 3, 6]), text: (iso) => iso.slice(0, 7) };
  if (window === "day")
    return { shown: thin([...starts.keys()], [1, 2, 5, 7, 14, 30]), text: (iso) => iso.slice(5, 10) };
  const midnights = [...starts.keys()].filter((index) => clockOf(starts[index]!) === "00:00");
  if (midnights.length > 2)
    return { shown: thin(midnights, [1, 2, 3, 5, 7]), text: (iso) => iso.slice(5, 10) };
  const hours = [...starts.keys()].filter((index) => {
    const clock = clockOf(starts[index]!);
    return clock.endsWith(":00") && Number(clock.slice(0, 2)) % (midnights.length > 1 ? 6 : 3) === 0;
  });
  const text = (iso: string) =>
    midnights.length > 1 && clockOf(iso) === "00:00" ? iso.slice(5, 10) : clockOf(iso);
  return { shown: new Set(hours), text };
}
