/** The page's colours and sizes for canvases, which do not see the style sheet. */
import { computed, signal } from "@preact/signals";
import { dark } from "../state/prefs.ts";

export interface Ink {
  readonly text: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly measured: string;
  readonly land: string;
  readonly font: string;
  /** Pixels in one rem: charts grow with the page on a wall screen. */
  readonly rem: number;
  /** Any custom property of the style sheet. */
  readonly colour: (name: string) => string;
}

/** Rises when the root font size changed with the window. */
const resized = signal(0);
let lastRem = "";
addEventListener("resize", () => {
  const rem = getComputedStyle(document.documentElement).fontSize;
  if (rem !== lastRem) resized.value += 1;
  lastRem = rem;
});

const SPARES = 4;

function spareOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum += letter.codePointAt(0) ?? 0;
  return (sum % SPARES) + 1;
}

/** The custom property with a carrier's colour; a carrier the style sheet does not know gets a spare one. */
export function carrierVar(carrier: string): string {
  return `var(--carrier-${carrier}, var(--spare-${spareOf(carrier)}))`;
}

export const ink = computed<Ink>(() => {
  // Read so that a change of either makes new ink.
  dark.value;
  resized.value;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("ink"),
    soft: colour("soft"),
    faint: colour("faint"),
    line: colour("line"),
    panel: colour("panel"),
    accent: colour("accent"),
    measured: colour("measured"),
    land: colour("land"),
    font: style.fontFamily,
    rem: Number.parseFloat(style.fontSize) || 16,
    colour,
  };
});

/** A carrier's colour on a canvas. */
export function carrierInk(of: Ink, carrier: string): string {
  return of.colour(`carrier-${carrier}`) || of.colour(`spare-${spareOf(carrier)}`);
}
