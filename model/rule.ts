/** Alert rules: a series of observations, a threshold, for how long, which level. */
import { type Colour, purposes } from "./limit.ts";
import type { ObservedName } from "./observation.ts";
import type { LocalText } from "./registry.ts";

/** Comparisons a rule may make. */
export const comparisons = [">", ">=", "<", "<="] as const;
export type Comparison = (typeof comparisons)[number];

/** What alerts are about; duties go by it. */
export const domains = [...purposes, "data", "energy", "pipeline"] as const;

/** Which series of observations a rule looks at. */
export interface RuleSeries {
  readonly measurement: ObservedName;
  /** A number of that kind. */
  readonly field: string;
  /** Only series with one of these values of a tag. */
  readonly where: Readonly<Record<string, readonly string[]>>;
}

/** Another number of the same row that must hold before the rule may fire. */
export interface RuleCondition {
  readonly field: string;
  readonly op: Comparison;
  readonly value: number;
}

/** One rule watches all series of its kind; it fires for each series by itself. */
export interface Rule {
  /** At most 40 characters, [a-z0-9-]: the uid in Grafana. */
  readonly id: string;
  readonly name: LocalText;
  readonly series: RuleSeries;
  readonly op: Comparison;
  readonly threshold: number;
  /** Once firing it ends only beyond this: hysteresis. Equal to the threshold where there is none. */
  readonly clear: number;
  readonly also: readonly RuleCondition[];
  /** The condition must hold for so long before it fires, and be gone for so long before it ends. */
  readonly forMs: number;
  readonly keepFiringMs: number;
  /** Rows older than this no longer say how things stand: the series has ended, and so has the alert. */
  readonly staleMs: number;
  readonly colour: Colour;
  /** For duties: the purpose of the limit, `data` for meters and gateways, `energy` for odd use, `pipeline` for ourselves. */
  readonly domain: (typeof domains)[number];
  /** No row at all of the measurement within `staleMs` raises the rule's own alert (labels: `alertname` NoData). */
  readonly noData: "alert" | "ok";
  /** What is wrong, for officers; {{site}}, {{value}} and the like are filled in. */
  readonly summary: LocalText;
  /** Panel that shows it: dashboard uid and panel id. */
  readonly panel?: { readonly dashboard: string; readonly id: number };
}

/** Whether the value is on the far side of the bound. */
export function compares(value: number, op: Comparison, bound: number): boolean {
  if (op === ">") return value > bound;
  if (op === ">=") return value >= bound;
  return op === "<" ? value < bound : value <= bound;
}

const toldOfLimits = ["used", "allowed", "ratio", "coverage"];
const toldOfProjections = ["projected", "projectedRatio", "daysLeft"];

/** Numbers of the row that are told with the value that set the rule off. */
export function toldBeside({
  measurement,
  field,
}: Pick<RuleSeries, "measurement" | "field">): readonly string[] {
  if (measurement !== "limit_usage") return [];
  return field.startsWith("projected") ? [...toldOfLimits, ...toldOfProjections] : toldOfLimits;
}

const colourNames: Readonly<Record<Colour, string>> = { yellow: "黄", orange: "橙", red: "红" };

/** A rule's title, and the `alertname` of its alerts, in Grafana and embedded alike. */
export const titleOf = ({ name, colour }: Rule): string =>
  `${name.zh}（${colourNames[colour]}） · ${name.en} (${colour})`;

/** Labels that every alert of a rule has, beside the tags of its series. */
export const labelsOf = ({ id, colour, domain }: Rule): Readonly<Record<string, string>> => ({
  rule: id,
  colour,
  domain,
});
