/** Work that is done again and again in one process, never twice at the same time. */

export interface Repeating {
  /** Resolves when what is under way has ended; nothing begins after it was called. */
  stop(): Promise<void>;
}

/**
 * Runs `step` at once, and again so many milliseconds after each end as it answers.
 * @param step must not reject; asks `isStopping` where it would go on for long
 */
export function repeat(step: (isStopping: () => boolean) => Promise<number>): Repeating {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const run = (): void => {
    running = step(() => isStopped).then((waitMs) => {
      if (!isStopped) timer = setTimeout(run, waitMs);
    });
  };
  run();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
