/** Thresholds of panels, taken from the alert rules: what a panel colours is what an officer is told of. */
import {
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { type Colour, colours } from "../../model/limit.ts";
import type { ObservedName } from "../../model/observation.ts";
import type { Rule } from "../../model/rule.ts";
import { levelColours } from "./palette.ts";

const severity = (colour: Colour): number => colours.indexOf(colour);

/** Rules on a number. */
function rulesOn(rules: readonly Rule[], measurement: ObservedName, field: string): Rule[] {
  return rules.filter(({ series }) => series.measurement === measurement && series.field === field);
}

/** Of several rules with one threshold the mildest colour: a graver one asks for something else besides. */
function mildest(rules: readonly Rule[]): Map<number, Colour> {
  const found = new Map<number, Colour>();
  for (const { threshold, colour } of rules) {
    const known = found.get(threshold);
    if (known === undefined || severity(colour) < severity(known)) found.set(threshold, colour);
  }
  return found;
}

/**
 * Steps of a number: green, and from each rule's threshold on its colour. Of rules that fire below their
 * threshold the colours come the other way round.
 * @throws Error when no rule looks at the number, or rules on it look both ways
 */
export function stepsOf(rules: readonly Rule[], measurement: ObservedName, field: string): Threshold[] {
  const own = rulesOn(rules, measurement, field);
  const rising = own.filter((rule) => rule.op.startsWith(">"));
  if (own.length === 0 || (rising.length > 0 && rising.length < own.length))
    throw new Error(
      `${own.length} alert rules on ${measurement}.${field}: a panel needs some, all of one direction`,
    );
  const found = [...mildest(own)].sort(([a], [b]) => a - b);
  if (rising.length > 0)
    return [
      { value: null, color: levelColours.green },
      ...found.map(([value, colour]) => ({ value, color: levelColours[colour] })),
    ];
  // Below the lowest threshold its colour holds, from each threshold on that of the next, above the last green.
  const after = (i: number): string => levelColours[found[i + 1]?.[1] ?? "green"];
  return [
    { value: null, color: levelColours[found[0]![1]] },
    ...found.map(([value], i) => ({ value, color: after(i) })),
  ];
}

/** One step: from `value` on in the colour; for what has no rule, such as a count of what is wrong. */
export function fromOn(value: number, colour: Colour): Threshold[] {
  return [
    { value: null, color: levelColours.green },
    { value, color: levelColours[colour] },
  ];
}

/** No judgement: a figure that is neither good nor bad. */
export const neutral = (color: string): Threshold[] => [{ value: null, color }];

export function thresholds(steps: readonly Threshold[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);
}
