/** Who may ask: the checks before any handler runs. */
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../model/log.ts";
import { ProblemError } from "../answer.ts";
import { accessOf, isChanging, type Operator, requireRole } from "./access.ts";
import { createAttempts } from "./attempts.ts";
import { addressOf, type Identify } from "./identity.ts";
import { TooManyError } from "./problem.ts";

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

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
  if (origin !== undefined && (loopback || isChanging(request)) && !isSameHost(origin, host)) {
    throw foreign("Origin", origin, "requests from other sites are refused");
  }
}

/** A browser sends a cookie by itself, so what it changes must say which page asked; every browser does. */
function checkCookieUse(request: FastifyRequest, operator: Operator | null): void {
  if (operator?.by !== "session" || !isChanging(request) || request.headers.origin !== undefined) return;
  throw foreign("Origin", "", "a change asked for by cookie must come from the board's own page");
}

/** Who asks, where the route cares; a route that is open to all does without what is wrong. */
async function operatorOf(request: FastifyRequest, identify: Identify): Promise<Operator | null> {
  const access = accessOf(request);
  if (access === "open") return null;
  try {
    return await identify(request);
  } catch (error) {
    if (access === "known" && error instanceof ProblemError) return null;
    throw error;
  }
}

/** A browser puts its own dialog before the page when it is asked for Basic, which is taken all the same. */
function challenge(reply: FastifyReply, error: unknown): void {
  if (error instanceof ProblemError && error.status === 401) {
    reply.header("www-authenticate", 'Bearer realm="energy"');
  }
}

export interface GuardOptions {
  readonly loopback: boolean;
  readonly identify: Identify;
  /** Requests that one address may make in a minute; undefined: any number. */
  readonly requestsPerMinute: number | undefined;
  readonly log: Log;
}

async function createRateCheck(app: FastifyInstance, { requestsPerMinute, log }: GuardOptions) {
  if (requestsPerMinute === undefined) return async () => undefined;
  await app.register(rateLimit, { global: false });
  const count = app.createRateLimit({ max: requestsPerMinute, timeWindow: 60_000 });
  const told = createAttempts({ most: 1, windowMs: 60_000 }, Date.now);
  return async (request: FastifyRequest): Promise<void> => {
    const state = await count(request);
    if (state.isAllowed || !state.isExceeded) return;
    const address = addressOf(request);
    if (told.take(address) === undefined) log.warn("rate-limited", { address, requestsPerMinute });
    throw new TooManyError(`more than ${requestsPerMinute} requests in a minute`, state.ttl);
  };
}

/** Puts the guards before every route. */
export async function addGuards(app: FastifyInstance, options: GuardOptions): Promise<void> {
  const { loopback, identify, log } = options;
  await app.register(cookie);
  const checkRate = await createRateCheck(app, options);
  app.decorateRequest("operator", null);
  app.addHook("onRequest", async (request, reply) => {
    checkSource(request, loopback);
    await checkRate(request);
    const path = request.url.split("?", 1)[0] ?? "";
    try {
      request.operator = await operatorOf(request, identify);
      const access = accessOf(request);
      if (access !== "open" && access !== "known") requireRole(request, access, `${request.method} ${path}`);
      checkCookieUse(request, request.operator);
    } catch (error) {
      challenge(reply, error);
      const { operator } = request;
      if (operator) log.warn("forbidden", { operator: operator.name, operatorRole: operator.role, path });
      throw error;
    }
  });
}
