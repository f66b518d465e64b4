/** Charging sessions: when cars come, how much they take and how fast. */
import type { DayIndex } from "../model/time.ts";
import { dayTypeOf } from "./days.ts";
import { type Flow, nodeFlow } from "./flow.ts";
import { draw, mix } from "./random.ts";
import { NODES, STEP_HOURS, STEPS } from "./shape-tables.ts";

/** Chance that a gun is taken in a slot, by the hour at which the slot begins. */
const publicChance = [
  0.12, 0.08, 0.05, 0.04, 0.05, 0.1, 0.2, 0.28, 0.34, 0.38, 0.42, 0.5, 0.52, 0.44, 0.4, 0.38, 0.42, 0.5, 0.56,
  0.55, 0.48, 0.4, 0.34, 0.22,
] as const;

/** Buses are charged when the last line has come in, and a little at noon. */
const depotChance = [
  0.9, 0.85, 0.75, 0.6, 0.35, 0.1, 0.05, 0.05, 0.06, 0.1, 0.15, 0.3, 0.35, 0.25, 0.12, 0.1, 0.06, 0.05, 0.1,
  0.2, 0.4, 0.6, 0.8, 0.9,
] as const;

/** Slow guns (AC, up to 22 kW) are held for hours, fast ones are not. */
function slotHours(gunKw: number): number {
  return gunKw <= 22 ? 8 : 2;
}

/** The guns behind a charging meter. */
export interface Guns {
  readonly count: number;
  /** Rated power of each, in kW. */
  readonly ratedKw: number;
  /** They serve a depot's own vehicles. */
  readonly depot: boolean;
}

/** A session: power in kW at the nodes first to last of its day. */
export interface Session {
  readonly gun: number;
  readonly first: number;
  readonly last: number;
  readonly kw: number;
}

function sessionOf(key: number, guns: Guns, gun: number, slot: number): Session | undefined {
  const hours = slotHours(guns.ratedKw);
  const own = mix(mix(key, slot), gun);
  const chance = (guns.depot ? depotChance : publicChance)[Math.floor(slot * hours) % 24] ?? 0;
  if (draw(own, 1) >= chance) return undefined;
  const slotNodes = hours / STEP_HOURS;
  const kw = guns.ratedKw * (0.45 + 0.55 * draw(own, 2));
  const kwh = 8 + 37 * draw(own, 3);
  const wanted = Math.max(2, Math.round(kwh / kw / STEP_HOURS));
  const begin = 1 + Math.floor(draw(own, 4) * slotNodes * 0.4);
  const first = (slot * slotNodes + begin) % STEPS;
  return { gun, first, last: first + Math.min(wanted, slotNodes - begin - 1) - 1, kw };
}

/** The sessions of a day; a gun has at most one at a time. */
export function sessionsOf(key: number, guns: Guns, day: DayIndex): Session[] {
  const slots = 24 / slotHours(guns.ratedKw);
  const sessions: Session[] = [];
  const busy = dayTypeOf(day) === "work" ? 1 : 1.25;
  for (let gun = 0; gun < guns.count; gun += 1) {
    for (let s = 0; s < slots; s += 1) {
      const session = sessionOf(key, guns, gun, day * slots + s);
      if (session && draw(mix(key, day), gun * 64 + s) * 1.25 < busy) sessions.push(session);
    }
  }
  return sessions;
}

/** What a charging meter counts in kW, held at `capKw` by the station's load management. */
export function chargingFlow(key: number, guns: Guns, capKw: number): Flow {
  return nodeFlow(capKw, (day) => {
    const nodes = new Float64Array(NODES);
    for (const { first, last, kw } of sessionsOf(key, guns, day)) {
      for (let i = first; i <= last; i += 1) nodes[i] = (nodes[i] ?? 0) + kw;
    }
    return nodes.map((kw) => Math.min(kw, capKw));
  });
}
