/** The outbox on the desk's store: what a channel took or refused becomes an event of the matter. */
import type { DeskMatter, DeskStore, StoredDelivery } from "../../model/desk.ts";
import type { Instant } from "../../model/time.ts";
import type { Attempt, Delivery, Outbox, OutboxChanges } from "../deliver/outbox.ts";
import { SYSTEM } from "./context.ts";

/** A row as the store keeps it. */
export function stored(row: Delivery): StoredDelivery {
  const { id, channel, state, nextAt, createdAt, notice } = row;
  const { matters, content } = notice;
  return {
    id,
    channel,
    state,
    nextAt,
    createdAt,
    colour: content.colour,
    matters,
    body: JSON.stringify(row),
  };
}

export const deliveryOf = ({ body }: StoredDelivery): Delivery => JSON.parse(body) as Delivery;

/** Tries that say nothing of the channel's rate: none was made, or nobody knows. */
const counted: readonly Attempt["status"][] = ["delivered", "refused", "failed"];

/** Somebody was reached. */
function notified(matter: DeskMatter, at: Instant): DeskMatter {
  return {
    ...matter,
    state: matter.state === "raised" ? "notified" : matter.state,
    notifiedAt: matter.notifiedAt ?? at,
  };
}

/** Nobody was reached: the ladder does not wait for the time to be over. */
function goingUp(matter: DeskMatter, at: Instant): DeskMatter {
  return matter.nextAt === undefined ? matter : { ...matter, nextAt: Math.min(matter.nextAt, at) };
}

function addAttempt(store: DeskStore, attempt: Attempt): void {
  const { delivery, channel, at, status, matters, kind, officers, error = "" } = attempt;
  store.addAttempt({ delivery, channel, at, status, matters, body: JSON.stringify(attempt) });
  if (status === "failed" || status === "unknown") return;
  const endedAt = at + attempt.tookMs;
  const action = status === "delivered" ? "deliver" : "fail-delivery";
  const details = {
    kind,
    channel,
    officers: officers.join(","),
    ...(status === "given-up" ? { last: 1 } : {}),
  };
  for (const id of matters) {
    const matter = store.matter(id);
    if (matter === undefined) continue;
    store.addEvent({ matter: id, at: endedAt, action, actor: SYSTEM, text: error, details });
    if (status === "delivered") store.putMatter(notified(matter, endedAt));
    if (status === "given-up") store.putMatter(goingUp(matter, endedAt));
  }
}

/** @param changed called after each durable change */
export function createOutbox(
  store: DeskStore,
  changed: () => void = () => undefined,
): Omit<Outbox, "write"> & { write(changes: OutboxChanges): void } {
  return {
    due: (channel, now, limit) => store.dueDeliveries(channel, now, limit).map(deliveryOf),
    waiting: (channel) => store.waitingDeliveries(channel),
    nextAt: (channel) => store.nextDeliveryAt(channel),
    waitingChannels: () => store.waitingChannels(),
    sending: () => store.deliveriesIn("sending").map(deliveryOf),
    triedSince: (channel, since) => store.attemptsSince(channel, since, counted),
    write({ rows, attempts }) {
      store.transaction(() => {
        for (const row of rows) store.putDelivery(stored(row));
        for (const attempt of attempts) addAttempt(store, attempt);
      });
      changed();
    },
  };
}
