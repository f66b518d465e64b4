/** Passwords as `scrypt$N$r$p$salt$hash`, salt and hash in base64url (RFC 7914). */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** What new hashes cost: 16 MiB and some 50 ms, so that a thousand gateways can come back within a minute. */
const N = 16_384;
const r = 8;
const p = 1;
const HASH_BYTES = 32;
/** A hash asking for more is refused: verifying it must not exhaust the machine. */
const MAX_MEMORY = 256 * 1024 * 1024;

interface PasswordHash {
  readonly options: ScryptOptions;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const hashForm = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{11,})\$([A-Za-z0-9_-]{22,})$/;

function parseHash(text: string): PasswordHash | undefined {
  const [, n, blocks, parallel, salt, hash] = hashForm.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const cost = Number(n);
  const blockSize = Number(blocks);
  const parallelization = Number(parallel);
  const isPower = cost > 1 && Number.isInteger(Math.log2(cost));
  const memory = 128 * cost * blockSize;
  if (!isPower || blockSize < 1 || parallelization < 1 || memory > MAX_MEMORY) return undefined;
  // scrypt needs a little more than the memory of its table, and refuses at the bound itself.
  const maxmem = memory + 128 * blockSize * (parallelization + 2) + 1024;
  return {
    options: { N: cost, r: blockSize, p: parallelization, maxmem },
    salt: Buffer.from(salt, "base64url"),
    hash: Buffer.from(hash, "base64url"),
  };
}

/** True when a text is a hash that `verifyPassword` can read. */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

function derive(password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, length, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** A hash of a password with a salt of its own, for the secrets file. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, HASH_BYTES, { N, r, p });
  return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** True when a password belongs to a hash; compared in constant time. False for a text that is no hash. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const known = parseHash(hash);
  if (!known) return false;
  const key = await derive(password, known.salt, known.hash.length, known.options);
  return timingSafeEqual(key, known.hash);
}
