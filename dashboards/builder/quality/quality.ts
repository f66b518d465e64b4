/** 5. Data quality. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { annotations } from "../annotations.ts";
import { dashboard } from "../dashboard.ts";
import type { Shipped } from "../data.ts";
import { text } from "../text.ts";
import { sites } from "../variables.ts";
import { events } from "./events.ts";
import { gateways, late, meters, silent, stuck } from "./meters.ts";
import { balance, rejected, rejects, setAside, setAsideReadings } from "./received.ts";
import {
  completeness,
  completenessOverTime,
  factors,
  imbalance,
  online,
  onlineOverTime,
  siteRows,
} from "./sites.ts";

export function quality(shipped: Shipped): Dashboard {
  return dashboard({
    uid: "energy-quality",
    title: text("数据质量", "Data quality"),
    about: text(
      "在线率、完整率、迟报、置疑、拒收、因子、总分表平衡与事件。",
      "Online rate, completeness, late meters, readings set aside, rejects, factors, imbalance and events.",
    ),
    from: "now-7d",
    refresh: "5m",
    variables: [sites],
    annotations: annotations("site"),
    rows: [
      {
        height: 4,
        panels: [
          [online, 4],
          [completeness(shipped), 4],
          [silent, 4],
          [late, 4],
          [stuck(shipped), 4],
          [rejected, 4],
        ],
      },
      {
        height: 9,
        panels: [
          [meters(shipped), 14],
          [gateways(shipped), 10],
        ],
      },
      {
        height: 8,
        panels: [
          [onlineOverTime, 12],
          [completenessOverTime(shipped), 12],
        ],
      },
      {
        height: 9,
        panels: [
          [siteRows(shipped), 8],
          [factors(shipped), 8],
          [imbalance(shipped), 8],
        ],
      },
      {
        height: 8,
        panels: [
          [balance, 8],
          [rejects, 8],
          [setAside, 8],
        ],
      },
      {
        height: 9,
        panels: [
          [setAsideReadings, 12],
          [events, 12],
        ],
      },
    ],
  });
}
