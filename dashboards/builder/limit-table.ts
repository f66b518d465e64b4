/** How limits stand: one row a limit, with the levels' colours. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { type Column, columnOverrides, joined, names } from "./columns.ts";
import type { Shipped } from "./data.ts";
import { drill } from "./links.ts";
import { newest } from "./newest.ts";
import { rows } from "./panels.ts";
import { stepsOf } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";

const newestUsage = (refId: string, numbers: readonly string[], where: string): Builder<Dataquery> =>
  newest(refId, { measurement: "limit_usage", always: "asOf", numbers, tags: ["limit"], where });

function columnsOf({ rules }: Shipped): Column[] {
  const level = (colour: "yellow" | "orange" | "red", zh: string, en: string): Column => ({
    from: colour,
    shown: text(zh, en),
    decimals: 2,
    steps: stepsOf(rules, "limit_usage", colour),
  });
  return [
    {
      from: "name",
      shown: text("限额", "Limit"),
      links: [drill("energy-limits", text("查看限额", "Open the limit"), { limit: "limit" })],
    },
    { from: "used", shown: text("已用", "Used"), decimals: 1 },
    { from: "allowed", shown: text("限额值", "Allowed"), decimals: 1 },
    { from: "ratio", shown: text("已用比", "Ratio"), unit: unit.share, decimals: 1 },
    { from: "gone", shown: text("时间进度", "Time gone"), unit: unit.share, decimals: 1 },
    { from: "projectedRatio", shown: text("预计比", "Projected"), unit: unit.share, decimals: 1 },
    { from: "daysLeft", shown: text("剩余天数", "Days left"), unit: unit.days, decimals: 0 },
    { from: "coverage", shown: text("覆盖率", "Known"), unit: unit.share, decimals: 1 },
    level("yellow", "黄", "Yellow"),
    level("orange", "橙", "Orange"),
    level("red", "红", "Red"),
    { from: "limit", shown: text("编号", "Id") },
  ];
}

/**
 * @param where a condition on the limits, beginning with ` AND `
 */
export function limitTable(id: number, title: LocalText, shipped: Shipped, where: string): Panel {
  const columns = columnsOf(shipped);
  return rows({
    id,
    title,
    about: text(
      "每个限额最近一次的使用情况。黄、橙、红为已用比除以该级的比例：达到 1 即处于该级；已知数据不足时为 0，不作判断。预计与剩余天数未知时空白。数值单位见限额。",
      "How each limit stood last. Yellow, orange and red are the ratio over that of the level: from 1 on the level holds; 0 while too little is known. What is projected is blank while unknown. Used and allowed are in the limit's unit.",
    ),
    queries: [
      newestUsage("A", ["used", "allowed", "ratio", "gone", "coverage", "yellow", "orange", "red"], where),
      newestUsage("B", ["projectedRatio"], where),
      newestUsage("C", ["daysLeft"], where),
      names("D", "limit"),
    ],
    unit: "none",
    transformations: joined("limit", columns),
    overrides: columnOverrides(columns),
    sortBy: { name: "已用比 Ratio", desc: true },
  });
}
