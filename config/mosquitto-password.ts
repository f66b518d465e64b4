/** Lines of Mosquitto's password file: `user:$7$iterations$salt$hash`, PBKDF2 with SHA-512 (mosquitto_passwd(1)). */
import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Mosquitto checks passwords one by one and does nothing else meanwhile: 6 ms each, so that a thousand gateways
 * are back within seconds. Its own default is 101.
 */
const ITERATIONS = 10_000;
const SALT_BYTES = 12;
const HASH_BYTES = 64;

const lineForm = /^([^:]+):\$7\$(\d{1,7})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;

function derive(password: string, salt: Buffer, iterations: number, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password.normalize("NFC"), salt, iterations, length, "sha512", (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

/** A line with a salt of its own. */
export async function mosquittoPasswordLine(username: string, password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, ITERATIONS, HASH_BYTES);
  return `${username}:$7$${ITERATIONS}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

/** True when the line holds this password. */
export async function verifyMosquittoPassword(password: string, line: string): Promise<boolean> {
  const [, , iterations, salt, hash] = lineForm.exec(line) ?? [];
  if (salt === undefined || hash === undefined) return false;
  const known = Buffer.from(hash, "base64");
  if (known.length === 0) return false;
  const key = await derive(password, Buffer.from(salt, "base64"), Number(iterations), known.length);
  return timingSafeEqual(key, known);
}

/** Lines of a password file by user name; other lines are left out. */
export function mosquittoPasswordLines(text: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split("\n")) {
    const username = lineForm.exec(line)?.[1];
    if (username !== undefined) lines.set(username, line);
  }
  return lines;
}
