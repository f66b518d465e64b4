/** What an operator may set going, and how it is told over HTTP: one JSON object per line, as it happens. */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Log } from "../../model/log.ts";
import { ProblemError } from "../answer.ts";
import { momentForms } from "../moment.ts";
import { checked, type RawParameters } from "../parameters.ts";
import { objectOf, requireType } from "./json-body.ts";
import { adminSchema } from "./openapi.ts";
import { problemOf } from "./problem.ts";

const id = z.string().min(1).max(64);
const moment = z.string().min(1).max(40).describe(`${momentForms[0]}, or ${momentForms[1]}`);

const importQuery = z.strictObject({
  site: id.describe("Site the meter belongs to"),
  meter: id.describe("Meter the readings are of"),
  profile: id.describe("Decoder profile that reads the file"),
  file: z
    .string()
    .min(1)
    .max(200)
    .describe("Name of the file, which rejects will name; default upload.csv")
    .optional(),
});
const spanBody = {
  from: moment.optional(),
  to: moment.optional(),
  site: id.describe("One site; default all").optional(),
};
const replayBody = z.strictObject({ what: z.enum(["rejects", "readings"]), ...spanBody });
const reconcileBody = z.strictObject({
  ...spanBody,
  repair: z.boolean().describe("Write what was found to differ; default false").optional(),
});

/** Every action stops soon after `signal` says that the caller has gone. */
interface Request {
  readonly signal: AbortSignal;
}
export interface ImportRequest extends Request {
  readonly site: string;
  readonly meter: string;
  readonly profile: string;
  /** Name for the origin of rejects. */
  readonly file: string;
  /** The CSV, as it arrives; not reading it holds the sender back. */
  readonly body: AsyncIterable<Uint8Array>;
}
/** Times are as the caller wrote them: dates in the county's zone, or instants. */
export type ReplayRequest = Request & z.infer<typeof replayBody>;
export type ReconcileRequest = Request & z.infer<typeof reconcileBody>;

/**
 * Actions yield progress and findings, each an object that becomes a line. A UsageError before the first is a
 * 400; anything thrown later is the last line, `{"error": problem}`.
 */
export interface BoardActions {
  importCsv(request: ImportRequest): AsyncIterable<object>;
  replay(request: ReplayRequest): AsyncIterable<object>;
  reconcile(request: ReconcileRequest): AsyncIterable<object>;
}

/** Longest file of one import; a year of a meter's quarter-hours has about 1 MiB. */
export const IMPORT_LIMIT = 512 * 1024 * 1024;

async function* bounded(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > IMPORT_LIMIT) {
      const detail = `the file is longer than ${IMPORT_LIMIT} bytes; import it in parts`;
      throw new ProblemError(413, detail, { code: "too-large" });
    }
    yield chunk;
  }
}

async function* linesOf(
  first: IteratorResult<object>,
  rest: AsyncIterator<object>,
  log: Log,
): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield `${JSON.stringify(next.value)}\n`;
  } catch (error) {
    log.error("action-failed", { error });
    yield `{"error":${problemOf(error).body}}\n`;
  } finally {
    await rest.return?.();
  }
}

/** Waits for the first object, so that a request that cannot be carried out is still answered with its status. */
async function sendLines(reply: FastifyReply, lines: AsyncIterable<object>, log: Log) {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  return reply
    .header("content-type", "application/x-ndjson; charset=utf-8")
    .header("cache-control", "no-store")
    .send(Readable.from(linesOf(first, iterator, log), { objectMode: false }));
}

/** Aborts when the caller's connection closes, the answer sent or not; `running` holds it until then. */
function signalOf(reply: FastifyReply, running: Map<ServerResponse, AbortController>): AbortSignal {
  const gone = new AbortController();
  running.set(reply.raw, gone);
  reply.raw.on("close", () => {
    running.delete(reply.raw);
    gone.abort();
  });
  return gone.signal;
}

/** POST /api/v1/admin/…, for admins. */
export function addAdminRoutes(
  app: FastifyInstance,
  options: {
    readonly actions: BoardActions;
    readonly log: Log;
  },
): void {
  const { actions, log } = options;
  const running = new Map<ServerResponse, AbortController>();
  // A sender that stalls must not keep the program from stopping.
  app.addHook("preClose", async () => {
    for (const [response, gone] of running) {
      gone.abort();
      response.destroy();
    }
  });
  const post = (
    path: string,
    schema: object,
    type: string,
    start: (request: FastifyRequest, signal: AbortSignal) => AsyncIterable<object>,
  ): void => {
    app.post(`/api/v1/admin/${path}`, {
      schema,
      config: { access: "admin", longBody: path === "import" },
      onRequest: async (request) => requireType(request, type),
      handler: (request, reply) => {
        const lines = start(request, signalOf(reply, running));
        const { query, body } = request;
        log.info("action", {
          action: path,
          operator: request.operator?.name,
          asked: path === "import" ? query : body,
        });
        return sendLines(reply, lines, log);
      },
    });
  };
  app.addContentTypeParser("text/csv", (_request, payload, done) => done(null, payload));

  post(
    "import",
    adminSchema("Import history from CSV", importQuery, "text/csv"),
    "text/csv",
    (request, signal) => {
      const { file = "upload.csv", ...given } = checked(importQuery, request.query as RawParameters);
      const body = bounded(request.body as AsyncIterable<Uint8Array>);
      return actions.importCsv({ ...given, file, body, signal });
    },
  );
  post(
    "replay",
    adminSchema("Take rejects or readings through the processors again", replayBody),
    "application/json",
    (request, signal) => actions.replay({ ...checked(replayBody, objectOf(request.body)), signal }),
  );
  post(
    "reconcile",
    adminSchema("Recompute figures from the readings and report every difference", reconcileBody),
    "application/json",
    (request, signal) => actions.reconcile({ ...checked(reconcileBody, objectOf(request.body)), signal }),
  );
}
