/** Figures: reading them, adding them up, and writing them as rows. */
import type {
  Effects,
  Figure,
  FigureKey,
  FigureScope,
  FigureValues,
  FigureWindow,
} from "../../model/figure.ts";
import { addKnown, netEffects } from "../../model/net.ts";
import type { Instant, Span } from "../../model/time.ts";
import type { ConsumptionRow } from "../api/figures.ts";
import type { QueryContext } from "./context.ts";

/** Whose figures: how they are stored, and what an answer calls them. */
export interface Owner {
  readonly scope: FigureScope;
  readonly owner: string;
  readonly label: { readonly site?: string; readonly group?: string; readonly meter?: string };
}

/** What is said of one window of one carrier. */
export interface Part extends Span {
  readonly carrier: string;
  readonly values: FigureValues;
}

/** True for a row that a recompute made vanish; nothing is known of its window. */
export function isVanished(figure: FigureValues): boolean {
  return figure.amount === 0 && figure.coverage === 0 && figure.estimated === 0 && figure.output === 0;
}

/** Figures with windows that start in [from, to), in time order, vanished ones left out. */
export async function readFigures(
  context: QueryContext,
  keys: readonly FigureKey[],
  window: FigureWindow,
  from: Instant,
  to: Instant,
): Promise<Figure[]> {
  if (keys.length === 0 || to <= from) return [];
  const figures = await context.reader.figures(keys, window, from, to);
  return figures.filter((figure) => !isVanished(figure));
}

/** The key of a meter's figures. */
export function meterKey(meter: { site: string; id: string; carrier: string }): FigureKey {
  return { scope: "meter", owner: `${meter.site}/${meter.id}`, carrier: meter.carrier };
}

/** The key of a site's or group's figures of one carrier. */
export function ownerKey(owner: Owner, carrier: string): FigureKey {
  return { scope: owner.scope, owner: owner.owner, carrier };
}

function addEffects(a: Effects, b: Effects): Effects {
  return {
    kgceCalorific: addKnown(a.kgceCalorific, b.kgceCalorific),
    kgceEquivalent: addKnown(a.kgceEquivalent, b.kgceEquivalent),
    kgCo2Location: addKnown(a.kgCo2Location, b.kgCo2Location),
    kgCo2Market: addKnown(a.kgCo2Market, b.kgCo2Market),
  };
}

/** Ids of both, sorted; the very same array where the second adds none. */
export function unionOf(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a === b || b.every((id) => a.includes(id))) return a;
  return [...new Set([...a, ...b])].sort();
}

/**
 * The sum of windows inside `span`, added in the order given. Coverage and estimated are shares of the whole
 * span's time; a window not given counts as unknown time. `missingMeters` is the caller's to say.
 */
export function sumParts(parts: readonly Part[], span: Span): FigureValues | undefined {
  const first = parts[0];
  if (!first) return undefined;
  let { amount, output, factors } = first.values;
  let effects: Effects = first.values;
  let outputEffects = first.values.outputEffects;
  let covered = 0;
  let estimated = 0;
  for (const [i, { values, start, end }] of parts.entries()) {
    covered += values.coverage * (end - start);
    estimated += values.estimated * (end - start);
    if (i === 0) continue;
    amount += values.amount;
    output += values.output;
    effects = addEffects(effects, values);
    outputEffects = addEffects(outputEffects, values.outputEffects);
    factors = unionOf(factors, values.factors);
  }
  const length = span.end - span.start;
  const { kgceCalorific, kgceEquivalent, kgCo2Location, kgCo2Market } = effects;
  return {
    amount,
    coverage: covered / length,
    estimated: estimated / length,
    missingMeters: 0,
    kgceCalorific,
    kgceEquivalent,
    kgCo2Location,
    kgCo2Market,
    output,
    outputEffects,
    factors,
  };
}

/** A row of an answer. `missingMeters` undefined leaves it out: meters have none, and some sums cannot say. */
export function rowOf(
  context: QueryContext,
  owner: Owner,
  part: Part,
  missingMeters: number | undefined,
  restated: boolean,
): ConsumptionRow {
  const { values, carrier } = part;
  const net = netEffects(values);
  return {
    start: context.calendar.iso(part.start),
    end: context.calendar.iso(part.end),
    ...owner.label,
    carrier,
    amount: values.amount,
    unit: context.carriers.get(carrier)?.unit ?? "",
    kgceCalorific: values.kgceCalorific,
    kgceEquivalent: values.kgceEquivalent,
    kgCo2Location: values.kgCo2Location,
    kgCo2Market: values.kgCo2Market,
    netAmount: values.amount - values.output,
    netKgceCalorific: net.kgceCalorific,
    netKgceEquivalent: net.kgceEquivalent,
    netKgCo2Location: net.kgCo2Location,
    netKgCo2Market: net.kgCo2Market,
    coverage: values.coverage,
    estimated: values.estimated,
    ...(missingMeters === undefined ? {} : { missingMeters }),
    factors: [...values.factors],
    restated,
  };
}
