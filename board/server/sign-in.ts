/** User names and passwords, from the page's form and from HTTP Basic alike. */
import { createHash, randomBytes } from "node:crypto";
import type { Log } from "../../model/log.ts";
import type { Role } from "../../model/roles.ts";
import { ProblemError } from "../answer.ts";
import type { OperatorCheck } from "./access.ts";
import { type AttemptLimit, createAttempts } from "./attempts.ts";
import { TooManyError } from "./problem.ts";

/** The role of the user; `address` is whose attempts are counted. @throws ProblemError 401, 429, 503 */
export type SignIn = (user: string, password: string, address: string) => Promise<Role>;

/** Password hashes are slow on purpose, and a page asks for many things: a success holds this long. */
const HOLD_MS = 60_000;
const MOST_HELD = 1_000;
/** Slow hashes at once; more would let a stranger keep the machine busy. */
const MOST_PENDING = 4;
/** An office behind one address mistypes more than one person does. */
const perAddress: AttemptLimit = { most: 20, windowMs: 5 * 60_000 };
const perUser: AttemptLimit = { most: 10, windowMs: 15 * 60_000 };

const digestOf = (salt: Buffer, ...parts: readonly string[]): string => {
  const hash = createHash("sha256").update(salt);
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("base64");
};

const refused = (): ProblemError =>
  new ProblemError(401, "give the user name and password of an operator", { code: "credentials" });

/**
 * Wrong passwords are counted by address and by user. Who once signed in from an address is counted there on
 * his own, so that a stranger who guesses cannot keep him out.
 */
function createGuessLimit(log: Log, clock: () => number) {
  const addresses = createAttempts(perAddress, clock);
  const users = createAttempts(perUser, clock);
  /** One line a minute and address: the log must not grow with the guesses. */
  const told = createAttempts({ most: 1, windowMs: 60_000 }, clock);
  const known = new Set<string>();
  const keyOf = (user: string, address: string): string =>
    known.has(JSON.stringify([user, address])) ? JSON.stringify([user, address]) : JSON.stringify([user]);
  return {
    take(user: string, address: string): void {
      // The address first: one that has no attempt left must not use up the user's.
      const wait = addresses.take(address) ?? users.take(keyOf(user, address));
      if (wait === undefined) return;
      if (told.take(address) === undefined) {
        log.warn("sign-in-limited", { address, waitSeconds: Math.ceil(wait / 1000) });
      }
      throw new TooManyError("too many attempts to sign in", wait);
    },
    wasRight(user: string, address: string): void {
      users.giveBack(keyOf(user, address));
      addresses.giveBack(address);
      if (known.size >= MOST_HELD) known.clear();
      known.add(JSON.stringify([user, address]));
    },
  };
}

/** Checks passwords, remembering right ones for a minute by a salted digest. */
export function createSignIn(check: OperatorCheck, log: Log, clock: () => number): SignIn {
  const salt = randomBytes(32);
  const held = new Map<string, { readonly role: Role; readonly until: number }>();
  const pending = new Map<string, Promise<Role | undefined>>();
  const limit = createGuessLimit(log, clock);
  const ask = async (digest: string, user: string, password: string, address: string) => {
    limit.take(user, address);
    const role = await check.password(user, password);
    if (role === undefined) {
      log.warn("sign-in-refused", { address, ...(check.isUser(user) ? { user } : { unknownUser: true }) });
      return undefined;
    }
    limit.wasRight(user, address);
    if (held.size >= MOST_HELD) held.clear();
    held.set(digest, { role, until: clock() + HOLD_MS });
    return role;
  };
  return async (user, password, address) => {
    const digest = digestOf(salt, user, password);
    const kept = held.get(digest);
    if (kept && kept.until > clock()) return kept.role;
    // Equal questions at once are asked once; a stranger's are not mixed with another address's count.
    const question = `${digest} ${address}`;
    let asked = pending.get(question);
    if (!asked) {
      if (pending.size >= MOST_PENDING) {
        throw new ProblemError(503, "too many sign-ins at once; try again in a moment", { code: "busy" });
      }
      asked = ask(digest, user, password, address).finally(() => pending.delete(question));
      pending.set(question, asked);
    }
    const role = await asked;
    if (role === undefined) throw refused();
    return role;
  };
}
