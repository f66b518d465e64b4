/** Checks of duties: every name leads to somebody, and everybody can be told. */
import { addressFormOf } from "../model/channel-address.ts";
import { type Audience, audiences } from "../model/duty.ts";
import { colours } from "../model/limit.ts";
import type { Site } from "../model/registry.ts";
import { type Report, reportRepeats } from "./report.ts";
import { agenciesByName } from "./resolve-duties.ts";
import type { ChannelForm, DutiesForm, DutyForm, TargetForm } from "./schema-duties.ts";

/** What duties refer to. */
export interface DutyCheck {
  readonly sites: readonly Site[];
  readonly brokenSites: ReadonlyMap<string, string>;
  readonly towns: readonly string[];
  readonly sectors: readonly string[];
  /** Undefined when their file cannot be used. */
  readonly targets: readonly TargetForm[] | undefined;
}

const scopes = ["site", "town", "sector", "category", "county"] as const;

/** Reports a reference to nothing. */
function reportUnknown(
  report: Report,
  path: string,
  what: string,
  id: string | undefined,
  known: ReadonlySet<string>,
): void {
  if (id === undefined || known.has(id)) return;
  const list =
    known.size > 0 && known.size <= 12
      ? `: use one of ${[...known].join(", ")}, or add it`
      : ": correct it, or add it";
  report.error(path, `no ${what} "${id}"${list}`);
}

const idsOf = (list: readonly { readonly id: string }[]): ReadonlySet<string> =>
  new Set(list.map(({ id }) => id));

function checkAddress(
  report: Report,
  path: string,
  address: string,
  kind: ChannelForm["kind"] | undefined,
): void {
  const form = kind && addressFormOf(kind);
  if (form !== undefined && form.read(address) === undefined)
    report.error(path, `"${address}" is no address for a channel of kind ${kind}: give ${form.what}`);
}

function checkOfficers(report: Report, form: DutiesForm): void {
  const officers = idsOf(form.officers);
  const channels = idsOf(form.channels);
  const operators = new Map<string, string>();
  form.officers.forEach(({ id, channels: ways, deputy, absences, operator }, index) => {
    const at = report.at(`officers[${index}]`);
    ways.forEach(({ channel, address }, i) => {
      reportUnknown(at, `channels[${i}].channel`, "channel", channel, channels);
      const kind = form.channels.find((one) => one.id === channel)?.kind;
      checkAddress(at, `channels[${i}].address`, address, kind);
    });
    for (const [path, one] of [
      ["deputy", deputy] as const,
      ...absences.map((absence, i) => [`absences[${i}].deputy`, absence.deputy] as const),
    ]) {
      reportUnknown(at, path, "officer", one, officers);
      if (one === id)
        at.error(path, `"${one}" cannot stand in for himself: name somebody else, or leave it out`);
    }
    absences.forEach(({ from, to }, i) => {
      if (to < from)
        at.error(`absences[${i}].to`, `${to} is before ${from}: give the last day of the absence`);
    });
    const other = operator === undefined ? undefined : operators.get(operator);
    if (other !== undefined)
      at.error("operator", `"${operator}" is already the operator of ${other}: one person, one officer`);
    else if (operator !== undefined) operators.set(operator, id);
  });
}

function checkAgencies(report: Report, form: DutiesForm): void {
  const officers = idsOf(form.officers);
  const names = new Map<string, number>();
  form.agencies.forEach((agency, index) => {
    const at = report.at(`agencies[${index}]`);
    agency.officers.forEach((id, i) => {
      reportUnknown(at, `officers[${i}]`, "officer", id, officers);
    });
    reportUnknown(at, "head", "officer", agency.head, officers);
    const before = names.get(agency.name.zh);
    if (before !== undefined)
      at.error("name.zh", `"${agency.name.zh}" is already the name of agencies[${before}]: targets go by it`);
    else names.set(agency.name.zh, index);
  });
}

function checkScope(at: Report, duty: DutyForm, input: DutyCheck): void {
  const given = scopes.filter((scope) => duty[scope] !== undefined);
  if (given.length !== 1) {
    const said = given.length === 0 ? "says for nothing" : `says for ${given.join(" and ")}`;
    at.error("", `${said}: give exactly one of ${scopes.join(", ")}`);
  }
  const sites = new Set([...input.sites.map(({ id }) => id), ...input.brokenSites.keys()]);
  if (duty.site !== undefined && !sites.has(duty.site))
    at.error("site", `no site "${duty.site}": correct it, or add its file`);
  if (input.towns.length > 0)
    reportUnknown(at, "town", "town of county.yaml", duty.town, new Set(input.towns));
  reportUnknown(at, "sector", "sector of county.yaml", duty.sector, new Set(input.sectors));
}

function checkTarget(at: Report, duty: DutyForm, form: DutiesForm, targets: DutyCheck["targets"]): void {
  if (duty.target === undefined || targets === undefined) return;
  if (duty.lead !== undefined || duty.others.length > 0)
    at.error(
      "target",
      `${duty.target} says who leads and who helps: give either the target, or lead and others`,
    );
  const target = targets.find(({ id }) => id === duty.target);
  if (target === undefined) {
    at.error("target", `no target "${duty.target}" in targets.yaml: correct it, or add it there`);
    return;
  }
  if (target.lead === undefined)
    at.error("target", `${target.id} names no agency: give lead and others instead`);
  const names = agenciesByName(form);
  const missing = [target.lead, ...target.others].filter((name) => name !== undefined && !names.has(name));
  if (missing.length > 0)
    at.error(
      "target",
      `${target.id} names ${missing.join(", ")}: add them to agencies, with exactly these names`,
    );
}

function checkDuty(at: Report, duty: DutyForm, form: DutiesForm, input: DutyCheck): void {
  const officers = idsOf(form.officers);
  const agencies = idsOf(form.agencies);
  checkScope(at, duty, input);
  checkTarget(at, duty, form, input.targets);
  duty.officers.forEach((id, i) => {
    reportUnknown(at, `officers[${i}]`, "officer", id, officers);
  });
  reportUnknown(at, "lead", "agency", duty.lead, agencies);
  duty.others.forEach((id, i) => {
    reportUnknown(at, `others[${i}]`, "agency", id, agencies);
    if (id === duty.lead) at.error(`others[${i}]`, `"${id}" leads already: leave it out here`);
  });
  if (duty.others.length > 0 && duty.lead === undefined && duty.target === undefined)
    at.error("others", "are beside nobody: say which agency leads");
  if (duty.officers.length === 0 && duty.lead === undefined && duty.target === undefined)
    at.error("", "names nobody: give officers, a lead or a target");
}

/** Two duties for the same thing: which of them holds would be chance. */
function checkSame(report: Report, form: DutiesForm): void {
  const first = new Map<string, number>();
  form.duties.forEach((duty, index) => {
    const scope = scopes.find((one) => duty[one] !== undefined);
    for (const domain of duty.domains ?? [""]) {
      const key = JSON.stringify([scope, scope && duty[scope], domain]);
      const before = first.get(key);
      if (before === undefined) first.set(key, index);
      else if (before !== index)
        report.error(`duties[${index}]`, `is for the same as duties[${before}]: make them one`);
    }
  });
}

/** Agencies that are to lead, and have nobody. */
function warnOfEmpty(report: Report, form: DutiesForm, input: DutyCheck): void {
  const names = agenciesByName(form);
  const leading = new Set([
    form.office,
    ...form.duties.map((duty) => {
      const target = input.targets?.find(({ id }) => id === duty.target);
      return duty.lead ?? (target?.lead === undefined ? undefined : names.get(target.lead));
    }),
  ]);
  form.agencies.forEach(({ id, officers, head }, index) => {
    if (leading.has(id) && officers.length === 0 && head === undefined)
      report.warning(
        `agencies[${index}].officers`,
        `"${id}" leads and has no officer: its alerts go to the office`,
      );
  });
}

function checkPolicies(report: Report, form: DutiesForm): void {
  for (const colour of colours) {
    const policy = form.policies[colour];
    const at = report.at(`policies.${colour}`);
    policy?.ladder.forEach(({ afterWorkingMinutes }, i) => {
      const before = policy.ladder[i - 1]?.afterWorkingMinutes ?? 0;
      if (afterWorkingMinutes <= before)
        at.error(
          `ladder[${i}].afterWorkingMinutes`,
          `${afterWorkingMinutes} is not after ${before}: rungs rise`,
        );
    });
    if (colour === "red" && policy?.heldBackInQuietHours === true)
      at.error("heldBackInQuietHours", "red is never held back: leave it out");
  }
  const used = new Set<Audience>(
    colours
      .flatMap((colour) => form.policies[colour] ?? [])
      .flatMap(({ tell, ladder }) => [tell, ...ladder.map((rung) => rung.tell)].flat()),
  );
  if (form.office === undefined && used.has("office"))
    report.error(
      "office",
      `is missing: policies tell it; name an agency, or use ${audiences.filter((one) => one !== "office").join(", ")}`,
    );
}

const mailFields = ["from", "host", "port", "user"] as const;

function checkChannel(at: Report, channel: ChannelForm): void {
  if (channel.kind === "smtp") {
    for (const field of ["from", "host"] as const)
      if (channel[field] === undefined) at.error(field, "is missing: mail needs it");
    return;
  }
  for (const field of mailFields)
    if (channel[field] !== undefined)
      at.error(field, `is for kind: smtp, and this channel is ${channel.kind}`);
}

/** Everything that is wrong with duties by themselves and beside the registry. */
export function checkDuties(report: Report, form: DutiesForm, input: DutyCheck): void {
  reportRepeats(report, "agencies", form.agencies);
  reportRepeats(report, "officers", form.officers);
  reportRepeats(report, "channels", form.channels);
  checkOfficers(report, form);
  checkAgencies(report, form);
  form.duties.forEach((duty, index) => {
    checkDuty(report.at(`duties[${index}]`), duty, form, input);
  });
  checkSame(report, form);
  warnOfEmpty(report, form, input);
  checkPolicies(report, form);
  form.channels.forEach((channel, index) => {
    checkChannel(report.at(`channels[${index}]`), channel);
  });
  reportUnknown(report, "office", "agency", form.office, idsOf(form.agencies));
  const quiet = form.quietHours;
  if (quiet !== undefined && quiet.from === quiet.to)
    report.error("quietHours", `begin and end at ${quiet.from}: leave them out, or give them a length`);
}
