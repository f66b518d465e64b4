/** Who may use the HTTP API, by the hashes of the secrets file. */
import { randomBytes } from "node:crypto";
import type { Role } from "../model/roles.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import type { Secrets } from "./secrets.ts";
import { hashToken } from "./token.ts";

/** Checks what people and machines show; neither asks for more than it was given. */
export interface OperatorCheck {
  /** Role of the operator with that password. An unknown user takes as long as a wrong password. */
  password(user: string, password: string): Promise<Role | undefined>;
  /** The machine with that token. */
  token(token: string): { readonly name: string; readonly role: Role } | undefined;
  /** Whether a name is an operator's: what is none may be a password typed into the wrong field. */
  isUser(name: string): boolean;
}

/** Checks by the secrets file; undefined when it has neither operators nor tokens. */
export async function createOperatorCheck(secrets: Secrets): Promise<OperatorCheck | undefined> {
  const { operators, tokens } = secrets;
  if (Object.keys(operators).length + Object.keys(tokens).length === 0) return undefined;
  const machines = new Map(Object.entries(tokens).map(([name, { hash, role }]) => [hash, { name, role }]));
  const nobody = await hashPassword(randomBytes(32).toString("base64url"));
  const isUser = (name: string): boolean => Object.hasOwn(operators, name);
  return {
    async password(user, password) {
      const operator = isUser(user) ? operators[user] : undefined;
      const isRight = await verifyPassword(password, operator?.hash ?? nobody);
      return isRight ? operator?.role : undefined;
    },
    // Looked up by its hash: the time it takes tells nothing of the token.
    token: (token) => machines.get(hashToken(token) ?? ""),
    isUser,
  };
}
