/** Telling officers: at once into the outbox, or later, in quiet hours and as one of many. */
import type { DeskMatter, Telling } from "../../model/desk.ts";
import type { Officer } from "../../model/duty.ts";
import type { NoticeKind } from "../../model/notice.ts";
import { type DayIndex, type Instant, MINUTE_MS } from "../../model/time.ts";
import { worstOf } from "../deliver/merge.ts";
import { deliveriesOf, type NoticePlan, type Told } from "../deliver/rows.ts";
import { nextDigestAt, quietUntil, type Recently, whenToTell } from "../escalate/quiet.ts";
import { presenceOn } from "../route/presence.ts";
import { officersOf } from "../route/route.ts";
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

function recentlyTold({ store, registry }: DeskContext, officer: string, now: Instant): Recently {
  const { messages, lastDigestAt } = store.toldSince(
    officer,
    now - registry.duties.digest.windowMinutes * MINUTE_MS,
  );
  // One noted while the clock was ahead holds up none.
  return { messages, ...(lastDigestAt === undefined || lastDigestAt > now ? {} : { lastDigestAt }) };
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
  // What waits for them of the same matter is said with this, and would come after it.
  const waiting = store.tellingsOf(matter.id).filter(({ officer }) => atOnce.includes(officer));
  store.dropTellings(waiting.map(({ id }) => id));
  if (atOnce.length > 0)
    send(context, kind, { id: `${matter.id}-${seq}`, at: now, matters: [matter.id] }, [matter], atOnce);
}

/** The newest telling of each matter: what it says holds for those before it. */
function newest(tellings: readonly Telling[]): Telling[] {
  return [...new Map(tellings.map((one) => [one.matter, one])).values()];
}

/** Until when all of it still waits: for the end of quiet hours, or since a digest went a moment ago. */
function waitsUntil(
  context: DeskContext,
  tellings: readonly Telling[],
  recently: Recently,
  now: Instant,
): Instant | undefined {
  const { duties } = context.registry;
  const worst = worstOf(tellings.map(({ colour }) => colour));
  const isHeld = worst !== "red" && tellings.every(({ colour }) => duties.policies[colour].isHeldBack);
  const quiet = isHeld ? quietUntil(duties.quietHours, now, context.calendar) : undefined;
  if (quiet !== undefined) return quiet;
  const isMany = tellings.length > duties.digest.afterNotices - recently.messages;
  const next = nextDigestAt(duties, worst, recently);
  return isMany && next > now ? next : undefined;
}

/** The officer, who stands in for him today, or else whoever of the office is there: much may be held back over a night. */
function thereOn({ registry: { duties } }: DeskContext, officer: string, day: DayIndex): string[] {
  const found = presenceOn(duties, day).standIn(officer);
  return found === undefined ? officersOf(["office"], { officers: [], others: [] }, duties, day) : [found];
}

/** Tells of one matter, or of several in a digest, what had to wait for the officer. */
function sendHeld(
  context: DeskContext,
  kind: NoticeKind,
  plan: NoticePlan,
  matters: readonly DeskMatter[],
  officer: string,
): void {
  const { store, calendar } = context;
  const readers = thereOn(context, officer, calendar.dayOf(plan.at));
  for (const matter of matters) {
    // Who is told in his place is to hear of the end, too.
    const told = [...new Set([...matter.told, ...readers])];
    if (told.length > matter.told.length) store.putMatter({ ...matter, told });
    if (readers.length > 0) continue;
    const details = { kind, colour: matter.colour, officers: "", nobody: 1 };
    store.addEvent({ matter: matter.id, at: plan.at, action: "notify", actor: SYSTEM, text: "", details });
  }
  if (readers.length > 0) send(context, kind, plan, matters, readers);
}

const MOST_AT_ONCE = 2_000;

/** Tells one officer what has waited until now: one by one while few, else as a digest. False when nothing was due. */
export function tellWhatIsDue(context: DeskContext, now: Instant): boolean {
  const { store, registry } = context;
  const due = store.dueTellings(now, MOST_AT_ONCE);
  const first = due[0];
  if (first === undefined) return false;
  store.dropTellings(due.map(({ id }) => id));
  const { officer } = first;
  const recently = recentlyTold(context, officer, now);
  const until = waitsUntil(context, due, recently, now);
  if (until !== undefined) {
    for (const { id: _, ...telling } of due) store.addTelling({ ...telling, dueAt: until });
    return true;
  }
  const each = newest(due).flatMap((telling) => {
    const matter = store.matter(telling.matter);
    return matter === undefined ? [] : [{ telling, matter }];
  });
  if (each.length <= Math.max(1, registry.duties.digest.afterNotices - recently.messages)) {
    for (const { telling, matter } of each) {
      const plan = { id: `${matter.id}-t${telling.id}`, at: now, matters: [matter.id] };
      sendHeld(context, telling.kind, plan, [matter], officer);
    }
  } else if (each.length > 0) {
    const matters = each.map(({ matter }) => matter);
    const plan = { id: `digest-${first.id}`, at: now, matters: matters.map(({ id }) => id) };
    sendHeld(context, "digest", plan, matters, officer);
  }
  return true;
}
