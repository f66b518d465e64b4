/** The connection to the brokers: what every producer, consumer and question shares, and what its errors mean. */
import kafkajs, { type Kafka, type LogEntry, type logLevel, type SASLOptions } from "kafkajs";
import { TransientError, UsageError } from "../../model/errors.ts";
import type { LogLevel, LogLine, Settings } from "./options.ts";

/** kafkajs gives up after these; everything here then tries again on its own, and says so. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 } as const;
/** The same line of kafkajs is passed on at most this often. */
const REPEAT_AFTER_MS = 30_000;

/** Lines of kafkajs that are no trouble: starting coordinators, rebalances, retries that this adapter reports. */
const NOISE = [
  /coordinator is (loading|not available)/i,
  /coordinator is not aware of this member/i,
  /not the correct coordinator|not the leader|does not host this topic/i,
  /rebalanc|rejoin|re-join/i,
  /member ?id|MEMBER_ID/,
  /already exists/i,
  /Limiting retries/i,
  /Failed to connect|Connection error|Closed connection|Connection timeout|timed out|disconnected|Response without match/i,
  /Failed to send messages|does not match with the current generation|consumer is not in an active state/i,
  /Unable to verify|self.signed|certificate/i,
];

function levelOf(level: logLevel, message: string): LogLevel {
  if (level >= kafkajs.logLevel.INFO || NOISE.some((one) => one.test(message))) return "debug";
  // Nothing that kafkajs reports is lost for it: what is not acknowledged is sent again.
  return "warn";
}

function bridge(log: LogLine): (entry: LogEntry) => void {
  const said = new Map<string, number>();
  return ({ namespace, level, log: { message, error } }) => {
    const text = `kafkajs ${namespace}: ${message}${typeof error === "string" ? `: ${error}` : ""}`;
    const rank = levelOf(level, text);
    const now = performance.now();
    if (rank !== "debug" && now < (said.get(text) ?? Number.NEGATIVE_INFINITY) + REPEAT_AFTER_MS) return;
    if (said.size > 1_000) said.clear();
    said.set(text, now);
    log(rank, text);
  };
}

/** A client for one configuration; it connects to nothing by itself. */
export function createClient(settings: Settings): Kafka {
  const { brokers, clientId, ssl, sasl } = settings;
  const write = bridge(settings.log);
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ssl: ssl === false ? false : { ...ssl },
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    retry: RETRY,
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => write,
  });
}

interface Failure {
  readonly name?: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly message?: string;
  readonly retriable?: boolean;
  readonly cause?: unknown;
  readonly stack?: string;
}

/** The error at the root of what kafkajs wraps. */
export function rootOf(error: unknown): Failure {
  let root = (typeof error === "object" && error !== null ? error : { message: String(error) }) as Failure;
  for (let depth = 0; depth < 10 && typeof root.cause === "object" && root.cause !== null; depth += 1)
    root = root.cause as Failure;
  return root;
}

/** One line of text for an error of kafkajs. */
export function textOf(error: unknown): string {
  const { type, message } = rootOf(error);
  return type === undefined || type === message ? `${message}` : `${type}: ${message}`;
}

const TLS_CODES =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED)$/;

/** What an operator can do about an error, when waiting will not mend it. */
export function remedyOf(error: unknown, settings: Settings): string | undefined {
  const { name, code, type, message = "" } = rootOf(error);
  const what = `${code ?? ""} ${message}`;
  if (TLS_CODES.test(String(code)) || /self.signed certificate|unable to (verify|get) /i.test(what))
    return "the brokers' certificate is not signed by the given authority; give the CA that signed it";
  if (/CERT_HAS_EXPIRED|certificate has expired/i.test(what))
    return "the brokers' certificate has expired; renew it";
  if (/ALTNAME_INVALID|does not match certificate/i.test(what))
    return "the brokers' certificate is for another name; use the name it was made for, or make it anew";
  if (/wrong version number|packet length too long/i.test(what))
    return "the port does not speak TLS; give the port of the TLS listener, or turn TLS off";
  if (/alert (number|certificate|handshake|bad)|sslv3 alert|tlsv1[^ ]* alert/i.test(what))
    return "the brokers refuse this client's certificate; give a cert and key that their authority signed";
  if (name === "KafkaJSSASLAuthenticationError" || /SASL/.test(`${type} ${message}`))
    return `the brokers refuse user ${settings.sasl?.username ?? "(none)"}; check user name, password and mechanism`;
  if (/AUTHORIZATION_FAILED/.test(String(type)))
    return `user ${settings.sasl?.username ?? "(none)"} may not do this; grant it in the brokers' ACLs`;
  return undefined;
}

/** What may be wrong when an error does not go away; a broker that restarts closes connections as well. */
function hintOf(error: unknown, { ssl, sasl }: Settings): string {
  const { message = "" } = rootOf(error);
  if (/before secure TLS connection/i.test(message))
    return "; if it goes on, the port does not speak TLS: give the port of the TLS listener, or turn TLS off";
  if (!/closed connection/i.test(message)) return "";
  if (ssl === false) return "; if it goes on, the port asks for TLS: turn TLS on, or give another port";
  return sasl ? "" : "; if it goes on, the port asks for a user: give user name and password";
}

/** The error for a caller: UsageError where somebody must mend something, else TransientError. */
export function explained(what: string, error: unknown, settings: Settings): Error {
  const remedy = remedyOf(error, settings);
  const text = `Kafka at ${settings.brokers.join(", ")}: ${what}: ${textOf(error)}`;
  return remedy === undefined
    ? new TransientError("kafka", text + hintOf(error, settings), { cause: error })
    : new UsageError(`${text}; ${remedy}`, { cause: error });
}

/** Rejects with TransientError when the promise is not settled in time; what it waits for goes on. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TransientError("timeout", `${what}: nothing after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    if (signal?.aborted) over();
    else signal?.addEventListener("abort", over, { once: true });
  });
}
