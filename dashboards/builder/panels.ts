/** The kinds of panels, each with what all of its kind have. */
import { PanelBuilder as BarChartBuilder } from "@grafana/grafana-foundation-sdk/barchart";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  AxisPlacement,
  BarAlignment,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DataTransformerConfig,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  type Threshold,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { LocalText } from "../../model/registry.ts";
import { datasource } from "./influxql.ts";
import { plain } from "./palette.ts";
import { thresholds } from "./steps.ts";
import { both, paragraphs } from "./text.ts";

/** Properties of the field of a name, after the transformations. */
export interface Override {
  readonly name: string;
  readonly properties: readonly DynamicConfigValue[];
}

interface Common {
  readonly id: number;
  readonly title: LocalText;
  readonly about: LocalText;
  readonly queries: readonly Builder<Dataquery>[];
  readonly unit: string;
  readonly decimals?: number;
  readonly steps?: readonly Threshold[];
  readonly overrides?: readonly Override[];
  readonly noValue?: string;
  readonly links?: readonly PanelLink[];
  readonly transformations?: readonly DataTransformerConfig[];
  /**
   * Looks at the last hours alone while the time shown reaches to now: rows of status come once an hour, and of
   * many meters a week of them would be read for the newest.
   */
  readonly recent?: boolean;
}

/** A link of a value to another dashboard. */
export interface PanelLink {
  readonly title: string;
  readonly url: string;
}

/** As the alert rules have it: what is older says no more how things stand. */
const RECENT = "3h";

type AnyBuilder = StatBuilder | TimeseriesBuilder | TableBuilder | BarChartBuilder;

function begin<T extends AnyBuilder>(builder: T, panel: Common): T {
  builder
    .id(panel.id)
    .title(both(panel.title))
    .description(paragraphs(panel.about))
    .datasource(datasource)
    .targets([...panel.queries])
    .unit(panel.unit)
    .thresholds(thresholds(panel.steps ?? [{ value: null, color: plain.measured }]))
    .noValue(panel.noValue ?? "—");
  if (panel.recent) builder.timeFrom(RECENT);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.transformations) builder.transformations([...panel.transformations]);
  for (const { name, properties } of panel.overrides ?? []) builder.overrideByName(name, [...properties]);
  return builder;
}

/** Links have a title and an address alone; the SDK's builder would add those of dashboard links. */
const withLinks = (panel: Panel, links: readonly PanelLink[] | undefined): Panel => {
  if (links && panel.fieldConfig)
    panel.fieldConfig.defaults.links = links.map((link) => ({ ...link })) as never;
  return panel;
};

const finished = (builder: AnyBuilder, panel: Common): Panel => withLinks(builder.build(), panel.links);

/** A number or a few, large. */
export function stat(panel: Common & { readonly graph?: boolean }): Panel {
  const builder = begin(new StatBuilder(), panel)
    .graphMode(panel.graph ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(panel.queries.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false));
  return finished(builder, panel);
}

export interface Trend extends Common {
  readonly draw?: "line" | "bars" | "step";
  readonly stacked?: boolean;
  /** Least interval of the questions; days are named by their start. */
  readonly interval?: string;
  readonly showThresholds?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly calcs?: readonly string[];
}

/** Numbers over time. */
export function trend(panel: Trend): Panel {
  const { draw = "line" } = panel;
  const builder = begin(new TimeseriesBuilder(), panel)
    .drawStyle(draw === "bars" ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineInterpolation(draw === "step" ? LineInterpolation.StepAfter : LineInterpolation.Linear)
    .barAlignment(BarAlignment.After)
    .fillOpacity(draw === "bars" ? 80 : 8)
    .lineWidth(draw === "bars" ? 0 : 2)
    .showPoints(draw === "bars" ? VisibilityMode.Never : VisibilityMode.Auto)
    .spanNulls(false)
    .stacking(
      new StackingConfigBuilder().mode(panel.stacked ? StackingMode.Normal : StackingMode.None).group("A"),
    )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([...(panel.calcs ?? [])]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        panel.showThresholds ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    );
  if (panel.interval) builder.interval(panel.interval);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  return finished(builder, panel);
}

export interface Rows extends Common {
  readonly sortBy?: { readonly name: string; readonly desc: boolean };
}

/** Rows with columns; columns' units and colours are overrides. */
export function rows(panel: Rows): Panel {
  const builder = begin(new TableBuilder(), panel)
    .showHeader(true)
    .filterable(true)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  if (panel.sortBy)
    builder.sortBy([
      new TableSortByFieldStateBuilder().displayName(panel.sortBy.name).desc(panel.sortBy.desc),
    ]);
  return finished(builder, panel);
}

/** Horizontal bars by name. @param panel.by the column with the names */
export function bars(panel: Common & { readonly by: string; readonly stacked?: boolean }): Panel {
  const builder = begin(new BarChartBuilder(), panel)
    .xField(panel.by)
    .orientation(VizOrientation.Horizontal)
    .showValue(VisibilityMode.Auto)
    .stacking(panel.stacked ? StackingMode.Normal : StackingMode.None)
    .axisPlacement(AxisPlacement.Auto)
    .fillOpacity(80)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    );
  return finished(builder, panel);
}

/** Override that gives a series a fixed colour and a name in both languages. */
export const named = (name: string, shown: LocalText, colour: string, unit?: string): Override => ({
  name,
  properties: [
    { id: "displayName", value: both(shown) },
    { id: "color", value: { mode: "fixed", fixedColor: colour } },
    ...(unit ? [{ id: "unit", value: unit }] : []),
  ],
});
