/** Who may ask: headers every answer carries, and the checks before any handler runs. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProblemError } from "../answer.ts";
import { createSignIn, type Verify } from "./sign-in.ts";

const headers = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;
/** Asked by whatever keeps the program running, which has no credentials. */
const open: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);
const changing = (request: FastifyRequest): boolean => request.method !== "GET" && request.method !== "HEAD";

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function isSameHost(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === from;
}

function foreign(name: "Host" | "Origin", value: string, detail: string): ProblemError {
  return new ProblemError(403, `${name} is '${value}': ${detail}`, {
    code: `foreign-${name.toLowerCase()}`,
    value,
  });
}

/**
 * A page of another site can make a browser ask a loopback server, under a name of its own (DNS rebinding) or
 * straight: the first shows in Host, the second in Origin.
 */
function checkSource(request: FastifyRequest, loopback: boolean): void {
  const { host = "", origin } = request.headers;
  if (loopback && !loopbackHost.test(host)) {
    throw foreign("Host", host, "this server answers to 127.0.0.1, localhost and [::1] only");
  }
  if (origin !== undefined && (loopback || changing(request)) && !isSameHost(origin, host)) {
    throw foreign("Origin", origin, "requests from other sites are refused");
  }
}

/** Puts the guards before every route. With `verify` each request but the health checks needs credentials. */
export function addGuards(
  app: FastifyInstance,
  options: { readonly loopback: boolean; readonly verify: Verify | undefined },
): void {
  const signIn = options.verify && createSignIn(options.verify);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    checkSource(request, options.loopback);
    if (!signIn || open.has(request.url)) return;
    const verdict = await signIn(request.headers.authorization);
    if (verdict === "welcome") return;
    if (verdict === "busy") {
      throw new ProblemError(503, "too many sign-ins at once; try again in a moment", { code: "busy" });
    }
    reply.header("www-authenticate", 'Basic realm="energy", charset="UTF-8"');
    throw new ProblemError(401, "give the user name and password of an operator", { code: "credentials" });
  });
}

/** Admin routes are for operators, or for this machine where there are none. */
export function checkOperator(request: FastifyRequest, hasCredentials: boolean): void {
  if (hasCredentials || isLoopback(request.ip.replace(/^::ffff:/, ""))) return;
  throw new ProblemError(403, "only operators, or this machine itself, may do this", {
    code: "not-operator",
  });
}
