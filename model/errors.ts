/** Errors for what is outside the program. Bad data is never an error: it is a `Reject`. */

/** A problem of the configuration: where it is and what to do about it. */
export interface Problem {
  /** File relative to the configuration directory. */
  readonly file: string;
  /** Path inside the file, such as `meters[2].multipliers[0].value`. */
  readonly path: string;
  readonly message: string;
  /** Warnings are printed, and do not stop anything. */
  readonly severity: "error" | "warning";
}

/** The configuration cannot be used; carries every problem at once. Exit code 2. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map((p) => `${p.file}: ${p.path}: ${p.message}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** The log or the store cannot be reached now; try again, commit nothing. */
export class TransientError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransientError";
    this.code = code;
  }
}

/** The command was called wrongly, or cannot be carried out; the message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
