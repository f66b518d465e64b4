/** /healthz, /readyz and /metrics: for whatever keeps the program running. */
import type { FastifyInstance } from "fastify";
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
  readonly dependencies: readonly { readonly name: string; readonly ok: boolean; readonly detail?: string }[];
}

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
    readonly log: (line: string) => void;
  },
): void {
  const schema = { hide: true };
  app.get("/healthz", { schema }, () => ({ alive: true }));
  app.get("/readyz", { schema }, async (_request, reply) => {
    try {
      const state = await readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    } catch (error) {
      log(`readyz: ${String(error)}`);
      const detail = "the state of the processors cannot be read; the log says why";
      return sendProblem(reply, problemAnswer(503, detail, { code: "not-ready" }));
    }
  });
  app.get("/metrics", { schema }, async (_request, reply) =>
    reply.header("content-type", "text/plain; version=0.0.4; charset=utf-8").send(await metrics()),
  );
}
