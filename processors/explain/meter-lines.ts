/** The arithmetic of one meter: from register values to its energy in the window. */
import type { Calendar, Span } from "../../model/time.ts";
import type { Gauge } from "../consumption/gauge.ts";
import { type Pair, shareInside } from "./pairs.ts";
import { amountText, momentText, registerText } from "./readable.ts";

/** Units of a register as it shows them and of its carrier. */
export interface Units {
  readonly register: string;
  readonly canonical: string;
}

const isSameMultiplier = (a: Pair, b: Pair): boolean =>
  a.parts.length === 1 && b.parts.length === 1 && a.parts[0]!.multiplier === b.parts[0]!.multiplier;

/** Pairs whose register travel is one: each begins where the one before ended, all inside the window. */
function continues(a: Pair, b: Pair): boolean {
  if (!a.isWhole || !b.isWhole || a.quality !== b.quality || a.how !== b.how) return false;
  if (!isSameMultiplier(a, b) || a.to.at !== b.from.at) return false;
  return a.how === "interval" || (a.how === "joined" && a.to.value === b.from.value);
}

/** Runs of pairs that can be added up in one step. */
function runsOf(pairs: readonly Pair[]): Pair[][] {
  const runs: Pair[][] = [];
  for (const pair of pairs) {
    const run = runs.at(-1);
    if (run && continues(run.at(-1)!, pair)) run.push(pair);
    else runs.push([pair]);
  }
  return runs;
}

/** What the register moved by, as a difference of values it showed. */
function travelText(gauge: Gauge, run: readonly Pair[]): string {
  const first = run[0]!;
  const last = run.at(-1)!;
  const show = (value: number): string => registerText(value, gauge.countsPerUnit);
  if (first.how === "interval") {
    if (run.length === 1) return show(last.to.value);
    const sum = run.reduce((total, pair) => total + pair.to.value, 0);
    return `Σ ${run.length} interval values ${amountText(sum)}`;
  }
  if (first.how === "reset") return show(last.to.value);
  const span = first.how === "rollover" ? ` + ${amountText(gauge.span)}` : "";
  return `(${show(last.to.value)}${span} − ${show(first.from.value)})`;
}

function multiplierText({ parts }: Pair): string {
  if (parts.length === 1) return amountText(parts[0]!.multiplier);
  const terms = parts.map(({ share, multiplier }) => `${amountText(share)} × ${amountText(multiplier)}`);
  return `(${terms.join(" + ")})`;
}

/** `(12345.67 − 12340.00) kWh × 100 = 567 kWh, share 0.5 → 283.5 kWh` with the time it speaks of. */
function runText(calendar: Calendar, run: readonly Pair[], span: Span, units: Units): string {
  const first = run[0]!;
  const { gauge } = first;
  const energy = run.reduce((sum, pair) => sum + pair.energy, 0);
  const unit =
    gauge.unitFactor === 1
      ? units.canonical
      : `${units.register} × ${amountText(gauge.unitFactor)} ${units.canonical}/${units.register}`;
  const total = `${travelText(gauge, run)} ${unit} × ${multiplierText(first)} = ${amountText(energy)} ${units.canonical}`;
  const share = first.isWhole
    ? ""
    : `, share ${amountText(shareInside(first, span))} → ${amountText(first.inside)} ${units.canonical}`;
  const marks = [
    `${momentText(calendar, first.from.at)} to ${momentText(calendar, run.at(-1)!.to.at)}`,
    ...(first.how === "rollover" || first.how === "reset" ? [first.how] : []),
    ...(first.quality === "estimated" ? ["estimated"] : []),
  ];
  return `${total}${share}  [${marks.join(", ")}]`;
}

/** One line for each run of pairs of a register; at most `most`, the others being counted. */
export function registerLines(
  calendar: Calendar,
  name: string,
  pairs: readonly Pair[],
  span: Span,
  units: Units,
  most: number,
): string[] {
  const runs = runsOf(pairs);
  const lines = runs.slice(0, most).map((run) => `${name}: ${runText(calendar, run, span, units)}`);
  if (runs.length <= most) return lines;
  const rest = runs.slice(most).flat();
  const energy = rest.reduce((sum, pair) => sum + pair.inside, 0);
  const more = `${name}: ${rest.length} more pairs of readings, together ${amountText(energy)} ${units.canonical}`;
  return [...lines, more];
}
