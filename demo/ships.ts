/** Ships at berths: when they call, how long they stay, and what they draw from the shore. */
import type { Berth } from "../model/registry.ts";
import { type DayIndex, HOUR_MS, type Instant, MINUTE_MS } from "../model/time.ts";
import type { FleetDays } from "./days.ts";
import { type Flow, nodeFlow } from "./flow.ts";
import { draw, mix, smoothNoise } from "./random.ts";
import { NODES, STEP_MS } from "./shape-tables.ts";

/** A berth is free for the next ship every so often: the longest stay, and room to come and go. */
const CALL_SLOT_MS = 50 * HOUR_MS;
const CALL_CHANCE = 0.72;
const EQUIPPED_CHANCE = 0.85;
/** Coastal ships that stay longer must connect (岸电管理办法, second-hand). */
const OBLIGED_HOURS = 3;

/** A ship's stay. */
export interface ShipCall {
  readonly arrival: Instant;
  readonly departure: Instant;
  /** Mean draw from the shore in kW; 0 when the ship cannot connect or need not. */
  readonly shoreKw: number;
}

/** The call of a slot of time, if a ship came. Stays last 6 to 40 hours. */
export function callOf(key: number, slot: number, capKw: number, berth?: Berth): ShipCall | undefined {
  const own = mix(key, slot);
  if (draw(own, 1) >= CALL_CHANCE) return undefined;
  const arrival = Math.round(slot * CALL_SLOT_MS + draw(own, 2) * 8 * HOUR_MS);
  const hours = 6 + 34 * draw(own, 3) ** 1.6;
  const able = (berth === undefined || berth.shorePower) && draw(own, 4) < EQUIPPED_CHANCE;
  const obliged = berth?.type !== "tanker" && hours > OBLIGED_HOURS;
  const shoreKw = able && obliged ? capKw * (0.3 + 0.55 * draw(own, 5)) : 0;
  return { arrival, departure: arrival + Math.round(hours * HOUR_MS), shoreKw };
}

/** Slots whose calls may touch [start, end). */
export function callsWithin(
  key: number,
  span: { readonly start: Instant; readonly end: Instant },
  capKw: number,
  berth?: Berth,
): ShipCall[] {
  const calls: ShipCall[] = [];
  const last = Math.floor(span.end / CALL_SLOT_MS);
  for (let slot = Math.floor(span.start / CALL_SLOT_MS) - 1; slot <= last; slot += 1) {
    const call = callOf(key, slot, capKw, berth);
    if (call && call.departure > span.start && call.arrival < span.end) calls.push(call);
  }
  return calls;
}

/** Shore power of one berth in kW: from 45 min after arrival to 30 min before departure. */
export function shoreFlow(key: number, days: FleetDays, capKw: number, berth?: Berth): Flow {
  return nodeFlow(capKw, (day: DayIndex) => {
    const nodes = new Float64Array(NODES);
    const start = days.startOf(day);
    const span = { start, end: days.startOf(day + 1) + 1 };
    for (const { arrival, departure, shoreKw } of callsWithin(key, span, capKw, berth)) {
      if (shoreKw === 0) continue;
      const first = Math.max(0, Math.ceil((arrival + 45 * MINUTE_MS - start) / STEP_MS));
      const last = Math.min(NODES - 1, Math.floor((departure - 30 * MINUTE_MS - start) / STEP_MS));
      for (let i = first; i <= last; i += 1) {
        nodes[i] = shoreKw * (1 + 0.12 * smoothNoise(key, (start + i * STEP_MS) / (25 * MINUTE_MS)));
      }
    }
    return nodes;
  });
}
