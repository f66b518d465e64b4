/** What was received: the balance by day, what was rejected, and what was set aside. */
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { rejectedField } from "../../../model/measurements.ts";
import { stands, verdicts } from "../../../model/reading.ts";
import { type RejectCode, rejectCodes } from "../../../model/reject.ts";
import { type Column, columnOverrides, joined } from "../columns.ts";
import { byDay, series, table } from "../influxql.ts";
import { plain } from "../palette.ts";
import { named, rows, stat, trend } from "../panels.ts";
import { neutral } from "../steps.ts";
import { text } from "../text.ts";
import { unit } from "../units.ts";
import { zone } from "../zone.ts";
import { ids, ofSites, toSite, where } from "./scope.ts";

/**
 * Totals of days of receipt. Each owner of a share writes its own; of each share the one that reaches furthest
 * counts. The days are the county's in the inner question too: the outer one would move them otherwise.
 */
const balanceDays = (fields: readonly string[], condition: string): string =>
  `SELECT max("upTo") AS "furthest", ${fields.map((field) => `"${field}"`).join(", ")} FROM "balance" WHERE $timeFilter${condition} GROUP BY time(1d), "site", "topic", "partition" fill(none) tz('${zone}')`;

const codeFields = rejectCodes.map(rejectedField);

/** Rejects that name no known site are kept under one of their own. */
const orUnknown = ` AND (${ofSites} OR "site" = '_unknown')`;

export const rejected: Panel = stat({
  id: ids.rejected,
  title: text("拒收值", "Rejected values"),
  about: text(
    "所选时间内收到的日累计，含未知单位。",
    "Of the days of receipt in the time shown, unknown sites included.",
  ),
  queries: [
    series(
      "A",
      `SELECT ${codeFields.map((field) => `sum("${field}")`).join(" + ")} AS "rejected" FROM (${balanceDays(codeFields, orUnknown)}) WHERE $timeFilter`,
      "rejected",
    ),
  ],
  unit: unit.count,
  decimals: 0,
  steps: neutral(plain.measured),
  noValue: "0",
});

const counts = ["received", "accepted", "repeated"] as const;

export const balance: Panel = trend({
  id: ids.balance,
  title: text("每日收支：收到、接受、重复", "Balance by day: received, accepted, repeated"),
  about: text(
    "按收到之日。收到 = 接受 + 重复 + 拒收；置疑读数是接受的一部分。",
    "By day of receipt. Received = accepted + repeated + rejected; what was set aside is part of accepted.",
  ),
  queries: counts.map((count, i) =>
    series(
      String.fromCharCode(65 + i),
      `SELECT sum("${count}") AS "values" FROM (${balanceDays([count], orUnknown)}) WHERE $timeFilter ${byDay()}`,
      count,
    ),
  ),
  unit: unit.count,
  draw: "bars",
  interval: "1d",
  overrides: [
    named("received", text("收到", "received"), plain.quiet),
    named("accepted", text("接受", "accepted"), plain.measured),
    named("repeated", text("重复", "repeated"), plain.second),
  ],
});

export const rejects: Panel = trend({
  id: ids.rejects,
  title: text("每日拒收（分原因）", "Rejects by day and code"),
  about: text(
    "按收到之日与拒收代码，含未知单位；原文在看板的拒收页。",
    "By day of receipt and code, unknown sites included; the messages are on the board's page of rejects.",
  ),
  queries: [
    series(
      "A",
      `SELECT ${rejectCodes.map((code: RejectCode) => `sum("${rejectedField(code)}") AS "${code}"`).join(", ")} FROM (${balanceDays(codeFields, orUnknown)}) WHERE $timeFilter ${byDay()}`,
      "$col",
    ),
  ],
  unit: unit.count,
  draw: "bars",
  stacked: true,
  interval: "1d",
});

export const setAside: Panel = trend({
  id: ids.setAside,
  title: text("置疑（计量点·小时）", "Set aside (meter-hours)"),
  about: text(
    "每日收到的读数中曾有置疑读数的寄存器·小时数（是否仍置疑以当前判定为准，见下表）。",
    "Hours of registers for which readings received on the day were set aside once; the table says which are now.",
  ),
  queries: [
    series(
      "A",
      `SELECT count("hour") AS "hours" FROM "set_aside" WHERE $timeFilter${where} ${byDay("site")}`,
      "$tag_site",
    ),
  ],
  unit: unit.count,
  draw: "bars",
  stacked: true,
  interval: "1d",
});

/** Verdicts of readings that do not count; those that wait may yet. */
const setAsideVerdicts = verdicts.filter((verdict) => !stands(verdict) && verdict !== "pending");

const setAsideColumns: readonly Column[] = [
  { from: "Time", shown: text("读数时间", "At"), unit: unit.at },
  { from: "site", shown: text("单位编号", "Site"), links: toSite },
  { from: "meter", shown: text("计量点", "Meter") },
  { from: "register", shown: text("寄存器", "Register") },
  { from: "value", shown: text("读数", "Value"), decimals: 2 },
  { from: "verdict", shown: text("判定", "Verdict") },
];

export const setAsideReadings: Panel = rows({
  id: ids.setAsideReadings,
  title: text("置疑读数（最近 200 条）", "Readings set aside (newest 200)"),
  about: text(
    "当前判定为不计入的读数（跳变、下挫、重叠、不合理等）。时间范围长、单位多时较慢。",
    "Readings that do not count by today's verdict (dip, spike, overlap, implausible and so on). Slow over long times and many sites.",
  ),
  queries: [
    table(
      "A",
      `SELECT "site", "meter", "register", "value", "verdict" FROM "reading" WHERE $timeFilter${where} AND "verdict" =~ /^(${setAsideVerdicts.join("|")})$/ ORDER BY time DESC LIMIT 200`,
    ),
  ],
  unit: "none",
  transformations: joined(undefined, setAsideColumns),
  overrides: columnOverrides(setAsideColumns),
});
