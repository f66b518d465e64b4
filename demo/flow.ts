/** Flows of energy in a carrier's canonical unit per hour: straight lines between five-minute nodes. */
import type { DayIndex } from "../model/time.ts";
import { seasonLevel } from "./days.ts";
import { draw, mix, smoothNoise } from "./random.ts";
import { integrate, NODES, type ShapeTables } from "./shape-tables.ts";

/** What passes a point, for any day, in any order of asking. */
export interface Flow {
  /** Values at the day's nodes, not to be changed. */
  nodes(day: DayIndex): Float64Array;
  /** Canonical units in the whole day: the integral of the nodes. */
  energy(day: DayIndex): number;
  /** Never exceeded. */
  readonly peak: number;
}

function scaled(nodes: Float64Array, factor: number): Float64Array {
  const result = new Float64Array(NODES);
  for (let i = 0; i < NODES; i += 1) result[i] = (nodes[i] ?? 0) * factor;
  return result;
}

/** A flow given by its nodes alone; the last day asked for is kept. */
export function nodeFlow(peak: number, compute: (day: DayIndex) => Float64Array): Flow {
  let lastDay = Number.NaN;
  let last: Float64Array = new Float64Array(NODES);
  const nodes = (day: DayIndex): Float64Array => {
    if (day === lastDay) return last;
    last = compute(day);
    lastDay = day;
    return last;
  };
  return { peak, nodes, energy: (day) => integrate(nodes(day)) };
}

/** Most by which a day's level leaves the season's: 6 % over weeks at the site, 3 % a day at the meter. */
export const LEVEL_MAX = 1.09;

/** Level of production at a site and of one of its loads on a day, about 1. */
function dayLevel(siteKey: number, key: number, day: DayIndex): number {
  return (1 + 0.06 * smoothNoise(siteKey, day / 9)) * (1 + 0.028 * (2 * draw(key, day ^ 0x5bd1) - 1));
}

/** A load of a shape with a yearly `mean` in canonical units per hour. */
export function tableFlow(
  tables: ShapeTables,
  mean: number,
  keys: { readonly seed: number; readonly site: number; readonly load: number },
): Flow {
  const scaleOn = (day: DayIndex): number =>
    mean * dayLevel(keys.site, keys.load, day) * seasonLevel(tables.shape.season, keys.seed, day);
  return {
    peak: mean * tables.peak * LEVEL_MAX,
    nodes(day) {
      return scaled(tables.tableOf(mix(keys.load, 1), day).levels, scaleOn(day));
    },
    energy: (day) => scaleOn(day) * tables.tableOf(mix(keys.load, 1), day).sum,
  };
}

/** The sum of flows. */
export function sumFlow(parts: readonly Flow[]): Flow {
  return {
    peak: parts.reduce((sum, part) => sum + part.peak, 0),
    nodes(day) {
      const total = new Float64Array(NODES);
      for (const part of parts) {
        const nodes = part.nodes(day);
        for (let i = 0; i < NODES; i += 1) total[i] = (total[i] ?? 0) + (nodes[i] ?? 0);
      }
      return total;
    },
    energy: (day) => parts.reduce((sum, part) => sum + part.energy(day), 0),
  };
}

/** A share of a flow: one of several feeders. */
export function shareOf(flow: Flow, share: number): Flow {
  return {
    peak: flow.peak * share,
    nodes: (day) => scaled(flow.nodes(day), share),
    energy: (day) => flow.energy(day) * share,
  };
}

/** No flow at all. */
export const stillFlow: Flow = { peak: 0, nodes: () => new Float64Array(NODES), energy: () => 0 };
