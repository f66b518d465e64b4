/** Alerts become matters: raised, worsened, joined to what is known, or ended. */
import type { Alert } from "../../model/alert.ts";
import type { AlertLink, DeskMatter } from "../../model/desk.ts";
import { colours } from "../../model/limit.ts";
import type { Instant } from "../../model/time.ts";
import { recipientsOf, routeOf } from "../route/route.ts";
import { clockOf, type DeskContext, SYSTEM } from "./context.ts";
import { isWorse, subjectOf } from "./subject.ts";
import { tell } from "./tell.ts";

/** What became of the alerts of a document. */
export interface Received {
  readonly received: number;
  /** Raised or worsened a matter, or ended one. */
  readonly new: number;
  /** Changed nothing that anybody need know. */
  readonly repeated: number;
}

const linkOf = ({ fingerprint, startsAt, colour }: Alert, matter: string): AlertLink => ({
  fingerprint,
  startsAt,
  colour,
  matter,
});

/** The alert's facts for the event. */
function detailsOf({ rule, colour, values }: Alert): Record<string, string | number> {
  return { rule, colour, ...(values.value === undefined ? {} : { value: values.value }) };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}

/** @returns the new matter's id */
function raise(context: DeskContext, alert: Alert, now: Instant): string {
  const { store, registry, calendar } = context;
  const { duties } = registry;
  const day = calendar.dayOf(now);
  const name = calendar.dateOf(day).replaceAll("-", "");
  const route = routeOf(alert, registry);
  const officers = recipientsOf(duties.policies[alert.colour].tell, route, duties, day);
  const matter: DeskMatter = {
    id: `${name}-${String(store.nextNumber(name)).padStart(4, "0")}`,
    alert,
    colour: alert.colour,
    state: "raised",
    raisedAt: now,
    ...(route.lead === undefined ? {} : { lead: route.lead }),
    others: route.others,
    officers,
    escalations: 0,
    subject: subjectOf(alert),
    ...clockOf(context, alert.colour, now),
    told: officers,
  };
  store.putMatter(matter);
  store.putLink(linkOf(alert, matter.id));
  store.addEvent({
    matter: matter.id,
    at: now,
    action: "raise",
    actor: SYSTEM,
    text: "",
    details: detailsOf(alert),
  });
  tell(context, matter, "raised", officers, now);
  return matter.id;
}

/** A higher level of the same thing, or one that was answered and is back: to be answered anew. */
function rise(context: DeskContext, before: DeskMatter, alert: Alert, now: Instant): void {
  const { store, registry, calendar } = context;
  const { duties } = registry;
  const route = routeOf(alert, registry);
  const officers = recipientsOf(duties.policies[alert.colour].tell, route, duties, calendar.dayOf(now));
  const {
    acknowledgedAt: _a,
    explainedAt: _e,
    rectifiedAt: _r,
    reviewedAt: _v,
    nextAt: _n,
    dueAt: _d,
    ...rest
  } = before;
  const matter: DeskMatter = {
    ...rest,
    alert,
    colour: alert.colour,
    state: "raised",
    officers: union(before.officers, officers),
    ...clockOf(context, alert.colour, now),
    told: union(before.told, officers),
  };
  store.putMatter(matter);
  store.putLink(linkOf(alert, matter.id));
  const details = { ...detailsOf(alert), before: before.colour, beforeRule: before.alert.rule };
  const isHigher = isWorse(alert.colour, before.colour);
  const action = isHigher ? "worsen" : "raise";
  store.addEvent({ matter: matter.id, at: now, action, actor: SYSTEM, text: "", details });
  tell(context, matter, isHigher ? "worsened" : "raised", officers, now);
}

/** Ends what a closed matter still has of a series that goes on in the matter `next`. */
function handOver(
  { store }: DeskContext,
  before: DeskMatter,
  alert: Alert,
  next: string,
  now: Instant,
): void {
  const open = store.openLinks(before.id);
  const own = open.filter(({ fingerprint }) => fingerprint === alert.fingerprint);
  for (const link of own) store.putLink({ ...link, resolvedAt: now });
  if (own.length === 0 || own.length < open.length) return;
  store.putMatter({ ...before, resolvedAt: now });
  const details = { ...detailsOf(alert), next };
  store.addEvent({ matter: before.id, at: now, action: "resolve", actor: SYSTEM, text: "", details });
}

/** One more level or start of what the matter already says. */
function join({ store }: DeskContext, matter: DeskMatter, alert: Alert, now: Instant): void {
  for (const link of store.openLinks(matter.id))
    if (link.fingerprint === alert.fingerprint) store.putLink({ ...link, resolvedAt: now });
  store.putLink(linkOf(alert, matter.id));
  store.addEvent({
    matter: matter.id,
    at: now,
    action: "repeat",
    actor: SYSTEM,
    text: "",
    details: detailsOf(alert),
  });
}

/** The newest figures of an alert that is known. */
function refresh({ store }: DeskContext, link: AlertLink, alert: Alert): void {
  const matter = store.matter(link.matter);
  if (matter === undefined || matter.alert.fingerprint !== alert.fingerprint || link.resolvedAt !== undefined)
    return;
  if (JSON.stringify(matter.alert.values) === JSON.stringify(alert.values)) return;
  store.putMatter({ ...matter, alert: { ...matter.alert, values: alert.values } });
}

/**
 * What a start means to the newest matter of its subject. By what is on now, and not by the worst that ever was:
 * a level that comes back beside a lower one that never ended is told again once it had been answered.
 */
function whatBecomes(
  { store }: DeskContext,
  matter: DeskMatter | undefined,
  alert: Alert,
): "raise" | "rise" | "join" {
  if (matter === undefined || matter.resolvedAt !== undefined) return "raise";
  const open = store.openLinks(matter.id);
  const isKnown = open.some(({ fingerprint }) => fingerprint === alert.fingerprint);
  const isWorst = open.every(
    ({ fingerprint, colour }) => fingerprint === alert.fingerprint || isWorse(alert.colour, colour),
  );
  // Nobody looks at a closed matter any more, and of an end that never came nothing is known here.
  if (matter.state === "closed") return isKnown || isWorst ? "raise" : "join";
  if (isWorse(alert.colour, matter.colour)) return "rise";
  return isWorst && !isKnown && matter.acknowledgedAt !== undefined ? "rise" : "join";
}

function takeFiring(context: DeskContext, alert: Alert, now: Instant): boolean {
  const { store } = context;
  const known = store.link(alert.fingerprint, alert.startsAt);
  if (known !== undefined) {
    refresh(context, known, alert);
    return false;
  }
  const matter = store.newestOf(subjectOf(alert));
  const becomes = whatBecomes(context, matter, alert);
  if (becomes === "raise") {
    const next = raise(context, alert, now);
    if (matter !== undefined) handOver(context, matter, alert, next, now);
  } else (becomes === "rise" ? rise : join)(context, matter!, alert, now);
  return becomes !== "join";
}

function openLinkOf({ store }: DeskContext, alert: Alert): AlertLink | undefined {
  const exact = store.link(alert.fingerprint, alert.startsAt);
  if (exact !== undefined) return exact.resolvedAt === undefined ? exact : undefined;
  const matter = store.newestOf(subjectOf(alert));
  return matter && store.openLinks(matter.id).find(({ fingerprint }) => fingerprint === alert.fingerprint);
}

/** Ends one series; the matter's condition has ended with its last. */
function takeResolved(context: DeskContext, alert: Alert, now: Instant): boolean {
  const { store } = context;
  const link = openLinkOf(context, alert);
  if (link === undefined) return false;
  store.putLink({ ...link, resolvedAt: alert.endsAt ?? now });
  const before = store.matter(link.matter);
  if (before === undefined || before.resolvedAt !== undefined || store.openLinks(link.matter).length > 0)
    return false;
  const matter: DeskMatter = { ...before, resolvedAt: alert.endsAt ?? now };
  store.putMatter(matter);
  store.addEvent({
    matter: matter.id,
    at: now,
    action: "resolve",
    actor: SYSTEM,
    text: "",
    details: detailsOf(alert),
  });
  if (matter.told.length > 0) tell(context, matter, "resolved", matter.told, now);
  return true;
}

/** Ends go first, so that what starts anew in the same document is a matter of its own; then the worst colour first. */
function inOrder(alerts: readonly Alert[]): Alert[] {
  const rank = ({ status, colour }: Alert): number =>
    status === "resolved" ? -1 : colours.length - colours.indexOf(colour);
  return [...alerts].sort((a, b) => rank(a) - rank(b));
}

/** Takes the alerts of one document, in a transaction of the caller's. */
export function receiveAlerts(context: DeskContext, alerts: readonly Alert[], now: Instant): Received {
  let changed = 0;
  for (const alert of inOrder(alerts)) {
    const take = alert.status === "firing" ? takeFiring : takeResolved;
    if (take(context, alert, now)) changed += 1;
  }
  return { received: alerts.length, new: changed, repeated: alerts.length - changed };
}
