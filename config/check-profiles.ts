/** Checks of decoder profiles. */
import { calendarOf } from "../model/time.ts";
import { captureForm, filtersOverlap, profileFilter } from "../model/topics.ts";
import { type Report, reportRepeats } from "./report.ts";
import type { ProfileForm, SourceForm } from "./schema-data.ts";
import { filterProblem } from "./topic-filter.ts";

/** Names captured by a topic, level by level. */
export function capturesOf(topic: string): string[] {
  return topic.split("/").flatMap((level) => captureForm.exec(level)?.[1] ?? []);
}

/** True when `zone` is an IANA zone that this Node knows. */
export function isZone(zone: string): boolean {
  try {
    calendarOf(zone);
    return true;
  } catch {
    return false;
  }
}

function checkTopic(report: Report, form: ProfileForm): void {
  if (form.topic === undefined) {
    if (form.format === "json") report.error("topic", "is missing: a JSON profile is chosen by its topic");
    return;
  }
  const problem = filterProblem(profileFilter(form.topic));
  if (problem !== undefined) report.error("topic", `"${form.topic}" is no topic filter: ${problem}`);
  const broken = form.topic
    .split("/")
    .find((level) => /[{}]/.test(level) && captureForm.exec(level) === null);
  if (broken !== undefined)
    report.error("topic", `"${broken}": a capture fills a whole level, such as {meter}`);
}

/** All places of a profile where a value comes from, with their paths. */
function sourcesOf(form: ProfileForm): [string, SourceForm][] {
  const { site, meter, powerKw, seq, revision } = form;
  const single = Object.entries({ site, meter, powerKw, seq, revision, "time.value": form.time.value });
  const listed = (form.registers ?? []).flatMap((row, index): [string, SourceForm | undefined][] => [
    [`registers[${index}].value`, row.value],
    [`registers[${index}].unit`, row.unit],
  ]);
  return [...single, ...listed].filter((entry): entry is [string, SourceForm] => entry[1] !== undefined);
}

function checkSources(report: Report, form: ProfileForm): void {
  const captures = capturesOf(form.topic ?? "");
  for (const [path, source] of sourcesOf(form)) {
    if (source.capture !== undefined && !captures.includes(source.capture))
      report.error(`${path}.capture`, `"{${source.capture}}" is not in the topic ${form.topic ?? "(none)"}`);
    if (source.pointer !== undefined && form.format === "csv")
      report.error(`${path}.pointer`, "a CSV row has columns: use column");
    if (source.column !== undefined && form.format === "json")
      report.error(`${path}.column`, "JSON has no columns: use pointer");
  }
}

function isTimeForm(form: string): boolean {
  if (["iso", "epoch-ms", "epoch-s"].includes(form)) return true;
  const tokens = form.match(/yyyy|SSS|MM|dd|HH|mm|ss/g) ?? [];
  const hasDate = ["yyyy", "MM", "dd"].every((token) => (tokens as string[]).includes(token));
  return hasDate && new Set(tokens).size === tokens.length;
}

function checkPlaces(report: Report, form: ProfileForm): void {
  if ((form.registers === undefined) === (form.registersAt === undefined))
    report.error("registers", "give either registers or registersAt, so that values are found in one way");
  if (form.format === "csv" && form.registersAt !== undefined)
    report.error("registersAt", "is for JSON: list the columns under registers");
  for (const field of ["site", "meter"] as const) {
    if (form.topic !== undefined && form[field] === undefined && !capturesOf(form.topic).includes(field))
      report.error(
        field,
        `is missing: a message must say its ${field}, by the topic's {${field}}, a pointer or a constant`,
      );
  }
  const { zone, form: timeForm } = form.time;
  if (timeForm !== undefined && !isTimeForm(timeForm))
    report.error(
      "time.form",
      `"${timeForm}" is neither iso, epoch-ms, epoch-s nor a pattern of yyyy, MM, dd, HH, mm, ss, SSS with at least a date and nothing twice`,
    );
  if (zone !== undefined && zone !== "county" && !isZone(zone))
    report.error("time.zone", `"${zone}" is no IANA zone: use county, or one such as Asia/Shanghai`);
}

/** Reports what is wrong with decoder profiles. */
export function checkProfiles(report: Report, forms: readonly ProfileForm[]): void {
  reportRepeats(report, "profiles", forms);
  forms.forEach((form, index) => {
    const profile = report.at(`profiles[${index}]`);
    checkTopic(profile, form);
    checkSources(profile, form);
    checkPlaces(profile, form);
    const { topic } = form;
    if (topic === undefined) return;
    const other = forms.findIndex(
      (earlier, at) =>
        at < index &&
        earlier.topic !== undefined &&
        filtersOverlap(profileFilter(earlier.topic), profileFilter(topic)),
    );
    if (other >= 0)
      profile.error("topic", `"${topic}" overlaps with profiles[${other}]: a message must have one profile`);
  });
  if (!forms.some((form) => form.id === "native"))
    report.warning("profiles", "has no profile native: meters that publish to v1/sites/… will not be read");
}
