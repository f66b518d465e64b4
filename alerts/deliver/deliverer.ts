/** Carries the outbox: every channel at its own pace, so that one that hangs holds up no other. */
import type { Channel } from "../../model/duty.ts";
import type { Log } from "../../model/log.ts";
import type { NoticeContent, Notifier } from "../../model/notice.ts";
import type { Instant } from "../../model/time.ts";
import { createLane, type Lane } from "./lane.ts";
import type { Outbox } from "./outbox.ts";
import { type DeliveryPolicy, deliveryPolicy, recovered } from "./policy.ts";

export interface DelivererOptions {
  readonly outbox: Outbox;
  readonly channels: readonly Channel[];
  /** By channel id; a channel without one refuses everything, so that the officer's next has its turn. */
  readonly notifiers: ReadonlyMap<string, Notifier>;
  /** Puts several notices into one; see `alerts/compose/digest.ts`. */
  readonly composeDigest: (contents: readonly NoticeContent[]) => NoticeContent;
  readonly now: () => Instant;
  readonly log: Log;
  readonly policy?: DeliveryPolicy;
}

export interface Deliverer {
  /** Takes up what an ended process left, then delivers until it is stopped. Resolves once the first is stored. */
  start(): Promise<void>;
  /** There are new rows. Cheap: call it after each transaction that added some. */
  wake(): void;
  /** Lets tries under way end for up to `graceMs`, then cuts them off: they go out again, marked, at the next start. */
  stop(graceMs?: number): Promise<void>;
}

/** Longest without a look, in case a clock jumped. */
const MOST_SLEEP_MS = 30_000;
const AFTER_ERROR_MS = 1_000;
const GRACE_MS = 3_000;

interface Sleeper {
  sleep(ms: number): Promise<void>;
  wake(): void;
}

/** A sleep that can be ended early; a wake while nobody sleeps ends the next one at once. */
function createSleeper(): Sleeper {
  let end: (() => void) | undefined;
  let isWoken = false;
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => end?.(), ms);
      end = () => {
        clearTimeout(timer);
        end = undefined;
        isWoken = false;
        resolve();
      };
      if (isWoken) end();
    });
  const wake = (): void => {
    isWoken = true;
    end?.();
  };
  return { sleep, wake };
}

/** Delivers what is in the outbox. One deliverer works on an outbox at a time. */
export function createDeliverer(options: DelivererOptions): Deliverer {
  const { outbox, notifiers, now, log, composeDigest, policy = deliveryPolicy } = options;
  const channels = new Map(options.channels.map((channel) => [channel.id, channel]));
  const lanes = new Map<
    string,
    { readonly lane: Lane; readonly sleeper: Sleeper; readonly done: Promise<void> }
  >();
  let isStopping = false;
  let isStarted = false;

  const run = async (id: string, lane: Lane, sleeper: Sleeper): Promise<void> => {
    while (!isStopping) {
      let wait = AFTER_ERROR_MS;
      try {
        const nextAt = await lane.step();
        wait = nextAt === undefined ? MOST_SLEEP_MS : Math.min(Math.max(nextAt - now(), 0), MOST_SLEEP_MS);
      } catch (error) {
        log.error("delivery-halted", { channel: id, error });
      }
      if (!isStopping) await sleeper.sleep(wait);
    }
  };

  const open = (id: string): void => {
    if (lanes.has(id) || isStopping) return;
    const sleeper = createSleeper();
    const lane = createLane(id, notifiers.get(id), {
      outbox,
      channels,
      policy,
      now,
      log,
      composeDigest,
      onMoved: wake,
      onEnded: (channel) => lanes.get(channel)?.sleeper.wake(),
    });
    lanes.set(id, { lane, sleeper, done: run(id, lane, sleeper) });
  };

  const wake = (): void => {
    if (!isStarted) return;
    for (const id of outbox.waitingChannels()) open(id);
    for (const { sleeper } of lanes.values()) sleeper.wake();
  };

  const start = async (): Promise<void> => {
    const left = outbox.sending();
    for (const row of left) await outbox.write(recovered(row, now()));
    if (left.length > 0) log.warn("notices-sent-again", { notices: left.map(({ notice }) => notice.id) });
    isStarted = true;
    wake();
  };

  const stop = async (graceMs = GRACE_MS): Promise<void> => {
    isStopping = true;
    const all = [...lanes.values()];
    for (const { sleeper } of all) sleeper.wake();
    const timer = setTimeout(() => {
      for (const { lane } of all) lane.cut();
    }, graceMs);
    await Promise.all(all.map(({ done }) => done));
    await Promise.all(all.map(({ lane }) => lane.idle()));
    clearTimeout(timer);
  };
  return { start, wake, stop };
}
