/** Operators and machines of a server under test, with real hashes. */
import { createOperatorCheck } from "../../config/operators.ts";
import { hashPassword } from "../../config/password.ts";
import type { Secrets } from "../../config/secrets.ts";
import { makeToken } from "../../config/token.ts";
import type { Role } from "../../model/roles.ts";
import { roles } from "../../model/roles.ts";

/** One operator of each role, named after it, with the password `NAME-password`; and a token of each. */
export async function operators() {
  const tokens = Object.fromEntries(roles.map((role) => [role, makeToken()])) as Record<
    Role,
    ReturnType<typeof makeToken>
  >;
  const secrets: Secrets = {
    gateways: {},
    operators: Object.fromEntries(
      await Promise.all(
        roles.map(async (role) => [role, { hash: await hashPassword(`${role}-password`), role }] as const),
      ),
    ),
    tokens: Object.fromEntries(
      roles.map((role) => [`${role}-machine`, { hash: tokens[role].hash, role }] as const),
    ),
  };
  const credentials = await createOperatorCheck(secrets);
  if (!credentials) throw new Error("there are operators");
  return { credentials, token: (role: Role) => tokens[role].token, secrets };
}

export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
