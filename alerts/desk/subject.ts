/** What a matter is about, whatever its colour: alerts of one subject belong to one matter. */
import type { Alert } from "../../model/alert.ts";
import { type Colour, colours } from "../../model/limit.ts";

/** Rules of one family differ in their colour alone, and end in it. */
const colourEnding = new RegExp(`-(?:${colours.join("|")})$`);

/** The same for a lower and a higher level of the same thing. */
export function subjectOf(alert: Alert): string {
  const { rule, domain, limit, site, group, meter, gateway } = alert;
  return JSON.stringify([rule.replace(colourEnding, ""), domain, limit, site, group, meter, gateway]);
}

export function isWorse(colour: Colour, than: Colour): boolean {
  return colours.indexOf(colour) > colours.indexOf(than);
}
