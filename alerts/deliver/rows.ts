/** Rows of the outbox from a notice: who is reached together, and by which channel first. */
import type { Channel } from "../../model/duty.ts";
import type { NoticeContent } from "../../model/notice.ts";
import type { Instant } from "../../model/time.ts";
import type { Addressee, Delivery } from "./outbox.ts";

/** A robot speaks in a group, so that one message reaches all who are mentioned in it. */
const groupKinds: ReadonlySet<Channel["kind"]> = new Set(["dingtalk", "wecom"]);

/** Officers that one message mentions at most; more make a row of their own. */
const MOST_TOGETHER = 20;

/** Somebody to be told, with his ways in the order they are tried. */
export interface Told {
  readonly officer: string;
  readonly name: string;
  readonly language: "zh" | "en";
  readonly ways: readonly { readonly channel: string; readonly address: string }[];
}

/** What is told, without the words: these depend on the language and on who reads them. */
export interface NoticePlan {
  /** Unique, and the same whenever this notice is made again: such as `<matter>-<event seq>`. */
  readonly id: string;
  readonly at: Instant;
  readonly matters: readonly string[];
}

/** Channel on which an officer is reached now. */
export function channelOf(addressee: Addressee): string {
  return addressee.ways[addressee.way]!.channel;
}

/**
 * Puts together those whom one message by the same channel reaches: of robots all in a group, of others each alone.
 * Order is kept.
 */
export function together<One extends Addressee>(
  addressees: readonly One[],
  channels: ReadonlyMap<string, Channel>,
): One[][] {
  const groups = new Map<string, One[]>();
  for (const one of addressees) {
    const channel = channels.get(channelOf(one));
    const isGroup = channel !== undefined && groupKinds.has(channel.kind);
    const key = isGroup ? channel.id : `${channelOf(one)} ${one.officer}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].flatMap((group) => {
    const parts: One[][] = [];
    for (let from = 0; from < group.length; from += MOST_TOGETHER)
      parts.push(group.slice(from, from + MOST_TOGETHER));
    return parts;
  });
}

/**
 * Rows of a new notice. `compose` gives the words in a language for officers who read the same message. Officers
 * without a way to them are left out: `check` warns of them.
 */
export function deliveriesOf(
  plan: NoticePlan,
  told: readonly Told[],
  channels: ReadonlyMap<string, Channel>,
  compose: (language: "zh" | "en", officers: readonly string[]) => NoticeContent,
): Delivery[] {
  const rows: Delivery[] = [];
  for (const language of ["zh", "en"] as const) {
    const addressees = told
      .filter((one) => one.language === language && one.ways.length > 0)
      .map(({ officer, name, ways }): Addressee => ({ officer, name, ways, way: 0, refused: [] }));
    for (const group of together(addressees, channels)) {
      const content = compose(
        language,
        group.map(({ officer }) => officer),
      );
      const { id, at, matters } = plan;
      const part = `${id}.${rows.length + 1}`;
      // Each message has its own id: to a receiver, the same id is the same message.
      rows.push(newRow(part, { id: part, at, matters, content }, group, at));
    }
  }
  return rows;
}

/** A row that is due at once. */
export function newRow(
  id: string,
  notice: Delivery["notice"],
  addressees: readonly Addressee[],
  createdAt: Instant,
): Delivery {
  return {
    id,
    notice,
    addressees,
    channel: channelOf(addressees[0]!),
    state: "waiting",
    createdAt,
    nextAt: createdAt,
    tries: 0,
    allTries: 0,
    isRepeat: false,
  };
}
