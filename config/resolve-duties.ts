/** Duties and the working calendar from their YAML form. Total: what is wrong is found by the checks. */
import type {
  Absence,
  Agency,
  Channel,
  ColourPolicy,
  Duties,
  Duty,
  Officer,
  WorkingCalendar,
} from "../model/duty.ts";
import type { Colour } from "../model/limit.ts";
import { type DayIndex, parseDate } from "../model/time.ts";
import { dayOfDate } from "./moment.ts";
import {
  type CalendarForm,
  type DutiesForm,
  type DutyForm,
  type PolicyForm,
  type TargetForm,
  weekdays,
} from "./schema-duties.ts";

/** A working day of 08:30 to 12:00 and 13:30 to 17:00. */
const WORKING_DAY = 420;

/**
 * Who is told of which colour where duties.yaml does not say: yellow to the plant and the office, orange to the
 * leading agency as well, red to its head and the agencies beside it too; up the ladder after one working day, of
 * yellow after three.
 */
export const defaultPolicies: Readonly<Record<Colour, ColourPolicy>> = {
  yellow: {
    tell: ["officers", "office"],
    ladder: [{ afterWorkingMinutes: 3 * WORKING_DAY, tell: ["lead"] }],
    isHeldBack: true,
  },
  orange: {
    tell: ["officers", "office", "lead"],
    ladder: [
      { afterWorkingMinutes: WORKING_DAY, tell: ["lead-head"] },
      { afterWorkingMinutes: 2 * WORKING_DAY, tell: ["office"] },
    ],
    isHeldBack: true,
  },
  red: {
    tell: ["officers", "office", "lead", "lead-head", "others"],
    ladder: [
      { afterWorkingMinutes: WORKING_DAY, tell: ["lead-head", "office"] },
      { afterWorkingMinutes: 2 * WORKING_DAY, tell: ["lead-head", "office", "others"] },
    ],
    isHeldBack: false,
  },
};

/** Minutes after midnight of a time of day that was checked before. */
export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** The members that are there. */
function known<T extends object>(all: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}

/** Days from the first to the last, both included. */
function daysOf(from: string, to: string): DayIndex[] {
  const [first, last] = [dayOfDate(from), dayOfDate(to)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

export function resolveCalendar(form: CalendarForm): WorkingCalendar {
  const last = form.years.map(({ year }) => year).sort((a, b) => b - a)[0];
  return known<WorkingCalendar>({
    hours: form.hours.map(([from, to]) => [minutesOf(from), minutesOf(to)] as const),
    workdays: form.workdays.map((name) => weekdays.indexOf(name)),
    holidays: new Set(
      form.years.flatMap((year) => year.holidays.flatMap(({ from, to }) => daysOf(from, to))),
    ),
    extraWorkdays: new Set(form.years.flatMap((year) => year.extraWorkdays.map(dayOfDate))),
    knownThrough: last === undefined ? undefined : parseDate(`${last}-12-31`),
  });
}

function resolvePolicy(form: PolicyForm | undefined, colour: Colour): ColourPolicy {
  if (form === undefined) return defaultPolicies[colour];
  const { tell, ladder, heldBackInQuietHours } = form;
  return { tell, ladder, isHeldBack: colour !== "red" && (heldBackInQuietHours ?? true) };
}

function resolveOfficer({ absences, operator, deputy, ...rest }: DutiesForm["officers"][number]): Officer {
  return known<Officer>({
    ...rest,
    operator,
    deputy,
    absences: absences.map(({ from, to, deputy: standIn }) =>
      // Written with its last day; kept with the first day after it.
      known<Absence>({ from: dayOfDate(from), to: dayOfDate(to) + 1, deputy: standIn }),
    ),
  });
}

/** Ids of agencies by the names that the plan has for them. */
export function agenciesByName(form: DutiesForm): ReadonlyMap<string, string> {
  return new Map(form.agencies.map(({ id, name }) => [name.zh, id]));
}

function resolveDuty(
  form: DutyForm,
  targets: readonly TargetForm[],
  names: ReadonlyMap<string, string>,
): Duty {
  const target = targets.find(({ id }) => id === form.target);
  const { lead, others, ...rest } = form;
  return known<Duty>({
    ...rest,
    lead: target?.lead === undefined ? lead : names.get(target.lead),
    others: target === undefined ? others : target.others.flatMap((name) => names.get(name) ?? []),
  });
}

export function resolveDuties(
  form: DutiesForm,
  targets: readonly TargetForm[],
  calendar: WorkingCalendar,
): Duties {
  const names = agenciesByName(form);
  const { quietHours, policies, office, boardUrl, grafanaUrl } = form;
  return known<Duties>({
    agencies: form.agencies.map((agency) => known<Agency>(agency)),
    officers: form.officers.map(resolveOfficer),
    duties: form.duties.map((duty) => resolveDuty(duty, targets, names)),
    office,
    policies: {
      yellow: resolvePolicy(policies.yellow, "yellow"),
      orange: resolvePolicy(policies.orange, "orange"),
      red: resolvePolicy(policies.red, "red"),
    },
    channels: form.channels.map((channel) => known<Channel>(channel)),
    calendar,
    quietHours:
      quietHours === undefined
        ? undefined
        : { from: minutesOf(quietHours.from), to: minutesOf(quietHours.to) },
    digest: form.digest,
    boardUrl,
    grafanaUrl,
  });
}
