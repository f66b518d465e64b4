/** Sessions of browsers. They live in memory: a restart, which a changed secrets file needs, ends them all. */
import { createHash, randomBytes } from "node:crypto";
import type { Role } from "../../model/roles.ts";

export interface Session {
  readonly user: string;
  readonly role: Role;
  /** When it ends whatever happens, in epoch milliseconds. */
  readonly endsAt: number;
  /** Aborts when the session ends, so that what was opened by it is closed. */
  readonly ended: AbortSignal;
}

export interface Sessions {
  /** A new session; `id` is told to the browser alone. */
  begin(user: string, role: Role): { readonly id: string; readonly session: Session };
  /** The session of an id, which counts as used now. */
  find(id: string): Session | undefined;
  end(id: string): void;
  /** Ends those that are over. */
  sweep(): void;
  endAll(): void;
}

export interface SessionLimits {
  /** Without a request for so long a session ends: a closed lid, a hidden page. */
  readonly idleMs: number;
  /** It ends this long after signing in, used or not: a shift. */
  readonly longestMs: number;
  readonly mostPerUser: number;
}

export const sessionLimits: SessionLimits = {
  idleMs: 30 * 60_000,
  longestMs: 12 * 60 * 60_000,
  mostPerUser: 20,
};

const ID_BYTES = 32;

/** An empty table. Each user has at most `mostPerUser`; the one longest unused makes room. */
export function createSessions(limits: SessionLimits, clock: () => number): Sessions {
  /** By digest of the id, the longest unused first: the table holds nothing that opens anything. */
  const table = new Map<string, { session: Session; usedAt: number; readonly close: AbortController }>();
  const keyOf = (id: string): string => createHash("sha256").update(id).digest("base64");
  const remove = (key: string): void => {
    table.get(key)?.close.abort();
    table.delete(key);
  };
  const isOver = ({ session, usedAt }: { session: Session; usedAt: number }): boolean =>
    clock() >= session.endsAt || clock() - usedAt >= limits.idleMs;
  const sweep = (): void => {
    for (const [key, entry] of table) if (isOver(entry)) remove(key);
  };
  const makeRoom = (user: string): void => {
    sweep();
    const own = [...table].filter(([, { session }]) => session.user === user);
    for (const [key] of own.slice(0, Math.max(0, own.length - limits.mostPerUser + 1))) remove(key);
  };
  return {
    begin(user, role) {
      makeRoom(user);
      const id = randomBytes(ID_BYTES).toString("base64url");
      const close = new AbortController();
      const session = { user, role, endsAt: clock() + limits.longestMs, ended: close.signal };
      table.set(keyOf(id), { session, usedAt: clock(), close });
      return { id, session };
    },
    find(id) {
      const key = keyOf(id);
      const entry = table.get(key);
      if (!entry) return undefined;
      table.delete(key);
      if (isOver(entry)) {
        entry.close.abort();
        return undefined;
      }
      table.set(key, { ...entry, usedAt: clock() });
      return entry.session;
    },
    end: (id) => remove(keyOf(id)),
    sweep,
    endAll() {
      for (const key of [...table.keys()]) remove(key);
    },
  };
}
