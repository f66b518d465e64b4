/** /healthz, /readyz and /metrics: for whatever keeps the program running. */
import type { FastifyInstance } from "fastify";
import type { Log } from "../../model/log.ts";
import { problemAnswer } from "../answer.ts";
import { sendProblem } from "./problem.ts";

/** Whether figures can be trusted to be current, and how far they lag. */
export interface Readiness {
  readonly ready: boolean;
  /** Records of the log that the processors have not taken yet. */
  readonly recordsBehind: number;
  /** Spans that wait to be recomputed. */
  readonly pendingSpans: number;
  /** Days whose months and groups are yet to be summed. */
  readonly dirtyDays: number;
  /** Each thing that figures depend on. */
  readonly dependencies: readonly Dependency[];
}

export interface Dependency {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong, or how far it is; told only to who was let in. */
  readonly detail?: string;
  /** When it last did what it is for, in ISO 8601. */
  readonly lastSuccessAt?: string;
}

/** Longer than this nobody waits for an answer: who cannot say in time is not ready. */
const READY_MS = 5_000;

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${READY_MS} ms`)), READY_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

const withoutDetails = (state: Readiness): Readiness => ({
  ...state,
  dependencies: state.dependencies.map(({ detail: _, ...rest }) => rest),
});

/** Adds the three routes; they are no part of the API's document. */
export function addHealth(
  app: FastifyInstance,
  {
    readiness,
    metrics,
    log,
  }: {
    readonly readiness: () => Promise<Readiness>;
    readonly metrics: () => Promise<string>;
    readonly log: Log;
  },
): void {
  const schema = { hide: true };
  app.get("/healthz", { schema, config: { access: "open" } }, () => ({ alive: true }));
  app.get("/readyz", { schema, config: { access: "known" } }, async (request, reply) => {
    try {
      const state = await inTime(readiness());
      return reply.code(state.ready ? 200 : 503).send(request.operator ? state : withoutDetails(state));
    } catch (error) {
      log.error("readiness-unknown", { error });
      const detail = "the state of the processors cannot be read; the log says why";
      return sendProblem(reply, problemAnswer(503, detail, { code: "not-ready" }));
    }
  });
  app.get("/metrics", { schema, config: { access: "viewer" } }, async (_request, reply) =>
    reply.header("content-type", "text/plain; version=0.0.4; charset=utf-8").send(await metrics()),
  );
}
