/** What was sent of a matter, to whom and by which way: one row for each officer and notice. */
import type { DeskStore } from "../../model/desk.ts";
import type { NoticeKind } from "../../model/notice.ts";
import type { Instant } from "../../model/time.ts";
import type { Attempt, Delivery } from "../deliver/outbox.ts";
import { deliveryOf } from "./outbox.ts";

export interface NoticeSeen {
  readonly at: Instant;
  readonly kind: NoticeKind;
  /** Empty while none has been chosen. */
  readonly channel: string;
  readonly officer: string;
  /** `held`: for the end of quiet hours, or for a digest. */
  readonly status: "waiting" | "held" | "delivered" | "failed";
  readonly attempts: number;
  readonly error?: string;
}

function statusOf({ state }: Delivery): NoticeSeen["status"] {
  return state === "delivered" || state === "failed" ? state : "waiting";
}

function seen(row: Delivery, lastError: ReadonlyMap<string, string>): NoticeSeen[] {
  // Rows of other channels, or a digest, took its place: those tell.
  if (row.state === "replaced") return [];
  const status = statusOf(row);
  const error = status === "delivered" ? undefined : lastError.get(row.id);
  return row.addressees.map(({ officer }) => ({
    at: row.createdAt,
    kind: row.notice.content.kind,
    channel: row.channel,
    officer,
    status,
    attempts: row.allTries,
    ...(error === undefined ? {} : { error }),
  }));
}

/** In the order they were made. */
export function noticesOf(store: DeskStore, matter: string): NoticeSeen[] {
  const lastError = new Map<string, string>();
  for (const { delivery, body } of store.attemptsOf(matter)) {
    const { error } = JSON.parse(body) as Attempt;
    if (error !== undefined) lastError.set(delivery, error);
  }
  const carried = store.deliveriesOf(matter).flatMap((row) => seen(deliveryOf(row), lastError));
  const held = store.tellingsOf(matter).map(
    ({ at, kind, officer }): NoticeSeen => ({
      at,
      kind,
      officer,
      channel: "",
      status: "held",
      attempts: 0,
    }),
  );
  return [...carried, ...held].sort((a, b) => a.at - b.at);
}
