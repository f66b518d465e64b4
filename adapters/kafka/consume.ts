/** Shares of a topic as this process gains them, whatever happens to the connection. */
import type { LogShare } from "../../model/ports.ts";
import { sleep } from "./client.ts";
import { joinGroup, type Membership, type MembershipOptions } from "./group.ts";

const LEAST_WAIT_MS = 200;
const MOST_WAIT_MS = 2_000;
/** A membership that lasted so long was a good one. */
const GOOD_MS = 60_000;

/**
 * Joins the group, and joins it again whenever the membership is over, until the signal aborts.
 * @param running has what is to be waited for before the connection may go
 */
export async function* consumeShares(
  options: Omit<MembershipOptions, "give">,
  signal: AbortSignal,
  running: Set<Promise<void>>,
): AsyncGenerator<LogShare> {
  const { settings, group } = options;
  const ready: LogShare[] = [];
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  let wake: () => void = () => undefined;
  let failure: unknown;
  let isOver = false;

  const give = (share: LogShare): void => {
    ready.push(share);
    wake();
  };

  const stayed = (membership: Membership): Promise<string> =>
    new Promise((resolve, reject) => {
      const over = (): void => resolve("this process stops");
      if (stop.signal.aborted) over();
      else stop.signal.addEventListener("abort", over, { once: true });
      membership.over.then(resolve, reject).finally(() => stop.signal.removeEventListener("abort", over));
    });

  const keepJoined = async (): Promise<void> => {
    let wait = LEAST_WAIT_MS;
    while (!stop.signal.aborted) {
      const since = performance.now();
      const membership = joinGroup({ ...options, give });
      let reason = "it failed";
      try {
        reason = await stayed(membership);
      } finally {
        await membership.leave(reason);
      }
      if (stop.signal.aborted) return;
      if (performance.now() > since + GOOD_MS) wait = LEAST_WAIT_MS;
      settings.log("warn", `Kafka: ${group} joins again in ${wait} ms: ${reason}`);
      await sleep(wait, stop.signal);
      wait = Math.min(2 * wait, MOST_WAIT_MS);
    }
  };

  if (signal.aborted) return;
  signal.addEventListener("abort", abort, { once: true });
  const joined = keepJoined()
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => {
      isOver = true;
      running.delete(joined);
      wake();
    });
  running.add(joined);
  try {
    while (!isOver) {
      const share = ready.shift();
      if (share) yield share;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (isOver) resolve();
        });
    }
    if (failure) throw failure;
  } finally {
    abort();
    signal.removeEventListener("abort", abort);
    await joined;
  }
}
