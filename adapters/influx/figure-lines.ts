/** Figures as lines. */
import type { Figure, FigureKey, FigureScope, FigureWindow } from "../../model/figure.ts";
import { createPoints, stringValue, tagValue } from "./line.ts";

export type FigureMeasurement = `${FigureScope}_${FigureWindow}`;

export function measurementOf(scope: FigureScope, window: FigureWindow): FigureMeasurement {
  return `${scope}_${window}`;
}

/** Tags of a figure's series. */
export function tagsOf({ scope, owner, carrier }: FigureKey): Record<string, string> {
  if (scope === "group") return { carrier, group: owner };
  if (scope === "site") return { carrier, site: owner };
  const slash = owner.indexOf("/");
  return { carrier, meter: owner.slice(slash + 1), site: owner.slice(0, slash) };
}

type Prefixes = Partial<Record<FigureWindow, string>>;

/** Beginnings of lines by series, since joining and escaping them takes longer than the numbers. */
function createPrefixes() {
  const known: Readonly<Record<FigureScope, Map<string, Prefixes>>> = {
    meter: new Map(),
    site: new Map(),
    group: new Map(),
  };
  /** An owner's figures come one after the other: its name is joined once for all of them. */
  let last: Figure | undefined;
  let prefixes: Prefixes = {};
  const turnTo = (figure: Figure): void => {
    const byName = known[figure.scope];
    const name = `${figure.carrier} ${figure.owner}`;
    prefixes = byName.get(name) ?? {};
    byName.set(name, prefixes);
  };
  return (figure: Figure): string => {
    if (last?.owner !== figure.owner || last.carrier !== figure.carrier || last.scope !== figure.scope)
      turnTo(figure);
    last = figure;
    let prefix = prefixes[figure.window];
    if (prefix === undefined) {
      // Tags in alphabetical order spare InfluxDB the sorting.
      const tags = Object.entries(tagsOf(figure)).map(([tag, value]) => `${tag}=${tagValue(value)}`);
      prefix = `${measurementOf(figure.scope, figure.window)},${tags.join(",")}`;
      prefixes[figure.window] = prefix;
    }
    return prefix;
  };
}

/** A field that may be unknown: InfluxDB has no null, it is left out. */
const known = (field: string, value: number | null): string => (value === null ? "" : `,${field}=${value}`);

const effects = ["kgceCalorific", "kgceEquivalent", "kgCo2Location", "kgCo2Market"] as const;

/**
 * Which values are unknown, a bit each: the four of the figure, then the four of its output. A value that is left
 * out of a point does not take the place of an earlier one, so that a reader must not rely on its absence.
 */
export function unknownBits(figure: Figure): number {
  let bits = 0;
  effects.forEach((name, i) => {
    if (figure[name] === null) bits |= 1 << i;
    if (figure.outputEffects[name] === null) bits |= 1 << (effects.length + i);
  });
  return bits;
}

/** The fields of a figure that are known. */
function fieldsOf(figure: Figure): string {
  const { amount, coverage, estimated } = figure;
  const head = `amount=${amount},coverage=${coverage},estimated=${estimated}`;
  if (figure.scope === "meter") return head;
  const out = figure.outputEffects;
  return (
    `${head},missingMeters=${figure.missingMeters}` +
    known("kgceCalorific", figure.kgceCalorific) +
    known("kgceEquivalent", figure.kgceEquivalent) +
    known("kgCo2Location", figure.kgCo2Location) +
    known("kgCo2Market", figure.kgCo2Market) +
    known("output", figure.output) +
    known("outputKgceCalorific", out.kgceCalorific) +
    known("outputKgceEquivalent", out.kgceEquivalent) +
    known("outputKgCo2Location", out.kgCo2Location) +
    known("outputKgCo2Market", out.kgCo2Market) +
    `,factors=${stringValue(figure.factors.join())},unknown=${unknownBits(figure)}`
  );
}

/**
 * Makes lines of figures. Of a figure given twice only the last is written: merged with the one before it, a value
 * that is unknown in the last would come from the other.
 */
export function createFigureLines(): (figures: readonly Figure[]) => string[] {
  const prefixOf = createPrefixes();
  return (figures) => {
    const points = createPoints();
    for (const figure of figures) points.add(prefixOf(figure), figure.start, fieldsOf(figure));
    return points.lines();
  };
}
