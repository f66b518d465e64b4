/** Words of notices, in the two languages of officers. */
import type { MatterState } from "../../model/alert.ts";
import type { Colour, LimitBasis, Period } from "../../model/limit.ts";
import type { SiteCategory } from "../../model/registry.ts";

export type Language = "zh" | "en";

export interface Words {
  readonly colours: Readonly<Record<Colour, string>>;
  readonly titles: {
    readonly raised: (colour: string, what: string) => string;
    readonly worsened: (colour: string, what: string) => string;
    readonly escalated: (colour: string, what: string) => string;
    readonly resolved: (colour: string, what: string) => string;
    readonly reminder: (colour: string, what: string) => string;
    readonly digest: (count: number, parts: string) => string;
    readonly digestPart: (count: number, colour: string) => string;
    readonly digestOver: (count: number) => string;
    readonly comma: string;
  };
  readonly labels: Readonly<
    Record<
      | "what"
      | "where"
      | "used"
      | "limit"
      | "share"
      | "projected"
      | "daysLeft"
      | "coverage"
      | "levelShare"
      | "value"
      | "line"
      | "since"
      | "until"
      | "dueAt"
      | "escalations"
      | "lead"
      | "assigned"
      | "state"
      | "matter",
      string
    >
  >;
  readonly links: Readonly<Record<"answer" | "panel" | "board", string>>;
  readonly bases: Readonly<Record<LimitBasis, string>>;
  readonly periods: Readonly<Record<Period, string>>;
  readonly states: Readonly<Record<MatterState, string>>;
  readonly categories: Readonly<Record<SiteCategory, string>>;
  readonly places: {
    readonly county: string;
    readonly category: string;
    readonly classed: (id: string) => string;
    readonly withoutNational: string;
    readonly meter: (name: string) => string;
    readonly gateway: (name: string) => string;
    readonly system: string;
    readonly between: string;
    readonly brackets: (text: string) => string;
  };
  readonly times: (count: number) => string;
  readonly days: (count: string) => string;
  readonly more: (count: number) => string;
}

const zh: Words = {
  colours: { yellow: "黄色", orange: "橙色", red: "红色" },
  titles: {
    raised: (colour, what) => `【${colour}预警】${what}`,
    worsened: (colour, what) => `【升级为${colour}】${what}`,
    escalated: (colour, what) => `【${colour}·逾期未确认】${what}`,
    resolved: (colour, what) => `【已恢复·原${colour}】${what}`,
    reminder: (colour, what) => `【${colour}·待处置】${what}`,
    digest: (count, parts) => `【预警汇总】共 ${count} 项${parts === "" ? "" : `：${parts}`}`,
    digestPart: (count, colour) => `${colour} ${count} 项`,
    digestOver: (count) => `已恢复 ${count} 项`,
    comma: "，",
  },
  labels: {
    what: "事由",
    where: "对象",
    used: "已用",
    limit: "限额",
    share: "占限额",
    projected: "预计期末",
    daysLeft: "预计还可用",
    coverage: "数据完整率",
    levelShare: "达到预警线的",
    value: "当前值",
    line: "预警线",
    since: "起始时间",
    until: "恢复时间",
    dueAt: "应确认时限",
    escalations: "已上报",
    lead: "牵头单位",
    assigned: "承办人",
    state: "状态",
    matter: "事项编号",
  },
  links: { answer: "确认或说明", panel: "查看图表", board: "打开监测平台" },
  bases: { calorific: "当量值", equivalent: "等价值", location: "按区域电网因子", market: "按市场因子" },
  periods: {
    "15m": "每 15 分钟",
    hour: "每小时",
    day: "每日",
    month: "每月",
    quarter: "每季度",
    year: "每年",
    "rolling-12m": "滚动 12 个月",
  },
  states: {
    raised: "待通知",
    notified: "待确认",
    acknowledged: "已确认",
    explained: "已说明",
    assigned: "已派单",
    rectified: "已整改",
    reviewed: "已复核",
    closed: "已销号",
  },
  categories: {
    "key-energy-user": "重点用能单位",
    port: "港口码头",
    "shore-power": "岸电",
    charging: "充电设施",
    "public-building": "公共机构",
    generation: "发电",
    other: "其他",
  },
  places: {
    county: "全县",
    category: "类别：",
    classed: (id) => (id === "two-high" ? "两高项目" : `分类 ${id}`),
    withoutNational: "不含国家单列",
    meter: (name) => `表计 ${name}`,
    gateway: (name) => `网关 ${name}`,
    system: "监测平台",
    between: " · ",
    brackets: (text) => `（${text}）`,
  },
  times: (count) => `${count} 次`,
  days: (count) => `${count} 天`,
  more: (count) => `另有 ${count} 项，见监测平台。`,
};

const en: Words = {
  colours: { yellow: "Yellow", orange: "Orange", red: "Red" },
  titles: {
    raised: (colour, what) => `[${colour} alert] ${what}`,
    worsened: (colour, what) => `[Now ${colour.toLowerCase()}] ${what}`,
    escalated: (colour, what) => `[${colour}, not answered in time] ${what}`,
    resolved: (colour, what) => `[Over, was ${colour.toLowerCase()}] ${what}`,
    reminder: (colour, what) => `[${colour}, for you to deal with] ${what}`,
    digest: (count, parts) => `[Alerts] ${count} in all${parts === "" ? "" : `: ${parts}`}`,
    digestPart: (count, colour) => `${count} ${colour.toLowerCase()}`,
    digestOver: (count) => `${count} over`,
    comma: ", ",
  },
  labels: {
    what: "What",
    where: "Where",
    used: "Used",
    limit: "Limit",
    share: "Share of the limit",
    projected: "Expected by the end",
    daysLeft: "Lasts for another",
    coverage: "Data complete",
    levelShare: "Of the warning line",
    value: "Value",
    line: "alert at",
    since: "Since",
    until: "Over since",
    dueAt: "Acknowledge by",
    escalations: "Passed up",
    lead: "Lead agency",
    assigned: "Assigned to",
    state: "State",
    matter: "Matter",
  },
  links: { answer: "Acknowledge or explain", panel: "Show the chart", board: "Open the board" },
  bases: {
    calorific: "calorific",
    equivalent: "equivalent",
    location: "location-based",
    market: "market-based",
  },
  periods: {
    "15m": "each 15 minutes",
    hour: "each hour",
    day: "each day",
    month: "each month",
    quarter: "each quarter",
    year: "each year",
    "rolling-12m": "rolling 12 months",
  },
  states: {
    raised: "not told yet",
    notified: "to be acknowledged",
    acknowledged: "acknowledged",
    explained: "explained",
    assigned: "assigned",
    rectified: "rectified",
    reviewed: "reviewed",
    closed: "closed",
  },
  categories: {
    "key-energy-user": "key energy users",
    port: "ports",
    "shore-power": "shore power",
    charging: "charging",
    "public-building": "public buildings",
    generation: "generation",
    other: "other sites",
  },
  places: {
    county: "the county",
    category: "",
    classed: (id) => (id === "two-high" ? "two-high projects" : `class ${id}`),
    withoutNational: "without nationally listed projects",
    meter: (name) => `meter ${name}`,
    gateway: (name) => `gateway ${name}`,
    system: "the monitoring system",
    between: " · ",
    brackets: (text) => ` (${text})`,
  },
  times: (count) => (count === 1 ? "once" : `${count} times`),
  days: (count) => `${count} days`,
  more: (count) => `${count} more on the board.`,
};

export const words: Readonly<Record<Language, Words>> = { zh, en };
