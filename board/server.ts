/** The board's HTTP server: routes, guards and the page. What it answers is worked out in the reader thread. */
import Fastify, { type FastifyInstance } from "fastify";
import { UsageError } from "../model/errors.ts";
import { parameters, type QueryName, type RawParameters } from "./parameters.ts";
import { addAdminRoutes, type BoardActions } from "./server/actions.ts";
import { createFeed, type Run } from "./server/feed.ts";
import { addGuards, isLoopback } from "./server/guard.ts";
import { addHealth, type Readiness } from "./server/health.ts";
import { addOpenApi, querySchema } from "./server/openapi.ts";
import { addPage } from "./server/page.ts";
import { problemOf, sendAnswer, sendProblem } from "./server/problem.ts";
import type { Verify } from "./server/sign-in.ts";

export type { BoardActions, ImportRequest, ReconcileRequest, ReplayRequest } from "./server/actions.ts";
export type { Readiness } from "./server/health.ts";

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
  readonly credentials?: Verify;
  /** PEM; with it the server speaks HTTPS. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** One line about what went wrong inside. */
  readonly log: (line: string) => void;
}

const BODY_LIMIT = 64 * 1024;
const MOST_CONNECTIONS = 1_000;

function createApp({ log, tls }: BoardServerOptions): FastifyInstance {
  const settings = { logger: false, bodyLimit: BODY_LIMIT, forceCloseConnections: "idle" } as const;
  // The instance of an HTTPS server differs in the type of its raw server alone.
  const app = tls ? (Fastify({ ...settings, https: tls }) as unknown as FastifyInstance) : Fastify(settings);
  app.server.maxConnections = MOST_CONNECTIONS;
  // The schemas are documentation: requests are checked by the same zod schemas, which say what is wrong.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error, request, reply) => {
    const answer = problemOf(error);
    if (answer.status === 500) {
      log(`${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    return sendProblem(reply, answer);
  });
  return app;
}

function addQueries(app: FastifyInstance, { run, log }: BoardServerOptions): void {
  const feed = createFeed({ run, log });
  app.addHook("preClose", async () => feed.close());
  for (const name of Object.keys(parameters) as QueryName[]) {
    if (name === "stream") continue;
    app.get(`/api/v1/${name}`, { schema: querySchema(name) }, async (request, reply) => {
      const answer = await run(name, request.query as RawParameters);
      reply.header("cache-control", "no-store");
      if (answer.contentType.startsWith("text/csv")) {
        reply.header("content-disposition", `attachment; filename="${name}.csv"`);
      }
      return answer.status === 200 ? sendAnswer(reply, answer) : sendProblem(reply, answer);
    });
  }
  app.get("/api/v1/stream", { schema: querySchema("stream"), exposeHeadRoute: false }, (_request, reply) =>
    feed.listen(reply),
  );
}

/**
 * The server, ready to listen on `host`.
 * @throws UsageError when others than this machine could reach it without credentials
 */
export async function createBoardServer(options: BoardServerOptions): Promise<FastifyInstance> {
  const loopback = isLoopback(options.host);
  const hasCredentials = options.credentials !== undefined;
  if (!loopback && !hasCredentials) {
    throw new UsageError(
      `The HTTP server would be open to anyone at ${options.host}. Give it a secrets file with operators, or listen on 127.0.0.1.`,
    );
  }
  const app = createApp(options);
  addGuards(app, { loopback, verify: options.credentials });
  await addOpenApi(app);
  addQueries(app, options);
  addAdminRoutes(app, { actions: options.actions, hasCredentials, log: options.log });
  addHealth(app, options);
  app.get("/api/v1/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await addPage(app, options.webRoot);
  return app;
}
