/** More notices than a channel may carry in a minute become digests. */
import { type Colour, colours } from "../../model/limit.ts";
import type { NoticeContent } from "../../model/notice.ts";
import type { Instant } from "../../model/time.ts";
import type { Addressee, Delivery, OutboxChanges } from "./outbox.ts";

/** Officers that one digest mentions at most. */
const MOST_MENTIONED = 100;

/** The worst of some colours. */
export function worstOf(some: readonly Colour[]): Colour {
  return some.reduce((worst, one) => (colours.indexOf(one) > colours.indexOf(worst) ? one : worst));
}

/** What may share a digest: the same words for the same people. A robot's group is one, a mailbox another. */
function keyOf(row: Delivery, isGroup: boolean): string {
  const who = isGroup ? "" : row.addressees.map(({ officer }) => officer).join(" ");
  return `${row.notice.content.language} ${row.isRepeat ? "again" : "new"} ${who}`;
}

function unite(rows: readonly Delivery[]): Addressee[] {
  const all = new Map<string, Addressee>();
  for (const one of rows.flatMap(({ addressees }) => addressees))
    if (!all.has(one.officer)) all.set(one.officer, one);
  return [...all.values()];
}

function partsOf(rows: readonly Delivery[]): Delivery[][] {
  const parts: Delivery[][] = [];
  let mentioned = new Set<string>();
  for (const row of rows) {
    const officers = row.addressees.map(({ officer }) => officer);
    const last = parts.at(-1);
    const joined = new Set([...mentioned, ...officers]);
    if (last && joined.size <= MOST_MENTIONED) {
      last.push(row);
      mentioned = joined;
    } else {
      parts.push([row]);
      mentioned = new Set(officers);
    }
  }
  return parts;
}

function digestOf(
  rows: readonly Delivery[],
  now: Instant,
  compose: (contents: readonly NoticeContent[]) => NoticeContent,
): Delivery[] {
  const first = rows[0]!;
  // Rows merged once are not merged into the same id again: the first has gone into the digest.
  const id = `${first.id}+${rows.length}`;
  const matters = [...new Set(rows.flatMap(({ notice }) => notice.matters))];
  const content = compose(rows.map(({ notice }) => notice.content));
  const digest: Delivery = {
    ...first,
    id,
    notice: { id, at: now, matters, content },
    addressees: unite(rows),
    createdAt: Math.min(...rows.map(({ createdAt }) => createdAt)),
    nextAt: now,
    tries: Math.max(...rows.map(({ tries }) => tries)),
    allTries: Math.max(...rows.map(({ allTries }) => allTries)),
  };
  return [digest, ...rows.map((row): Delivery => ({ ...row, state: "replaced", into: [id] }))];
}

/**
 * Puts rows that wait by one channel into as few as can be, where there are more than `room`. Undefined where there is
 * nothing to put together.
 */
export function merged(
  rows: readonly Delivery[],
  room: number,
  isGroup: boolean,
  now: Instant,
  compose: (contents: readonly NoticeContent[]) => NoticeContent,
): OutboxChanges | undefined {
  if (rows.length <= room) return undefined;
  const groups = new Map<string, Delivery[]>();
  for (const row of rows) {
    const key = keyOf(row, isGroup);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const parts = [...groups.values()].flatMap(partsOf).filter((part) => part.length > 1);
  if (parts.length === 0) return undefined;
  return { rows: parts.flatMap((part) => digestOf(part, now, compose)), attempts: [] };
}
