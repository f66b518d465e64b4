/** Attempts at InfluxDB: which errors pass, how long to wait, and when to stop. */
import { HttpError } from "@influxdata/influxdb-client";
import { TransientError } from "../../model/errors.ts";
import type { LogLevel } from "./options.ts";

/** Answers that another try may change. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A server may ask for a longer pause; beyond this it is not believed. */
const LONGEST_ASKED_PAUSE_MS = 30_000;

/** Codes of a TLS handshake that fails the same way every time. */
const isTlsTrouble = (code: string): boolean =>
  /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/.test(code);

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");

/** How InfluxDB says no, without what a proxy might add to it. */
export function answerOf(error: HttpError): string {
  return `${error.statusCode} ${error.message}`.slice(0, 2_000);
}

/** What InfluxDB says in the body of an answer to a question, though its status is 200. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** What to do about an answer that will be the same every time. */
function advice(status: number, message: string): string {
  if (status === 401) return "check the token";
  if (status === 403) return "give the token the right to read and to write the bucket";
  if (/organization/.test(message)) return "check the organisation";
  if (status === 404 || /database not found/.test(message))
    return "make the bucket (influx bucket create --name …, retention 0), check its name, and that the token may read it";
  return "this is a bug: nothing may be sent that InfluxDB does not take";
}

/** An error that no further try can mend, said with what to do; undefined when it may pass. */
export function lasting(error: unknown, where: string): Error | undefined {
  if (error instanceof HttpError) {
    if (PASSING.has(error.statusCode)) return undefined;
    const answer = answerOf(error);
    return new Error(`InfluxDB at ${where} answered ${answer}: ${advice(error.statusCode, answer)}`, {
      cause: error,
    });
  }
  if (error instanceof AnswerError)
    return /database not found/.test(error.message)
      ? new Error(`InfluxDB at ${where}: ${error.message}: ${advice(200, error.message)}`)
      : undefined;
  const code = codeOf(error);
  if (isTlsTrouble(code))
    return new Error(
      `InfluxDB at ${where}: TLS failed (${code}: ${(error as Error).message}): check its certificate, the CA file, and http or https at the beginning of the address`,
    );
  return undefined;
}

/** Milliseconds before the next try. */
function pauseAfter(error: unknown, failures: number): number {
  const doubled = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
  const asked = error instanceof HttpError ? error.retryAfter() * 1000 : 0;
  return Math.max(doubled * (0.5 + Math.random() / 2), Math.min(asked, LONGEST_ASKED_PAUSE_MS));
}

/** The error of a write whose lease ended. */
export function leaseEnded(): TransientError {
  return new TransientError(
    "lease-ended",
    "The share of the log was given up: nothing more is written for it",
  );
}

/** Settles as `work` does, or rejects at once when the lease ends. */
async function whileHeld<T>(lease: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (lease === undefined) return work;
  work.catch(() => undefined);
  let stop = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(leaseEnded());
    lease.addEventListener("abort", stop, { once: true });
    if (lease.aborted) stop();
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    lease.removeEventListener("abort", stop);
  }
}

/** One attempt; `alive` says that something came, from which on the deadline is counted anew. */
export type Attempt<T> = (signal: AbortSignal, alive: () => void) => Promise<T>;

/** Runs `work` with a signal that aborts at the deadline or with the lease, whatever `work` makes of it. */
async function oneAttempt<T>(
  work: Attempt<T>,
  deadlineMs: number,
  lease: AbortSignal | undefined,
): Promise<T> {
  const control = new AbortController();
  const cancel = (): void => control.abort();
  lease?.addEventListener("abort", cancel, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TransientError("deadline", `no answer within ${deadlineMs} ms`));
      control.abort();
    }, deadlineMs);
  });
  try {
    return await whileHeld(lease, Promise.race([work(control.signal, () => timer?.refresh()), late]));
  } catch (error) {
    control.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    lease?.removeEventListener("abort", cancel);
  }
}

export interface Trying {
  /** Names the server in errors. */
  readonly where: string;
  /** What is tried, for the log: `writing 5000 lines`. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly maxAttempts: number;
  /** While it runs, tries go on for ever. */
  readonly lease?: AbortSignal | undefined;
  readonly log: (level: LogLevel, message: string) => void;
}

/**
 * Tries until it succeeds, with growing pauses.
 * @throws TransientError when the attempts are used up or the lease ended; Error when no try can help.
 */
export async function trying<T>(how: Trying, work: Attempt<T>): Promise<T> {
  const { where, what, lease, log } = how;
  for (let failures = 1; ; failures += 1) {
    if (lease?.aborted) throw leaseEnded();
    try {
      const result = await oneAttempt(work, how.deadlineMs, lease);
      if (failures > 1) log("info", `InfluxDB at ${where}: ${what} succeeded at attempt ${failures}`);
      return result;
    } catch (error) {
      if (lease?.aborted) throw leaseEnded();
      const final = lasting(error, where);
      if (final) throw final;
      const said = error instanceof HttpError ? answerOf(error) : (error as Error).message || codeOf(error);
      const message = `InfluxDB at ${where}: ${what} failed (${said}), attempt ${failures}`;
      if (lease === undefined && failures >= how.maxAttempts)
        throw new TransientError("influxdb", `${message}, giving up for now`, { cause: error });
      log("warn", message);
      const pause = pauseAfter(error, failures);
      await whileHeld(lease, new Promise((resolve) => setTimeout(resolve, pause)));
    }
  }
}
