/** What is told of a matter: what, where, how much, against which limit, since when, by when. */
import type { Matter } from "../../model/alert.ts";
import { colours, type Limit } from "../../model/limit.ts";
import type { NoticeContent } from "../../model/notice.ts";
import type { DeskRegistry } from "../../model/registry.ts";
import type { Rule } from "../../model/rule.ts";
import type { Calendar } from "../../model/time.ts";
import { amountText, momentText, shareText } from "./measures.ts";
import { placeText } from "./place.ts";
import { readOut } from "./readings.ts";
import { type Language, words } from "./words.ts";

type Fact = NoticeContent["facts"][number];

/** What the words depend on beside the matter. */
export interface ComposeContext {
  readonly registry: DeskRegistry;
  readonly calendar: Calendar;
}

function limitText(limit: Limit, allowed: number, language: Language): string {
  const { periods, bases, places } = words[language];
  const basis = limit.basis === undefined ? "" : places.brackets(bases[limit.basis]);
  return `${limit.name[language]}${places.between}${amountText(allowed)} ${limit.unit}${basis}${places.between}${periods[limit.period]}`;
}

/** How much, against which limit. */
function limitFacts(matter: Matter, limit: Limit | undefined, language: Language): Fact[] {
  const { labels, days, places } = words[language];
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
      `${amountText(projected)}${unit}${projectedRatio === undefined ? "" : places.brackets(shareText(projectedRatio))}`,
    );
  if (daysLeft !== undefined) add("daysLeft", days(amountText(Math.floor(daysLeft))));
  if (coverage !== undefined) add("coverage", shareText(coverage));
  return facts;
}

const signs: Readonly<Record<Rule["op"], string>> = { ">": ">", ">=": "≥", "<": "<", "<=": "≤" };

/** What the limit's own facts tell. */
const toldOfLimit: ReadonlySet<string> = new Set([
  "value",
  "used",
  "allowed",
  "ratio",
  "projected",
  "projectedRatio",
  "daysLeft",
  "coverage",
]);

const isLevel = (field: string): boolean => (colours as readonly string[]).includes(field);

/** The number that the rule looks at, with the line it crossed. */
function ownFact(matter: Matter, rule: Rule | undefined, language: Language): Fact[] {
  const { values } = matter.alert;
  const { labels, places } = words[language];
  const field = rule?.series.field;
  const own = field === undefined ? values.value : (values[field] ?? values.value);
  if (own === undefined) return [];
  if (rule === undefined || field === undefined)
    return values.used === undefined ? [{ label: labels.value, value: amountText(own) }] : [];
  // A level is told by the limit's ratio, where that is known.
  if (isLevel(field))
    return values.ratio === undefined ? [{ label: labels.levelShare, value: shareText(own) }] : [];
  const told = readOut(field, own, language);
  if (!told) return values.used === undefined ? [{ label: labels.value, value: amountText(own) }] : [];
  const line = readOut(field, rule.threshold, language)!.value;
  return [
    { label: told.label, value: told.value + places.brackets(`${labels.line} ${signs[rule.op]} ${line}`) },
  ];
}

/** What is known beside limits: the rule's own number first. */
function valueFacts(matter: Matter, { registry }: ComposeContext, language: Language): Fact[] {
  const rule = registry.rules.find(({ id }) => id === matter.alert.rule);
  const others = Object.entries(matter.alert.values).filter(
    ([name]) => name !== rule?.series.field && !toldOfLimit.has(name),
  );
  return [
    ...ownFact(matter, rule, language),
    ...others.flatMap(([name, value]) => readOut(name, value, language) ?? []),
  ];
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
