/**
 * Colours, those of the board (`board/web/styles/tokens.css`, light theme): a carrier, a category and a level have
 * one colour wherever they are seen. A test compares the two.
 */
import type { Colour } from "../../model/limit.ts";
import type { SiteCategory } from "../../model/registry.ts";

export const carrierColours: Readonly<Record<string, string>> = {
  electricity: "#0072b2",
  "natural-gas": "#c98a00",
  heat: "#d55e00",
  steam: "#cc79a7",
  "raw-coal": "#4a4a4a",
  coke: "#85807a",
  "crude-oil": "#3b2417",
  "fuel-oil": "#6b3f1d",
  diesel: "#937a2d",
  gasoline: "#9b8d22",
  kerosene: "#7a983c",
  lpg: "#7a5195",
  lng: "#009e73",
  water: "#3d9bd6",
};

export const categoryColours: Readonly<Record<SiteCategory, string>> = {
  "key-energy-user": "#3d3a8c",
  port: "#4b9cc6",
  "shore-power": "#2f9c8b",
  charging: "#b3962a",
  "public-building": "#c25a6d",
  generation: "#1f7a3a",
  other: "#8d9191",
};

/** Green is no level: it is what holds below the first. */
export const levelColours: Readonly<Record<Colour | "green", string>> = {
  green: "#1b7f5c",
  yellow: "#bd7d00",
  orange: "#d2561b",
  red: "#b3261e",
};

export const plain = {
  measured: "#57706f",
  estimated: "#bd7d00",
  missing: "#f1c9bd",
  second: "#3f7f95",
  third: "#882255",
  quiet: "#7f8c8b",
} as const;
