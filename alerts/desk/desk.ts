/** The desk: alerts come in, matters are followed until they are closed, and officers are told. */
import type { Alert, MatterEvent } from "../../model/alert.ts";
import type { DeskMatter } from "../../model/desk.ts";
import type { Instant } from "../../model/time.ts";
import { rungAt } from "../escalate/ladder.ts";
import { recipientsOf, routeOf } from "../route/route.ts";
import { type Actor, type Deed, done, type Refused, refusalOf } from "./actions.ts";
import { type DeskContext, SYSTEM } from "./context.ts";
import { type Received, receiveAlerts } from "./receive.ts";
import { tell, tellWhatIsDue } from "./tell.ts";

export type Acted =
  | { readonly matter: DeskMatter; readonly event: MatterEvent }
  | { readonly refused: Refused }
  | { readonly unknown: true };

export interface Desk {
  /**
   * Takes alerts in. They are on disk when it returns, with the notices they led to, and with what `along` wrote:
   * how far their source was read.
   */
  receive(alerts: readonly Alert[], now: Instant, along?: () => void): Received;
  /** What somebody does with a matter; refused with a reason where it cannot be done. */
  act(matter: string, deed: Deed, actor: Actor, now: Instant): Acted;
  /** Goes up ladders, tells what was held back, sends digests: whatever is due. */
  due(now: Instant): void;
  /** When something is due next. */
  nextDueAt(): Instant | undefined;
}

/** Matters that one transaction takes up the ladder: others get a turn between. */
const MOST_AT_ONCE = 100;

function escalate(context: DeskContext, before: DeskMatter, now: Instant): void {
  const { store, registry, calendar, work } = context;
  const { duties } = registry;
  const policy = duties.policies[before.colour];
  const step = policy.ladder[before.rung];
  const { nextAt: _, ...rest } = before;
  // The configuration may have lost the rung since.
  if (step === undefined) {
    store.putMatter(rest);
    return;
  }
  const officers = recipientsOf(step.tell, routeOf(before.alert, registry), duties, calendar.dayOf(now));
  const rung = before.rung + 1;
  const nextAt = rungAt(policy, rung, before.clockFrom, work);
  const matter: DeskMatter = {
    ...rest,
    rung,
    escalations: before.escalations + 1,
    ...(nextAt === undefined ? {} : { nextAt }),
    told: [...new Set([...before.told, ...officers])],
  };
  store.putMatter(matter);
  const details = { rung, officers: officers.join(",") };
  store.addEvent({ matter: matter.id, at: now, action: "escalate", actor: SYSTEM, text: "", details });
  tell(context, matter, "escalated", officers, now);
}

/** Who has something to do now is told so. */
function tellAssigned(
  context: DeskContext,
  matter: DeskMatter,
  deed: Deed,
  actor: Actor,
  now: Instant,
): void {
  const { officer } = deed;
  if (deed.action === "assign" && officer !== undefined && officer !== actor.officer)
    tell(context, matter, "reminder", [officer], now);
}

export function createDesk(context: DeskContext): Desk {
  const { store, registry } = context;
  return {
    receive: (alerts, now, along) =>
      store.transaction(() => {
        const received = receiveAlerts(context, alerts, now);
        along?.();
        return received;
      }),
    act: (id, deed, actor, now) =>
      store.transaction((): Acted => {
        const before = store.matter(id);
        if (before === undefined) return { unknown: true };
        const refused = refusalOf(before, deed, actor, registry.duties);
        if (refused !== undefined) return { refused };
        const matter = done(before, deed, now);
        store.putMatter(matter);
        const { action, text, officer } = deed;
        const event = store.addEvent({
          matter: id,
          at: now,
          action,
          actor: actor.name,
          text,
          details: {
            ...(actor.officer === undefined ? {} : { by: actor.officer }),
            ...(actor.via === undefined ? {} : { via: actor.via }),
            ...(action === "assign" && officer !== undefined ? { officer } : {}),
          },
        });
        tellAssigned(context, matter, deed, actor, now);
        return { matter: store.matter(id) ?? matter, event };
      }),
    due(now) {
      for (let matters = store.dueMatters(now, MOST_AT_ONCE); matters.length > 0; ) {
        store.transaction(() => {
          for (const matter of matters) escalate(context, matter, now);
        });
        matters = store.dueMatters(now, MOST_AT_ONCE);
      }
      while (store.transaction(() => tellWhatIsDue(context, now)));
    },
    nextDueAt: () => store.nextDueAt(),
  };
}
