/** The board's HTTP server: routes, guards and the page. What it answers is worked out in the reader thread. */
import Fastify, { type FastifyInstance } from "fastify";
import { UsageError } from "../model/errors.ts";
import type { Log } from "../model/log.ts";
import type { Registry } from "../model/registry.ts";
import type { Role } from "../model/roles.ts";
import { parameters, type QueryName, type RawParameters } from "./parameters.ts";
import { type OperatorCheck, requireRole } from "./server/access.ts";
import { addAdminRoutes, type BoardActions } from "./server/actions.ts";
import { type AnswerDoor, addAnswerPage } from "./server/answer-page.ts";
import type { BoardDesk } from "./server/desk.ts";
import { createFeed, type Run } from "./server/feed.ts";
import { addGuards, isLoopback } from "./server/guard.ts";
import { addHeaders } from "./server/headers.ts";
import { addHealth, type Readiness } from "./server/health.ts";
import { createIdentify } from "./server/identity.ts";
import { addMatterRoutes } from "./server/matters.ts";
import { addOpenApi, querySchema } from "./server/openapi.ts";
import { addPage } from "./server/page.ts";
import { problemOf, sendAnswer, sendProblem, TooManyError } from "./server/problem.ts";
import { addSessionRoutes } from "./server/session-routes.ts";
import { createSessions, type SessionLimits, sessionLimits } from "./server/sessions.ts";
import { createSignIn } from "./server/sign-in.ts";
import {
  addBodyDeadline,
  KEEP_ALIVE_MS,
  limitConnections,
  type SendLimits,
  sendLimits,
  serverSettings,
} from "./server/slow-senders.ts";

export type { OperatorCheck } from "./server/access.ts";
export type { BoardActions, ImportRequest, ReconcileRequest, ReplayRequest } from "./server/actions.ts";
export type { AnswerDoor } from "./server/answer-page.ts";
export type { BoardDesk } from "./server/desk.ts";
export type { Dependency, Readiness } from "./server/health.ts";

export interface BoardServerOptions {
  /** Asks the reader thread; see `createBoardQueries`. */
  readonly run: Run;
  readonly actions: BoardActions;
  /** The built page, with .br and .gz beside its files; without it there is the API alone. */
  readonly webRoot?: string;
  readonly readiness: () => Promise<Readiness>;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** The address that the caller is going to listen on; it decides what is checked. */
  readonly host: string;
  /** Who may come in; without it anybody on this machine. */
  readonly credentials?: OperatorCheck;
  /** PEM; with it the server speaks HTTPS. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  readonly log: Log;
  /** Where this process has the desk. */
  readonly matters?: { readonly desk: BoardDesk; readonly registry: Registry; readonly answers?: AnswerDoor };
  /** Where other than the defaults. */
  readonly limits?: Partial<BoardLimits>;
}

export interface BoardLimits extends SessionLimits, SendLimits {
  /** Requests of one address; an open page makes some 20 a minute. Counted only where there are credentials. */
  readonly requestsPerMinute: number;
}

const BODY_LIMIT = 64 * 1024;
const MOST_CONNECTIONS = 1_000;
const SWEEP_MS = 30_000;
const defaults: BoardLimits = { ...sessionLimits, ...sendLimits, requestsPerMinute: 6_000 };

function createApp({ log, tls }: BoardServerOptions, limits: BoardLimits): FastifyInstance {
  const settings = {
    logger: false,
    bodyLimit: BODY_LIMIT,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: "idle",
  } as const;
  const server = serverSettings(limits);
  // The instance of an HTTPS server differs in the type of its raw server alone.
  const app = tls
    ? (Fastify({
        ...settings,
        https: { ...tls, minVersion: "TLSv1.2", handshakeTimeout: limits.headersMs, ...server },
      }) as unknown as FastifyInstance)
    : Fastify({ ...settings, http: server });
  app.server.maxConnections = MOST_CONNECTIONS;
  limitConnections(app.server, limits);
  // The schemas are documentation: requests are checked by the same zod schemas, which say what is wrong.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error, request, reply) => {
    const answer = problemOf(error);
    // Without the query: nobody knows what a caller puts there.
    const path = request.url.split("?", 1)[0];
    if (answer.status === 500) log.error("request-failed", { method: request.method, path, error });
    if (error instanceof TooManyError) reply.header("retry-after", error.waitSeconds);
    return sendProblem(reply, answer);
  });
  return app;
}

/** Rejects show what came in word for word, which a plant may not want everybody to read. */
const accessTo = (name: QueryName): Role => (name === "rejects" ? "officer" : "viewer");

function addQueries(app: FastifyInstance, { run, log, matters }: BoardServerOptions): void {
  const feed = createFeed({ run, log, ...(matters ? { matters: matters.desk.counts } : {}) });
  app.addHook("preClose", async () => feed.close());
  for (const name of Object.keys(parameters) as QueryName[]) {
    if (name === "stream") continue;
    const config = { access: accessTo(name) };
    app.get(`/api/v1/${name}`, { schema: querySchema(name), config }, async (request, reply) => {
      const isExport = (request.query as { format?: unknown }).format === "csv";
      if (isExport) requireRole(request, "officer", "an export");
      const answer = await run(name, request.query as RawParameters);
      reply.header("cache-control", "no-store");
      if (answer.contentType.startsWith("text/csv")) {
        log.info("export", { operator: request.operator?.name, asked: request.query });
        reply.header("content-disposition", `attachment; filename="${name}.csv"`);
      }
      return answer.status === 200 ? sendAnswer(reply, answer) : sendProblem(reply, answer);
    });
  }
  app.get("/api/v1/stream", { schema: querySchema("stream"), exposeHeadRoute: false }, (request, reply) =>
    feed.listen(reply, request.operator?.ended),
  );
}

/** Guards, and what signing in needs. */
async function addAccess(
  app: FastifyInstance,
  options: BoardServerOptions,
  limits: BoardLimits,
): Promise<void> {
  const { credentials, log, tls } = options;
  const sessions = createSessions(limits, Date.now);
  const sweeper = setInterval(() => sessions.sweep(), Math.min(SWEEP_MS, limits.idleMs)).unref();
  app.addHook("preClose", async () => {
    clearInterval(sweeper);
    sessions.endAll();
  });
  const signIn = credentials && createSignIn(credentials, log, Date.now);
  await addGuards(app, {
    loopback: isLoopback(options.host),
    identify: createIdentify(credentials, signIn, sessions),
    requestsPerMinute: credentials ? limits.requestsPerMinute : undefined,
    log,
  });
  addSessionRoutes(app, { signIn, sessions, tls: tls !== undefined, log });
}

/**
 * The server, ready to listen on `host`.
 * @throws UsageError when others than this machine could reach it without credentials
 */
export async function createBoardServer(options: BoardServerOptions): Promise<FastifyInstance> {
  if (!isLoopback(options.host) && options.credentials === undefined) {
    throw new UsageError(
      `The HTTP server would be open to anyone at ${options.host}. Give it a secrets file with operators, or listen on 127.0.0.1.`,
    );
  }
  const limits = { ...defaults, ...options.limits };
  const app = createApp(options, limits);
  addBodyDeadline(app, limits);
  await addHeaders(app, options.tls !== undefined);
  await addOpenApi(app);
  await addAccess(app, options, limits);
  addQueries(app, options);
  addAdminRoutes(app, { actions: options.actions, log: options.log });
  if (options.matters) addMatterRoutes(app, { ...options.matters, log: options.log, now: Date.now });
  if (options.matters?.answers) await addAnswerPage(app, options.matters.answers);
  addHealth(app, options);
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await addPage(app, options.webRoot);
  return app;
}
