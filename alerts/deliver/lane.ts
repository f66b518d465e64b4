/** One channel's way out of the outbox: no faster than it may, no slower than it can. */
import type { Channel } from "../../model/duty.ts";
import type { Log } from "../../model/log.ts";
import { ChannelFailed, ChannelRefused, type NoticeContent, type Notifier } from "../../model/notice.ts";
import { type Instant, MINUTE_MS } from "../../model/time.ts";
import { merged } from "./merge.ts";
import type { Delivery, Outbox, OutboxChanges } from "./outbox.ts";
import { type DeliveryPolicy, delivered, failed, nextSlot, started, type TryFailure } from "./policy.ts";
import { channelOf } from "./rows.ts";

/** What all lanes share. */
export interface LaneContext {
  readonly outbox: Outbox;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly policy: DeliveryPolicy;
  readonly now: () => Instant;
  readonly log: Log;
  readonly composeDigest: (contents: readonly NoticeContent[]) => NoticeContent;
  /** Rows went over to other channels. */
  readonly onMoved: () => void;
  /** A try ended, so that another may begin. */
  readonly onEnded: (channel: string) => void;
}

/** Tries of one channel at the same time: a slow answer holds up no other notice. */
const AT_ONCE = 4;
const MOST_LOOKED_AT = 1_000;

/** How a try ended that threw. */
export function failureOf(error: unknown): TryFailure {
  if (error instanceof ChannelRefused)
    return { isRefused: true, refusedOfficers: error.officers, error: error.message, mayHaveArrived: false };
  if (error instanceof ChannelFailed) {
    const { message, retryAfterMs, mayHaveArrived } = error;
    return { isRefused: false, error: message, retryAfterMs, mayHaveArrived };
  }
  // Nothing is known of it: not its words either, which may hold a secret.
  return { isRefused: false, error: "the channel broke; the log says how", mayHaveArrived: true };
}

/** Works through one channel's part of the outbox, step by step. */
export interface Lane {
  /**
   * Begins what may begin. Answers when it is to be looked at again: undefined where only new rows or the end of a
   * try can change anything.
   * @throws whatever the outbox throws
   */
  step(): Promise<Instant | undefined>;
  /** Resolves when no try is under way. */
  idle(): Promise<void>;
  /** Breaks off the tries under way: their rows stay `sending`. */
  cut(): void;
}

/** A lane of a channel; without a notifier, everything in it is refused and goes over to others. */
export function createLane(id: string, notifier: Notifier | undefined, context: LaneContext): Lane {
  const { outbox, channels, policy, now, log } = context;
  const channel = channels.get(id);
  const isGroup = channel?.kind === "dingtalk" || channel?.kind === "wecom";
  let pausedUntil: Instant = 0;
  const underWay = new Map<AbortController, Promise<void>>();
  /** Ends of tries that could not be noted: their rows are `sending` until they are. */
  const unnoted: OutboxChanges[] = [];
  let isCut = false;

  const store = async (changes: OutboxChanges): Promise<void> => {
    await outbox.write(changes);
    for (const { status, notice, officers, error, try: count } of changes.attempts) {
      if (status === "delivered") log.info("notice-delivered", { channel: id, notice, officers });
      else if (status === "given-up") log.error("notice-given-up", { channel: id, notice, officers, error });
      else log.warn("notice-failed", { channel: id, notice, officers, try: count, error });
    }
    if (changes.rows.some((row) => row.state === "waiting" && row.channel !== id)) context.onMoved();
  };

  const note = async (changes: OutboxChanges): Promise<void> => {
    try {
      await store(changes);
    } catch (error) {
      unnoted.push(changes);
      throw error;
    }
  };

  const fail = async (row: Delivery, failure: TryFailure): Promise<void> => {
    if (failure.retryAfterMs !== undefined) pausedUntil = Math.max(pausedUntil, now() + failure.retryAfterMs);
    await note(failed(row, failure, channels, now(), policy));
  };

  const tryOne = async (row: Delivery, by: Notifier, signal: AbortSignal): Promise<void> => {
    const { notice, addressees, isRepeat } = row;
    const recipients = addressees.map((one) => ({
      officer: one.officer,
      name: one.name,
      address: one.ways[one.way]!.address,
    }));
    try {
      await by.send({ ...notice, isRepeat, recipients }, signal);
    } catch (error) {
      // Stopping: nobody knows whether it arrived. The row stays `sending`, and goes out again marked.
      if (isCut) return;
      if (!(error instanceof ChannelFailed || error instanceof ChannelRefused))
        log.error("channel-broke", { channel: id, error });
      return fail(row, failureOf(error));
    }
    await note(delivered(row, now()));
  };

  const begin = async (row: Delivery, by: Notifier): Promise<void> => {
    const going = started(row, now());
    await outbox.write({ rows: [going], attempts: [] });
    const cut = new AbortController();
    const trying = tryOne(going, by, cut.signal)
      // The row stays `sending` until the next step notes it, or the next start sends it once more, marked.
      .catch((error: unknown) =>
        log.error("outbox-write-failed", { channel: id, notice: row.notice.id, error }),
      )
      .finally(() => {
        underWay.delete(cut);
        context.onEnded(id);
      });
    underWay.set(cut, trying);
    if (isCut) cut.abort();
  };

  /** Rows that need not wait for a channel that wants to be left alone. */
  const passOn = async (rows: readonly Delivery[], failure: TryFailure): Promise<void> => {
    const hasOther = (row: Delivery): boolean =>
      failure.isRefused ||
      row.addressees.some((one) => one.ways.some((way) => way.channel !== channelOf(one)));
    for (const row of rows.filter(hasOther)) await store(failed(row, failure, channels, now(), policy));
  };

  const pass = async (rows: readonly Delivery[]): Promise<boolean> => {
    if (!notifier) {
      const error = `the configuration has no channel "${id}"`;
      await passOn(rows, { isRefused: true, error, mayHaveArrived: false });
      return true;
    }
    const rest = pausedUntil - now();
    if (rest <= 0) return false;
    const error = `"${id}" asked to be left alone for another ${Math.ceil(rest / 1000)} s`;
    if (rest > policy.patienceMs)
      await passOn(rows, { isRefused: false, error, retryAfterMs: rest, mayHaveArrived: false });
    return true;
  };

  const step = async (): Promise<Instant | undefined> => {
    for (; unnoted.length > 0; unnoted.shift()) await store(unnoted[0]!);
    const at = now();
    const perMinute = channel?.perMinute ?? 20;
    let rows = outbox.due(id, at, MOST_LOOKED_AT);
    if (rows.length === 0) return outbox.nextAt(id);
    if (await pass(rows)) return pausedUntil > at ? pausedUntil : outbox.nextAt(id);
    const tries = outbox.triedSince(id, at - MINUTE_MS);
    const room = Math.max(0, perMinute - tries.length - underWay.size);
    const changes = merged(rows, room, isGroup, at, context.composeDigest);
    if (changes) {
      await outbox.write(changes);
      rows = outbox.due(id, at, MOST_LOOKED_AT);
    }
    const free = Math.min(room, AT_ONCE - underWay.size);
    for (const row of rows.slice(0, free)) await begin(row, notifier!);
    if (rows.length <= free) return outbox.nextAt(id);
    return room <= free
      ? nextSlot(perMinute, [...tries, ...rows.slice(0, free).map(() => at)], at)
      : undefined;
  };
  const idle = async (): Promise<void> => {
    while (underWay.size > 0) await Promise.all(underWay.values());
  };
  const cut = (): void => {
    isCut = true;
    for (const one of underWay.keys()) one.abort();
  };
  return { step, idle, cut };
}
