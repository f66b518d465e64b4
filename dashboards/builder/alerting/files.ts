/** The files of Grafana's alerting, from the rules and the calendar of a county. */
import { stringify } from "yaml";
import type { Duties } from "../../../model/duty.ts";
import { type ObservedName, observedNames } from "../../../model/observation.ts";
import type { Rule } from "../../../model/rule.ts";
import { muteTimes } from "./mute-times.ts";
import { contactPoints, policies, templates } from "./routing.ts";
import { grafanaRule, intervalOf } from "./rule.ts";

export interface AlertingInput {
  readonly rules: readonly Rule[];
  readonly duties: Duties;
  /** IANA zone of the county. */
  readonly zone: string;
  /** Uids of all rules that were ever in the files, of `ISSUED`. */
  readonly issued: readonly string[];
}

/** Uids ever given out: Grafana keeps a rule that is merely gone from its file. */
export const ISSUED = "dashboards/builder/alerting/issued.json";
const FOLDER = "dashboards/provisioning/alerting";

const groupNames: Readonly<Partial<Record<ObservedName, string>>> = {
  limit_usage: "limits",
  meter_status: "meters",
  gateway_status: "gateways",
  site_status: "sites",
  pipeline_status: "pipeline",
};

/** Rules of one measurement are looked at together. */
function groupsOf(rules: readonly Rule[]) {
  return observedNames.flatMap((measurement) => {
    const own = rules.filter(({ series }) => series.measurement === measurement);
    if (own.length === 0) return [];
    const name = groupNames[measurement] ?? measurement;
    const interval = `${intervalOf(measurement)}s`;
    return [{ orgId: 1, name, folder: "Energy", interval, rules: own.map(grafanaRule) }];
  });
}

function fileOf(content: Record<string, unknown>): string {
  const head = "# Made from config/ by `npm run dashboards`. Change the rules there, not here.\n";
  return (
    head +
    stringify({ apiVersion: 1, ...content }, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false })
  );
}

/**
 * Text of every file by its path in the tree. Rules that were issued once and are gone are deleted by name; the
 * list of those issued is a file as well, and grows.
 */
export function alertingFiles(input: AlertingInput): ReadonlyMap<string, string> {
  const uids = input.rules.map(({ id }) => id);
  const issued = [...new Set([...input.issued, ...uids])].sort();
  const gone = issued.filter((uid) => !uids.includes(uid));
  const deleteRules = gone.map((uid) => ({ orgId: 1, uid }));
  const rules = { ...(gone.length === 0 ? {} : { deleteRules }), groups: groupsOf(input.rules) };
  return new Map([
    [`${FOLDER}/rules.yaml`, fileOf(rules)],
    [`${FOLDER}/contact-points.yaml`, fileOf(contactPoints())],
    [`${FOLDER}/policies.yaml`, fileOf(policies())],
    [`${FOLDER}/mute-times.yaml`, fileOf(muteTimes(input.duties, input.zone))],
    [`${FOLDER}/templates.yaml`, fileOf(templates())],
    [ISSUED, `${JSON.stringify({ rules: issued }, null, 2)}\n`],
  ]);
}
