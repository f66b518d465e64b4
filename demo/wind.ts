/** Wind turbines: a wind that comes and goes over hours and days, and the curve of a turbine. */
import { HOUR_MS } from "../model/time.ts";
import { dayOfYear, type FleetDays } from "./days.ts";
import { type Flow, nodeFlow } from "./flow.ts";
import { mix, smoothNoise } from "./random.ts";
import { NODES, STEP_MS } from "./shape-tables.ts";

const CUT_IN = 3;
const RATED = 11.5;
const CUT_OUT = 25;

function cube(speed: number): number {
  return speed * speed * speed;
}

/** Share of the rated power at a wind speed in m/s. */
export function turbineShare(speed: number): number {
  if (speed <= CUT_IN || speed >= CUT_OUT) return 0;
  if (speed >= RATED) return 1;
  return (cube(speed) - cube(CUT_IN)) / (cube(RATED) - cube(CUT_IN));
}

/** Generation in kW of a wind farm that gives at most `capKw`. */
export function windFlow(key: number, days: FleetDays, capKw: number): Flow {
  return nodeFlow(capKw, (day) => {
    const nodes = new Float64Array(NODES);
    const start = days.startOf(day);
    for (let i = 0; i < NODES; i += 1) {
      const hours = (start + i * STEP_MS) / HOUR_MS;
      const spells = 3.2 * smoothNoise(key, hours / 40) + 1.6 * smoothNoise(mix(key, 1), hours / 7);
      const gusts = 0.7 * smoothNoise(mix(key, 2), hours * 3);
      const season = 1.1 * Math.cos((2 * Math.PI * (dayOfYear(day) - 15)) / 365);
      nodes[i] = capKw * turbineShare(6.9 + season + spells + gusts);
    }
    return nodes;
  });
}
