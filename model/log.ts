/** What the program says of itself. Levels go by consequence, not by surprise. */

/** What an event is about; errors are told with message, code and stack. Never a password, token or cookie. */
export type Facts = Readonly<Record<string, unknown>>;

/** `event` is a constant name such as `append-failed`; what varies is in the facts. */
export interface Log {
  /** Something was or may be lost, or a duty is not done: somebody must act. */
  error(event: string, facts?: Facts): void;
  /** Degraded, refused or tried again: nobody need act unless it lasts. */
  warn(event: string, facts?: Facts): void;
  /** Starting, stopping, signing in, and what operators set going. */
  info(event: string, facts?: Facts): void;
  /** For who looks for a fault. */
  debug(event: string, facts?: Facts): void;
}
