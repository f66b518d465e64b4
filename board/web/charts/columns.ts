/**
 * Columns over windows of time, with the coverage of each window as a band underneath. What is unknown is a
 * gap; estimated parts are hatched or lighter; a window that has not come yet has neither column nor band.
 */
import type { EChartsCoreOption } from "echarts/core";
import type { Shares } from "../format/coverage.ts";
import { axisScale, fixed } from "../format/number.ts";
import type { Window } from "../format/time.ts";
import { axisLabels } from "./axis.ts";
import type { Ink } from "./ink.ts";
import { type TipText, tipElement } from "./tooltip.ts";

export interface ColumnSeries {
  readonly name: string;
  readonly colour: string;
  /** In the chart's unit; null is a gap. */
  readonly values: readonly (number | null)[];
  readonly hatched?: boolean;
  /** Per window, 0 to 1. */
  readonly opacity?: readonly number[];
}

export interface ColumnsChart {
  readonly window: Window;
  /** Starts of all windows, ISO. */
  readonly starts: readonly string[];
  readonly unit: string;
  readonly series: readonly ColumnSeries[];
  /** A line to compare with. */
  readonly reference?: { readonly name: string; readonly values: readonly (number | null)[] };
  /** undefined: not come yet. */
  readonly band: readonly (Shares | undefined)[];
  readonly bandLabel: string;
  readonly tip: (index: number) => TipText;
}

function hatch(colour: string) {
  return { symbol: "rect", color: colour, dashArrayX: [1, 0], dashArrayY: [2, 2.5], rotation: -Math.PI / 4 };
}

function greatestOf(chart: ColumnsChart): number {
  let greatest = 0;
  for (const index of chart.starts.keys()) {
    let sum = 0;
    for (const one of chart.series) sum += Math.max(0, one.values[index] ?? 0);
    greatest = Math.max(greatest, sum, chart.reference?.values[index] ?? 0);
  }
  return greatest;
}

/** A trifle below zero is left to the tooltip: it would take a tenth of the picture. */
function dipsBelow(chart: ColumnsChart, greatest: number): boolean {
  return chart.series.some((one) => one.values.some((value) => value !== null && value < -0.01 * greatest));
}

function columnOf(one: ColumnSeries, of: Ink, divisor: number) {
  return {
    type: "bar",
    name: one.name,
    stack: "amount",
    barCategoryGap: "12%",
    animation: false,
    cursor: "pointer",
    emphasis: { disabled: true },
    itemStyle: {
      color: one.colour,
      ...(one.hatched && { opacity: 0.75, decal: hatch(of.panel) }),
    },
    data: one.values.map((value, index) => {
      if (value === null) return "-";
      const opacity = one.opacity?.[index] ?? 1;
      return opacity === 1 ? value / divisor : { value: value / divisor, itemStyle: { opacity } };
    }),
  };
}

function referenceOf(reference: NonNullable<ColumnsChart["reference"]>, of: Ink, divisor: number) {
  return {
    type: "line",
    name: reference.name,
    step: "middle",
    symbol: "none",
    animation: false,
    silent: true,
    z: 5,
    lineStyle: { color: of.text, width: 1.25, type: [4, 3], opacity: 0.75 },
    data: reference.values.map((value) => (value === null ? "-" : value / divisor)),
  };
}

function bandOf(chart: ColumnsChart, of: Ink) {
  const part = (pick: (shares: Shares) => number, itemStyle: object) => ({
    type: "bar",
    xAxisIndex: 1,
    yAxisIndex: 1,
    stack: "band",
    barCategoryGap: chart.starts.length > 120 ? "0%" : "12%",
    animation: false,
    emphasis: { disabled: true },
    itemStyle,
    data: chart.band.map((shares) => (shares ? pick(shares) : "-")),
  });
  return [
    part((shares) => shares.measured, { color: of.measured }),
    part((shares) => shares.estimated, { color: of.measured, opacity: 0.55, decal: hatch(of.panel) }),
    part((shares) => shares.missing, { color: of.colour("missing") }),
  ];
}

/** The option of one chart. */
export function columnsOption(chart: ColumnsChart, of: Ink): EChartsCoreOption {
  const greatest = greatestOf(chart);
  const { divisor, unit } = axisScale(greatest, chart.unit);
  const labels = axisLabels(chart.starts, chart.window);
  const size = Math.round(of.rem * 0.75);
  const text = { color: of.soft, fontFamily: of.font, fontSize: size };
  const bandTop = of.rem * 2.6;
  const time = { type: "category", data: [...chart.starts], axisTick: { show: false } };
  const left = of.rem * 3.6;
  return {
    textStyle: { fontFamily: of.font },
    grid: [
      { left, right: of.rem * 0.5, top: of.rem * 1.7, bottom: bandTop + of.rem * 0.35 },
      { left, right: of.rem * 0.5, height: of.rem * 0.7, bottom: bandTop - of.rem * 0.7 },
    ],
    xAxis: [
      { ...time, gridIndex: 0, axisLabel: { show: false }, axisLine: { lineStyle: { color: of.faint } } },
      {
        ...time,
        gridIndex: 1,
        axisLine: { show: false },
        axisLabel: {
          ...text,
          interval: (index: number) => labels.shown.has(index),
          formatter: labels.text,
          hideOverlap: true,
        },
      },
    ],
    yAxis: [
      {
        type: "value",
        gridIndex: 0,
        name: unit,
        nameTextStyle: { ...text, align: "right", padding: [0, of.rem * 0.4, 0, 0] },
        nameGap: of.rem * 0.7,
        splitNumber: 4,
        ...(dipsBelow(chart, greatest) ? {} : { min: 0 }),
        ...(greatest > 0 ? {} : { max: 1, interval: 1 }),
        axisLabel: {
          ...text,
          formatter: (value: number) =>
            fixed(value, value % 1 === 0 ? 0 : value < 0.1 ? 3 : value < 1 ? 2 : 1),
        },
        splitLine: { lineStyle: { color: of.line, width: 1 } },
      },
      {
        type: "value",
        gridIndex: 1,
        min: 0,
        max: 1,
        name: chart.bandLabel,
        nameLocation: "middle",
        nameRotate: 0,
        nameGap: of.rem * 0.4,
        nameTextStyle: { ...text, fontSize: Math.round(of.rem * 0.68), align: "right" },
        axisLabel: { show: false },
        splitLine: { show: false },
      },
    ],
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { type: "shadow", shadowStyle: { color: of.faint, opacity: 0.14 } },
      backgroundColor: of.panel,
      borderColor: of.faint,
      borderWidth: 1,
      padding: 0,
      borderRadius: 0,
      transitionDuration: 0,
      textStyle: { color: of.text, fontSize: size, fontFamily: of.font },
      formatter: (points: { dataIndex: number }[]) => {
        const index = points[0]?.dataIndex;
        return index === undefined ? "" : tipElement(chart.tip(index));
      },
    },
    series: [
      ...chart.series.map((one) => columnOf(one, of, divisor)),
      ...(chart.reference ? [referenceOf(chart.reference, of, divisor)] : []),
      ...bandOf(chart, of),
    ],
  };
}
