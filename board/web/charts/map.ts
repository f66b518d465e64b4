/** The county's sites on its outline: shape by class, size by use, colour by state. */
import { type EChartsCoreOption, registerMap } from "echarts/core";
import type { SiteCategory } from "../../../model/registry.ts";
import type { SiteState } from "../format/site-state.ts";
import { symbolPaths } from "../parts/symbols.ts";
import type { Ink } from "./ink.ts";
import { type TipText, tipElement } from "./tooltip.ts";

export interface MapSite {
  readonly id: string;
  readonly name: string;
  readonly category: SiteCategory;
  readonly state: SiteState;
  /** Longitude, latitude. */
  readonly location: readonly [number, number];
  /** Today's standard coal in kgce; null where unknown. */
  readonly kgce: number | null;
}

type Ring = readonly (readonly [number, number])[];

const MAP = "county";

/** Gives ECharts the outline; returns how much a degree of longitude is shorter than one of latitude there. */
export function registerOutline(outline: readonly Ring[]): number {
  const latitudes = outline.flat().map((point) => point[1]);
  const middle = (Math.min(...latitudes) + Math.max(...latitudes)) / 2;
  const coordinates = outline.map((ring) => [ring.map((point) => [...point])]);
  registerMap(MAP, {
    geoJSON: {
      type: "FeatureCollection",
      features: [
        { type: "Feature", properties: { name: MAP }, geometry: { type: "MultiPolygon", coordinates } },
      ],
    } as never,
    specialAreas: {},
  });
  return Math.cos((middle * Math.PI) / 180);
}

/** Diameter in rem: area grows with use; a site with no known use keeps the smallest. */
function diameter(kgce: number | null, greatest: number): number {
  return kgce === null || greatest <= 0 ? 0.6 : 0.6 + 1.5 * Math.sqrt(Math.max(0, kgce) / greatest);
}

/** Smallest and largest corner of everything to be seen, with a margin, for sites outside the outline too. */
function bounds(outline: readonly Ring[], sites: readonly MapSite[]) {
  const points = [...outline.flat(), ...sites.map((site) => site.location)];
  const x = points.map((point) => point[0]);
  const y = points.map((point) => point[1]);
  const margin = 0.02;
  return [
    [Math.min(...x) - margin, Math.max(...y) + margin],
    [Math.max(...x) + margin, Math.min(...y) - margin],
  ];
}

/** The option of the map; `aspect` from `registerOutline`. */
export function mapOption(
  outline: readonly Ring[],
  aspect: number,
  sites: readonly MapSite[],
  tip: (site: MapSite) => TipText,
  of: Ink,
): EChartsCoreOption {
  const greatest = Math.max(0, ...sites.map((site) => site.kgce ?? 0));
  const corners = bounds(outline, sites);
  const eastern = corners[0]![0]! + 0.8 * (corners[1]![0]! - corners[0]![0]!);
  // Near the right edge a name on the right would be cut off.
  const isEastern = ([longitude]: readonly [number, number]) => longitude > eastern;
  // The largest first, so that small ones lie on top and can be met.
  const ordered = [...sites].sort((a, b) => (b.kgce ?? 0) - (a.kgce ?? 0));
  return {
    geo: {
      map: MAP,
      roam: false,
      silent: true,
      aspectScale: aspect,
      boundingCoords: corners,
      left: of.rem * 0.5,
      right: of.rem * 0.5,
      top: of.rem * 0.5,
      bottom: of.rem * 0.5,
      itemStyle: { areaColor: of.land, borderColor: of.faint, borderWidth: 1 },
      emphasis: { disabled: true },
    },
    tooltip: {
      trigger: "item",
      confine: true,
      backgroundColor: of.panel,
      borderColor: of.faint,
      padding: 0,
      borderRadius: 0,
      transitionDuration: 0,
      textStyle: { color: of.text, fontSize: of.rem * 0.8, fontFamily: of.font },
      formatter: (point: { dataIndex: number }) => tipElement(tip(ordered[point.dataIndex]!)),
    },
    series: [
      {
        type: "scatter",
        coordinateSystem: "geo",
        animation: false,
        cursor: "pointer",
        emphasis: { scale: 1.25 },
        labelLayout: { hideOverlap: true },
        label: {
          show: true,
          position: "right",
          distance: 4,
          color: of.soft,
          fontFamily: of.font,
          fontSize: Math.round(of.rem * 0.72),
          textBorderColor: of.land,
          textBorderWidth: 2,
          formatter: (point: { dataIndex: number }) => ordered[point.dataIndex]!.name,
        },
        data: ordered.map((site) => ({
          name: site.id,
          value: [...site.location],
          label: { position: isEastern(site.location) ? "left" : "right" },
          symbol: `path://${symbolPaths[site.category]}`,
          symbolSize: diameter(site.kgce, greatest) * of.rem,
          symbolKeepAspect: true,
          itemStyle: {
            color: of.colour(`state-${site.state}`),
            borderColor: of.panel,
            borderWidth: 1,
          },
        })),
      },
    ],
  };
}
