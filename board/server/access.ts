/** Who asks, and what a route asks of him. */
import type { FastifyRequest } from "fastify";
import { mayAct, type Role } from "../../model/roles.ts";
import { ProblemError } from "../answer.ts";

/** Checks what people and machines show; see `createOperatorCheck` in config/. */
export interface OperatorCheck {
  /** Role of the operator with that password. An unknown user takes as long as a wrong password. */
  password(user: string, password: string): Promise<Role | undefined>;
  /** The machine with that token. */
  token(token: string): { readonly name: string; readonly role: Role } | undefined;
  /** Whether a name is an operator's: what is none may be a password typed into the wrong field. */
  isUser(name: string): boolean;
}

/** Somebody who was let in. */
export interface Operator {
  readonly name: string;
  readonly role: Role;
  /** `local`: this machine, where nobody is asked for anything. */
  readonly by: "session" | "password" | "token" | "local";
  /** Aborts when the session ends. */
  readonly ended?: AbortSignal;
}

/** Who may ask: `open` is anybody, unasked; `known` is anybody, and who shows who he is gets more. */
export type Access = "open" | "known" | Role;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Without it reading is a viewer's, and all else an admin's. */
    readonly access?: Access;
    /** The body may come as slowly as it is taken. */
    readonly longBody?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; null before he is known, and on open routes. */
    operator: Operator | null;
  }
}

/** Whether the request could change something. */
export const isChanging = (request: FastifyRequest): boolean =>
  request.method !== "GET" && request.method !== "HEAD";

/** What the route of a request asks for. */
export function accessOf(request: FastifyRequest): Access {
  return request.routeOptions.config.access ?? (isChanging(request) ? "admin" : "viewer");
}

/** Lets go on who has the role. @throws ProblemError 401 for nobody, 403 for too little */
export function requireRole(request: FastifyRequest, needed: Role, what: string): void {
  const { operator } = request;
  if (!operator) throw new ProblemError(401, "sign in, or send a token", { code: "credentials" });
  if (mayAct(operator.role, needed)) return;
  const detail = `${what} needs the role ${needed}; ${operator.name} has ${operator.role}`;
  throw new ProblemError(403, detail, { code: "role", value: operator.role, allowed: [needed] });
}
