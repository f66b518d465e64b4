/** How a process of the production stack ends: in order where it can, and in ten seconds whatever is away. */

interface Closable {
  close(): Promise<void>;
}

export type Stop = () => Promise<unknown> | undefined;

/** How long each part of the end may take, ms. */
export interface Patience {
  /** For what works with the log, while the log can still take what it has. */
  readonly workMs: number;
  readonly logMs: number;
  /** For what waited for the log, and was told that it is closed. */
  readonly restMs: number;
}

/** Ten seconds together, which is less than a service manager waits before it kills. */
const PATIENCE: Patience = { workMs: 4_500, logMs: 4_000, restMs: 1_000 };
/** Requests under way, and the status being written. */
const ASIDE_MS = 1_500;

/** What `work` gives; undefined when it takes longer, and it then goes on unheard. */
export async function atMost<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  work.catch(() => undefined);
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Stops what works with the log, all at once, then closes the log, then the store. While the log takes nothing,
 * what waits for it is not waited for: closing the log ends those waits, and nobody is told that a message is safe.
 * What does not even end then, such as a read of a store that hangs, ends with the process.
 */
export async function closeInOrder(
  workers: readonly Stop[],
  log: Closable,
  store: Closable | undefined,
  patience: Patience = PATIENCE,
): Promise<void> {
  const stopped = Promise.allSettled(workers.map(async (stop) => stop()));
  await atMost(patience.workMs, stopped);
  try {
    await atMost(patience.logMs, log.close());
    const failed = (await atMost(patience.restMs, stopped))?.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  } finally {
    await store?.close();
  }
}

interface Served {
  readonly server: Closable;
  readonly status: { stop(): Promise<void> } | undefined;
  readonly alerts: Closable | undefined;
}

/** What a process serves, to be stopped beside what works with the log: alerts after the requests that bring them. */
export function stopsOf({ server, status, alerts }: Served, asideMs = ASIDE_MS): Stop[] {
  const serving = async (): Promise<void> => {
    try {
      await atMost(asideMs, server.close());
    } finally {
      await alerts?.close();
    }
  };
  return [serving, () => status && atMost(asideMs, status.stop())];
}
