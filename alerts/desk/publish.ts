/** What the rest of the program is told of matters: records of the topic `alerts`, and rows of the observation `alert`. */
import type { DeskMatter, NumberedEvent } from "../../model/desk.ts";
import { type Colour, colours } from "../../model/limit.ts";
import type { Observation } from "../../model/observation.ts";
import type { AlertRecord } from "../../model/records.ts";
import type { Instant } from "../../model/time.ts";

/** Records of matters of no site are kept in order by this key. */
const NO_SITE = "_county";

/** The key and JSON of an event's record. */
export function alertRecord({ number, event, matter }: NumberedEvent): { key: string; value: string } {
  const { rule, colour, domain, site, group, meter, gateway, limit, fingerprint, startsAt } = matter.alert;
  const known = { site, group, meter, gateway, limit };
  const record: AlertRecord = {
    number,
    event,
    alert: {
      rule,
      colour,
      domain,
      ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
      fingerprint,
      startsAt,
    },
    ...(matter.lead === undefined ? {} : { lead: matter.lead }),
  };
  return { key: site ?? NO_SITE, value: JSON.stringify(record) };
}

/** Matters of one rule and site that were raised together would be one row: the matter's number sets them apart. */
function atOf({ id, raisedAt }: DeskMatter): Instant {
  return raisedAt + (Number(id.split("-")[1]) % 1_000);
}

function row(matter: DeskMatter, colour: Colour, rule: string, isOpen: boolean, now: Instant): Observation {
  const { alert, dueAt, acknowledgedAt, closedAt } = matter;
  const tags = {
    rule,
    purpose: alert.domain,
    site: alert.site,
    group: alert.group,
    colour,
    agency: matter.lead,
  };
  const isOverdue = dueAt !== undefined && (acknowledgedAt ?? closedAt ?? now) > dueAt;
  return {
    measurement: "alert",
    tags: Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
    at: atOf(matter),
    numbers: {
      raisedAt: matter.raisedAt,
      notifiedAt: matter.notifiedAt ?? null,
      acknowledgedAt: acknowledgedAt ?? null,
      explainedAt: matter.explainedAt ?? null,
      rectifiedAt: matter.rectifiedAt ?? null,
      reviewedAt: matter.reviewedAt ?? null,
      closedAt: closedAt ?? null,
      resolvedAt: matter.resolvedAt ?? null,
      escalations: matter.escalations,
      overdue: isOverdue ? 1 : 0,
      value: alert.values.value ?? null,
      open: isOpen ? 1 : 0,
    },
    texts: {
      matter: matter.id,
      state: isOpen || closedAt !== undefined ? matter.state : "worsened",
      summary: alert.summary.zh,
      officer: matter.assignedTo ?? matter.officers[0] ?? "",
    },
  };
}

const isColour = (value: unknown): value is Colour => colours.some((colour) => colour === value);

/**
 * Rows of the matters that some events are of, as they are now. A colour is a tag: the row of the colour that a matter
 * has left stays, with `open` 0 and the state `worsened`.
 */
export function alertRows(events: readonly NumberedEvent[], now: Instant): Observation[] {
  const rows = new Map<string, Observation>();
  for (const { event, matter } of events) {
    const { before, beforeRule } = event.details;
    if (isColour(before))
      rows.set(`${matter.id} ${before}`, row(matter, before, String(beforeRule), false, now));
    // The colour it has now is no longer one that it has left.
    rows.delete(`${matter.id} ${matter.colour}`);
    rows.set(matter.id, row(matter, matter.colour, matter.alert.rule, matter.closedAt === undefined, now));
  }
  return [...rows.values()];
}
