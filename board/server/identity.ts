/** From a request's headers to who asks. */
import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../answer.ts";
import type { Operator, OperatorCheck } from "./access.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

/** Null where nothing was shown. @throws ProblemError where something wrong was */
export type Identify = (request: FastifyRequest) => Promise<Operator | null>;

const wrong = (): ProblemError =>
  new ProblemError(401, "what the Authorization header says opens nothing here", { code: "credentials" });

/** The address whose attempts are counted: one IPv6 customer has a whole /64. */
export function addressOf(request: FastifyRequest): string {
  return normalizeIP(request.ip, 64);
}

function basicOf(header: string): [string, string] | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

const bearerOf = (header: string): string | undefined => /^bearer ([\w.~+/=-]+)$/i.exec(header)?.[1];

/** With `Secure` the name itself keeps other hosts and plain HTTP from setting it. */
export const cookieNames = { secure: "__Host-energy-session", plain: "energy-session" } as const;

/** The session ids that a request shows. By TLS only the secure one counts: another host can plant the other. */
export function sessionIdsOf({ cookies, protocol }: FastifyRequest): readonly string[] {
  const plain = protocol === "https" ? undefined : cookies[cookieNames.plain];
  return [cookies[cookieNames.secure], plain].filter((id) => id !== undefined);
}

/** Without `check` everybody is this machine's user. */
export function createIdentify(
  check: OperatorCheck | undefined,
  signIn: SignIn | undefined,
  sessions: Sessions,
): Identify {
  if (!check || !signIn) return async () => ({ name: "local", role: "admin", by: "local" });
  const byHeader = async (request: FastifyRequest, header: string): Promise<Operator> => {
    const token = bearerOf(header);
    const machine = token === undefined ? undefined : check.token(token);
    if (machine) return { ...machine, by: "token" };
    const [user, password] = basicOf(header) ?? [];
    if (user === undefined || password === undefined) throw wrong();
    return { name: user, role: await signIn(user, password, addressOf(request)), by: "password" };
  };
  return async (request) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) return byHeader(request, authorization);
    for (const id of sessionIdsOf(request)) {
      const session = sessions.find(id);
      if (session) return { name: session.user, role: session.role, by: "session", ended: session.ended };
    }
    return null;
  };
}
