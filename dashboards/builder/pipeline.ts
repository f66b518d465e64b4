/** 6. The pipeline itself: how far behind, how fresh, how busy each process is. */
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { annotations } from "./annotations.ts";
import { type Column, columnOverrides, joined } from "./columns.ts";
import { dashboard } from "./dashboard.ts";
import type { Shipped } from "./data.ts";
import { byInterval, given, series, table } from "./influxql.ts";
import { newestRows } from "./newest.ts";
import { plain } from "./palette.ts";
import { panelIds } from "./panel-ids.ts";
import { named, rows, stat, trend } from "./panels.ts";
import { neutral, stepsOf } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";

const ids = panelIds["energy-pipeline"];

/** The highest or lowest of the processes' newest rows. */
const across = (of: "max" | "min" | "count", field: string): string =>
  `SELECT ${of}("${field}") AS "value" FROM (${newestRows({ measurement: "pipeline_status", always: "uptimeMs", numbers: [field], tags: ["process"] })}) WHERE $timeFilter`;

const perProcess = (refId: string, field: string, what = "") =>
  series(
    refId,
    `SELECT max("${field}") AS "value" FROM "pipeline_status" WHERE $timeFilter AND ${given(field)} ${byInterval("process")}`,
    `$tag_process ${what}`.trim(),
  );

/** Change a second of a count that starts anew with its process. */
const rate = (field: string) =>
  series(
    "A",
    `SELECT non_negative_derivative(last("${field}"), 1s) AS "rate" FROM "pipeline_status" WHERE $timeFilter AND ${given(field)} ${byInterval("process")}`,
    "$tag_process",
  );

const columns: readonly Column[] = [
  { from: "process", shown: text("进程", "Process") },
  { from: "role", shown: text("角色", "Role") },
  { from: "failure", shown: text("故障", "Failure") },
  { from: "uptimeMs", shown: text("运行时间", "Up"), unit: unit.ms, decimals: 1 },
  { from: "memoryMb", shown: text("内存", "Memory"), unit: unit.megabytes, decimals: 0 },
];

export function pipeline({ rules }: Shipped): Dashboard {
  const behindSteps = stepsOf(rules, "pipeline_status", "recordsBehind");
  const ageSteps = stepsOf(rules, "pipeline_status", "newestReadingAgeMs");
  const number = (
    id: number,
    words: { readonly title: ReturnType<typeof text>; readonly about: ReturnType<typeof text> },
    query: string,
    unitName: string,
    steps = neutral(plain.measured),
  ): Panel =>
    stat({ id, ...words, queries: [series("A", query, "value")], unit: unitName, decimals: 0, steps });
  const trendOf = (
    id: number,
    words: { readonly title: ReturnType<typeof text>; readonly about: ReturnType<typeof text> },
    queries: Parameters<typeof trend>[0]["queries"],
    unitName: string,
    more: Partial<Parameters<typeof trend>[0]> = {},
  ): Panel => trend({ id, ...words, queries, unit: unitName, interval: "15s", min: 0, ...more });

  const head: Panel[] = [
    number(
      ids.behind,
      {
        title: text("积压记录", "Records behind"),
        about: text(
          "各进程最近一次待处理记录数的最大值；阈值与预警规则相同。",
          "Most records that wait for a process, when last looked at; thresholds as of the alert rule.",
        ),
      },
      across("max", "recordsBehind"),
      unit.count,
      behindSteps,
    ),
    number(
      ids.newestReading,
      {
        title: text("最新读数时龄", "Newest reading"),
        about: text(
          "距最近一次收到读数的时间，取最小；阈值与预警规则相同。",
          "Since a reading last came in, the least of the processes; thresholds as of the alert rule.",
        ),
      },
      across("min", "newestReadingAgeMs"),
      unit.ms,
      ageSteps,
    ),
    number(
      ids.lastWrite,
      {
        title: text("最近写入", "Last write"),
        about: text(
          "距最近一次写入数据的时间，取最小。",
          "Since a figure was last written, the least of the processes.",
        ),
      },
      across("min", "lastWriteAgeMs"),
      unit.ms,
    ),
    number(
      ids.processes,
      {
        title: text("上报进程数", "Processes"),
        about: text("所选时间内上报过状态的进程数。", "Processes that reported in the time shown."),
      },
      across("count", "uptimeMs"),
      unit.count,
    ),
  ];

  const rejectedShare = trendOf(
    ids.rejectedShare,
    {
      title: text("当日收到与拒收", "Received and rejected today"),
      about: text(
        "各进程当日至今收到与拒收的值，次日从零开始。",
        "Values that each process received and rejected in the day so far; they start anew each day.",
      ),
    },
    [perProcess("A", "receivedToday", "收到 received"), perProcess("B", "rejectedToday", "拒收 rejected")],
    unit.count,
  );

  const processes = rows({
    id: ids.table,
    title: text("进程", "Processes"),
    about: text(
      "各进程最近一次的角色、故障、运行时间与内存；故障为空即正常。",
      "Role, failure, uptime and memory of each process when last looked at; an empty failure is none.",
    ),
    queries: [
      table(
        "A",
        newestRows({
          measurement: "pipeline_status",
          always: "uptimeMs",
          numbers: ["uptimeMs", "memoryMb"],
          texts: ["role", "failure"],
          tags: ["process"],
        }),
      ),
    ],
    unit: "none",
    transformations: joined(undefined, columns),
    overrides: columnOverrides(columns),
  });

  return dashboard({
    uid: "energy-pipeline",
    title: text("数据链路", "Pipeline health"),
    about: text(
      "采集与处理进程：积压、新鲜度、吞吐、内存与故障。",
      "The collecting and processing processes: backlog, freshness, throughput, memory, failures.",
    ),
    from: "now-6h",
    refresh: "1m",
    variables: [],
    annotations: annotations().slice(-1),
    rows: [
      { height: 4, panels: head.map((panel) => [panel, 6] as const) },
      {
        height: 8,
        panels: [
          [
            trendOf(
              ids.behindOverTime,
              {
                title: text("积压走势", "Records behind over time"),
                about: text(
                  "各进程待处理记录数；虚线为预警阈值。",
                  "Records that wait for each process; dashed: thresholds of the alert.",
                ),
              },
              [perProcess("A", "recordsBehind")],
              unit.count,
              { steps: behindSteps, showThresholds: true },
            ),
            12,
          ],
          [
            trendOf(
              ids.ages,
              {
                title: text("新鲜度", "Freshness"),
                about: text(
                  "各进程距最近一次收到读数的时间；虚线为预警阈值。",
                  "Since each process last received a reading; dashed: thresholds of the alert.",
                ),
              },
              [perProcess("A", "newestReadingAgeMs")],
              unit.ms,
              { steps: ageSteps, showThresholds: true },
            ),
            12,
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [
            trendOf(
              ids.readingsRate,
              {
                title: text("读数吞吐", "Readings a second"),
                about: text("各进程每秒写入的读数。", "Readings that each process appends a second."),
              },
              [rate("appended")],
              unit.perSecond,
            ),
            8,
          ],
          [
            trendOf(
              ids.figuresRate,
              {
                title: text("数据行吞吐", "Figures a second"),
                about: text("各进程每秒写入的数据行。", "Figures that each process writes a second."),
              },
              [rate("figures")],
              unit.perSecond,
            ),
            8,
          ],
          [
            trendOf(
              ids.waiting,
              {
                title: text("待重算", "Waiting to be recomputed"),
                about: text(
                  "待重算的时段与待汇总的日，取各进程最大值。",
                  "Spans that wait to be recomputed, and days to be summed: the most of any process.",
                ),
              },
              [
                series(
                  "A",
                  `SELECT max("pendingSpans") AS "value" FROM "pipeline_status" WHERE $timeFilter AND ${given("pendingSpans")} ${byInterval()}`,
                  "spans",
                ),
                series(
                  "B",
                  `SELECT max("dirtyDays") AS "value" FROM "pipeline_status" WHERE $timeFilter AND ${given("dirtyDays")} ${byInterval()}`,
                  "days",
                ),
              ],
              unit.count,
              {
                overrides: [
                  named("spans", text("时段", "spans"), plain.second),
                  named("days", text("日", "days"), plain.third),
                ],
              },
            ),
            8,
          ],
        ],
      },
      {
        height: 8,
        panels: [
          [rejectedShare, 8],
          [
            trendOf(
              ids.memory,
              {
                title: text("内存", "Memory"),
                about: text("各进程占用的内存。", "Memory that each process takes."),
              },
              [perProcess("A", "memoryMb")],
              unit.megabytes,
            ),
            8,
          ],
          [processes, 8],
        ],
      },
    ],
  });
}
