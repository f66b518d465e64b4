/** Telling officers: at once into the outbox, or later, in quiet hours and as one of many. */
import type { DeskMatter, Telling } from "../../model/desk.ts";
import type { Officer } from "../../model/duty.ts";
import type { NoticeKind } from "../../model/notice.ts";
import { type Instant, MINUTE_MS } from "../../model/time.ts";
import { deliveriesOf, type NoticePlan, type Told } from "../deliver/rows.ts";
import { quietUntil, whenToTell } from "../escalate/quiet.ts";
import { type DeskContext, SYSTEM } from "./context.ts";
import { stored } from "./outbox.ts";

function toldOf({ id, name, language, channels }: Officer): Told {
  return { officer: id, name: name[language], language, ways: channels };
}

/** Puts one notice into the outbox, for officers who are told it at once. */
function send(
  context: DeskContext,
  kind: NoticeKind,
  plan: NoticePlan,
  matters: readonly DeskMatter[],
  officers: readonly string[],
): void {
  const { store, registry, compose } = context;
  const { duties } = registry;
  const told = officers.flatMap((id) => duties.officers.find((one) => one.id === id) ?? []).map(toldOf);
  const channels = new Map(duties.channels.map((channel) => [channel.id, channel]));
  const rows = deliveriesOf(plan, told, channels, (language, readers) =>
    compose(kind, matters, language, readers, plan.at),
  );
  for (const row of rows) store.putDelivery(stored(row));
  for (const officer of officers) store.addTold(officer, plan.at, kind === "digest");
}

function recentlyTold({ store, registry }: DeskContext, officer: string, now: Instant) {
  return store.toldSince(officer, now - registry.duties.digest.windowMinutes * MINUTE_MS);
}

/**
 * Tells officers of a matter, and keeps that they are told. The same matter, kind and level is told once: its callers
 * see to that. With nobody to tell, the event says so.
 */
export function tell(
  context: DeskContext,
  matter: DeskMatter,
  kind: NoticeKind,
  officers: readonly string[],
  now: Instant,
): void {
  const { store, registry, calendar } = context;
  const { colour } = matter;
  const { seq } = store.addEvent({
    matter: matter.id,
    at: now,
    action: "notify",
    actor: SYSTEM,
    text: "",
    details: { kind, colour, officers: officers.join(","), ...(officers.length === 0 ? { nobody: 1 } : {}) },
  });
  const atOnce: string[] = [];
  for (const officer of officers) {
    const recently = recentlyTold(context, officer, now);
    const dueAt = whenToTell(registry.duties, colour, recently, now, calendar);
    if (dueAt <= now) atOnce.push(officer);
    else store.addTelling({ officer, matter: matter.id, kind, colour, at: now, dueAt });
  }
  if (atOnce.length > 0)
    send(context, kind, { id: `${matter.id}-${seq}`, at: now, matters: [matter.id] }, [matter], atOnce);
}

/** The newest telling of each matter: what it says holds for those before it. */
function newest(tellings: readonly Telling[]): Telling[] {
  return [...new Map(tellings.map((one) => [one.matter, one])).values()];
}

/** Whether red waits among what must go now, quiet hours or not. */
function mustWait(context: DeskContext, tellings: readonly Telling[], now: Instant): Instant | undefined {
  const { duties } = context.registry;
  const isHeld = tellings.every(({ colour }) => colour !== "red" && duties.policies[colour].isHeldBack);
  return isHeld ? quietUntil(duties.quietHours, now, context.calendar) : undefined;
}

const MOST_AT_ONCE = 2_000;

/** Tells one officer what has waited until now: one by one while few, else as a digest. False when nothing was due. */
export function tellWhatIsDue(context: DeskContext, now: Instant): boolean {
  const { store, registry } = context;
  const due = store.dueTellings(now, MOST_AT_ONCE);
  const first = due[0];
  if (first === undefined) return false;
  store.dropTellings(due.map(({ id }) => id));
  const until = mustWait(context, due, now);
  if (until !== undefined) {
    for (const { id: _, ...telling } of due) store.addTelling({ ...telling, dueAt: until });
    return true;
  }
  const { officer } = first;
  const each = newest(due).flatMap((telling) => {
    const matter = store.matter(telling.matter);
    return matter === undefined ? [] : [{ telling, matter }];
  });
  const room = registry.duties.digest.afterNotices - recentlyTold(context, officer, now).messages;
  if (each.length === 1 || each.length <= room) {
    for (const { telling, matter } of each)
      send(
        context,
        telling.kind,
        { id: `${matter.id}-t${telling.id}`, at: now, matters: [matter.id] },
        [matter],
        [officer],
      );
  } else if (each.length > 0) {
    const matters = each.map(({ matter }) => matter);
    const plan = { id: `digest-${first.id}`, at: now, matters: matters.map(({ id }) => id) };
    send(context, "digest", plan, matters, [officer]);
  }
  return true;
}
