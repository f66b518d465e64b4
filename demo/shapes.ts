/** How loads move through a day, as data; and which load a meter has. */
import type { Meter, Site, SiteCategory } from "../model/registry.ts";
import type { Season } from "./days.ts";

/** Level at an hour of the day; straight lines between. */
export type Course = readonly (readonly [hour: number, level: number])[];

/** A kind of load. Levels have no unit: only their proportions count. */
export interface Shape {
  readonly work: Course;
  /** Saturdays; as `work` when absent. */
  readonly saturday?: Course;
  /** Sundays and public holidays; as `work` when absent. */
  readonly rest?: Course;
  /** Noise: share of the level, and minutes between its turns. */
  readonly noise: readonly [share: number, minutes: number];
  readonly season: Season;
  /** Work follows the high water. */
  readonly tide?: boolean;
  /** Yearly mean as a share of what the meter can count in an hour. */
  readonly loadFactor: number;
}

const all = (level: number): Course => [
  [0, level],
  [24, level],
];

const officeDay: Course = [
  [0, 0.16],
  [6.5, 0.16],
  [8.3, 0.95],
  [11.5, 1],
  [12.2, 0.72],
  [13.3, 0.75],
  [14, 1],
  [17.2, 0.92],
  [18.5, 0.35],
  [21, 0.18],
  [24, 0.16],
];

/** The loads of the fleet. */
export const shapes = {
  continuous: { work: all(1), noise: [0.025, 50], season: "even", loadFactor: 0.75 },
  "three-shift": {
    work: [
      [0, 0.95],
      [0.4, 1],
      [7.6, 0.99],
      [8, 0.9],
      [8.5, 1.03],
      [11.6, 1.04],
      [12.1, 0.95],
      [12.8, 1.03],
      [15.7, 1.03],
      [16, 0.91],
      [16.5, 1.02],
      [23.6, 1],
      [24, 0.95],
    ],
    rest: [
      [0, 0.82],
      [8, 0.8],
      [24, 0.85],
    ],
    noise: [0.05, 25],
    season: "even",
    loadFactor: 0.62,
  },
  "two-shift": {
    work: [
      [0, 0.26],
      [5.4, 0.25],
      [6.3, 0.9],
      [8, 1],
      [11.4, 1.02],
      [12, 0.74],
      [12.8, 1],
      [17.5, 1],
      [18, 0.78],
      [18.8, 0.97],
      [21.6, 0.95],
      [22.5, 0.34],
      [24, 0.26],
    ],
    rest: [
      [0, 0.26],
      [7, 0.28],
      [9, 0.42],
      [17, 0.4],
      [19, 0.27],
      [24, 0.25],
    ],
    noise: [0.08, 15],
    season: "even",
    loadFactor: 0.45,
  },
  shipyard: {
    work: [
      [0, 0.34],
      [6.6, 0.32],
      [7.5, 0.95],
      [11.4, 1],
      [11.9, 0.55],
      [12.7, 0.58],
      [13.2, 1],
      [17.3, 0.98],
      [18, 0.68],
      [18.6, 0.82],
      [21.6, 0.76],
      [22.4, 0.4],
      [24, 0.34],
    ],
    rest: [
      [0, 0.3],
      [7.4, 0.32],
      [8.5, 0.58],
      [16.5, 0.54],
      [18, 0.34],
      [24, 0.32],
    ],
    noise: [0.16, 8],
    season: "even",
    loadFactor: 0.36,
  },
  // Night valley from 22 to 8, and a second valley at noon.
  cement: {
    work: [
      [0, 1],
      [7.7, 1],
      [8.2, 0.38],
      [10.8, 0.34],
      [11.2, 0.92],
      [12.9, 0.9],
      [13.3, 0.42],
      [16, 0.36],
      [21.7, 0.3],
      [22.2, 0.98],
      [24, 1],
    ],
    noise: [0.06, 20],
    season: "even",
    loadFactor: 0.5,
  },
  fish: {
    work: [
      [0, 1],
      [6, 0.95],
      [9, 0.62],
      [15, 0.58],
      [19, 0.8],
      [24, 1],
    ],
    noise: [0.1, 30],
    season: "fishing",
    tide: true,
    loadFactor: 0.4,
  },
  "cold-store": {
    work: [
      [0, 0.95],
      [5, 0.88],
      [14, 1.1],
      [19, 1.02],
      [24, 0.95],
    ],
    noise: [0.12, 22],
    season: "cold-store",
    loadFactor: 0.5,
  },
  heat: {
    work: [
      [0, 0.88],
      [5, 0.9],
      [8, 1.06],
      [17, 1.04],
      [21, 0.96],
      [24, 0.88],
    ],
    noise: [0.03, 40],
    season: "heat",
    loadFactor: 0.62,
  },
  port: {
    work: [
      [0, 0.62],
      [3, 0.55],
      [6, 0.6],
      [8, 1],
      [11.5, 1.05],
      [12.2, 0.7],
      [13.2, 1],
      [17.5, 1],
      [19, 0.85],
      [23, 0.72],
      [24, 0.62],
    ],
    noise: [0.3, 12],
    season: "even",
    loadFactor: 0.3,
  },
  office: {
    work: officeDay,
    saturday: [
      [0, 0.15],
      [8.5, 0.3],
      [17, 0.28],
      [19, 0.16],
      [24, 0.15],
    ],
    rest: [
      [0, 0.15],
      [9, 0.22],
      [17, 0.21],
      [24, 0.15],
    ],
    noise: [0.05, 20],
    season: "even",
    loadFactor: 0.27,
  },
  "air-conditioning": {
    work: officeDay,
    saturday: all(0.25),
    rest: all(0.2),
    noise: [0.08, 18],
    season: "air-conditioning",
    loadFactor: 0.2,
  },
  hospital: {
    work: [
      [0, 0.55],
      [5.5, 0.53],
      [8, 0.95],
      [11, 1.05],
      [12.5, 0.9],
      [15, 1.05],
      [18, 0.85],
      [22, 0.62],
      [24, 0.55],
    ],
    noise: [0.05, 25],
    season: "even",
    loadFactor: 0.38,
  },
  lamps: {
    work: [
      [0, 0.3],
      [5, 0.32],
      [6.5, 0.55],
      [8, 0.8],
      [16.5, 0.85],
      [18.5, 1.1],
      [21.5, 0.9],
      [23, 0.4],
      [24, 0.3],
    ],
    noise: [0.04, 30],
    season: "light",
    loadFactor: 0.3,
  },
  kitchen: {
    work: [
      [0, 0.05],
      [4.8, 0.05],
      [6, 0.8],
      [8, 0.3],
      [9.5, 0.7],
      [11, 1.3],
      [12.5, 0.5],
      [15.5, 0.5],
      [17, 1.1],
      [19, 0.2],
      [21, 0.05],
      [24, 0.05],
    ],
    rest: all(0.12),
    noise: [0.1, 15],
    season: "even",
    loadFactor: 0.15,
  },
  auxiliary: {
    work: [
      [0, 1.2],
      [6, 1.1],
      [7, 0.8],
      [17, 0.8],
      [18, 1.2],
      [24, 1.2],
    ],
    noise: [0.08, 35],
    season: "light",
    loadFactor: 0.03,
  },
  standby: { work: all(1), noise: [0.1, 40], season: "even", loadFactor: 0.08 },
} as const satisfies Record<string, Shape>;

/** A key of `shapes`. */
export type ShapeId = keyof typeof shapes;

/** What a rule looks at; every field given must fit. */
interface ShapeRule {
  readonly category?: SiteCategory;
  /** Beginning of the industry code (GB/T 4754). */
  readonly industry?: RegExp;
  readonly carrier?: RegExp;
  /** Part of the id of the meter, and of the site's. */
  readonly meter?: RegExp;
  readonly site?: RegExp;
  readonly shape: ShapeId;
}

/** The first rule that fits decides. */
const rules: readonly ShapeRule[] = [
  { meter: /hvac|air-?con|chill|cool|ac$|-b-/, category: "public-building", shape: "air-conditioning" },
  { meter: /light|lamp|socket/, shape: "lamps" },
  { meter: /server|data|it-room|special/, category: "public-building", shape: "continuous" },
  { meter: /canteen|kitchen/, shape: "kitchen" },
  { category: "public-building", carrier: /gas/, shape: "kitchen" },
  { category: "public-building", site: /hospital|clinic/, shape: "hospital" },
  { category: "public-building", shape: "office" },
  { meter: /refrig|freez|cold|ice/, shape: "cold-store" },
  { category: "port", shape: "port" },
  { category: "charging", shape: "auxiliary" },
  { category: "shore-power", shape: "auxiliary" },
  { category: "generation", shape: "standby" },
  { industry: /^37/, shape: "shipyard" },
  { industry: /^(25|261)/, shape: "continuous" },
  { industry: /^44/, shape: "heat" },
  { industry: /^30[12]/, shape: "cement" },
  { industry: /^13/, shape: "fish" },
  { industry: /^(26|28|17|22|31|32|30)/, shape: "three-shift" },
  { shape: "two-shift" },
];

/** The load a meter has. */
export function shapeOf(site: Site, meter: Meter): ShapeId {
  const rule = rules.find((row) => fits(row, site, meter));
  return rule?.shape ?? "two-shift";
}

function fits(rule: ShapeRule, site: Site, meter: Meter): boolean {
  return (
    (rule.category === undefined || rule.category === site.category) &&
    (rule.industry === undefined || rule.industry.test(site.industry ?? "")) &&
    (rule.carrier === undefined || rule.carrier.test(meter.carrier)) &&
    (rule.meter === undefined || rule.meter.test(meter.id)) &&
    (rule.site === undefined || rule.site.test(site.id))
  );
}
