/** What a case left in the store. */
import { expect } from "vitest";
import type { Figure, FigureScope, FigureWindow } from "../model/figure.ts";
import type { StoredReading } from "../model/reading.ts";
import type { Meter } from "../model/registry.ts";
import { DAY_MS, type Span } from "../model/time.ts";
import { isVanished } from "../processors/consumption/meter-day.ts";
import type { Pipeline } from "./world.ts";

/** Energy that may be off for being added in binary, in the carrier's canonical unit. */
export const TOLERANCE = 1e-9;

/** Expects two amounts to be equal within the tolerance. */
export function near(value: number, expected: number, what: string): void {
  const isNear = Math.abs(value - expected) <= TOLERANCE;
  expect(isNear, `${what}: ${value} instead of ${expected}`).toBe(true);
}

/** Time around a case's window in which rows would be noticed that should not be there. */
const AROUND_MS = 40 * DAY_MS;

/** Stored figures around a span, those left out that a recompute made vanish. */
export async function figuresIn(
  { plan, store }: Pipeline,
  span: Span,
  scope: FigureScope,
  window: FigureWindow,
  owner?: string,
): Promise<Figure[]> {
  const { sites, carriers } = plan.registry;
  const owners = {
    meter: [...plan.meters.keys()],
    site: sites.map((one) => one.id),
    group: [...plan.groupSites.keys()],
  };
  const keys = owners[scope]
    .filter((one) => owner === undefined || one === owner)
    .flatMap((one) => carriers.map((carrier) => ({ scope, owner: one, carrier: carrier.id })));
  const rows = await store.figures(keys, window, span.start - AROUND_MS, span.end + AROUND_MS);
  return rows.filter((row) => !isVanished(row));
}

/** Every stored figure around a span, to be compared bit by bit. */
export async function everythingIn(pipeline: Pipeline, span: Span): Promise<Figure[]> {
  const all: Figure[] = [];
  for (const window of ["15m", "day", "month"] as const) {
    for (const scope of ["meter", "site", "group"] as const) {
      if (scope !== "meter" || window !== "month")
        all.push(...(await figuresIn(pipeline, span, scope, window)));
    }
  }
  return all;
}

/** All readings of a register, in time. */
export const readingsOf = (
  pipeline: Pipeline,
  { site, id }: Meter,
  register: string,
): Promise<StoredReading[]> =>
  pipeline.store.readings({ site, meter: id, register }, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
