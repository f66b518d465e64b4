/** What is told of a matter: what, where, how much, against which limit, since when, by when. */
import type { Matter } from "../../model/alert.ts";
import type { Limit } from "../../model/limit.ts";
import type { NoticeContent } from "../../model/notice.ts";
import type { Registry } from "../../model/registry.ts";
import type { Calendar } from "../../model/time.ts";
import { amountText, momentText, shareText, spanText } from "./measures.ts";
import { placeText } from "./place.ts";
import { type Language, words } from "./words.ts";

type Fact = NoticeContent["facts"][number];

/** What the words depend on beside the matter. */
export interface ComposeContext {
  readonly registry: Registry;
  readonly calendar: Calendar;
}

/** How a field of an observation is read out. Fields that are not here say nothing to an officer. */
const readings: Readonly<
  Record<
    string,
    { readonly zh: string; readonly en: string; readonly as: "share" | "span" | "hours" | "number" }
  >
> = {
  ageMs: { zh: "距最近读数", en: "Since its last reading", as: "span" },
  receivedAgeMs: { zh: "距最近接收", en: "Since anything came in", as: "span" },
  stuckHours: { zh: "读数未变化", en: "Has not moved for", as: "hours" },
  estimated: { zh: "估算比例", en: "Estimated", as: "share" },
  completeness: { zh: "数据完整率", en: "Data complete", as: "share" },
  powerRatio: { zh: "功率占额定", en: "Power of its rating", as: "share" },
  metersSilent: { zh: "失联表计", en: "Silent meters", as: "number" },
  onlineRate: { zh: "在线率", en: "Online", as: "share" },
  jumpRatio: { zh: "与同星期同时段相比", en: "Of the same hour in weeks before", as: "share" },
  nightRatio: { zh: "夜间负荷占日间", en: "Night load of day load", as: "share" },
  imbalance: { zh: "总分表偏差", en: "Main against sub-meters", as: "share" },
  factorsMissing: { zh: "缺失系数", en: "Factors missing", as: "number" },
  factorsUnverified: { zh: "未核实系数", en: "Factors not verified", as: "number" },
  recordsBehind: { zh: "积压记录", en: "Records behind", as: "number" },
  newestReadingAgeMs: { zh: "距最近接收", en: "Since anything came in", as: "span" },
  lastWriteAgeMs: { zh: "距最近写入", en: "Since the last write", as: "span" },
  rejectedToday: { zh: "今日拒收", en: "Rejected today", as: "number" },
};

const colourFields: ReadonlySet<string> = new Set(["yellow", "orange", "red"]);

function readOut(field: string, value: number, language: Language): Fact | undefined {
  const reading = readings[field];
  if (!reading) return undefined;
  const { as } = reading;
  const text =
    as === "share"
      ? shareText(value)
      : as === "span"
        ? spanText(value, language)
        : as === "hours"
          ? spanText(value * 3_600_000, language)
          : amountText(value);
  return { label: reading[language], value: text };
}

function limitText(limit: Limit, allowed: number, language: Language): string {
  const { periods, bases, places } = words[language];
  const basis = limit.basis === undefined ? "" : places.brackets(bases[limit.basis]);
  return `${limit.name[language]}${places.between}${amountText(allowed)} ${limit.unit}${basis}${places.between}${periods[limit.period]}`;
}

/** How much, against which limit. */
function limitFacts(matter: Matter, limit: Limit | undefined, language: Language): Fact[] {
  const { labels, days } = words[language];
  const { used, allowed, ratio, projected, projectedRatio, daysLeft, coverage } = matter.alert.values;
  const unit = limit === undefined ? "" : ` ${limit.unit}`;
  const facts: Fact[] = [];
  const add = (label: keyof typeof labels, value: string): void => {
    facts.push({ label: labels[label], value });
  };
  if (used !== undefined) add("used", `${amountText(used)}${unit}`);
  if (limit !== undefined && Object.keys(matter.alert.values).length > 0)
    add("limit", limitText(limit, allowed ?? limit.value, language));
  else if (allowed !== undefined) add("limit", amountText(allowed));
  if (ratio !== undefined) add("share", shareText(ratio));
  if (projected !== undefined)
    add(
      "projected",
      `${amountText(projected)}${unit}${projectedRatio === undefined ? "" : `, ${shareText(projectedRatio)}`}`,
    );
  if (daysLeft !== undefined) add("daysLeft", days(amountText(Math.floor(daysLeft))));
  if (coverage !== undefined) add("coverage", shareText(coverage));
  return facts;
}

/** The value that the rule looks at, where nothing above has told it. */
function valueFacts(matter: Matter, { registry }: ComposeContext, language: Language): Fact[] {
  const { values, rule } = matter.alert;
  const { labels } = words[language];
  const field = registry.rules.find(({ id }) => id === rule)?.series.field;
  const facts = Object.entries(values).flatMap(([name, value]) => readOut(name, value, language) ?? []);
  if (values.value === undefined || (field !== undefined && values[field] !== undefined)) return facts;
  const known = field === undefined ? undefined : readOut(field, values.value, language);
  if (known) return [known, ...facts];
  if (field !== undefined && colourFields.has(field)) {
    const isTold = values.ratio !== undefined;
    return isTold ? facts : [{ label: labels.levelShare, value: shareText(values.value) }, ...facts];
  }
  return facts.length > 0 || values.used !== undefined
    ? facts
    : [{ label: labels.value, value: amountText(values.value) }];
}

/** How much, against what: empty where the alert has no values that say something, as when a rule has no data. */
export function measuredFacts(matter: Matter, context: ComposeContext, language: Language): Fact[] {
  const { limit } = matter.alert;
  const found = limit === undefined ? undefined : context.registry.limits.find(({ id }) => id === limit);
  return [...limitFacts(matter, found, language), ...valueFacts(matter, context, language)];
}

/** Facts of one matter, in the order an officer asks. */
export function factsOf(matter: Matter, context: ComposeContext, language: Language): Fact[] {
  const { registry, calendar } = context;
  const { labels, states, times } = words[language];
  const { alert, resolvedAt, dueAt, acknowledgedAt, escalations, lead, assignedTo } = matter;
  const rule = registry.rules.find(({ id }) => id === alert.rule);
  const agency = registry.duties.agencies.find(({ id }) => id === lead)?.name[language];
  const officer = registry.duties.officers.find(({ id }) => id === assignedTo)?.name[language];
  const optional = (label: string, value: string | undefined): Fact[] =>
    value === undefined ? [] : [{ label, value }];
  const moment = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : momentText(at, calendar);
  return [
    ...optional(labels.what, rule?.name[language] ?? alert.rule),
    { label: labels.where, value: placeText(alert, registry, language) },
    ...measuredFacts(matter, context, language),
    ...optional(labels.since, moment(alert.startsAt)),
    ...optional(labels.until, moment(resolvedAt)),
    { label: labels.state, value: states[matter.state] },
    ...optional(labels.dueAt, acknowledgedAt === undefined ? moment(dueAt) : undefined),
    ...(escalations > 0 ? [{ label: labels.escalations, value: times(escalations) }] : []),
    ...optional(labels.lead, agency),
    ...optional(labels.assigned, officer),
    { label: labels.matter, value: matter.id },
  ];
}
