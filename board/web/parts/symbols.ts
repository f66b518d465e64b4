/** One shape per accounting class, in a box of 16 × 16; the map and the tables draw the same. */
import type { SiteCategory } from "../../../model/registry.ts";

export const symbolPaths: Readonly<Record<SiteCategory, string>> = {
  "key-energy-user": "M2 2H14V14H2Z",
  port: "M8 1.5L15 14H1Z",
  "shore-power": "M8 0.5L15.5 8L8 15.5L0.5 8Z",
  charging: "M8 1A7 7 0 1 1 7.99 1Z",
  "public-building": "M8 0.8L15.4 6.2L12.6 14.8H3.4L0.6 6.2Z",
  generation: "M5.5 1H10.5V5.5H15V10.5H10.5V15H5.5V10.5H1V5.5H5.5Z",
  other: "M4 1.5H12L15.5 8L12 14.5H4L0.5 8Z",
};
