/** Counts of attempts in windows of time, so that guessing ends soon. */

export interface AttemptLimit {
  /** Attempts that one key has in one window. */
  readonly most: number;
  readonly windowMs: number;
}

export interface Attempts {
  /** Takes one attempt; where none is left, the time in ms until there is. */
  take(key: string): number | undefined;
  /** Gives an attempt back that was no guess. */
  giveBack(key: string): void;
}

/** Keys kept at once; beyond it the oldest window is forgotten. */
const MOST_KEYS = 10_000;

/** Counts attempts per key. */
export function createAttempts({ most, windowMs }: AttemptLimit, clock: () => number): Attempts {
  /** In the order in which the windows began. */
  const windows = new Map<string, { count: number; readonly endsAt: number }>();
  const makeRoom = (now: number): void => {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > now && windows.size < MOST_KEYS) return;
      windows.delete(key);
    }
  };
  return {
    take(key) {
      const now = clock();
      const window = windows.get(key);
      if (window && window.endsAt > now) {
        if (window.count >= most) return window.endsAt - now;
        window.count += 1;
        return undefined;
      }
      windows.delete(key);
      makeRoom(now);
      windows.set(key, { count: 1, endsAt: now + windowMs });
      return undefined;
    },
    giveBack(key) {
      const window = windows.get(key);
      if (window && window.count > 0) window.count -= 1;
    },
  };
}
