/** Sending problems. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { TransientError, UsageError } from "../../model/errors.ts";
import { type Answer, ProblemError, problemAnswer } from "../answer.ts";

/** Sends an answer as it is. */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  return reply.code(answer.status).header("content-type", answer.contentType).send(answer.body);
}

const busyHint = 5;

/** Too many of something in a time; `waitMs` until there may be more. */
export class TooManyError extends ProblemError {
  readonly waitSeconds: number;
  constructor(what: string, waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    super(429, `${what}; try again in ${seconds} seconds`, { code: "too-many" });
    this.name = "TooManyError";
    this.waitSeconds = seconds;
  }
}

/** Sends a problem; one that passes by itself says when to ask again. */
export function sendProblem(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.status === 503) reply.header("retry-after", busyHint);
  return sendAnswer(reply, answer);
}

/** What a thrown error is to the caller. Only what the program says of itself is passed on, never its insides. */
export function problemOf(error: unknown): Answer {
  if (error instanceof ProblemError) return problemAnswer(error.status, error.message, error.problem);
  if (error instanceof UsageError) return problemAnswer(400, error.message, { code: "usage" });
  if (error instanceof TransientError) {
    return problemAnswer(503, `${error.message}; try again in a moment`, { code: error.code });
  }
  const { statusCode, code, message } = error as Partial<FastifyError>;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return problemAnswer(statusCode, message ?? "bad request", {
      code: (code ?? "bad-request").toLowerCase(),
    });
  }
  return problemAnswer(500, "the program failed to answer; its log says why", { code: "internal" });
}

/** No such path, in JSON. */
export function notFound(request: FastifyRequest): Answer {
  const path = request.url.split("?", 1)[0] ?? "";
  const detail = `there is nothing at ${request.method} '${path}'; /api/v1/openapi.json lists what there is`;
  return problemAnswer(404, detail, { code: "unknown-path", value: path });
}
