/** The courses of a day worked out once: a few variants of each shape, which the meters share. */

import type { DayIndex } from "../model/time.ts";
import { type DayType, dayTypeOf, dayTypes, seasonLevel, seasonPeaks, tidePhase } from "./days.ts";
import { draw, keyOf, mix, smoothNoise } from "./random.ts";
import { type Course, type Shape, type ShapeId, shapes } from "./shapes.ts";

/** Steps of a day: five minutes each. */
export const STEPS = 288;
/** Values of a day: both midnights included. */
export const NODES = STEPS + 1;
/** Hours between two nodes. */
export const STEP_HOURS = 24 / STEPS;
/** Milliseconds between two nodes. */
export const STEP_MS = STEP_HOURS * 3_600_000;

const VARIANTS = 24;
const TIDE_VARIANTS = 15;
/** High water to high water, in hours. */
const TIDE_HOURS = 12.42;

/** Level of a shape over one day, scaled so that the mean of a year is 1. */
export interface DayTable {
  readonly levels: Float64Array;
  /** Level-hours of the day. */
  readonly sum: number;
}

/** The tables of one shape under one seed. */
export interface ShapeTables {
  readonly shape: Shape;
  /** Which table a day has, for the meter of a key. */
  tableOf(key: number, day: DayIndex): DayTable;
  /** Highest level in any table and season. */
  readonly peak: number;
}

function levelAt(course: Course, hour: number): number {
  let [leftHour, leftLevel] = course[0] ?? [0, 0];
  for (const [rightHour, rightLevel] of course) {
    if (rightHour >= hour) {
      if (rightHour === leftHour) return rightLevel;
      return leftLevel + ((rightLevel - leftLevel) * (hour - leftHour)) / (rightHour - leftHour);
    }
    [leftHour, leftLevel] = [rightHour, rightLevel];
  }
  return leftLevel;
}

/** Landings come with the high water: a hump on it, above a base that runs all day. */
function tideLevel(hour: number, phase: number): number {
  const rise = Math.cos((2 * Math.PI * (hour - phase * TIDE_HOURS)) / TIDE_HOURS);
  return 0.55 + 0.6 * Math.max(0, rise) ** 2;
}

/** Integral over a day of straight lines between nodes, in level-hours. */
export function integrate(nodes: Float64Array): number {
  let sum = ((nodes[0] ?? 0) + (nodes[STEPS] ?? 0)) / 2;
  for (let i = 1; i < STEPS; i += 1) sum += nodes[i] ?? 0;
  return sum * STEP_HOURS;
}

function draft(shape: Shape, type: DayType, variant: number, seed: number): Float64Array {
  const course = shape[type] ?? shape.work;
  const key = mix(seed, variant * 3 + dayTypes.indexOf(type));
  const shift = 0.3 * (draw(key, -1) - 0.5);
  const [share, minutes] = shape.noise;
  const nodes = new Float64Array(NODES);
  for (let i = 0; i < NODES; i += 1) {
    const hour = i * STEP_HOURS;
    // The ends stay in place, so that one day goes over into the next.
    const moved = hour + shift * Math.min(1, hour, 24 - hour);
    const noise = share * smoothNoise(key, (hour * 60) / minutes);
    const tide = shape.tide ? tideLevel(hour, variant / TIDE_VARIANTS) : 1;
    nodes[i] = Math.max(0, levelAt(course, moved) * tide * (1 + noise));
  }
  return nodes;
}

/** Days over which the mean of a year is taken: 2026. */
const YEAR_START = 20_454;
const YEAR_DAYS = 365;

function yearMean(shape: Shape, drafts: ReadonlyMap<DayType, readonly Float64Array[]>, seed: number): number {
  const meanOf = new Map<DayType, number>();
  for (const [type, nodes] of drafts) {
    meanOf.set(type, nodes.reduce((sum, table) => sum + integrate(table) / 24, 0) / nodes.length);
  }
  let total = 0;
  for (let day = YEAR_START; day < YEAR_START + YEAR_DAYS; day += 1) {
    total += seasonLevel(shape.season, seed, day) * (meanOf.get(dayTypeOf(day)) ?? 0);
  }
  return total / YEAR_DAYS;
}

function buildTables(id: ShapeId, fleetSeed: number): ShapeTables {
  const shape: Shape = shapes[id];
  const seed = mix(fleetSeed, keyOf(id));
  const variants = shape.tide ? TIDE_VARIANTS : VARIANTS;
  const drafts = new Map<DayType, Float64Array[]>();
  for (const type of dayTypes) {
    drafts.set(
      type,
      Array.from({ length: variants }, (_, variant) => draft(shape, type, variant, seed)),
    );
  }
  const mean = yearMean(shape, drafts, fleetSeed);
  const tables = new Map<DayType, DayTable[]>();
  let peak = 0;
  for (const [type, list] of drafts) {
    tables.set(
      type,
      list.map((nodes) => {
        const levels = nodes.map((level) => level / mean);
        for (const level of levels) peak = Math.max(peak, level);
        return { levels, sum: integrate(levels) };
      }),
    );
  }
  const tableOf = (key: number, day: DayIndex): DayTable => {
    const pick = shape.tide ? tidePhase(day) : draw(key, day);
    const list = tables.get(dayTypeOf(day)) ?? [];
    return list[Math.floor(pick * list.length)] as DayTable;
  };
  return { shape, tableOf, peak: peak * seasonPeaks[shape.season] };
}

/** The tables of a fleet, each shape worked out when first asked for. */
export function shapeTables(seed: number): (id: ShapeId) => ShapeTables {
  const built = new Map<ShapeId, ShapeTables>();
  return (id) => {
    const known = built.get(id);
    if (known) return known;
    const tables = buildTables(id, seed);
    built.set(id, tables);
    return tables;
  };
}
