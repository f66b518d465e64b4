/** Bodies of requests, before their fields are checked. */
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../answer.ts";
import type { RawParameters } from "../parameters.ts";

/** @throws ProblemError 415: a form of another site's page can send some types without asking, but not these */
export function requireType(request: FastifyRequest, type: string): void {
  const given = request.headers["content-type"] ?? "";
  if (given.split(";", 1)[0]?.trim().toLowerCase() === type) return;
  throw new ProblemError(415, `Content-Type is '${given}': send ${type}`, {
    code: "content-type",
    value: given,
    allowed: [type],
  });
}

/** A plain object; anything else of JSON has no parameters to check. @throws ProblemError 400 */
export function objectOf(body: unknown): RawParameters {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as RawParameters;
  throw new ProblemError(400, "the body is no JSON object", { code: "bad-body" });
}
