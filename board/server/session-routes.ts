/** /api/v1/session: signing in, signing out, and who one is. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Log } from "../../model/log.ts";
import { ProblemError } from "../answer.ts";
import type { SessionAnswer } from "../api/session.ts";
import { checked } from "../parameters.ts";
import { addressOf, cookieNames, sessionIdsOf } from "./identity.ts";
import { objectOf, requireType } from "./json-body.ts";
import { sessionSchema, signInSchema, signOutSchema } from "./openapi.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

export const signInBody = z.strictObject({
  user: z.string().min(1).max(200),
  password: z.string().min(1).max(1000),
});

interface SessionOptions {
  /** Absent where nobody is asked for anything. */
  readonly signIn: SignIn | undefined;
  readonly sessions: Sessions;
  readonly tls: boolean;
  readonly log: Log;
}

/** A server behind a proxy that speaks TLS hears plain HTTP; the page's Origin, already compared, tells. */
const isSecure = (request: FastifyRequest, tls: boolean): boolean =>
  tls || (request.headers.origin ?? "").startsWith("https:");

function setCookie(reply: FastifyReply, id: string, secure: boolean): void {
  const name = secure ? cookieNames.secure : cookieNames.plain;
  // No Max-Age: it goes with the browser's window, on a desk that others use.
  reply.setCookie(name, id, { path: "/", httpOnly: true, sameSite: "strict", secure });
}

function endShown(request: FastifyRequest, sessions: Sessions): void {
  for (const id of sessionIdsOf(request)) sessions.end(id);
}

function answerOf({ operator }: FastifyRequest, required: boolean): SessionAnswer {
  if (!operator) return { required };
  return { required, user: operator.name, role: operator.role, by: operator.by };
}

/** Adds the three routes. */
export function addSessionRoutes(app: FastifyInstance, options: SessionOptions): void {
  const { signIn, sessions, tls, log } = options;
  const path = "/api/v1/session";
  app.get(path, { schema: sessionSchema, config: { access: "known" } }, (request, reply) => {
    reply.header("cache-control", "no-store");
    return answerOf(request, signIn !== undefined);
  });
  app.post(path, {
    schema: signInSchema(signInBody),
    config: { access: "open" },
    onRequest: async (request) => requireType(request, "application/json"),
    handler: async (request, reply): Promise<SessionAnswer> => {
      const { user, password } = checked(signInBody, objectOf(request.body));
      if (!signIn) {
        const detail = "this server asks nobody who he is: it has no operators";
        throw new ProblemError(404, detail, { code: "no-operators" });
      }
      const role = await signIn(user, password, addressOf(request));
      endShown(request, sessions);
      setCookie(reply, sessions.begin(user, role).id, isSecure(request, tls));
      log.info("signed-in", { operator: user, operatorRole: role, address: addressOf(request) });
      reply.header("cache-control", "no-store");
      return { required: true, user, role, by: "session" };
    },
  });
  app.delete(path, { schema: signOutSchema, config: { access: "known" } }, (request, reply) => {
    if (request.operator?.by === "session") log.info("signed-out", { operator: request.operator.name });
    endShown(request, sessions);
    for (const name of Object.values(cookieNames)) {
      reply.clearCookie(name, { path: "/", secure: name === cookieNames.secure });
    }
    return reply.code(204).send();
  });
}
