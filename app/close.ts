/** How a process of the production stack ends. */

interface Closable {
  close(): Promise<void>;
}

/** Less than a service manager waits before it kills; closing the log takes up to 5 s more. */
const PATIENCE_MS = 8_000;

/**
 * Stops what works with the log, then closes the log, then the store. While the log takes nothing, what waits for
 * it is not waited for longer than `patienceMs`: closing the log ends those waits, and nobody is told that a
 * message is safe.
 */
export async function closeInOrder(
  workers: readonly (() => Promise<void> | undefined)[],
  log: Closable,
  store: Closable | undefined,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const stopped = Promise.all(workers.map((stop) => stop()));
  stopped.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  try {
    await Promise.race([stopped, late]);
  } finally {
    clearTimeout(timer);
    await log.close();
  }
  await stopped;
  await store?.close();
}
