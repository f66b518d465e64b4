/** Loads `duties.yaml`, where there is one, with `calendar.yaml` and `targets.yaml`, the county's own or the shipped ones. */
import { type Duties, noDuties } from "../model/duty.ts";
import { checkCalendar } from "./check-calendar.ts";
import { checkDuties, type DutyCheck } from "./check-duties.ts";
import { placeOf } from "./load-data.ts";
import { type Loading, readForm } from "./loading.ts";
import { reportOn, reportRepeats } from "./report.ts";
import { resolveCalendar, resolveDuties } from "./resolve-duties.ts";
import { calendarFile, dutiesFile, targetsFile } from "./schema-duties.ts";

const DUTIES = "duties.yaml";
const CALENDAR = "calendar.yaml";
const TARGETS = "targets.yaml";

async function loadCalendar(loading: Loading, own: ReadonlySet<string>): Promise<Duties["calendar"]> {
  const { from, label } = placeOf(loading, own, CALENDAR);
  const form = await readForm(from, CALENDAR, calendarFile);
  if (form === undefined) return noDuties.calendar;
  checkCalendar(reportOn(loading.problems, label), form);
  return resolveCalendar(form);
}

async function loadTargets(loading: Loading, own: ReadonlySet<string>): Promise<DutyCheck["targets"]> {
  const { from, label } = placeOf(loading, own, TARGETS);
  const form = await readForm(from, TARGETS, targetsFile);
  if (form) reportRepeats(reportOn(loading.problems, label), "targets", form.targets);
  return form?.targets;
}

/** Who answers for what; nobody where the directory has no `duties.yaml`, or it cannot be used, which is reported. */
export async function loadDuties(
  loading: Loading,
  own: ReadonlySet<string>,
  input: Omit<DutyCheck, "targets">,
): Promise<Duties> {
  const calendar = await loadCalendar(loading, own);
  const targets = await loadTargets(loading, own);
  if (!own.has(DUTIES)) return { ...noDuties, calendar };
  const form = await readForm(loading, DUTIES, dutiesFile);
  if (form === undefined) return { ...noDuties, calendar };
  checkDuties(reportOn(loading.problems, DUTIES), form, { ...input, targets });
  return resolveDuties(form, targets ?? [], calendar);
}
