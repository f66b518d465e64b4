/** What a list and a page say of a matter: order, due time, how far it is, and how much against which limit. */
import type { MatterState } from "../../../model/alert.ts";
import { type Colour, colours } from "../../../model/limit.ts";
import type { ApiMatter, ApiMatterEvent } from "../../api/matters.ts";

/** Worst first. */
export const coloursByWeight: readonly Colour[] = [...colours].reverse();

export const matterSorts = ["urgency", "newest", "site"] as const;
export type MatterSort = (typeof matterSorts)[number];

export const isOpen = (matter: Pick<ApiMatter, "state">): boolean => matter.state !== "closed";

/** Waits for an answer beyond its time: what was answered too late is no longer urgent. */
export const isWaitingTooLong = (matter: Pick<ApiMatter, "state" | "overdue">): boolean =>
  matter.overdue && (matter.state === "raised" || matter.state === "notified");

function urgency(a: ApiMatter, b: ApiMatter): number {
  return (
    Number(isOpen(b)) - Number(isOpen(a)) ||
    coloursByWeight.indexOf(a.colour) - coloursByWeight.indexOf(b.colour) ||
    Number(isWaitingTooLong(b)) - Number(isWaitingTooLong(a))
  );
}

const newest = (a: ApiMatter, b: ApiMatter): number =>
  Date.parse(b.raisedAt) - Date.parse(a.raisedAt) || (a.id < b.id ? 1 : -1);

/** `urgency`: open before closed, red before yellow, overdue before the rest; then the newest first. */
export function sortMatters(
  all: readonly ApiMatter[],
  sort: MatterSort,
  placeOf: (matter: ApiMatter) => string,
): ApiMatter[] {
  const byPlace = (a: ApiMatter, b: ApiMatter) => placeOf(a).localeCompare(placeOf(b), "zh-CN");
  const first = { urgency, site: byPlace, newest: () => 0 }[sort];
  return [...all].sort((a, b) => first(a, b) || newest(a, b));
}

/** `waits` until due, `late` since then; `answered` with or without delay; `none` where no time runs. */
export type Due =
  | { readonly kind: "waits" | "late"; readonly ms: number }
  | { readonly kind: "answered"; readonly late: boolean }
  | { readonly kind: "none" };

/** The time to acknowledge; `now` in ms. */
export function dueOf(matter: ApiMatter, now: number): Due {
  if (matter.acknowledgedAt !== undefined || !isOpen(matter))
    return matter.acknowledgedAt === undefined
      ? { kind: "none" }
      : { kind: "answered", late: matter.overdue };
  if (matter.dueAt === undefined) return { kind: "none" };
  const left = Date.parse(matter.dueAt) - now;
  return left < 0 ? { kind: "late", ms: -left } : { kind: "waits", ms: left };
}

/** The closed loop as officers know it; `explained` is also done by handing the matter to somebody. */
export const steps = [
  "raised",
  "notified",
  "acknowledged",
  "explained",
  "rectified",
  "reviewed",
  "closed",
] as const;
export type Step = (typeof steps)[number];

export interface StepDone {
  readonly step: Step;
  /** `passed`: a later step was done without this one. */
  readonly how: "done" | "now" | "passed" | "open";
  readonly at?: string;
  /** What was pressed by somebody. */
  readonly event?: ApiMatterEvent;
}

const stepOfState: Readonly<Record<MatterState, Step>> = {
  raised: "raised",
  notified: "notified",
  acknowledged: "acknowledged",
  explained: "explained",
  assigned: "explained",
  rectified: "rectified",
  reviewed: "reviewed",
  closed: "closed",
};

const actionsOf: Readonly<Record<Step, readonly ApiMatterEvent["action"][]>> = {
  raised: ["raise"],
  notified: ["notify", "deliver"],
  acknowledged: ["acknowledge"],
  explained: ["explain", "assign"],
  rectified: ["rectify"],
  reviewed: ["review"],
  closed: ["close"],
};

/** How far a matter is, each step with when and by whom; without events the times are the matter's own. */
export function stepsOf(matter: ApiMatter, events: readonly ApiMatterEvent[] = []): StepDone[] {
  const reached = steps.indexOf(stepOfState[matter.state]);
  return steps.map((step, index) => {
    const own = matter[`${step}At`];
    const event =
      index > reached ? undefined : events.findLast((one) => actionsOf[step].includes(one.action));
    const at = index > reached ? undefined : (own ?? event?.at);
    const who = event && event.actor !== "system" ? { event } : {};
    const how = index > reached ? "open" : at === undefined ? "passed" : index === reached ? "now" : "done";
    return { step, how, ...(at === undefined ? {} : { at }), ...who };
  });
}

/** How much a matter is about. */
export type Extent =
  | { readonly kind: "limit"; readonly used: number; readonly allowed: number; readonly ratio: number }
  | {
      readonly kind: "value";
      readonly field: string;
      readonly value: number;
      readonly op: string;
      readonly threshold: number;
    }
  | { readonly kind: "none" };

/** Used against the limit where it is about one, else the rule's own number against its threshold. */
export function extentOf({ values, watched }: Pick<ApiMatter, "values" | "watched">): Extent {
  const { used, allowed, value } = values;
  if (used !== undefined && allowed !== undefined && allowed > 0)
    return { kind: "limit", used, allowed, ratio: used / allowed };
  return value === undefined || watched === undefined
    ? { kind: "none" }
    : { kind: "value", value, ...watched };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * A rule's summary with names in place of ids: rules know labels only. An id is replaced once, where it stands by
 * itself: `main` of a meter must not change "main meter".
 */
export function withNames(summary: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce((text, [id, name]) => {
    if (id === "" || id === name) return text;
    const alone = new RegExp(`(^|[\\s：，])${escaped(id)}(?=$|[\\s：，,'’:])`);
    return text.replace(alone, (_, before: string) => `${before}${name}`);
  }, summary);
}
