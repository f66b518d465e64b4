/** Photovoltaics under the real sun: its elevation at a place and a moment, and drawn clouds. */
import { DAY_MS, type DayIndex, HOUR_MS, type Instant } from "../model/time.ts";
import { dayOfYear, type FleetDays } from "./days.ts";
import { type Flow, nodeFlow } from "./flow.ts";
import { draw, mix, smoothNoise } from "./random.ts";
import { NODES, STEP_HOURS, STEP_MS } from "./shape-tables.ts";

const RADIAN = Math.PI / 180;
/** Share of the rated power under a high sun: modules, inverters, dirt. */
const PERFORMANCE = 0.88;

interface SunOfDay {
  /** sin φ · sin δ and cos φ · cos δ. */
  readonly sine: number;
  readonly cosine: number;
  /** Hours to be added to UTC hours to give solar time. */
  readonly shift: number;
}

/** Declination by Cooper's formula and the equation of time by Spencer's shortened one. */
function sunOfDay(location: readonly [number, number], dayInYear: number): SunOfDay {
  const [longitude, latitude] = location;
  const declination = 23.45 * RADIAN * Math.sin((2 * Math.PI * (285 + dayInYear)) / 365);
  const b = (2 * Math.PI * (dayInYear - 80)) / 364;
  const minutes = 9.87 * Math.sin(2 * b) - 7.53 * Math.cos(b) - 1.5 * Math.sin(b);
  return {
    sine: Math.sin(latitude * RADIAN) * Math.sin(declination),
    cosine: Math.cos(latitude * RADIAN) * Math.cos(declination),
    shift: longitude / 15 + minutes / 60,
  };
}

function heightAt(sun: SunOfDay, utcHours: number): number {
  return sun.sine + sun.cosine * Math.cos((utcHours + sun.shift - 12) * 15 * RADIAN);
}

/** Sine of the sun's elevation at a place, [longitude, latitude] in degrees; below 0 it is night. */
export function sunHeight(location: readonly [number, number], at: Instant): number {
  const day = Math.floor(at / DAY_MS);
  return heightAt(sunOfDay(location, dayOfYear(day)), (at - day * DAY_MS) / HOUR_MS);
}

/** Share of the light that clouds let through: a sky of the day, and gaps in it. */
function skyOn(key: number, day: DayIndex): (hour: number) => number {
  const clear = draw(key, day);
  const base = 0.2 + 0.8 * clear ** 0.55;
  const broken = 0.4 * clear * (1 - clear) * 4;
  const gaps = mix(key, day);
  return (hour) => Math.min(1, Math.max(0.08, base - broken * (0.5 + 0.5 * smoothNoise(gaps, hour * 3))));
}

/** Generation in kW of a plant that gives at most `capKw`. */
export function solarFlow(
  key: number,
  days: FleetDays,
  location: readonly [number, number],
  capKw: number,
): Flow {
  return nodeFlow(capKw, (day) => {
    const nodes = new Float64Array(NODES);
    const start = days.startOf(day);
    const sun = sunOfDay(location, dayOfYear(day));
    const sky = skyOn(key, day);
    const utcHours = (start - Math.floor(start / DAY_MS) * DAY_MS) / HOUR_MS;
    for (let i = 0; i < NODES; i += 1) {
      const height = heightAt(sun, utcHours + (i * STEP_MS) / HOUR_MS);
      if (height > 0) nodes[i] = capKw * PERFORMANCE * height ** 1.1 * sky(i * STEP_HOURS);
    }
    return nodes;
  });
}
