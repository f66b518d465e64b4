/** Matters as the API tells them. */
import type { DeskMatter, OpenCounts } from "../../model/desk.ts";
import type { Registry } from "../../model/registry.ts";
import type { Calendar, Instant } from "../../model/time.ts";
import type {
  ApiMatter,
  DutiesAnswer,
  MatterAnswer,
  MatterCounts,
  MattersSummaryAnswer,
} from "../api/matters.ts";
import type { BoardDesk, SeenMatter, WholeMatter } from "./desk.ts";

const moments = [
  "notifiedAt",
  "acknowledgedAt",
  "explainedAt",
  "rectifiedAt",
  "reviewedAt",
  "closedAt",
  "resolvedAt",
  "dueAt",
] as const;
const subjects = ["site", "group", "meter", "gateway", "limit"] as const;

/** Nobody acknowledged it in time. */
function isOverdue({ dueAt, acknowledgedAt, closedAt }: DeskMatter, now: Instant): boolean {
  return dueAt !== undefined && (acknowledgedAt ?? closedAt ?? now) > dueAt;
}

/** What a rule watches, by its id. */
function watchedBy(rules: Registry["rules"], id: string): Pick<ApiMatter, "watched"> {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) return {};
  const { series, op, threshold } = rule;
  return { watched: { field: series.field, op, threshold } };
}

/** What the answers need beside the matters. */
export interface MatterView {
  readonly calendar: Calendar;
  readonly rules: Registry["rules"];
  readonly now: Instant;
}

export function apiMatter({ matter, may }: SeenMatter, { calendar, rules, now }: MatterView): ApiMatter {
  const { id, alert, colour, state, raisedAt, resolvedAt, lead, others, officers, assignedTo } = matter;
  const told: Partial<Record<(typeof moments)[number], string>> = {};
  for (const name of moments) if (matter[name] !== undefined) told[name] = calendar.iso(matter[name]);
  const about: Partial<Record<(typeof subjects)[number], string>> = {};
  for (const name of subjects) if (alert[name] !== undefined) about[name] = alert[name];
  return {
    id,
    rule: alert.rule,
    colour,
    domain: alert.domain,
    state,
    firing: resolvedAt === undefined,
    ...about,
    summary: alert.summary,
    values: { ...alert.values },
    ...watchedBy(rules, alert.rule),
    raisedAt: calendar.iso(raisedAt),
    ...told,
    overdue: isOverdue(matter, now),
    escalations: matter.escalations,
    ...(lead === undefined ? {} : { lead }),
    others: [...others],
    officers: [...officers],
    ...(assignedTo === undefined ? {} : { assignedTo }),
    ...(alert.panelUrl === undefined ? {} : { panelUrl: alert.panelUrl }),
    may: [...may],
  };
}

export function matterAnswer(whole: WholeMatter, view: MatterView): MatterAnswer {
  const { calendar } = view;
  return {
    matter: apiMatter(whole, view),
    events: whole.events.map(({ seq, at, action, actor, text, details }) => ({
      seq,
      at: calendar.iso(at),
      action,
      actor,
      text,
      details: { ...details },
    })),
    notices: whole.notices.map((notice) => ({ ...notice, at: calendar.iso(notice.at) })),
  };
}

export function countsAnswer({ open, overdue, unassigned }: OpenCounts): MatterCounts {
  return { open: { ...open }, overdue, unassigned };
}

/** @param month `2026-11`, and its rows */
export function summaryAnswer(
  month: string,
  rows: Awaited<ReturnType<BoardDesk["summary"]>>,
  { duties }: Registry,
): MattersSummaryAnswer {
  const nameOf = (id: string) =>
    duties.agencies.find((agency) => agency.id === id)?.name ??
    (id === "" ? { zh: "无牵头单位", en: "No leading agency" } : { zh: id, en: id });
  return { month, rows: rows.map((row) => ({ ...row, name: nameOf(row.agency) })) };
}

/** Who there is, without addresses. */
export function dutiesAnswer({ duties }: Registry): DutiesAnswer {
  return {
    agencies: duties.agencies.map(({ id, name, officers, head }) => ({
      id,
      name,
      officers: [...officers],
      ...(head === undefined ? {} : { head }),
    })),
    officers: duties.officers.map(({ id, name }) => ({ id, name })),
    ...(duties.office === undefined ? {} : { office: duties.office }),
  };
}
