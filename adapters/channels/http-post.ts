/** POST to a channel's address: bounded in time and size, nowhere else than there, and silent about what opens it. */
import { ChannelFailed, ChannelRefused } from "../../model/notice.ts";
import { createScrub } from "../scrub.ts";
import type { ChannelSecret } from "./options.ts";

/** Most of an answer that is read; robots answer with a few hundred bytes. */
const MOST_ANSWER_BYTES = 64 * 1024;
const MOST_SHOWN = 200;
const MOST_RETRY_AFTER_MS = 3_600_000;

/** What HTTP channels need. */
export interface HttpDoor {
  readonly url: string;
  readonly timeoutMs: number;
  /** Says a text of the other side without anything that opens the channel. */
  readonly said: (text: string) => string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);

/** Values that open a channel wherever they turn up: the secrets, and parameters and long path parts of the address. */
export function opensWith(secret: ChannelSecret): string[] {
  const { url: text = "" } = secret;
  if (!URL.canParse(text)) return Object.values(secret);
  const url = new URL(text);
  const parts = url.pathname.split("/").filter((part) => part.length >= 16);
  const ways = [url.href, url.pathname + url.search, url.search, ...url.searchParams.values(), ...parts];
  return [...ways, ...Object.values(secret)];
}

/** Shortens what the other side said, and hides in it whatever opens the channel. */
export function sayerOf(hide: readonly string[]): (text: string) => string {
  // An empty query is no secret, and would be found in every text.
  const scrub = createScrub(hide.filter((one) => one.length > 1));
  return (text) => {
    const clean = String(scrub({ text }).text)
      .replace(/[\p{Cc}\s]+/gu, " ")
      .trim();
    return clean.length > MOST_SHOWN ? `${clean.slice(0, MOST_SHOWN)}…` : clean;
  };
}

/**
 * Checks a channel's address.
 * @throws ChannelRefused when it is none, holds a password, or is not https and neither on this machine nor allowed
 */
export function doorOf(
  secret: ChannelSecret,
  options: { readonly timeoutMs: number; readonly allowPlaintext: boolean },
): HttpDoor {
  const { url: text } = secret;
  if (text === undefined) throw new ChannelRefused("has no url in the secrets file: enter it there");
  if (!URL.canParse(text)) throw new ChannelRefused("its url in the secrets file is no address");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    throw new ChannelRefused("its url has a user or password in it: use the channel's secret");
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
  if (!isSafe && !(url.protocol === "http:" && options.allowPlaintext))
    throw new ChannelRefused(`its url is ${url.protocol} and must be https: the address itself is the key`);
  return {
    url: url.href,
    timeoutMs: options.timeoutMs,
    said: sayerOf(opensWith(secret)),
  };
}

/** Milliseconds that `Retry-After` asks for; undefined without a usable one. */
export function retryAfterMs(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MOST_RETRY_AFTER_MS) : undefined;
}

async function readAnswer(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString("utf8");
}

/** Codes of a connection that was never made. */
export const neverConnected: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The code of what went wrong below fetch, which has its own words over it. */
function codeOf(error: unknown): string {
  const { cause, code, name } = error as {
    cause?: { code?: unknown; name?: unknown };
    code?: unknown;
    name?: unknown;
  };
  const found = [cause?.code, code, cause?.name, name].find((one) => typeof one === "string");
  return String(found ?? "unknown");
}

function unreached(error: unknown, timedOut: boolean, timeoutMs: number): ChannelFailed {
  if (timedOut) {
    return new ChannelFailed(`no answer within ${timeoutMs / 1000} s`, { mayHaveArrived: true });
  }
  const code = codeOf(error);
  const isTls = /CERT|TLS|SSL|SELF_SIGNED|ALTNAME|VERIFY/i.test(code);
  const mayHaveArrived = !neverConnected.has(code) && !isTls;
  return new ChannelFailed(
    isTls ? `its certificate is not trusted (${code})` : `cannot be reached (${code})`,
    {
      mayHaveArrived,
    },
  );
}

/** Throws for an answer that says the notice was not taken. */
function checkStatus({ said }: HttpDoor, { status, headers }: Response, text: string): void {
  if (status >= 200 && status < 300) return;
  const shown = text.trim() === "" ? "" : `: ${said(text)}`;
  if (status >= 300 && status < 400) {
    throw new ChannelRefused(`answered ${status}, a redirection, which is not followed: correct the url`);
  }
  if (status === 429 || status === 503) {
    const wait = retryAfterMs(headers.get("retry-after"), Date.now());
    throw new ChannelFailed(`answered ${status}${shown}`, wait === undefined ? {} : { retryAfterMs: wait });
  }
  // 408 and 425 ask for another try; the rest of 4xx says that another is no use.
  if (status >= 400 && status < 500 && status !== 408 && status !== 425) {
    throw new ChannelRefused(`answered ${status}${shown}`);
  }
  throw new ChannelFailed(`answered ${status}${shown}`, { mayHaveArrived: status >= 500 });
}

/**
 * Posts JSON and gives the answer of 2xx.
 * @throws ChannelRefused for a redirection and for 4xx
 * @throws ChannelFailed for everything that may pass: 408, 425, 429, 5xx, no answer in time, no connection
 */
export async function postJson(
  door: HttpDoor,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  query: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const url = new URL(door.url);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const cut = new AbortController();
  const abort = (): void => cut.abort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort();
  }, door.timeoutMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
      body,
      signal: cut.signal,
    });
    const text = await readAnswer(response);
    checkStatus(door, response, text);
    return { status: response.status, text };
  } catch (error) {
    if (error instanceof ChannelRefused || error instanceof ChannelFailed) throw error;
    throw unreached(error, timedOut, door.timeoutMs);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    // What is left of an answer that was not read to its end.
    abort();
  }
}
