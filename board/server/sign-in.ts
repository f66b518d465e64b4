/** HTTP Basic credentials. */
import { createHash, randomBytes } from "node:crypto";

/** Whether that user has that password. */
export type Verify = (user: string, password: string) => Promise<boolean>;

export type SignIn = (authorization: string | undefined) => Promise<"welcome" | "refused" | "busy">;

/** Password hashes are slow on purpose, and a page asks for many things: a success holds this long. */
const HOLD_MS = 60_000;
const MOST_HELD = 1_000;
/** Slow hashes at once; more would let a stranger keep the machine busy. */
const MOST_PENDING = 4;

function credentialsOf(header: string | undefined): [string, string] | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Checks credentials, remembering good ones for a minute by a salted digest. */
export function createSignIn(verify: Verify, clock: () => number = Date.now): SignIn {
  const salt = randomBytes(32);
  const held = new Map<string, number>();
  const pending = new Map<string, Promise<boolean>>();
  const digestOf = (header: string): string =>
    createHash("sha256").update(salt).update(header).digest("base64");
  const ask = async (digest: string, [user, password]: [string, string]): Promise<boolean> => {
    const good = await verify(user, password).finally(() => pending.delete(digest));
    if (good && held.size >= MOST_HELD) held.clear();
    if (good) held.set(digest, clock() + HOLD_MS);
    return good;
  };
  return async (header) => {
    const credentials = credentialsOf(header);
    if (!credentials) return "refused";
    const digest = digestOf(header ?? "");
    if ((held.get(digest) ?? 0) > clock()) return "welcome";
    let asked = pending.get(digest);
    if (!asked) {
      if (pending.size >= MOST_PENDING) return "busy";
      asked = ask(digest, credentials);
      pending.set(digest, asked);
    }
    return (await asked) ? "welcome" : "refused";
  };
}
