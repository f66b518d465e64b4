/** A canvas drawn by ECharts, of which only the parts in use are bundled. */

import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { GeoComponent, GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, type EChartsType, init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "preact/hooks";

use([
  BarChart,
  LineChart,
  ScatterChart,
  GridComponent,
  GeoComponent,
  TooltipComponent,
  LabelLayout,
  CanvasRenderer,
]);

interface ChartProps {
  readonly option: EChartsCoreOption;
  /** What the picture shows, for those who do not see it. */
  readonly label: string;
  readonly class?: string;
  /** Called once with the chart, to listen on it; returns what stops that. */
  readonly listen?: (chart: EChartsType) => () => void;
  /** Another one draws from scratch: zoom and roam start anew. */
  readonly subject?: string;
}

export function Chart({ option, label, class: extra, listen, subject = "" }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const listener = useRef(listen);
  listener.current = listen;
  useEffect(() => {
    const made = init(box.current!, null, { renderer: "canvas" });
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(box.current!);
    const stop = listener.current?.(made);
    return () => {
      stop?.();
      watcher.disconnect();
      made.dispose();
      chart.current = undefined;
    };
  }, [subject]);
  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ["series", "grid", "xAxis", "yAxis"] });
  }, [option, subject]);
  return <div ref={box} class={`chart ${extra ?? ""}`} role="img" aria-label={label} />;
}
